package kustomize

import (
	"regexp"
	"strings"
)

// id is what an object is called. Group, version and kind are what it is; the
// namespace is "-" where there is none for the kind, and "default" for none.
type id struct {
	group, version, kind, name, namespace string
}

// identity returns what an object with these fields is called.
func identity(n *node) id {
	group, version, ok := strings.Cut(n.string("apiVersion"), "/")
	if !ok {
		group, version = "", group
	}
	kind := n.string("kind")
	return id{group, version, kind, n.string("metadata", "name"), effective(group, kind, n.string("metadata", "namespace"))}
}

// remember keeps what the object is called now, before it is renamed.
func (o *object) remember() {
	if now := identity(o.root); len(o.was) == 0 || o.was[len(o.was)-1] != now {
		o.was = append(o.was, now)
	}
}

// first is what the object was called in its file.
func (o *object) first() id {
	if len(o.was) > 0 {
		return o.was[0]
	}
	return identity(o.root)
}

// is reports whether the object is called that, or was.
func (o *object) is(this id) bool {
	for _, was := range o.was {
		if was == this {
			return true
		}
	}
	return identity(o.root) == this
}

// effective is the namespace that an object is in.
func effective(group, kind, namespace string) string {
	switch {
	case clusterScoped(group, kind):
		return "-"
	case namespace == "":
		return "default"
	}
	return namespace
}

// clusterScoped reports whether a built-in kind has no namespaces.
func clusterScoped(group, kind string) bool {
	switch group {
	case "":
		return kind == "Namespace" || kind == "Node" || kind == "PersistentVolume" || kind == "ComponentStatus"
	case "rbac.authorization.k8s.io":
		return kind == "ClusterRole" || kind == "ClusterRoleBinding"
	case "policy":
		return kind == "PodSecurityPolicy"
	case "networking.k8s.io":
		return kind == "IngressClass"
	case "storage.k8s.io":
		return kind != "CSIStorageCapacity"
	case "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "certificates.k8s.io",
		"flowcontrol.apiserver.k8s.io", "node.k8s.io", "scheduling.k8s.io":
		return true
	}
	return false
}

// selector is the target of a patch: what is not named matches all.
type selector struct {
	group, version, kind, name, namespace *regexp.Regexp
	labels, annotations                   []requirement
}

const maxPattern = 1_000 // bytes of an expression, and of what it is compared with

// compile makes an expression that must match the whole of a text. It takes no
// counted repetitions, with which short expressions become large programs.
func compile(s, behind string) (*regexp.Regexp, bool) {
	if len(s) > maxPattern || strings.Contains(s, "{") {
		return nil, false
	}
	re, err := regexp.Compile("^(?:" + s + ")" + behind + "$")
	return re, err == nil
}

// pattern compiles a field of a target; nil where there is none.
func pattern(n *node, name string) (*regexp.Regexp, error) {
	s := n.string(name)
	if s == "" {
		return nil, nil
	}
	re, ok := compile(s, "")
	if !ok {
		return nil, errAt(n.get(name).at.Line, "the %s of its target cannot be matched", name)
	}
	return re, nil
}

// newSelector reads a target.
func newSelector(n *node) (*selector, error) {
	s := &selector{}
	for i, re := range []**regexp.Regexp{&s.group, &s.version, &s.kind, &s.name, &s.namespace} {
		var err error
		if *re, err = pattern(n, []string{"group", "version", "kind", "name", "namespace"}[i]); err != nil {
			return nil, err
		}
	}
	for i, list := range []*[]requirement{&s.labels, &s.annotations} {
		var ok bool
		name := []string{"labelSelector", "annotationSelector"}[i]
		if *list, ok = requirements(n.string(name)); !ok {
			return nil, errAt(n.get(name).at.Line, "the %s of its target is not a selector", name)
		}
	}
	return s, nil
}

// matches reports whether an object is meant: by what it was called first, or
// is called now.
func (s *selector) matches(o *object) bool {
	was, is := o.first(), identity(o.root)
	either := func(re *regexp.Regexp, x, y string) bool {
		return re == nil || len(x)+len(y) <= 2*maxPattern && (re.MatchString(x) || re.MatchString(y))
	}
	return either(s.namespace, was.namespace, is.namespace) && either(s.name, was.name, is.name) &&
		either(s.group, is.group, is.group) && either(s.version, is.version, is.version) && either(s.kind, is.kind, is.kind) &&
		allMet(s.labels, o.root.get("metadata", "labels")) && allMet(s.annotations, o.root.get("metadata", "annotations"))
}

// requirement is one part of a label selector.
type requirement struct {
	key    string
	values []string // nil: whether it is there is all that counts
	not    bool
}

var requirementForm = regexp.MustCompile(`^\s*(?:(!)\s*([\w./-]+)|([\w./-]+)(?:\s*(==?|!=)\s*([\w.-]*)|\s+(in|notin)\s*\(([^()]*)\))?)\s*(?:,|$)`)

// requirements parses a label selector, as kubectl takes it.
func requirements(s string) ([]requirement, bool) {
	if len(s) > maxPattern {
		return nil, false
	}
	var out []requirement
	for strings.TrimSpace(s) != "" {
		m := requirementForm.FindStringSubmatch(s)
		if m == nil {
			return nil, false
		}
		s = s[len(m[0]):]
		r := requirement{key: m[2] + m[3], not: m[1] != "" || m[4] == "!=" || m[6] == "notin"}
		switch {
		case m[4] != "":
			r.values = []string{m[5]}
		case m[6] != "":
			for v := range strings.SplitSeq(m[7], ",") {
				r.values = append(r.values, strings.TrimSpace(v))
			}
		}
		out = append(out, r)
	}
	return out, true
}

// allMet reports whether labels meet all requirements.
func allMet(all []requirement, labels *node) bool {
	for _, r := range all {
		i, met := labels.index(r.key), false
		if i >= 0 {
			met = r.values == nil
			for _, v := range r.values {
				met = met || labels.fields[i].value.text == v
			}
		}
		if met == r.not {
			return false
		}
	}
	return true
}
