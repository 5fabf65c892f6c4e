package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/config"
)

func parseCases(t *testing.T, yaml string) ([]Case, error) {
	t.Helper()
	doc, err := config.Document([]byte(yaml), "c.yaml")
	if err != nil {
		return nil, err
	}
	return ParseCases(doc, known)
}

func TestCases(t *testing.T) {
	p := mustParse(t, `policy:
  rules:
    - {match: {kev: true}, action: fail, because: exploited}
    - {match: {epss: ">=0.1"}, action: fail, because: likely}
    - {match: {new: false, tags: old}, action: ignore}
    - {match: {age: ">=30d", tool: x}, action: warn, because: stale}
  thresholds: {image: {max: {low: 2}}}
`, "")
	cases, err := parseCases(t, `
policy: p.yaml
cases:
  - {name: a, finding: {scanner: image, kev: true}, expect: fail, by: exploited}
  - {name: b, finding: {scanner: image, epss: 0.1}, expect: fail, by: likely}
  - {name: c, finding: {scanner: image, tags: [old], severity: critical}, expect: ignored}
  - {name: d, finding: {scanner: image, tags: [old], severity: critical, new: true}, expect: fail}
  - {name: e, finding: {scanner: image, age: 30d, tool: x, severity: critical}, expect: warn, by: stale}
  - {name: f, finding: {scanner: image, severity: low}, count: 3, expect: fail, by: "3 low findings, max 2"}
  - {name: g, finding: {scanner: image, severity: low}, count: 2, expect: fail}
  - {finding: {scanner: image, kev: true}, expect: fail, by: likely}
`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range cases {
		if line := cases[i].Check(p); line != "" {
			got = append(got, line)
		}
	}
	want := []string{
		"c.yaml:10: g: got warn, want fail: below fail-on: high (f.yaml:7)",
		`c.yaml:11: case: got fail, want fail by "likely": fail: exploited (f.yaml:3)`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestMistakesInCases(t *testing.T) {
	for yaml, want := range map[string]string{
		"":                                     "c.yaml:1:1: the file is empty",
		"cases: []":                            "c.yaml:1:1: there are no cases: a file without any would always pass",
		"policy: a.yaml":                       "c.yaml:1:1: there are no cases: a file without any would always pass",
		"cases: [~]":                           "c.yaml:1:9: an empty case: want finding and expect",
		"cses: []":                             `c.yaml:1:1: unknown key "cses"; did you mean "cases"?`,
		"cases: [{expect: fail}]":              "c.yaml:1:9: the case has no finding",
		"cases: [{finding: {scanner: image}}]": "c.yaml:1:9: the case has no expect: want fail, warn, pass or ignored",
		"cases: [{finding: {scanner: image}, expect: ignore}]":                                                                    `c.yaml:1:45: unknown expectation "ignore"; did you mean "ignored"?`,
		"cases: [{finding: {severity: low}, expect: fail}]":                                                                       "c.yaml:1:19: the finding has no scanner",
		"cases: [{finding: {scanner: imgae}, expect: fail}]":                                                                      `c.yaml:1:29: unknown scanner "imgae"; did you mean "image"?`,
		"cases: [{finding: {scanner: image, sevrity: low}, expect: fail}]":                                                        `c.yaml:1:36: unknown key "sevrity" in cases[0].finding; did you mean "severity"?`,
		"cases: [{finding: {scanner: image, severity: lwo}, expect: fail}]":                                                       `c.yaml:1:46: cases[0].finding.severity: unknown severity "lwo": want one of unknown, info, low, medium, high, critical`,
		"cases: [{finding: {scanner: image, cvss: high}, expect: fail}]":                                                          `c.yaml:1:42: cvss: "high" is not a number from 0 to 10`,
		"cases: [{finding: {scanner: image, age: 3}, expect: fail}]":                                                              `c.yaml:1:41: age: "3" is not a number of days such as 14d, or weeks such as 2w`,
		"cases: [{finding: {scanner: image, dev: true}, expect: fail}]":                                                           "c.yaml:1:19: the finding says things of a package, and has neither package nor purl",
		"cases: [{finding: {scanner: iac, framework: terrafrom}, expect: fail}]":                                                  `c.yaml:1:45: unknown framework "terrafrom"; did you mean "terraform"?`,
		"cases: [{finding: {scanner: image}, expect: fail, count: 0}]":                                                            `c.yaml:1:58: count: want a whole number from 1 to 10000, not "0"`,
		"cases: [{finding: {scanner: image}, expect: fail, count: 6000}, {finding: {scanner: image}, expect: fail, count: 6000}]": "c.yaml:1:65: more than 10,000 findings in all cases",
		"cases: [{}]\n---\na: b": "c.yaml:2:1: more than one YAML document: keep the first",
	} {
		if _, err := parseCases(t, yaml); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", yaml, err, want)
		}
	}
}
