package kustomize

import (
	"slices"
	"strings"
)

// merger merges patches into objects as Kubernetes does: objects field by
// field, lists of built-in kinds by the key of their items, other lists whole.
type merger struct {
	*purse
	keys bool // the object is of a kind whose lists have keys
}

// way is where in an object the merging is.
type way struct {
	kind        string // of the object
	parent, own string // names of the last two fields
}

// merge returns what a patch makes of a value, which may be nil; nil if it
// takes it away.
func (m *merger) merge(old, patch *node, at way, depth int) (*node, error) {
	if err := m.spend(1); err != nil {
		return nil, err
	}
	if patch.isNull() || depth > maxDeep {
		return nil, nil
	}
	if patch.kind == object_ {
		switch patch.string("$patch") {
		case "delete":
			return nil, nil
		case "replace":
			old = nil
		}
		return m.fields(old, patch, at, depth)
	}
	if patch.kind == list {
		keys := m.keysOf(at)
		if keys == nil || old == nil || old.kind != list {
			old, keys = &node{kind: list, at: patch.at}, nil
		}
		return m.list(old, patch, keys, at, depth)
	}
	return patch, nil
}

// fields merges objects.
func (m *merger) fields(old, patch *node, at way, depth int) (*node, error) {
	out := &node{kind: object_, at: patch.at}
	if old != nil && old.kind == object_ {
		out.at = old.at
		out.fields = slices.Clone(old.fields)
	}
	if err := m.spend(len(out.fields) + len(patch.fields)); err != nil {
		return nil, err
	}
	places := make(map[string]int, len(out.fields))
	for i, f := range out.fields {
		places[f.name] = i
	}
	for _, f := range patch.fields {
		if strings.HasPrefix(f.name, "$") {
			continue // a directive
		}
		i, there := places[f.name]
		var was *node
		if there {
			was = out.fields[i].value
		}
		v, err := m.merge(was, f.value, way{at.kind, at.own, f.name}, depth+1)
		if err != nil {
			return nil, err
		}
		switch {
		case there:
			out.fields[i].value = v
		case v != nil:
			places[f.name] = len(out.fields)
			out.fields = append(out.fields, field{f.name, v, f.at})
		}
	}
	out.fields = slices.DeleteFunc(out.fields, func(f field) bool { return f.value == nil })
	return out, nil
}

// list merges lists. Items of the patch come first, as kustomize has it, unless
// they have two keys and are there already; with no keys they are all there is.
func (m *merger) list(old, patch *node, keys []string, at way, depth int) (*node, error) {
	rest := slices.Clone(old.items)
	for _, item := range patch.items {
		if item.kind != object_ || len(item.fields) != 1 {
			continue
		}
		switch item.string("$patch") {
		case "delete":
			return nil, nil
		case "replace":
			rest = nil
		}
	}
	var items []*node
	for _, item := range patch.items {
		if item.kind == object_ && len(item.fields) == 1 && item.index("$patch") >= 0 {
			continue
		}
		if keys == nil && item.kind != object_ {
			items = append(items, item)
			continue
		}
		var was *node
		found := -1
		for i, candidate := range rest {
			cost := 1
			if candidate != nil {
				cost += len(candidate.fields) + len(item.fields)
			}
			if err := m.spend(cost); err != nil {
				return nil, err
			}
			if candidate != nil && sameKeys(candidate, item, keys) {
				was, found = candidate, i
				break
			}
		}
		v, err := m.merge(was, item, at, depth+1)
		if err != nil {
			return nil, err
		}
		switch {
		case found >= 0 && len(keys) > 1:
			rest[found] = v
		case found >= 0:
			rest[found] = nil
			items = append(items, v)
		default:
			items = append(items, v)
		}
	}
	items = slices.DeleteFunc(items, func(n *node) bool { return n == nil })
	for _, item := range rest {
		if item != nil && keys != nil {
			items = append(items, item)
		}
	}
	return old.withItems(items), nil
}

// sameKeys reports whether two items are the same one. Only the first key is
// a must: what one of them does not say does not differ.
func sameKeys(x, y *node, keys []string) bool {
	for i, key := range keys {
		a, b := x.string(key), y.string(key)
		if a != b && (i == 0 || a != "" && b != "") || i == 0 && a == "" {
			return false
		}
	}
	return len(keys) > 0
}

// keysOf returns what tells the items of a list apart, or nil.
func (m *merger) keysOf(at way) []string {
	if !m.keys {
		return nil
	}
	switch at.own {
	case "containers", "initContainers", "ephemeralContainers", "volumes", "env", "resourceClaims", "schedulingGates", "webhooks":
		return []string{"name"}
	case "imagePullSecrets":
		if at.kind != "ServiceAccount" {
			return []string{"name"}
		}
	case "secrets":
		if at.kind == "ServiceAccount" {
			return []string{"name"}
		}
	case "volumeMounts":
		return []string{"mountPath"}
	case "volumeDevices":
		return []string{"devicePath"}
	case "hostAliases":
		return []string{"ip"}
	case "topologySpreadConstraints":
		return []string{"topologyKey", "whenUnsatisfiable"}
	case "ownerReferences":
		return []string{"uid"}
	case "ports":
		if at.kind == "Service" {
			return []string{"port", "protocol"}
		}
		return []string{"containerPort", "protocol"}
	}
	return nil
}

// hasSchema reports whether kustomize knows the lists of a kind.
func hasSchema(this id) bool {
	switch this.group + "/" + this.version {
	case "/v1":
		switch this.kind {
		case "Pod", "PodTemplate", "ReplicationController", "Service", "ServiceAccount":
			return true
		}
	case "apps/v1":
		switch this.kind {
		case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet":
			return true
		}
	case "batch/v1":
		return this.kind == "Job" || this.kind == "CronJob"
	case "admissionregistration.k8s.io/v1":
		return strings.HasSuffix(this.kind, "WebhookConfiguration")
	}
	return false
}
