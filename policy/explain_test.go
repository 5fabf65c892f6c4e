package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func TestExplain(t *testing.T) {
	unfixed := lodash()
	unfixed.Runs[0].Findings[0].Package = &finding.Package{Name: "p"}
	suppressed := lodash()
	suppressed.Runs[0].Findings[0].Suppressions = []finding.Suppression{{Source: "trivy:ignore"}}
	const upgrade = "fixed by upgrading lodash from 4.17.20 to 4.17.21"
	const ignore = "or pass over it for a while: scangate ignore GHSA-35jh --reason … --expires …"
	for name, tt := range map[string]struct {
		yaml string
		res  finding.Results
		want Explanation
	}{
		"rule": {`policy:
  rules:
    - {match: {path: docs/}, action: ignore}
    - {match: {epss: ">=0.5"}, action: fail}
    - {match: {new: true, severity: high}, action: fail}
    - {match: {severity: medium, scanner: dependency}, action: fail, because: ours}
`, lodash(), Explanation{
			Decision: Decision{Fail, "fail: ours (f.yaml:6)"}, Line: "f.yaml:6",
			Before: []Unmatched{
				{"path: docs/", "f.yaml:3", "path", "docs/", "web/app/package-lock.json"},
				{"epss: >=0.5", "f.yaml:4", "epss", ">=0.5", "not known"},
				{"severity: high; new: true", "f.yaml:5", "severity", "high", "medium"},
			},
			Change: []string{upgrade, ignore, "a rule before f.yaml:6 that matches it decides instead",
				"the rule no longer matches it when one of these does not hold: scanner: dependency; severity: medium"},
		}},
		"grace": {"policy: {rules: [{match: {}, action: fail, after: 14d}]}", lodash(), Explanation{
			Decision: Decision{Warn, "fail in 4 days: matches everything (f.yaml:1)"}, Line: "f.yaml:1",
			Change: []string{"a rule before f.yaml:1 that matches it decides instead", "the grace period of 14 days ends in 4"},
		}},
		"threshold": {"policy:\n  thresholds: {dependency: {fail-on: medium}}", lodash(), Explanation{
			Decision: Decision{Fail, "fail-on: medium (f.yaml:2)"}, Line: "f.yaml:2",
			Change: []string{upgrade, ignore, "it fails because its severity medium reaches fail-on: medium; a limit above that (f.yaml:2), or a rule, decides otherwise"},
		}},
		"below": {"", lodash(), Explanation{
			Decision: Decision{Warn, "below fail-on: high (default)"}, Line: "default", Change: []string{"it would fail with fail-on: medium (default)"},
		}},
		"fixable": {"policy: {thresholds: {dependency: {fixable: true}}}", unfixed, Explanation{
			Decision: Decision{Pass, "not as fixable as the threshold asks (f.yaml:1)"}, Line: "f.yaml:1",
			Change: []string{"the threshold is not about what is without a known fix (fixable, f.yaml:1)"},
		}},
		"max": {"policy:\n  thresholds:\n    dependency:\n      max: {high: 1, medium: 0}", unfixed, Explanation{
			Decision: Decision{Fail, "1 medium finding, max 0 (f.yaml:4)"}, Line: "f.yaml:4",
			Change: []string{"no fix of p is known", ignore, "it passes again when fewer medium findings are there: 1 medium finding, max 0 (f.yaml:4)"},
		}},
		"suppressed": {"", suppressed, Explanation{
			Decision: Decision{Ignored, "suppressed by trivy:ignore in the scanned content"}, Change: []string{"it counts again without trivy:ignore"},
		}},
	} {
		p := mustParse(t, tt.yaml, "")
		p.Facts.Now = today
		if d := cmp.Diff(tt.want, p.Explain(tt.res, p.Judge(tt.res), 0, 0)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	p := DefaultPolicy()
	p.Exemptions = []Exemption{exemptions("GHSA-35jh")}
	got := p.Explain(lodash(), p.Judge(lodash()), 0, 0)
	if d := cmp.Diff([]string{"it counts again without: dependency GHSA-35jh"}, got.Change); d != "" {
		t.Error(d)
	}
}
