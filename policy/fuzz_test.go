package policy

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/internal/hostile"
)

// FuzzParse asserts that a policy that is refused is refused with its place, and
// that one that is read decides what it explains, the same each time.
func FuzzParse(f *testing.F) {
	for _, seed := range append(hostile.Seeds(), everything, guide, manyRules(14),
		`policy: {rules: [{match: {path: "a/[b-]**/\\", age: ">= 1w <2d"}, action: warn, after: 3w}], thresholds: {iac: {max: {low: 1}}}}`,
		`policy: {rules: [{match: {cvss: ">=`+strings.Repeat(" ", 200)+`7"}, action: fail}]}`, "policy: {require: [iac, iac], severity: highest, baseline: ../x}\n",
		"policy: {thresholds: {iac: {fail-on: high, fail-on: low}}}\n", "policy: {thresholds: {iac: {max: {high: 1e9}}}}\n", "policy: {rules: [{match: {cwe: CWE-"+strings.Repeat("0", 100)+"}, action: ignore}]}",
		"policy: {rules: [{match: {rule: ['*', '"+strings.Repeat("*a", 120)+"'], package: 'pkg:*'}, action: ignore, because: \"\\e[2J\"}]}",
	) {
		f.Add([]byte(seed))
	}
	r := anyResults(rand.New(rand.NewPCG(7, 8)))
	f.Fuzz(func(t *testing.T, data []byte) {
		hostile.Bounded(t, len(data)+200*len(r.Runs), func() {
			file, err := config.Parse(data, "f.yaml")
			if err != nil {
				return // the configuration's own tests are about it
			}
			p, err := Parse(file.Policy, known)
			if hostile.Place(t, err, "f.yaml", data); err != nil {
				return
			}
			if n := len(p.Rules) + len(p.Require) + len(p.Scanners); n > len(data) {
				t.Errorf("%d rules, scanners and thresholds of %d bytes", n, len(data))
			}
			v := p.Judge(r)
			for i := range r.Runs {
				for j := range r.Runs[i].Findings {
					e := p.Explain(r, v, i, j)
					if e.Decision != v.Decisions[i][j] {
						t.Errorf("%+v is explained as %+v", v.Decisions[i][j], e.Decision)
					}
					hostile.OneLine(t, e.Decision.By)
				}
			}
			for _, line := range append(v.Reasons, v.Notices...) {
				hostile.OneLine(t, line)
			}
			again, err := Parse(file.Policy, known)
			if err != nil || cmp.Diff(v, again.Judge(r)) != "" {
				t.Errorf("read again it decides otherwise: %v", err)
			}
		})
	})
}

// FuzzParseCases asserts that cases that are refused are refused with their
// place, and that all others can be judged.
func FuzzParseCases(f *testing.F) {
	for _, seed := range append(hostile.Seeds(),
		"cases: [{name: a, finding: {scanner: image, kev: true, epss: 0.1, age: 3d, cwe: [CWE-79]}, expect: fail, by: x, count: 3}]",
		"cases:\n- {finding: {scanner: iac, framework: terraform, path: a/b, severity: high}, expect: pass}\n- {finding: {scanner: image, purl: 'pkg:npm/%40a/b@1', count: 99999999999999999999}, expect: ignored}\n",
		"policy: a\ncases: [{name: \"\\e[2J\\n\", finding: {scanner: image, age: 36500d, aliases: [~]}, expect: fail, count: 10000}]",
	) {
		f.Add([]byte(seed))
	}
	p := DefaultPolicy()
	f.Fuzz(func(t *testing.T, data []byte) {
		// A few bytes may ask for so many findings.
		hostile.Bounded(t, len(data)+8*maxCount, func() {
			doc, err := config.Document(data, "c.yaml")
			var cases []Case
			if err == nil {
				cases, err = ParseCases(doc, known)
			}
			hostile.Place(t, err, "c.yaml", data)
			total := 0
			for i := range cases {
				total += cases[i].Count
				hostile.OneLine(t, cases[i].Check(p))
			}
			if len(cases) > len(data) || total > maxCount {
				t.Errorf("%d cases with %d findings of %d bytes", len(cases), total, len(data))
			}
		})
	})
}
