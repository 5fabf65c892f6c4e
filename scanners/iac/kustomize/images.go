package kustomize

import (
	"regexp"
	"slices"
	"strings"
)

// image is an item of images.
type image struct {
	*purse
	name                           *regexp.Regexp
	newName, newTag, digest, extra string
	at                             Place
}

// setImages replaces an image wherever a container or a volume uses it.
func (b *build) setImages(n *node, objects []*object) error {
	re, ok := compile(n.string("name"), `(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?`)
	if !ok {
		b.problem(n.at, false, "images: a name cannot be matched; the image is left as it is")
		return nil
	}
	if err := b.spend(10 * stepsOfMatch); err != nil {
		return err
	}
	i := image{
		purse: &b.purse, at: n.at, name: re,
		newName: n.string("newName"), newTag: n.string("newTag"), digest: n.string("digest"), extra: n.string("tagSuffix"),
	}
	for _, o := range objects {
		if identity(o.root).kind == "CustomResourceDefinition" {
			continue
		}
		root, err := i.replace(o.root, 0)
		if err != nil {
			return err
		}
		if root != o.root {
			o.root, o.patched = root, true
		}
	}
	return nil
}

// replace returns n with the image replaced, or n itself.
func (i *image) replace(n *node, depth int) (*node, error) {
	if err := i.spend(1); err != nil {
		return nil, err
	}
	if depth > maxDeep {
		return nil, errAt(0, "is nested too deep")
	}
	out := *n
	changed := false
	for at, f := range n.fields {
		v, err := i.replace(f.value, depth+1)
		if err != nil {
			return nil, err
		}
		switch f.name {
		case "containers", "initContainers":
			v, err = i.items(v, "image")
		case "volumes":
			v, err = i.items(v, "image", "reference")
		}
		if err != nil {
			return nil, err
		}
		if v != f.value {
			if !changed {
				out.fields, changed = slices.Clone(n.fields), true
			}
			out.fields[at].value = v
		}
	}
	for at, item := range n.items {
		v, err := i.replace(item, depth+1)
		if err != nil {
			return nil, err
		}
		if v != item {
			if !changed {
				out.items, changed = slices.Clone(n.items), true
			}
			out.items[at] = v
		}
	}
	if changed {
		return &out, nil
	}
	return n, nil
}

// items replaces the image that each item of a list has at a path.
func (i *image) items(n *node, names ...string) (*node, error) {
	if n.kind != list {
		return n, nil
	}
	var items []*node
	for at, item := range n.items {
		v := item.get(names...)
		if v == nil || v.kind != scalar || len(v.text) > maxPattern {
			continue
		}
		if err := i.spend(stepsOfMatch + 4*len(v.text)); err != nil {
			return nil, err
		}
		if !i.name.MatchString(v.text) {
			continue
		}
		made := i.apply(v.text)
		if err := i.spendText(made); err != nil {
			return nil, err
		}
		changed, err := i.setAt(item, names, str(made, i.at), nothing)
		if err != nil {
			return nil, err
		}
		if items == nil {
			items = slices.Clone(n.items)
		}
		items[at] = changed
	}
	if items == nil {
		return n, nil
	}
	return n.withItems(items), nil
}

// apply returns what an image is replaced with.
func (i *image) apply(s string) string {
	host, rest := "", s
	if slash := strings.IndexByte(s, '/'); slash > 0 {
		host, rest = s[:slash], s[slash:]
	}
	rest, digest, _ := strings.Cut(rest, "@")
	rest, tag, _ := strings.Cut(rest, ":")
	name := host + rest
	if i.newName != "" {
		name = i.newName
	}
	switch {
	case i.newTag != "" || i.digest != "":
		tag, digest = i.newTag, i.digest
	case i.extra != "":
		tag, digest = tag+i.extra, ""
	}
	if tag != "" {
		name += ":" + tag
	}
	if digest != "" {
		name += "@" + digest
	}
	return name
}
