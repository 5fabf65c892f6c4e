package kustomize

import (
	"slices"
	"strings"
)

// transform applies what a kustomization says to the objects, in the order in
// which kustomize does.
func (b *build) transform(k *kustomization, objects []*object) ([]*object, error) {
	var err error
	for _, p := range slices.Concat(k.strategic, k.patches) {
		if objects, err = b.patch(p, objects); err != nil {
			return nil, err
		}
	}
	steps := []func(*object) error{
		func(o *object) error { return b.setNamespace(k, o) },
		func(o *object) error { return b.rename(k, o) },
		func(o *object) error { return b.setLabels(k, o) },
		func(o *object) error { return b.setAnnotations(k, o) },
	}
	for _, step := range steps {
		for _, o := range objects {
			if err := b.look(o, nil); err != nil {
				return nil, err
			}
			if err := step(o); err != nil {
				return nil, err
			}
		}
	}
	for _, p := range k.ops {
		if objects, err = b.patch(p, objects); err != nil {
			return nil, err
		}
	}
	for _, r := range k.replicas {
		if err := b.setReplicas(r, objects); err != nil {
			return nil, err
		}
	}
	for _, image := range k.images {
		if err := b.setImages(image, objects); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// set sets a value in an object, and notes whether that changed it.
func (b *build) set(o *object, path string, v *node, make_ making) error {
	root, err := b.setAt(o.root, strings.Split(path, "/"), v, make_)
	if err != nil {
		return err
	}
	o.root, o.patched = root, true
	return nil
}

// setNamespace moves an object to the namespace of the kustomization.
func (b *build) setNamespace(k *kustomization, o *object) error {
	if k.namespace == nil {
		return nil
	}
	ns := str(k.namespace.text, k.namespace.at)
	is := identity(o.root)
	o.remember()
	switch {
	case is.kind == "Namespace" && is.group == "":
		return b.set(o, "metadata/name", ns, all)
	case is.kind == "APIService" && is.group == "apiregistration.k8s.io":
		return b.set(o, "spec/service/namespace", ns, all)
	case is.kind == "CustomResourceDefinition":
		return b.set(o, "spec/conversion/webhook/clientConfig/service/namespace", ns, nothing)
	}
	if is.kind == "RoleBinding" || is.kind == "ClusterRoleBinding" {
		if err := b.setSubjects(o, ns); err != nil {
			return err
		}
	}
	if is.namespace == "-" {
		return nil
	}
	return b.set(o, "metadata/namespace", ns, all)
}

// setSubjects moves the default accounts that a binding names.
func (b *build) setSubjects(o *object, ns *node) error {
	subjects := o.root.get("subjects")
	if subjects == nil || subjects.kind != list {
		return nil
	}
	items := slices.Clone(subjects.items)
	for i, s := range items {
		if err := b.spend(1); err != nil {
			return err
		}
		if s.kind == object_ && s.string("name") == "default" {
			items[i], o.patched = s.with("namespace", ns), true
		}
	}
	o.root = o.root.with("subjects", subjects.withItems(items))
	return nil
}

// rename puts the prefix and the suffix on a name.
func (b *build) rename(k *kustomization, o *object) error {
	if k.namePrefix == nil && k.nameSuffix == nil {
		return nil
	}
	switch identity(o.root).kind {
	case "CustomResourceDefinition", "APIService", "Namespace":
		return nil
	}
	name := o.root.get("metadata", "name")
	if name == nil || name.kind != scalar {
		return nil
	}
	o.remember()
	s, at := name.text, name.at
	if k.namePrefix != nil {
		s, at = k.namePrefix.text+s, k.namePrefix.at
	}
	if k.nameSuffix != nil {
		s, at = s+k.nameSuffix.text, k.nameSuffix.at
	}
	if err := b.spendText(s); err != nil {
		return err
	}
	return b.set(o, "metadata/name", str(s, at), all)
}

// setReplicas sets how many of a workload there are.
func (b *build) setReplicas(r *node, objects []*object) error {
	name, count := r.string("name"), r.get("count")
	if count == nil || count.kind != scalar {
		b.problem(r.at, false, "replicas: an item has no count and is passed over")
		return nil
	}
	for _, o := range objects {
		if err := b.look(o, nil); err != nil {
			return err
		}
		is := identity(o.root)
		switch is.kind {
		case "Deployment", "ReplicationController", "ReplicaSet", "StatefulSet":
		default:
			continue
		}
		if is.name == name || slices.ContainsFunc(o.was, func(was id) bool { return was.name == name }) {
			if err := b.set(o, "spec/replicas", count, all); err != nil {
				return err
			}
		}
	}
	return nil
}
