package report

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/scangate/scangate/text"
)

// fact is something known of a finding, on one line, cleaned and cut.
type fact struct {
	Name, Value string
	Code        bool // it is a name for machines
}

// facts are what else is known of a finding, in the order of their use.
func facts(x *row) []fact {
	var out []fact
	add := func(name, value string, code bool) {
		if value = short(value, 600); value != "" {
			out = append(out, fact{name, value, code})
		}
	}
	f := x.finding
	add("Decision", x.decision.Action.String()+": "+strings.TrimPrefix(x.decision.By, x.decision.Action.String()+": "), false)
	add("Fix", f.Fix, false)
	if p := f.Package; p != nil {
		add("Package", p.Name+" "+p.Version+" ("+p.Ecosystem+")", false)
		add("Fixed in", cmp.Or(p.FixedVersion, "no fixed version is known"), false)
		if p.Status != "fixed" {
			add("Its vendor says", p.Status, false)
		}
		relation := p.Relationship
		if p.Dev {
			relation = strings.TrimPrefix(relation+", for development only", ", ")
		}
		add("Dependency", relation, false)
		if n := len(p.Path); n > 1 {
			add("Required by", strings.Join(p.Path[:min(n, 20)], " → "), false)
		}
		add("Package URL", p.PURL, true)
	}
	for _, w := range f.Witnesses[:min(len(f.Witnesses), 20)] {
		add("Also found by", fmt.Sprintf("%s as %s, severity %s", w.Scanner, w.RuleID, w.Severity), false)
	}
	for _, s := range f.Suppressions[:min(len(f.Suppressions), 5)] {
		add("Suppressed by", s.Source+strings.TrimSuffix(": "+s.Reason, ": "), false)
	}
	severity := f.Severity.String()
	if f.SeveritySource != "" {
		severity += " according to " + f.SeveritySource
	}
	if f.Score > 0 {
		severity += ", CVSS " + strconv.FormatFloat(f.Score, 'f', 1, 64)
	}
	add("Severity", severity+strings.TrimSuffix(", "+f.Vector, ", "), false)
	add("Published", f.Published, false)
	add("Also known as", strings.Join(f.Aliases[:min(len(f.Aliases), 20)], ", "), false)
	add("Framework", f.Framework, false)
	add("Resource", f.Resource, true)
	if l := f.Layer; l != nil {
		add("File in the image", l.File, true)
		base := ""
		if l.Base {
			base = " (base image)"
		}
		add("Layer", cmp.Or(l.Digest, l.DiffID)+base, true)
		add("Made by", text.Cut(l.CreatedBy, 200), true)
	}
	if f.Location.Commit != "" {
		add("Only in history", "commit "+f.Location.Commit+strings.TrimSuffix(" of "+f.Location.Date, " of "), false)
	}
	add("Fingerprint", f.Fingerprint, true)
	return out
}
