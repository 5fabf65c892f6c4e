package sarif

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// uploaded is what a SARIF file says of where results are.
type uploaded struct {
	Runs []struct {
		Automation struct{ ID string } `json:"automationDetails"`
		Results    []struct {
			RuleID    string
			Locations []struct {
				PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
			}
			PartialFingerprints map[string]string
			Suppressions        []any
		}
	}
}

func encodeUpload(t *testing.T, r finding.Results, o Options) (uploaded, Summary) {
	t.Helper()
	var b bytes.Buffer
	o.Upload = true
	s, err := Encode(&b, r, o)
	if err != nil {
		t.Fatal(err)
	}
	var out uploaded
	if err := json.Unmarshal(b.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	return out, s
}

// TestIdentitiesAreWhatIsWritten: alerts are matched with findings by them.
func TestIdentitiesAreWhatIsWritten(t *testing.T) {
	f := func(rule, path, hash string, keyOnly bool) finding.Finding {
		return finding.Finding{RuleID: rule, Message: "m", Location: finding.Location{Path: path, LineHash: hash}, KeyOnly: keyOnly, Fingerprint: strings.Repeat("ab", 16)}
	}
	r := finding.Results{Runs: []finding.Run{
		{Scanner: "iac", Status: finding.Completed, Findings: []finding.Finding{f("A", "a b%.tf", "1:1", false), f("", "", "", false), f("C", "../x", "2:1", false)}},
		{Scanner: "image", Target: "registry.example.com/shop:1", Status: finding.Completed, Findings: []finding.Finding{f("D", "", "", false)}},
		{Scanner: "secret", Status: finding.Completed, Findings: []finding.Finding{f("E", "k:v.txt", "3:1", true)}},
	}}
	for _, o := range []Options{{}, {Category: "web/shop", Below: "apps/web"}} {
		doc, _ := encodeUpload(t, r, o)
		for i, ids := range Identities(r, o) {
			var got []Identity
			for _, x := range doc.Runs[i].Results {
				got = append(got, Identity{strings.TrimSuffix(doc.Runs[i].Automation.ID, "/"), x.RuleID, PathOf(x.Locations[0].PhysicalLocation.ArtifactLocation.URI), x.PartialFingerprints[lineHashKey]})
			}
			if d := cmp.Diff(ids, got); d != "" {
				t.Error(o, d)
			}
		}
	}
	want := Identity{"web/shop/iac", "A", "apps/web/a b%.tf", "1:1"}
	if got := Identities(r, Options{Category: "web/shop", Below: "apps/web"})[0][0]; got != want {
		t.Errorf("%+v", got)
	}
}

// TestDismissedResultsStay in the upload copy, whatever policy makes of them:
// else their alerts would close, and come back.
func TestDismissedResultsStay(t *testing.T) {
	f := func(rule string, sources ...string) finding.Finding {
		x := finding.Finding{RuleID: rule, Message: "m", Location: finding.Location{Path: "a"}, Fingerprint: rule}
		for _, s := range sources {
			x.Suppressions = append(x.Suppressions, finding.Suppression{Source: s})
		}
		return x
	}
	r := finding.Results{Runs: []finding.Run{{Scanner: "iac", Status: finding.Completed, Findings: []finding.Finding{
		f("A", finding.CodeScanning), f("B", "trivy:ignore"), f("C", "trivy:ignore", finding.CodeScanning),
	}}}}
	doc, s := encodeUpload(t, r, Options{Omit: func(*finding.Run, *finding.Finding) string { return "ignored" }})
	var got []string
	for _, x := range doc.Runs[0].Results {
		got = append(got, x.RuleID)
		if x.Suppressions != nil {
			t.Errorf("%s has suppressions", x.RuleID)
		}
	}
	if d := cmp.Diff([]string{"A", "C"}, got); d != "" || s.Runs[0].Suppressed != 1 {
		t.Error(d, s)
	}
}

// TestPartsOfAnUpload: several files have together what one would have.
func TestPartsOfAnUpload(t *testing.T) {
	run := func(scanner string) finding.Run {
		r := finding.Run{Scanner: scanner, Status: finding.Completed}
		for _, rule := range []string{"CVE-1", scanner} {
			r.Findings = append(r.Findings, finding.Finding{RuleID: rule, Message: "m", Location: finding.Location{Path: "go.mod"},
				Package: &finding.Package{Ecosystem: "go", Name: "x", Version: "1"}, Fingerprint: scanner + rule})
		}
		return r
	}
	r := finding.Results{Runs: []finding.Run{run("trivy"), run("dependency"), run("grype")}}
	finding.MarkSame(&r)
	whole, _ := encodeUpload(t, r, Options{})
	var parts uploaded
	for i := range r.Runs {
		doc, s := encodeUpload(t, r, Options{Only: func(n int) bool { return n == i }})
		if len(doc.Runs) != 1 || len(s.Runs) != 1 {
			t.Fatalf("%d runs", len(doc.Runs))
		}
		parts.Runs = append(parts.Runs, doc.Runs...)
	}
	if d := cmp.Diff(whole, parts); d != "" {
		t.Error(d)
	}
	if len(whole.Runs[0].Results) != 1 || len(whole.Runs[1].Results) != 2 {
		t.Errorf("%+v", whole)
	}
	cut, s := encodeUpload(t, r, Options{Results: 1})
	if len(cut.Runs[1].Results) != 1 || s.Runs[1].OverSize != 1 || len(s.Runs[1].LeftOut()) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestIsMessage(t *testing.T) {
	for _, tt := range []struct {
		written, own string
		want         bool
	}{
		{"a hole", "a hole", true},
		{"a hole", " a hole\n", true},
		{"a hole (also found by trivy as CVE-1, high)", "a hole", true},
		{"a hole in b", "a hole", false},
		{"a hole", "a hole in b", false},
		{escapeMessage("see [x](y)"), "see [x](y)", true},
		{"anything", "", false},
	} {
		if got := IsMessage(tt.written, &finding.Finding{Message: tt.own}); got != tt.want {
			t.Errorf("%q is %q: %v", tt.written, tt.own, got)
		}
	}
	f := finding.Finding{RuleID: "A", Message: "a [hole]", Fingerprint: "f", Witnesses: []finding.Witness{{Scanner: "x", RuleID: "B"}}}
	var b bytes.Buffer
	if _, err := Encode(&b, finding.Results{Runs: []finding.Run{{Scanner: "iac", Status: finding.Completed, Findings: []finding.Finding{f}}}}, Options{Upload: true}); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Runs []struct {
			Results []struct{ Message struct{ Text string } }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if text := doc.Runs[0].Results[0].Message.Text; !IsMessage(text, &f) || text == "a [hole]" {
		t.Errorf("%q", text)
	}
}
