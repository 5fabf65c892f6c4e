package github

import (
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/sarif"
)

// ApplyDismissals marks the findings whose alerts somebody dismissed, so that
// they do not count, and returns how many there are. Findings are matched with
// alerts as GitHub does it: by rule, path and line hash. What another scanner
// has found, too, is dismissed together with it, since code scanning shows one
// alert for both. o has the category and place of the upload.
func ApplyDismissals(r *finding.Results, alerts []Alert, o sarif.Options) int {
	if len(alerts) == 0 {
		return 0
	}
	type key struct{ rule, path, hash string }
	dismissed := map[key]*Alert{}
	for i := range alerts {
		if id := alerts[i].Identity; id.LineHash != "" {
			dismissed[key{id.RuleID, id.Path, id.LineHash}] = &alerts[i]
		}
	}
	ids := sarif.Identities(*r, o)
	shown := map[string]*Alert{} // by the fingerprint of the finding that is shown
	n := 0
	mark := func(f *finding.Finding, a *Alert) {
		if !f.Dismissed() {
			f.Suppressions = append(f.Suppressions[:len(f.Suppressions):len(f.Suppressions)], a.suppression())
			n++
		}
	}
	for i := range r.Runs {
		for j := range r.Runs[i].Findings {
			f, id := &r.Runs[i].Findings[j], ids[i][j]
			if a := dismissed[key{id.RuleID, id.Path, id.LineHash}]; a != nil {
				mark(f, a)
				shown[f.Fingerprint] = a
			}
		}
	}
	for i := range r.Runs {
		for j := range r.Runs[i].Findings {
			f := &r.Runs[i].Findings[j]
			if a := shown[f.SameAs]; a != nil && f.SameAs != "" {
				mark(f, a)
			}
		}
	}
	return n
}

// suppression is the dismissal as a mark on a finding.
func (a *Alert) suppression() finding.Suppression {
	var parts []string
	if a.Reason != "" {
		parts = append(parts, a.Reason)
	}
	if a.By != "" {
		parts = append(parts, "by "+a.By)
	}
	reason := strings.Join(parts, ", ")
	if a.Comment != "" {
		if reason != "" {
			reason += ": "
		}
		reason += a.Comment
	}
	return finding.Suppression{Source: finding.CodeScanning, Elsewhere: true, Reason: reason}
}
