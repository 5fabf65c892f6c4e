package ignore

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInsert(t *testing.T) {
	r := Request{What: "CVE-9", Reason: "why: not", Expires: "2027-02-01"}
	for name, tt := range map[string]struct{ before, want, origin string }{
		"absent":      {"", "version: 1\n\nignore:\n  - id: CVE-9\n    reason: \"why: not\"\n    expires: 2027-02-01\n", "f.yaml:4"},
		"comments":    {"# only\n", "# only\nversion: 1\n\nignore:\n  - id: CVE-9\n    reason: \"why: not\"\n    expires: 2027-02-01\n", "f.yaml:5"},
		"no key":      {"version: 1   # one\ndb: {max-age: 48h}", "version: 1   # one\ndb: {max-age: 48h}\n\nignore:\n  - id: CVE-9\n    reason: \"why: not\"\n    expires: 2027-02-01\n", "f.yaml:5"},
		"empty key":   {"ignore: # none\nversion: 1\n", "ignore: # none\n  - id: CVE-9\n    reason: \"why: not\"\n    expires: 2027-02-01\nversion: 1\n", "f.yaml:2"},
		"empty list":  {"ignore: []  # none\nversion: 1\n", "ignore:  # none\n  - id: CVE-9\n    reason: \"why: not\"\n    expires: 2027-02-01\nversion: 1\n", "f.yaml:2"},
		"a list":      {"ignore:\n    # first\n    - {id: a,   reason: x, permanent: true} # a\n    # last\n\n# about db\ndb: {}\n", "ignore:\n    # first\n    - {id: a,   reason: x, permanent: true} # a\n    # last\n    - id: CVE-9\n      reason: \"why: not\"\n      expires: 2027-02-01\n\n# about db\ndb: {}\n", "f.yaml:5"},
		"no indent":   {"ignore:\n- id: a\n  permanent: true\n  reason: |\n    x\n    # y\n# end\n", "ignore:\n- id: a\n  permanent: true\n  reason: |\n    x\n    # y\n- id: CVE-9\n  reason: \"why: not\"\n  expires: 2027-02-01\n# end\n", "f.yaml:7"},
		"windows":     {"ignore:\r\n  - {id: a, reason: x, permanent: true}\r\n", "ignore:\r\n  - {id: a, reason: x, permanent: true}\r\n  - id: CVE-9\r\n    reason: \"why: not\"\r\n    expires: 2027-02-01\r\n", "f.yaml:3"},
		"other place": {"ignore: [] \n", "ignore: \n  - id: CVE-9\n    reason: \"why: not\"\n    expires: 2027-02-01\n", "f.yaml:2"},
		"expired":     {"ignore:\n- {id: CVE-9, path: a, reason: x, expires: 2020-01-01}\n", "ignore:\n- {id: CVE-9, path: a, reason: x, expires: 2020-01-01}\n- id: CVE-9\n  reason: \"why: not\"\n  expires: 2027-02-01\n", "f.yaml:3"},
	} {
		t.Run(name, func(t *testing.T) {
			got, e, err := Insert([]byte(tt.before), "f.yaml", r, names(), now)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, string(got)); d != "" {
				t.Error(d)
			}
			if e.Origin != tt.origin {
				t.Errorf("origin %s, want %s", e.Origin, tt.origin)
			}
		})
	}
}

func TestInsertEveryField(t *testing.T) {
	got, _, err := Insert(nil, "f.yaml", Request{What: "aws-*", Package: "pkg:npm/@a/b@1", Path: "**/a b/", Scanner: "iac", Reason: "\"q\" # \\ \x1b é"}, names(), now)
	want := "version: 1\n\nignore:\n  - rule: \"aws-*\"\n    package: \"pkg:npm/@a/b@1\"\n    path: \"**/a b/\"\n    scanner: iac\n    reason: \"\\\"q\\\" # \\\\ \\u001b é\"\n    permanent: true\n"
	if d := cmp.Diff(want, string(got)); d != "" || err != nil {
		t.Error(err, d)
	}
	if got, _, err = Insert(nil, "f.yaml", Request{What: strings.Repeat("0a", 16), Reason: "x"}, names(), now); err != nil || !strings.Contains(string(got), "- fingerprint: \"0a0a") {
		t.Error(string(got), err)
	}
}

func TestInsertRefuses(t *testing.T) {
	good := Request{What: "CVE-9", Reason: "x", Expires: "2027-02-01"}
	bad := func(change func(*Request)) Request {
		r := good
		change(&r)
		return r
	}
	for _, tt := range []struct {
		before string
		r      Request
		want   string
	}{
		{"", bad(func(r *Request) { r.Expires = "2027-01-14" }), "ignore: 2027-01-14 is over: give a day to come"},
		{"", bad(func(r *Request) { r.Expires = "soon" }), `ignore: expires: "soon" is not a day such as 2027-03-31`},
		{"", bad(func(r *Request) { r.Reason = "" }), "ignore: the entry gives no reason: add reason, for those who read it next"},
		{"", bad(func(r *Request) { r.Scanner = "iak" }), `ignore: unknown scanner "iak"; did you mean "iac"?`},
		{"", bad(func(r *Request) { r.Path = "a[" }), `ignore: path: pattern "a[" has a [ without its ]; write \[ for the character itself`},
		{"ignore: [{id: cve-9, reason: y, permanent: true}]\n", good, "f.yaml:1: this is ignored here already"},
		{"ignore:\n- {id: CVE-9, reason: y, expires: 2026-01-01}\n", good, "f.yaml:2: this is ignored here already, but has expired on 2026-01-01: change its date"},
		{"ignore: [{id: a, reason: y, permanent: true}]\n", good, "f.yaml: cannot be changed without changing its form: add to its list ignore by hand: {id: CVE-9, reason: x, expires: 2027-02-01}"},
		{"{version: 1}\n", good, "f.yaml: cannot be changed without changing its form: add to its list ignore by hand: {id: CVE-9, reason: x, expires: 2027-02-01}"},
		{"version: 1\n...\n", good, "f.yaml: cannot be changed without changing its form: add to its list ignore by hand: {id: CVE-9, reason: x, expires: 2027-02-01}"},
		{"ignore: [}\n", good, "f.yaml:1:1: not valid YAML: did not find expected node content"},
		{"ignore: [{id: a}]\n", good, "f.yaml:1:10: ignore: the entry does not say when it ends: add expires: YYYY-MM-DD, or permanent: true"},
	} {
		out, _, err := Insert([]byte(tt.before), "f.yaml", tt.r, names(), now)
		if err == nil || err.Error() != tt.want || out != nil {
			t.Errorf("%q\ngot  %v\nwant %s", tt.before, err, tt.want)
		}
	}
}
