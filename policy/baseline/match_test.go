package baseline_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/policy/baseline"
)

// at makes a finding with its fingerprint.
func at(scanner, path string, line int, rule string, s finding.Severity) finding.Finding {
	f := finding.Finding{RuleID: rule, Severity: s, Message: "m", Key: "k", Location: finding.Location{Path: path, StartLine: line}}
	f.Fingerprint = finding.FingerprintOf(scanner, f)
	return f
}

func run(scanner, target string, status finding.Status, list ...finding.Finding) finding.Run {
	return finding.Run{Scanner: scanner, Target: target, Status: status, Reason: "so", Findings: list}
}

func results(runs ...finding.Run) finding.Results { return finding.Results{Runs: runs} }

// reread writes and reads a baseline, as it is between two scans.
func reread(t *testing.T, b *baseline.Baseline) *baseline.Baseline {
	t.Helper()
	var out bytes.Buffer
	if err := b.Encode(&out); err != nil {
		t.Fatal(err)
	}
	back, err := baseline.Parse(out.Bytes(), "b.json")
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func made(t *testing.T, res finding.Results) *baseline.Baseline {
	return reread(t, baseline.Make("b.json", res, nil, nil))
}

// judge returns the verdict in one line per finding.
func judge(b *baseline.Baseline, res finding.Results) (policy.Verdict, []string) {
	p := policy.DefaultPolicy()
	p.Baseline = b
	v := p.Judge(res)
	var out []string
	for i, r := range res.Runs {
		for j, f := range r.Findings {
			d := v.Decisions[i][j]
			out = append(out, fmt.Sprintf("%s %s:%d %s: %s %s", r.Title(), f.Location.Path, f.Location.StartLine, f.RuleID, d.Action, d.By))
		}
	}
	return v, out
}

const (
	high = finding.High
	low  = finding.Low
	done = finding.Completed
)

func TestKnownFindingsPassAndASecondOccurrenceIsNew(t *testing.T) {
	b := made(t, results(run("secret", "", done, at("secret", "a", 5, "R", high)), run("iac", "", done, at("iac", "t", 1, "I", high))))
	res := results(
		run("iac", "", done, at("iac", "t", 9, "I", high)), // moved lines
		run("secret", "", done, at("secret", "a", 7, "R", high), at("secret", "a", 6, "R", high), at("secret", "b", 6, "R", high)),
	)
	v, got := judge(b, res)
	want := []string{
		"iac t:9 I: pass known: in the baseline (b.json:4)",
		"secret a:7 R: fail fail-on: high (default)",
		"secret a:6 R: pass known: in the baseline (b.json:5)",
		"secret b:6 R: fail fail-on: high (default)",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"baseline b.json: 2 findings known, 2 new (1 of them in the baseline, which has fewer occurrences)"}, v.Notices); d != "" {
		t.Error(d)
	}
	if v.Outcome != policy.Failed || len(v.Reasons) != 1 || !strings.Contains(v.Reasons[0], "secret: 2 findings cross") {
		t.Errorf("%v %q", v.Outcome, v.Reasons)
	}
}

