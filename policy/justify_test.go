package policy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// promise exempts the findings of a rule, and perhaps justifies it.
type promise struct{ rule, label string }

func (w promise) Exempts(_ *finding.Run, f *finding.Finding) (by string, ok bool) {
	return "word", f.RuleID == w.rule
}

func (w promise) Justify(*finding.Run, *finding.Finding) (label, reason string, until time.Time) {
	return w.label, "because", time.Time{}
}

func TestJustifiedFindingsAreListed(t *testing.T) {
	p := DefaultPolicy()
	p.Facts.Now = time.Date(2027, 1, 15, 23, 30, 0, 0, time.FixedZone("", 3600))
	p.Exemptions = []Exemption{promise{"a", "x"}, promise{"b", ""}, promise{"b", "y"}, promise{"c", "z"}}
	of := func(ids ...string) (out []finding.Finding) {
		for _, id := range ids {
			out = append(out, finding.Finding{RuleID: id, Severity: finding.High})
		}
		return out
	}
	res := finding.Results{Runs: []finding.Run{{Scanner: "iac", Findings: of("d", "a", "b")}, {Scanner: "image", Findings: of("c", "d", "a", "c")}}}
	res.Runs[1].Findings[3].Suppressions = []finding.Suppression{{Source: "x"}}
	v := p.Judge(res)
	if d := cmp.Diff([]Justified{{0, 1, "x", "because", time.Time{}}, {1, 0, "z", "because", time.Time{}}, {1, 2, "x", "because", time.Time{}}}, v.Justified); d != "" {
		t.Error(d)
	}
	if !v.Day.Equal(time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("the verdict is of %s", v.Day)
	}
	if v := DefaultPolicy().Judge(res); !v.Day.IsZero() || v.Justified != nil {
		t.Errorf("%+v", v)
	}
}
