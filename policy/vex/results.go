package vex

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/package-url/packageurl-go"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// Exempted is a finding that an ignore takes out of the verdict.
type Exempted struct {
	Run, Finding  int // where it is in the results
	Justification string
	Reason        string    // in words
	Expires       time.Time // when it stops to hold; zero: never
}

// Ignores makes ignores of what they have taken out of the verdict on results,
// for Write. Each is as narrow as it has to be to hold, read again, for these
// findings and for no other: for the package, else for the package in the image
// or in the file that it was found in. What has no package is told by its file.
// What cannot be told from others is left out, and named, a line each.
func Ignores(res finding.Results, exempted []Exempted) (ignores []Ignore, left []string) {
	w := newWriter(res, exempted)
	at := map[string]int{}
	for _, e := range exempted {
		run := &res.Runs[e.Run]
		f := &run.Findings[e.Finding]
		product, why := w.product(place{e.Run, e.Finding})
		if why != "" {
			left = append(left, fmt.Sprintf("%s in %s: %s", text.OneLine(f.RuleID, 60), cutName(cmp.Or(placeOf(f), run.Title())), why))
			continue
		}
		key := strings.Join(append([]string{f.RuleID, e.Justification, e.Reason, e.Expires.String()}, f.Aliases...), "\x00")
		n, ok := at[key]
		if !ok {
			n = len(ignores)
			at[key] = n
			ignores = append(ignores, Ignore{ID: f.RuleID, Aliases: f.Aliases, Justification: e.Justification, Reason: e.Reason, Expires: e.Expires})
		}
		ignores[n].Products = append(ignores[n].Products, product)
	}
	slices.Sort(left)
	return ignores, slices.Compact(left)
}

// namesOf are the names that a statement on a finding has.
func namesOf(f *finding.Finding) []string { return idsOf(append([]string{f.RuleID}, f.Aliases...)) }

// place is that of a finding in results.
type place struct{ run, finding int }

// writer knows which findings a statement must not hold for.
type writer struct {
	res    finding.Results
	counts map[string][]rival // by what a target finds them by; sorted by path
	known  map[string]bool    // answers of exceeds, by names and product
}

// rival is a finding that is not exempted.
type rival struct {
	run     *finding.Run
	finding *finding.Finding
	purl    packageurl.PackageURL // empty when it has no package
}

func newWriter(res finding.Results, exempted []Exempted) *writer {
	w := &writer{res: res, counts: map[string][]rival{}, known: map[string]bool{}}
	out := map[place]bool{}
	for _, e := range exempted {
		out[place{e.Run, e.Finding}] = true
	}
	for i := range res.Runs {
		for j := range res.Runs[i].Findings {
			r := rival{run: &res.Runs[i], finding: &res.Runs[i].Findings[j]}
			if r.finding.Package != nil {
				var err error
				if r.purl, err = parsePURL(r.finding.Package.PURL); err != nil {
					continue // no statement is about it
				}
			}
			if out[place{i, j}] {
				continue
			}
			for _, id := range namesOf(r.finding) {
				keys := []string{keyOf(id, r.purl)}
				if v := plainVersion(r.purl); v != "" {
					keys = append(keys, keys[0]+"\x00"+v)
				}
				for _, key := range keys {
					w.counts[key] = append(w.counts[key], r)
				}
			}
		}
	}
	for _, list := range w.counts {
		slices.SortStableFunc(list, func(a, b rival) int { return strings.Compare(a.finding.Location.Path, b.finding.Location.Path) })
	}
	return w
}

// rivals are the findings of a name that count and that a target may be about.
func (w *writer) rivals(id string, t target) []rival {
	var p packageurl.PackageURL
	if t.pkg != nil {
		p = *t.pkg
	}
	key := keyOf(id, p)
	if v := plainVersion(p); v != "" {
		key += "\x00" + v
	}
	list := w.counts[key]
	if t.in == nil || isImage(*t.in) || t.in.Subpath == "" {
		return list
	}
	from := func(path string) int {
		i, _ := slices.BinarySearchFunc(list, path, func(r rival, path string) int { return strings.Compare(r.finding.Location.Path, path) })
		return i
	}
	file, dir := t.in.Subpath, t.in.Subpath+"/"
	return slices.Concat(list[from(file):from(file+"\x00")], list[from(dir):from(file+"0")]) // 0 follows /
}

// product is what tells a finding from all that is not exempted, or why there
// is nothing that does.
func (w *writer) product(at place) (p Product, why string) {
	run := &w.res.Runs[at.run]
	f := &run.Findings[at.finding]
	if id := strings.TrimSpace(f.RuleID); id == "" || len(id) > maxWord || id != text.OneLine(id, maxWord) {
		return p, "its rule has no name that can be written"
	}
	var purl packageurl.PackageURL
	if f.Package != nil {
		var err error
		if purl, err = parsePURL(f.Package.PURL); err != nil {
			return p, "its package has no package URL"
		}
	}
	candidates := w.candidates(run, f)
	if len(candidates) == 0 {
		return p, "a statement needs a package, or a file of the repository"
	}
	for _, c := range candidates {
		t, err := c.target()
		if err == nil && t.matches(run, f, purl) && !w.exceeds(f, c, t) {
			return c, ""
		}
	}
	return p, "no statement could tell it from findings of the same name that count"
}

// candidates are the products that may stand for a finding, the widest first.
func (w *writer) candidates(run *finding.Run, f *finding.Finding) []Product {
	var out []Product
	var parts []string
	if f.Package != nil {
		parts = []string{f.Package.PURL}
		out = append(out, Product{PURL: f.Package.PURL})
	}
	switch {
	case run.Target != "" && parts != nil:
		name, digest, _ := strings.Cut(run.Target, "@")
		name = path.Base(strings.TrimPrefix(name, "docker-daemon:"))
		name, _, _ = strings.Cut(name, ":")
		out = append(out, Product{PURL: packageurl.NewPackageURL(packageurl.TypeOCI, "", strings.ToLower(name), digest, nil, "").ToString(), Parts: parts})
	case run.Target == "" && f.Location.Path != "":
		root := w.res.Root
		if root == "" {
			root = "repository"
		}
		out = append(out, Product{PURL: packageurl.NewPackageURL(packageurl.TypeGeneric, "", root, "", nil, f.Location.Path).ToString(), Parts: parts})
	}
	return out
}

// target is what the product will be when it is read again.
func (p Product) target() (target, error) {
	top := product{purls: []string{p.PURL}}
	for _, part := range p.Parts {
		top.parts = append(top.parts, product{purls: []string{part}})
	}
	d := &Document{}
	out := d.targets(0, top)
	if len(out) != 1 {
		return target{}, fmt.Errorf("%s", d.first)
	}
	return out[0], nil
}

// exceeds reports whether a statement on a finding's rule and a product would
// hold for a finding that counts.
func (w *writer) exceeds(f *finding.Finding, p Product, t target) bool {
	names := namesOf(f)
	key := strings.Join(slices.Concat(names, []string{"", p.PURL}, p.Parts), "\x00")
	does, known := w.known[key]
	if !known {
		does = slices.ContainsFunc(names, func(id string) bool {
			return slices.ContainsFunc(w.rivals(id, t), func(r rival) bool { return t.matches(r.run, r.finding, r.purl) })
		})
		w.known[key] = does
	}
	return does
}
