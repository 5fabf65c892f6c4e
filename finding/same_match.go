package finding

import (
	"regexp"
	"strings"
)

// place is where findings may be the same: nothing is ever the same across
// targets and files.
type place struct{ kind, target, path, what, name string }

// index has the findings by their places.
type index map[place][]*member

// maxSame bounds how many findings of one place one is compared with.
const maxSame = 1000

func (x index) add(m *member) {
	for _, p := range m.places {
		x[p] = append(x[p], m)
	}
}

// same returns the findings of other scanners that m is the same as.
func (x index) same(m *member) []*member {
	var out []*member
	for _, p := range m.places {
		at := x[p]
		for _, o := range at[:min(len(at), maxSame)] {
			if o.run.Scanner == m.run.Scanner || o.asked == m {
				continue
			}
			if o.asked = m; o.is(m) {
				out = append(out, o)
			}
		}
	}
	return out
}

// placesOf are where a finding is looked for. One without a fingerprint or
// without a place of its own is not.
func placesOf(m *member) []place {
	target, path := m.run.Target, m.Location.Path
	switch {
	case m.Fingerprint == "" || path == "" && target == "":
		return nil
	case m.Package != nil:
		return m.named(place{"package", target, path, m.Package.Ecosystem + " " + foldName(m.Package), ""})
	case m.KeyOnly:
		if m.Key == "" {
			return nil
		}
		// Wherever it is found: its scanners name all the places.
		return []place{{"secret", target, "", m.Key, ""}}
	case m.Framework == "" && m.Resource == "":
		return nil // a rule's id alone means nothing to another tool
	}
	return m.named(place{"rule", target, path, "", ""})
}

// named is a place for each of the rule's names, in one case.
func (m *member) named(p place) []place {
	out := make([]place, 0, 1+len(m.Aliases))
	p.name = strings.ToLower(m.RuleID)
	out = append(out, p)
	for _, a := range m.Aliases {
		p.name = strings.ToLower(a)
		out = append(out, p)
	}
	return out
}

// is reports whether o, which is at a place of m, is the same as m.
func (m *member) is(o *member) bool {
	switch {
	case m.Package != nil:
		return sameVersion(m.Package, o.Package) && sameFile(m.Layer, o.Layer)
	case m.KeyOnly:
		return true
	case m.Resource != "" && m.Resource == o.Resource:
		return true
	}
	return m.Framework != "" && o.Framework != "" && overlap(m.Location, o.Location)
}

// separators are all the same to Python's package index (PEP 503).
var separators = regexp.MustCompile(`[-_.]+`)

// foldName is a package's name as its registry compares names.
func foldName(p *Package) string {
	name := strings.ToLower(p.Name)
	if p.Ecosystem == "pip" {
		name = separators.ReplaceAllString(name, "-")
	}
	return name
}

// sameVersion compares versions. GitHub's alerts name none: they are about all
// versions that a manifest has.
func sameVersion(a, b *Package) bool {
	if a.Version == "" || b.Version == "" {
		return true
	}
	return strings.TrimPrefix(a.Version, "v") == strings.TrimPrefix(b.Version, "v")
}

// sameFile compares the files of an image that packages are in, where both are
// known.
func sameFile(a, b *Layer) bool {
	return a == nil || b == nil || a.File == "" || b.File == "" || a.File == b.File
}

// overlap reports whether two locations of a file have a line in common. One
// without a line is about all of the file.
func overlap(a, b Location) bool {
	if a.StartLine == 0 || b.StartLine == 0 {
		return true
	}
	return a.StartLine <= max(b.StartLine, b.EndLine) && b.StartLine <= max(a.StartLine, a.EndLine)
}