// TestCopiesOfOneSecretCount asserts that a finding that stands for all copies
// of a secret is new as soon as there are more of them.
func TestCopiesOfOneSecretCount(t *testing.T) {
	tree := func(names ...string) finding.Run {
		f := at("secret", names[0], 1, "R", high)
		f.KeyOnly = true
		f.Fingerprint = finding.FingerprintOf("secret", f)
		for _, name := range names[1:] {
			path, commit, _ := strings.Cut(name, "@")
			path, two, _ := strings.Cut(path, ":")
			f.Related = append(f.Related, finding.Location{Path: path, StartLine: 1 + len(two), Commit: commit})
		}
		return run("secret", "", done, f)
	}
	b := made(t, results(tree("a", "b", "a@c0ffee")))
	for _, c := range []struct {
		now    finding.Run
		notice string
	}{
		{tree("a", "b", "a@c0ffee"), "1 finding known, 0 new"},
		{tree("x", "y", "a@c0ffee", "x@c0fff0", "b@c0fff1"), "1 finding known, 0 new"}, // moved
		{tree("a", "b", "c"), "0 findings known, 1 new"},
		{tree("a", "a:2", "b"), "0 findings known, 1 new"}, // twice in one file
		{tree("a", "b", "a", "b", "a"), "1 finding known, 0 new"},
		{tree("b"), "1 finding known, 0 new, 1 stale entry; `scangate baseline check b.json`"},
	} {
		v, _ := judge(b, results(c.now))
		if !strings.HasPrefix(v.Notices[0], "baseline b.json: "+c.notice) {
			t.Errorf("%v: %q, want %q", c.now.Findings[0].Related, v.Notices, c.notice)
		}
	}
	// Taken out of the tree, it is still in the history.
	history := tree("a", "b@c0fff1")
	history.Findings[0].Location.Commit = "c0ffee"
	if c := b.Compare(results(history), nil); c.Known != 1 || len(c.Stale) != 1 || c.Stale[0].Gone != 1 {
		t.Errorf("%+v", c)
	}
}

func TestTargetsAndScannersAreApart(t *testing.T) {
	one := at("image", "", 0, "CVE-1", high)
	b := made(t, results(run("image", "oci:a", done, one)))
	if _, got := judge(b, results(run("image", "oci:a", done, one), run("image", "oci:b", done, one), run("trivy", "oci:a", done, one))); !slices.Equal(got, []string{
		"image oci:a :0 CVE-1: pass known: in the baseline (b.json:4)",
		"image oci:b :0 CVE-1: fail fail-on: high (default)",
		"trivy oci:a :0 CVE-1: fail fail-on: high (default)",
	}) {
		t.Errorf("%q", got)
	}
	// An entry excuses the rule that it names, and no other.
	b.Entries[0].Rule = "CVE-2"
	if v, _ := judge(b, results(run("image", "oci:a", done, one))); v.Outcome != policy.Failed {
		t.Error("an entry excuses another rule than it names")
	}
}

func TestSuppressedAndIgnoredAreNeitherKnownNorNew(t *testing.T) {
	marked := at("s", "a", 1, "R", high)
	marked.Suppressions = []finding.Suppression{{Source: "x:ignore"}}
	res := results(run("s", "", done, marked, at("s", "a", 2, "R", high)))
	v, plain := judge(&baseline.Baseline{}, res)
	b := reread(t, baseline.Make("b.json", res, v.Counts, nil))
	if len(b.Entries) != 1 || b.Entries[0].Count != 1 {
		t.Errorf("what is suppressed is written: %+v", b.Entries)
	}
	v, got := judge(b, res)
	if want := []string{plain[0], "s a:2 R: pass known: in the baseline (b.json:4)"}; !slices.Equal(got, want) || v.Outcome != policy.Passed {
		t.Errorf("%q", got)
	}
	// Once it is suppressed everywhere, the entry is stale.
	if v, _ := judge(b, results(run("s", "", done, marked))); !strings.HasPrefix(v.Notices[0], "baseline b.json: 0 findings known, 0 new, 1 stale entry") {
		t.Errorf("%q", v.Notices)
	}
}

func TestWithoutAFingerprintNothingIsKnown(t *testing.T) {
	res := results(run("s", "", done, finding.Finding{RuleID: "R", Severity: high}, finding.Finding{RuleID: "R", Severity: high, Fingerprint: "a b"}))
	b := made(t, res)
	if v, _ := judge(b, res); len(b.Entries) != 0 || v.Outcome != policy.Failed || v.Notices[0] != "baseline b.json: 0 findings known, 2 new" {
		t.Errorf("%+v %q", b, v.Notices)
	}
}

