package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/finding"
)

// bom is the inventory as both formats of bills of materials see it: what was
// scanned, holding sources, holding packages. Each has a ref, which is a hash
// of what it is: it stays the same while other things come and go.
type bom struct {
	tool       finding.Engine
	root       bomItem
	sources    []bomSource
	incomplete []string // why the list may not be whole, a line each
}

// bomItem is something that is no package: what was scanned, or a source.
type bomItem struct{ ref, name, version string }

// bomSource is a source with its packages.
type bomSource struct {
	bomItem
	*finding.Source
	run      int
	target   *bomItem // the image that holds it; nil: the scanned directory
	whole    bool     // the scanner looked at everything
	packages []bomPackage
	top      []string // refs of the packages that no other of the source brings in
}

// bomPackage is a package of a source.
type bomPackage struct {
	ref string
	*finding.Component
	needs []string // refs of packages
}

// errNoInventory says what to do with saved results.
func errNoInventory(format string) error {
	return fmt.Errorf("saved results hold no inventory: write it with `scangate scan --output %s=FILE`", format)
}

// listsPackages reports whether a run that did not complete may have left
// packages out: it lists some, or would have.
func listsPackages(run *finding.Run) bool {
	return run.Looked.Packages > 0 || len(run.Inventory) > 0 || run.Scanner == "dependency" || run.Scanner == "image"
}

func newBOM(r Report, format string) (*bom, error) {
	name := cmp.Or(short(r.Results.Root, 500), "scan")
	b := &bom{tool: r.Results.Tool, root: bomItem{ref: refOf("root", name), name: name}}
	b.tool.Name = cmp.Or(short(b.tool.Name, 100), "scangate")
	b.tool.Version = short(b.tool.Version, 100)
	if r.Results.Interrupted {
		b.incomplete = append(b.incomplete, "the scan was interrupted")
	}
	refs := map[string]int{}
	for i := range r.Results.Runs {
		run := &r.Results.Runs[i]
		if run.Looked.Packages > 0 && len(run.Inventory) == 0 {
			return nil, errNoInventory(format)
		}
		whole := run.Status == finding.Completed
		if !whole && run.Status != finding.Skipped && listsPackages(run) {
			b.incomplete = append(b.incomplete, short(fmt.Sprintf("%s: %s: %s", run.Title(), run.Status, run.Reason), 500))
		}
		var target *bomItem
		if run.Target != "" {
			target = &bomItem{ref: refOf("target", run.Scanner, run.Target), name: cmp.Or(short(run.Target, 500), "unnamed")}
		}
		for j := range run.Inventory {
			s := newSource(run, &run.Inventory[j], refs)
			s.run, s.target, s.whole = i, target, whole
			b.sources = append(b.sources, s)
		}
	}
	return b, nil
}

// newSource gives a source and its packages refs, and works out who needs whom.
func newSource(run *finding.Run, s *finding.Source, refs map[string]int) bomSource {
	out := bomSource{Source: s}
	// What is there twice under one name gets a number.
	unique := func(ref string) string {
		if refs[ref]++; refs[ref] > 1 {
			return refOf(ref, strconv.Itoa(refs[ref]))
		}
		return ref
	}
	place := []string{run.Scanner, run.Target, s.Path, s.Type, s.System}
	out.ref = unique(refOf(append([]string{"source"}, place...)...))
	out.name = cmp.Or(short(s.Path, 500), short(s.Type, 100), "unnamed")
	if s.System != "" {
		name, version, _ := strings.Cut(s.System, " ")
		out.name, out.version = cmp.Or(short(name, 100), "unnamed"), short(version, 100)
	}
	byID := map[string]string{}
	for i := range s.Packages {
		p := &s.Packages[i]
		ref := unique(refOf(append(append([]string{"package"}, place...), p.ID, p.Name, p.Version)...))
		out.packages = append(out.packages, bomPackage{ref: ref, Component: p})
		if byID[p.ID] == "" {
			byID[p.ID] = ref
		}
	}
	needed := map[string]bool{}
	for i := range out.packages {
		p := &out.packages[i]
		for _, id := range p.DependsOn {
			if ref := byID[id]; ref != "" && ref != p.ref {
				p.needs = append(p.needs, ref)
				needed[ref] = true
			}
		}
		slices.Sort(p.needs)
		p.needs = slices.Compact(p.needs)
	}
	for _, p := range out.packages {
		if p.Relationship == "direct" || !needed[p.ref] {
			out.top = append(out.top, p.ref)
		}
	}
	slices.Sort(out.top)
	return out
}

// targets are the images, each once, in their order.
func (b *bom) targets() []*bomItem {
	var out []*bomItem
	for i := range b.sources {
		if t := b.sources[i].target; t != nil && !slices.ContainsFunc(out, func(o *bomItem) bool { return o.ref == t.ref }) {
			out = append(out, t)
		}
	}
	return out
}

// holder is what a source belongs to.
func (b *bom) holder(s *bomSource) string {
	if s.target != nil {
		return s.target.ref
	}
	return b.root.ref
}

// refOf is a name made of what something is.
func refOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		io.WriteString(h, p)
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// purlOf returns a package URL that can be relied on to be one.
func purlOf(p *finding.Component) string {
	if u := short(p.PURL, 2000); u == p.PURL && strings.HasPrefix(u, "pkg:") && !strings.ContainsAny(u, " \"<>\\^`{|}") {
		return u
	}
	return ""
}
