package policy

import (
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
)

func TestGraceSinceAFindingWasFirstSeen(t *testing.T) {
	const rule = "policy: {rules: [{match: {rule: R}, action: %s, after: 14d, since: %s}], thresholds: {secret: {fail-on: none}}}"
	day := func(ago int) string { return today.AddDate(0, 0, -ago).Format("2006-01-02") }
	for _, c := range []struct {
		name, action, since string
		f                   finding.Finding
		want                Action
		outcome             Outcome
		by                  string
	}{
		{"new", "fail", "first-seen", finding.Finding{FirstSeen: day(0)}, Warn, Passed, "fail in 14 days: rule: R (f.yaml:1)"},
		{"the last day", "fail", "first-seen", finding.Finding{FirstSeen: day(13)}, Warn, Passed, "fail in 1 day: rule: R (f.yaml:1)"},
		{"over", "fail", "first-seen", finding.Finding{FirstSeen: day(14)}, Fail, Failed, "fail: rule: R (f.yaml:1)"},
		{"a warning passes", "warn", "first-seen", finding.Finding{FirstSeen: day(1)}, Pass, Passed, "warn in 13 days"},
		{"a day to come is not believed", "fail", "first-seen", finding.Finding{FirstSeen: day(-2)}, Fail, Failed, "fail: rule: R"},
		{"how long it is public does not count", "fail", "first-seen", finding.Finding{FirstSeen: day(1), Published: day(900)}, Warn, Passed, "fail in 13 days"},
		{"nor how long it is there", "fail", "published", finding.Finding{FirstSeen: day(900), Published: day(1)}, Warn, Passed, "fail in 13 days"},
		{"no date", "fail", "first-seen", finding.Finding{}, Warn, Incomplete, "below fail-on"},
		{"no date that is one", "fail", "first-seen", finding.Finding{FirstSeen: "yesterday"}, Warn, Incomplete, "below fail-on"},
	} {
		p := mustParse(t, strings.NewReplacer("action: %s", "action: "+c.action, "since: %s", "since: "+c.since).Replace(rule), "")
		p.Facts.Now = today
		c.f.RuleID, c.f.Severity = "R", finding.High
		res := finding.Results{Runs: []finding.Run{{Scanner: "secret", Status: finding.Completed, Findings: []finding.Finding{c.f}}}}
		v := p.Judge(res)
		if d := v.Decisions[0][0]; d.Action != c.want || v.Outcome != c.outcome || !strings.Contains(d.By, c.by) {
			t.Errorf("%s: %s, %s: %q %q", c.name, v.Outcome, d.Action, d.By, v.Reasons)
		}
		if e := p.Explain(res, v, 0, 0); c.outcome == Incomplete && (len(e.Before) != 1 || e.Before[0].Key != "first-seen" || e.Before[0].Want != "a date, for after: 14d" || e.Before[0].Got != "none") {
			t.Errorf("%s: %+v", c.name, e.Before)
		}
	}
}

func TestWithoutDatesTheVerdictIsIncomplete(t *testing.T) {
	p := mustParse(t, "policy: {rules: [{match: {rule: R}, action: fail}, {match: {rule: [R, S]}, action: fail, after: 14d, since: first-seen}], thresholds: {secret: {fail-on: none}}}", "")
	p.Facts.Now = today
	undated := finding.Finding{RuleID: "S", Severity: finding.High}
	res := finding.Results{Runs: []finding.Run{{Scanner: "secret", Status: finding.Completed, Findings: []finding.Finding{undated, undated, {RuleID: "other"}}}}}
	want := "the rule at f.yaml:1 asks for first-seen, which 2 findings do not have: it comes with scangate's own results"
	if v := p.Judge(res); v.Outcome != Incomplete || strings.Join(v.Reasons, "; ") != want {
		t.Errorf("%s %q", v.Outcome, v.Reasons)
	}
	// What is decided before, or is known, needs no date.
	res.Runs[0].Findings = []finding.Finding{{RuleID: "R", Severity: finding.High}}
	if v := p.Judge(res); v.Outcome != Failed || len(v.Reasons) != 1 {
		t.Errorf("%s %q", v.Outcome, v.Reasons)
	}
	if !p.CountsFromFirstSeen() || mustParse(t, "policy: {rules: [{match: {}, action: fail, after: 14d}]}", "").CountsFromFirstSeen() {
		t.Error("whether dates are asked for")
	}
}

func TestSinceIsStrict(t *testing.T) {
	for yaml, want := range map[string]string{
		"policy: {rules: [{match: {}, action: fail, since: first-seen}]}":              "f.yaml:1:51: since: it says what the days of after are counted from, and there is no after",
		"policy: {rules: [{match: {}, action: fail, after: 1d, since: first-sen}]}":    `f.yaml:1:62: since: want published or first-seen, not "first-sen"; did you mean "first-seen"?`,
		"policy: {rules: [{match: {}, action: fail, after: 1d, since: [first-seen]}]}": "f.yaml:1:62: policy.rules[0].since: want a word, not a list",
	} {
		if _, err := parse(t, yaml, ""); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", yaml, err, want)
		}
	}
}