func TestStaleEntriesAreOfScannersThatCompleted(t *testing.T) {
	b := made(t, results(
		run("a", "", done, at("a", "p", 1, "R", high), at("a", "p", 2, "R", high), at("a", "p", 3, "S", high)),
		run("b", "x", done, at("b", "p", 1, "R", high)), run("b", "y", done, at("b", "p", 1, "R", high)),
		run("c", "", done, at("c", "p", 1, "R", high)), run("d", "", done, at("d", "p", 1, "R", high)),
	))
	now := results(run("a", "", done, at("a", "p", 1, "R", high)), run("b", "x", finding.Partial), run("c", "", finding.Skipped), run("d", "", done), run("d", "", finding.Skipped))
	c := b.Compare(now, nil)
	var stale []string
	for _, e := range c.Stale {
		stale = append(stale, fmt.Sprint(e.String(), " ", e.Gone, " line ", e.Line))
	}
	if d := cmp.Diff([]string{"a R p 1 line 4", "a S p 1 line 5", "d R p 1 line 9"}, stale); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]baseline.Unchecked{
		{Scanner: "b", Target: "x", Entries: 1, Status: finding.Partial}, {Scanner: "b", Target: "y", Entries: 1, Missing: true},
		{Scanner: "c", Entries: 1, Status: finding.Skipped},
	}, c.Unchecked); d != "" {
		t.Error(d)
	}
	shrunk := reread(t, b.Shrunk(c.Stale))
	var left []string
	for _, e := range shrunk.Entries {
		left = append(left, fmt.Sprint(e.String(), " ", e.Count))
	}
	want := []string{"a R p 1", "b x R p 1", "b y R p 1", "c R p 1"}
	if d := cmp.Diff(want, left); d != "" {
		t.Error(d)
	}
	if again := shrunk.Compare(now, nil); len(again.Stale) != 0 {
		t.Errorf("still stale: %v", again.Stale)
	}
	// Of what was looked at in part only, nothing is known to be gone.
	now.Runs[0].Part = "staged changes"
	c = b.Compare(now, nil)
	if len(c.Stale) != 1 || c.Stale[0].Scanner != "d" || c.Unchecked[0].Part != "staged changes" || c.Unchecked[0].Entries != 2 {
		t.Errorf("%+v", c)
	}
	// And what it found came in just now, whatever is known.
	if c.Known != 0 || c.New != 1 {
		t.Errorf("%d known, %d new", c.Known, c.New)
	}
}

func TestWritingKeepsWhatDidNotComplete(t *testing.T) {
	old := made(t, results(run("a", "", done, at("a", "p", 1, "R", high)), run("b", "", done, at("b", "p", 1, "R", high), at("b", "p", 2, "R", high)), run("c", "", done, at("c", "p", 1, "R", high))))
	now := results(run("a", "", done, at("a", "p", 1, "S", high)), run("b", "", finding.Failed, at("b", "p", 1, "R", high), at("b", "q", 1, "R", high)))
	var got []string
	for _, e := range reread(t, baseline.Make("b.json", now, nil, old)).Entries {
		got = append(got, fmt.Sprint(e.String(), " ", e.Count))
	}
	if d := cmp.Diff([]string{"a S p 1", "b R p 2", "b R q 1", "c R p 1"}, got); d != "" {
		t.Error(d)
	}
}

func TestNothingSecretIsWritten(t *testing.T) {
	f := at("secret", "a", 1, "R", high)
	f.Message, f.Key, f.Fix, f.Vector = "quoted-content", "quoted-content", "quoted-content", "quoted-content"
	f.Related = []finding.Location{{Path: "quoted-content"}}
	g := f
	g.Resource, g.Fingerprint = "https://u:quoted-content@h/p?quoted-content", "ff"
	p := g
	p.Package, p.Fingerprint = &finding.Package{Name: "left-pad", Version: "1.0", PURL: "quoted-content"}, "fe"
	var out bytes.Buffer
	if err := baseline.Make("b", results(run("secret", "https://quoted-content@h", done, f, g, p)), nil, nil).Encode(&out); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); strings.Contains(s, "quoted-content") || !strings.Contains(s, `"what": "https://h/p"`) || !strings.Contains(s, `"what": "left-pad@1.0"`) {
		t.Error(s)
	}
}
