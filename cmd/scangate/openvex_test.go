package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// justified ignores what two scanners have found, one of it without a
// justification.
const justified = `ignore:
- {id: CVE-1, path: web/, reason: "never called", justification: vulnerable_code_not_in_execute_path, expires: 2099-01-31}
- {id: GHSA-2, reason: "not in it", justification: component_not_present, permanent: true}
- {rule: "AWS-*", path: "*.tf", reason: "a sandbox", justification: inline_mitigations_already_exist, permanent: true}
- {id: CVE-3, reason: "old", permanent: true}
- {rule: "100*", package: "*x*", reason: "elsewhere", justification: component_not_present, permanent: true}
`

// TestOpenVEXIsReadAgain: what is written takes the same findings out of the
// verdict when it is read in place of the ignores, and no other.
func TestOpenVEXIsReadAgain(t *testing.T) {
	y := newTry(t, "secret=clean")
	in := func(id, path, purl string, aliases ...string) finding.Finding {
		f := finding.Finding{RuleID: id, Aliases: aliases, Severity: finding.High, Message: "m", Location: finding.Location{Path: path}, Fingerprint: id + path + purl}
		if purl != "" {
			f.Package = &finding.Package{Name: "x", PURL: purl}
		}
		return f
	}
	res := finding.Results{Root: "shop", Runs: []finding.Run{
		{Scanner: "secret", Status: finding.Completed, Findings: []finding.Finding{
			in("CVE-1", "web/package-lock.json", "pkg:npm/a@1"), in("CVE-1", "api/package-lock.json", "pkg:npm/a@1"), in("CVE-2", "go.mod", "pkg:golang/b@v1", "GHSA-2"),
			in("AWS-1", "a.tf", ""), in("AWS-1", "a.tf.json", ""), in("CVE-3", "go.mod", "pkg:golang/b@v1"),
		}},
		{Scanner: "secret", Target: "https://example.com", Status: finding.Completed, Findings: []finding.Finding{in("10021", "", "pkg")}},
	}}
	f, err := os.Create("r.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := finding.Encode(f, res); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	keep(t, ".scangate.yaml", justified)
	y.run("gate", "r.json", "--output", "json=before.json", "--output", "openvex=a.openvex.json").want(exitFailed, "VERDICT: FAILED")
	if want := "scangate: warning: openvex: no statement on 10021 in pkg: its package has no package URL\n"; !strings.Contains(y.stderr, want) {
		t.Errorf("%s\nwant %s", y.stderr, want)
	}
	keep(t, ".scangate.yaml", "vex: [a.openvex.json]\n")
	y.run("gate", "r.json", "--output", "json=after.json").want(exitFailed, "VERDICT: FAILED")
	if d := cmp.Diff([]string{
		"CVE-1 web/package-lock.json: ignored", "CVE-1 api/package-lock.json: fail", "CVE-2 go.mod: ignored", "AWS-1 a.tf: ignored", "AWS-1 a.tf.json: fail", "CVE-3 go.mod: fail", "10021 : fail",
	}, fates(t, "after.json")); d != "" {
		t.Error(d)
	}
	before := fates(t, "before.json")
	if before[5] != "CVE-3 go.mod: ignored" || before[6] != "10021 : ignored" || before[0] != "CVE-1 web/package-lock.json: ignored" {
		t.Errorf("the ignores: %v", before)
	}
	y.run("gate", "r.json", "--output", "openvex=b.openvex.json")
	data, err := os.ReadFile("b.openvex.json")
	if err != nil || !strings.Contains(string(data), `"statements": []`) {
		t.Errorf("what is exempt by VEX is written anew: %v\n%s", err, data)
	}
}

// fates are the decisions in a file of results.
func fates(t *testing.T, name string) (out []string) {
	t.Helper()
	res, err := readResults(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range res.Runs {
		for _, f := range run.Findings {
			out = append(out, f.RuleID+" "+f.Location.Path+": "+f.Decision.Action)
		}
	}
	return out
}
