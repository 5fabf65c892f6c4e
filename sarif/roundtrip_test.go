package sarif

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/finding"
)

// TestRoundTrip holds that the artifact copy keeps every fact, and that what
// policy said of them does not come back as one. What it may
// change: the order of runs that did not complete (last), rules that nothing
// uses (gone), the engine of scanners that did not complete (gone), credentials
// in a target (gone), and over-long or missing texts of rules.
func TestRoundTrip(t *testing.T) {
	want := sample()
	document, _ := encode(t, want, judged(false))
	got, err := Decode(bytes.NewReader(document), "artifact.sarif")
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Runs {
		run := &want.Runs[i]
		run.Target = shownTarget(run.Target)
		used := map[string]bool{}
		for j := range run.Findings {
			used[run.Findings[j].RuleID] = true
		}
		run.Rules = slices.DeleteFunc(run.Rules, func(r finding.Rule) bool { return !used[r.ID] })
		for j := range run.Rules {
			r := &run.Rules[j]
			r.Title = cut(oneLine(r.Title), maxRuleDescription)
			r.Tags = r.Tags[:min(len(r.Tags), 7)]
			if strings.HasSuffix(r.Title, "…") {
				r.Help = strings.TrimSpace(strings.Repeat("long title ", 200)) // all of it is in the help
			}
		}
	}
	secret := want.Find("secret")
	secret.Rules = append(secret.Rules, finding.Rule{ID: "home-made", Title: "home-made"})
	secret.Findings[2].Message = "home-made"
	for i := range want.Runs {
		slices.SortFunc(want.Runs[i].Rules, func(a, b finding.Rule) int { return cmp.Compare(a.ID, b.ID) })
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	again, _ := encode(t, got, judged(false))
	if !bytes.Equal(document, again) {
		t.Errorf("encoding what was decoded gives other bytes:\n%s", gocmp.Diff(string(document), string(again)))
	}
}
