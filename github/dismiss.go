package github

import (
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/sarif"
)

// ApplyDismissals marks the findings whose alerts somebody dismissed, so that
// they do not count, and returns how many there are. Findings are matched with
// alerts as GitHub does it: by rule, path and line hash, and those that are the
// same by these, as in a file of one long line, by their message. What another
// scanner has found, too, is dismissed together with it, since code scanning
// shows one alert for both. o has the category and place of the upload.
func ApplyDismissals(r *finding.Results, alerts []Alert, o sarif.Options) int {
	if len(alerts) == 0 {
		return 0
	}
	type key struct{ rule, path, hash string }
	keyOf := func(id sarif.Identity) key { return key{id.RuleID, id.Path, id.LineHash} }
	dismissed := map[key][]*Alert{}
	for i := range alerts {
		if id := alerts[i].Identity; id.LineHash != "" {
			dismissed[keyOf(id)] = append(dismissed[keyOf(id)], &alerts[i])
		}
	}
	ids := sarif.Identities(*r, o)
	several := map[key]map[string]bool{} // the fingerprints of what is the same
	for i := range r.Runs {
		for j := range r.Runs[i].Findings {
			k, f := keyOf(ids[i][j]), &r.Runs[i].Findings[j]
			if dismissed[k] == nil || f.SameAs != "" {
				continue
			}
			if several[k] == nil {
				several[k] = map[string]bool{}
			}
			several[k][f.Fingerprint] = true
		}
	}
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
			f, k := &r.Runs[i].Findings[j], keyOf(ids[i][j])
			for _, a := range dismissed[k] {
				if len(several[k]) > 1 && !sarif.IsMessage(a.Message, f) {
					continue
				}
				mark(f, a)
				shown[f.Fingerprint] = a
				break
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
