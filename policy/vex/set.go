package vex

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/package-url/packageurl-go"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// A Set is some documents together: what a policy asks.
type Set struct{ docs []*Document }

// New makes a set. Of several documents that take a finding out of the verdict,
// the first one is named.
func New(docs ...*Document) *Set { return &Set{docs: docs} }

// Exempts reports whether the documents take a finding out of the verdict, and
// which of their words does.
func (s *Set) Exempts(run *finding.Run, f *finding.Finding) (by string, ok bool) {
	yes, no := s.judge(run, f)
	if yes == nil || no != nil {
		return "", false
	}
	return yes.by(yes.doc.Name), true
}

// said is what a document says of a finding.
type said struct {
	*statement
	doc *Document
}

func (s *said) place() string { return fmt.Sprintf("%s:%d", s.doc.Name, s.line) }

// judge finds the first word that takes a finding out of the verdict, and the
// first one that stands against it.
func (s *Set) judge(run *finding.Run, f *finding.Finding) (yes, no *said) {
	if f.Package != nil && f.Package.PURL == "" {
		return nil, nil
	}
	var p packageurl.PackageURL // stays empty for what is in a file alone
	ids := idsOf(append([]string{f.RuleID}, f.Aliases...))
	for _, d := range s.docs {
		if !d.mentions(ids) {
			continue
		}
		if p.Name == "" && f.Package != nil {
			var err error
			if p, err = parsePURL(f.Package.PURL); err != nil {
				return nil, nil
			}
		}
		for _, w := range d.newest(run, f, ids, p) {
			switch {
			case w.status.exempts() && yes == nil:
				yes = &said{w, d}
			case !w.status.exempts() && no == nil:
				no = &said{w, d}
			}
		}
	}
	return yes, no
}

// mentions reports whether the document has anything to say of an advisory.
func (d *Document) mentions(ids []string) bool {
	return slices.ContainsFunc(ids, func(id string) bool { return d.ids[id] })
}

// newest are the statements on a package that are newer than all others, which
// may be several of one time.
func (d *Document) newest(run *finding.Run, f *finding.Finding, ids []string, p packageurl.PackageURL) []*statement {
	var out []*statement
	for _, id := range ids {
		for _, key := range [...]string{keyOf(id, p), id} {
			for _, e := range d.entries[key] {
				if !e.matches(run, f, p) {
					continue
				}
				switch {
				case len(out) == 0 || e.when.After(out[0].when):
					out = append(out[:0], e.statement)
				case e.when.Equal(out[0].when) && !slices.Contains(out, e.statement) && len(out) < maxNotices:
					out = append(out, e.statement)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b *statement) int { return cmp.Compare(a.line, b.line) })
	return out
}

// placeOf is the package of a finding, or else its file.
func placeOf(f *finding.Finding) string {
	if f.Package != nil {
		return f.Package.PURL
	}
	return f.Location.Path
}

// Notices are what a reader of the verdict on these results should know, one
// line each: statements that are refused, and those that contradict each other
// on a finding, which therefore counts.
func (s *Set) Notices(res finding.Results) []string {
	var out []string
	for _, d := range s.docs {
		out = append(out, d.notices...)
		if d.hidden > 0 {
			out = append(out, fmt.Sprintf("%s: and %s more", d.Name, text.Count(d.hidden, "remark")))
		}
	}
	var hidden int
	seen := map[string]bool{}
	for i := range res.Runs {
		run := &res.Runs[i]
		for j := range run.Findings {
			f := &run.Findings[j]
			yes, no := s.judge(run, f)
			if yes == nil || no == nil {
				continue
			}
			line := fmt.Sprintf("%s in %s counts: %s says %s, and %s says %s; remove what does not hold any more",
				text.OneLine(f.RuleID, 60), cutName(placeOf(f)), yes.place(), yes.status, no.place(), no.status)
			switch {
			case seen[line]:
			case len(seen) == maxNotices:
				hidden++
			default:
				seen[line] = true
				out = append(out, line)
			}
		}
	}
	if hidden > 0 {
		out = append(out, fmt.Sprintf("and %s more on which VEX documents contradict each other", text.Count(hidden, "finding")))
	}
	return out
}
