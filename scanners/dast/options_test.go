package dast

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func TestMistakesInTheConfiguration(t *testing.T) {
	b := bench{files: map[string]string{"r.tsv": "10020\tFIAL\n10021\tWARN\nx\n", "big.pem": ""}}
	for section, want := range map[string]string{
		"targets: ['ftp://a.example']":              "c.yaml:3:37: targets: the address of a.example is no http:// or https:// address, such as http://localhost:8080",
		"targets: ['localhost:8080']":               "an entry is no http:// or https:// address, such as http://localhost:8080",
		"targets: ['https://u:hunter2@a.example']":  "the address of a.example holds a name or password: leave it out",
		"targets: ['https://a.example/?t=hunter2']": "the address of a.example has a query or a fragment: name the page without it",
		"depth: -1":                      "depth: want a number above 0, not -1",
		"pages: -5":                      "pages: want a number above 0, not -5",
		"within: 5s":                     "there is none",
		"wait-for: 'http://localhost:1'": "start: starts, and there is none",
		"start: [x], targets: ['http://a.example']":              "wait-for: a.example is not on this machine, where the program is started",
		"start: [x], wait-for: 'x', targets: [http://localhost]": "wait-for: an entry is no http:// or",
		"robots: ignroe":                    `robots: want obey or ignore, not "ignroe"; did you mean "ignore"?`,
		"exclude: ['(']":                    "exclude: error parsing regexp: missing closing )",
		"headers: [{name: X}]":              "headers: want {name: NAME, from: VARIABLE}: values stand in the environment",
		"headers: [{name: 'a b', from: X}]": `"a b" is no name of a header field`,
		"headers: [{name: Host, from: X}]":  "the header Host cannot be set",
		"cookies: [{name: 'a=b', from: X}]": `"a=b" is no name of a cookie`,
		"source: ../x":                      `source: "../x" is no file below the scanned directory`,
		"openapi: /etc/passwd":              `openapi: "/etc/passwd" is no file below the scanned directory`,
		"openapi: absent.yaml":              "openapi: open absent.yaml: ",
		"rules: ./r.tsv":                    "r.tsv:1: ",
	} {
		_, _, err := b.make(t, section)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s: %v", section, err)
			continue
		}
		var inFile *FileError
		if named := errors.As(err, &inFile); named != strings.HasPrefix(section, "rules") || strings.Contains(err.Error(), "\n") && !named {
			t.Errorf("%s: %q", section, err)
		}
	}
	for _, section := range []string{"rate: 0.001", "rate: fast", "rate: '-1'", "rate: 1e9"} {
		var o Options
		o.Rate = strings.Trim(strings.TrimPrefix(section, "rate: "), "'")
		if _, err := New(o, Setting{}); err == nil || !strings.Contains(err.Error(), "want requests per second, such as 10, or unlimited") {
			t.Errorf("%s: %v", section, err)
		}
	}
	if _, _, err := (bench{targets: []string{"x"}}).make(t, ""); err == nil || !strings.HasPrefix(err.Error(), "--target: an entry is no http://") {
		t.Error(err)
	}
}

// One application has one scan, however its address is written.
func TestTargetsAreScannedOnce(t *testing.T) {
	all, target, err := bench{targets: []string{"HTTP://LocalHost:80", "http://localhost/a/../"}}.make(t, "targets: ['http://localhost', 'http://localhost/b', 'http://[::1]:8080', 'http://bücher.example']")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range all {
		got = append(got, s.Target())
	}
	if d := cmp.Diff([]string{"http://localhost/", "http://localhost/b", "http://[::1]:8080/", "http://xn--bcher-kva.example/"}, got); d != "" {
		t.Error(d)
	}
	if w := planned(t, all[0], target); w.What != fmt.Sprintf("up to 200 pages, %d rules", len(all[0].rules)) {
		t.Error(w.What)
	}
}

const someRules = "10036\tFAIL\t(Server)\n10010\tINFO\n10017\tIGNORE\t(Foreign)\tour own network\n10063\tWARN\n" +
	"10055\tOUTOFSCOPE\t.*/legacy/.*\n10096\tIGNORE\t(Timestamps)\n40012\tFAIL\n"

func TestRulesFile(t *testing.T) {
	s := bad(t)
	b := bench{targets: []string{s.URL}, file: "-", files: map[string]string{".zap/rules.tsv": someRules}}
	r := b.one(t, "robots: ignore, rules: .zap/rules.tsv")
	for _, words := range [][]string{
		{":1 high 10036-2 GET / "}, {":1 info 10010 GET /user/{n} id"}, {":1 low 10017 GET / https://cdn.example/"},
		{"info .zap/rules.tsv:6: rule 10096 is not among those of dast"}, {"info .zap/rules.tsv:7: rule 40012"},
	} {
		wantLine(t, r, words...)
	}
	for _, f := range r.Findings {
		if f.RuleID == "10055-4" {
			t.Errorf("out of scope: %+v", f)
		}
		want := []finding.Suppression(nil)
		if f.RuleID == "10017" {
			want = []finding.Suppression{{Source: ".zap/rules.tsv:3", Reason: "our own network"}}
		}
		if d := cmp.Diff(want, f.Suppressions); d != "" {
			t.Errorf("%s: %s", f.Key, d)
		}
	}
	if r.Status != finding.Completed {
		t.Errorf("%s", short(r))
	}
}

func TestExclude(t *testing.T) {
	s := bad(t)
	r := bench{targets: []string{s.URL}}.one(t, "robots: ignore, exclude: ['.*/legacy/', '/user']")
	wantLine(t, r, "info addresses passed over: ", "1 out of scope", "1 off scope")
	if s.wasAsked("/legacy/x") || !s.wasAsked("/user/1") {
		t.Error(s.asked)
	}
}
