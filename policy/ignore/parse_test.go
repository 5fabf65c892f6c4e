package ignore

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/config"
)

// now is the time of all tests.
var now = time.Date(2027, 1, 15, 12, 0, 0, 0, time.UTC)

func names() []string { return []string{"dependency", "image", "secret", "iac"} }

// parse reads a configuration's ignores.
func parse(data string) (List, error) {
	file, err := config.Parse([]byte(data), "f.yaml")
	if err != nil {
		return List{}, err
	}
	return Parse(file.Ignore, names())
}

func TestParse(t *testing.T) {
	got, err := parse(`
ignore:
  - id: CVE-2021-23337
    path: web/package-lock.json
    reason: not reachable
    expires: 2027-03-31
  - rule: "aws-*"
    fingerprint: AB12
    package: "pkg:npm/lodash"
    scanner: [secret, iac]
    permanent: true
    justification: component_not_present
    reason: never
  - {fingerprint: ab, scanner: secret, reason: x, permanent: true}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Entry{
		{Origin: "f.yaml:3", ID: "CVE-2021-23337", Path: "web/package-lock.json", Reason: "not reachable", Until: time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)},
		{Origin: "f.yaml:7", Rule: "aws-*", Fingerprint: "AB12", Package: "pkg:npm/lodash", Scanners: []string{"secret", "iac"}, Reason: "never", Justification: "component_not_present"},
		{Origin: "f.yaml:14", Fingerprint: "ab", Scanners: []string{"secret"}, Reason: "x"},
	}
	if d := cmp.Diff(want, got.Entries, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".conditions" || p.Last().String() == ".keys" }, cmp.Ignore()), cmp.AllowUnexported(Entry{})); d != "" {
		t.Error(d)
	}
	if day := got.Entries[0].LastDay(); day != "2027-03-31" {
		t.Error(day)
	}
	if none, err := parse("version: 1\nignore:\n"); err != nil || none.Entries != nil {
		t.Error(none, err)
	}
}

func TestMistakes(t *testing.T) {
	for in, want := range map[string]string{
		"ignore: CVE-1":                    `f.yaml:1:9: ignore: want a list, not a single value`,
		"ignore: [CVE-1]":                  `f.yaml:1:10: ignore[0]: want keys and values, not a single value`,
		"ignore:\n- ":                      `f.yaml:2:2: ignore: the entry is empty: want id, rule or fingerprint, and a reason`,
		"ignore: [{ide: CVE-1}]":           `f.yaml:1:11: unknown key "ide" in ignore[0]; did you mean "id"?`,
		"ignore: [{id: CVE-1, id: CVE-2}]": `f.yaml:1:22: key "id" in ignore[0] is given twice`,
		"ignore: [{reason: x, permanent: true, path: a}]":                         `f.yaml:1:10: ignore: the entry does not say what to ignore: want id, rule or fingerprint`,
		"ignore: [{id: CVE-1, permanent: true}]":                                  `f.yaml:1:10: ignore: the entry gives no reason: add reason, for those who read it next`,
		"ignore: [{id: CVE-1, permanent: true, reason: }]":                        `f.yaml:1:47: ignore: reason has no value: give it one, or leave the key out`,
		"ignore: [{id: CVE-1, permanent: true, reason: ' '}]":                     `f.yaml:1:47: ignore: reason has no value: give it one, or leave the key out`,
		"ignore: [{id: CVE-1, path: , reason: x, permanent: true}]":               `f.yaml:1:28: ignore: path has no value: give it one, or leave the key out`,
		"ignore: [{id: CVE-1, reason: x}]":                                        `f.yaml:1:10: ignore: the entry does not say when it ends: add expires: YYYY-MM-DD, or permanent: true`,
		"ignore: [{id: CVE-1, reason: x, permanent: false}]":                      `f.yaml:1:10: ignore: the entry does not say when it ends: add expires: YYYY-MM-DD, or permanent: true`,
		"ignore: [{id: CVE-1, reason: x, permanent: }]":                           `f.yaml:1:44: ignore: permanent has no value: write permanent: true, or leave the key out`,
		"ignore: [{id: CVE-1, reason: x, permanent: maybe}]":                      `f.yaml:1:44: ignore[0].permanent: want true or false, not "maybe"`,
		"ignore: [{id: CVE-1, reason: x, permanent: true, expires: 2027-01-01}]":  `f.yaml:1:59: ignore: the entry both expires and is permanent: keep one of them`,
		"ignore: [{id: CVE-1, reason: x, expires: 31.3.2027}]":                    `f.yaml:1:42: ignore: expires: "31.3.2027" is not a day such as 2027-03-31`,
		"ignore: [{id: CVE-1, reason: x, expires: 2027-02-30}]":                   `f.yaml:1:42: ignore: expires: "2027-02-30" is not a day such as 2027-03-31`,
		"ignore: [{id: CVE-1, reason: x, permanent: true, scanner: secrets}]":     `f.yaml:1:59: ignore: unknown scanner "secrets"; did you mean "secret"?`,
		"ignore: [{id: CVE-1, reason: x, permanent: true, scanner: []}]":          `f.yaml:1:59: ignore: scanner is an empty list: name one, or leave the key out`,
		"ignore: [{id: CVE-1, reason: x, permanent: true, scanner: [iac, x]}]":    `f.yaml:1:65: ignore: unknown scanner "x"; want one of dependency, iac, image, secret`,
		"ignore: [{id: CVE-1, reason: x, permanent: true, scanner: {a: b}}]":      `f.yaml:1:59: ignore[0].scanner: want a list, not a mapping`,
		"ignore: [{id: [a], reason: x, permanent: true}]":                         `f.yaml:1:15: ignore[0].id: want a word, not a list`,
		"ignore: [{id: 'CVE-*', reason: x, permanent: true}]":                     `f.yaml:1:15: ignore: id is no pattern: write rule: "CVE-*"`,
		"ignore: [{rule: '*', reason: x, permanent: true, scanner: iac}]":         `f.yaml:1:17: ignore: a rule that all of them fit needs a path or a package that narrows it`,
		"ignore: [{id: a, path: '!b', reason: x, permanent: true}]":               `f.yaml:1:24: ignore: path: pattern "!b": there is no negation: write what is meant in an entry of its own; \! is the character itself`,
		"ignore: [{id: a, path: 'b/[', reason: x, permanent: true}]":              `f.yaml:1:24: ignore: path: pattern "[" has a [ without its ]; write \[ for the character itself`,
		"ignore: [{id: a, path: '../b', reason: x, permanent: true}]":             `f.yaml:1:24: ignore: path: pattern "../b": paths have no empty parts, and neither . nor .. among them`,
		"ignore: [{id: a, path: '*.{a,b}', reason: x, permanent: true}]":          `f.yaml:1:24: ignore: path: pattern "*.{a,b}": alternatives in { } are not supported: write a pattern for each; \{ is the character itself`,
		"ignore: [{id: a, path: '/', reason: x, permanent: true}]":                `f.yaml:1:24: ignore: path: pattern "/" matches nothing; ** is everything`,
		"ignore: [{id: a, package: '*', reason: x, permanent: true}]":             `f.yaml:1:27: ignore: package: the pattern is that of every package: leave it out`,
		"ignore: [{id: a, package: 'pkg:', reason: x, permanent: true}]":          `f.yaml:1:27: ignore: package: the package URL names no package: write for example pkg:npm/lodash`,
		"ignore: [{id: a, justification: component, reason: x, permanent: true}]": `f.yaml:1:33: ignore: unknown justification "component"; did you mean "component_not_present"?`,
	} {
		_, err := parse(in + "\n")
		if err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", in, err, want)
		}
	}
}
