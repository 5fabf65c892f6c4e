package kustomize

import "strings"

// spot is a place where labels go in objects of a kind, of a group or "*".
type spot struct {
	group, kind, path string
	make              making
}

// templateSpots are where labels go that are for what an object makes, too.
var templateSpots = []spot{
	{"", "ReplicationController", "spec/template/metadata/labels", all},
	{"*", "Deployment", "spec/template/metadata/labels", all},
	{"*", "ReplicaSet", "spec/template/metadata/labels", all},
	{"*", "DaemonSet", "spec/template/metadata/labels", all},
	{"apps", "StatefulSet", "spec/template/metadata/labels", all},
	{"batch", "Job", "spec/template/metadata/labels", all},
	{"batch", "CronJob", "spec/jobTemplate/metadata/labels", all},
	{"batch", "CronJob", "spec/jobTemplate/spec/template/metadata/labels", all},
}

// selectorSpots are where labels go that choose objects, and what follows them.
var selectorSpots = []spot{
	{"", "Service", "spec/selector", all},
	{"", "ReplicationController", "spec/selector", all},
	{"*", "Deployment", "spec/selector/matchLabels", all},
	{"*", "ReplicaSet", "spec/selector/matchLabels", all},
	{"*", "DaemonSet", "spec/selector/matchLabels", all},
	{"apps", "StatefulSet", "spec/selector/matchLabels", all},
	{"apps", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", all},
	{"batch", "Job", "spec/selector/matchLabels", last},
	{"batch", "CronJob", "spec/jobTemplate/spec/selector/matchLabels", last},
	{"policy", "PodDisruptionBudget", "spec/selector/matchLabels", last},
	{"networking.k8s.io", "NetworkPolicy", "spec/podSelector/matchLabels", last},
	{"networking.k8s.io", "NetworkPolicy", "spec/ingress/from/podSelector/matchLabels", last},
	{"networking.k8s.io", "NetworkPolicy", "spec/egress/to/podSelector/matchLabels", last},
	{"apps", "Deployment", "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels", last},
	{"apps", "Deployment", "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels", last},
	{"apps", "Deployment", "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels", last},
	{"apps", "Deployment", "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels", last},
	{"apps", "Deployment", "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels", last},
	{"apps", "StatefulSet", "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels", last},
	{"apps", "StatefulSet", "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels", last},
	{"apps", "StatefulSet", "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels", last},
	{"apps", "StatefulSet", "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels", last},
	{"apps", "StatefulSet", "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels", last},
}

// setLabels sets the labels of a kustomization.
func (b *build) setLabels(k *kustomization, o *object) error {
	for _, l := range k.labels {
		if err := b.setPairs(o, spot{path: "metadata/labels", make: all}, l.pairs); err != nil {
			return err
		}
		if l.templates || l.selectors {
			if err := b.setSpots(o, templateSpots, l.pairs); err != nil {
				return err
			}
		}
		if l.selectors {
			if err := b.setSpots(o, selectorSpots, l.pairs); err != nil {
				return err
			}
		}
	}
	return nil
}

// setAnnotations sets the annotations of a kustomization: of the objects and of
// what they make.
func (b *build) setAnnotations(k *kustomization, o *object) error {
	if len(k.annotations) == 0 {
		return nil
	}
	if err := b.setPairs(o, spot{path: "metadata/annotations", make: all}, k.annotations); err != nil {
		return err
	}
	for _, s := range templateSpots {
		s.path = strings.TrimSuffix(s.path, "labels") + "annotations"
		if err := b.setSpots(o, []spot{s}, k.annotations); err != nil {
			return err
		}
	}
	return nil
}

// setSpots sets pairs at the spots that are about the object's kind.
func (b *build) setSpots(o *object, spots []spot, pairs []field) error {
	if err := b.look(o, nil); err != nil {
		return err
	}
	is := identity(o.root)
	for _, s := range spots {
		if s.kind != is.kind || s.group != "*" && s.group != is.group {
			continue
		}
		if err := b.setPairs(o, s, pairs); err != nil {
			return err
		}
	}
	return nil
}

func (b *build) setPairs(o *object, s spot, pairs []field) error {
	for _, f := range pairs {
		root, err := b.setAt(o.root, append(strings.Split(s.path, "/"), f.name), f.value, s.make)
		if err != nil {
			return err
		}
		if root != o.root {
			o.root, o.patched = root, true
		}
	}
	return nil
}
