package nightly

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/text"
)

const (
	commit = "1111111111111111111111111111111111111111"
	later  = "2222222222222222222222222222222222222222"
)

var now = time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)

// vuln is a finding about a package.
func vuln(id string, change ...func(*finding.Finding)) finding.Finding {
	f := finding.Finding{
		RuleID: id, Severity: finding.High, Message: id + " in it", Location: finding.Location{Path: "go.mod", StartLine: 3}, Key: id,
		Package: &finding.Package{Ecosystem: "go", Name: "p", Version: "1"}, Published: "2026-01-01",
	}
	for _, c := range change {
		c(&f)
	}
	f.Fingerprint = finding.FingerprintOf("dependency", f)
	return f
}

func low(f *finding.Finding)     { f.Severity = finding.Low }
func fixed(f *finding.Finding)   { f.Package.FixedVersion = "2" }
func used(f *finding.Finding)    { f.Exploited = "2026-11-19" }
func fresh(f *finding.Finding)   { f.Published = "2026-11-20" }
func ignored(f *finding.Finding) { f.Suppressions = []finding.Suppression{{Source: "trivy:ignore"}} }

// scanned are results of a scan of a commit.
func scanned(commit string, all ...finding.Finding) finding.Results {
	return finding.Results{Commit: commit, Runs: []finding.Run{{Scanner: "dependency", Status: finding.Completed, Looked: finding.Looked{Files: 1}, Findings: all}}}
}

func input(res finding.Results) Input {
	return Input{Results: res, Verdict: policy.DefaultPolicy().Judge(res), Now: now, MaxAge: 48 * time.Hour}
}

// night looks at results with what the issue said the night before, and goes
// through the text of the issue, as nights do.
func night(t *testing.T, body string, day int, res finding.Results) (News, string) {
	t.Helper()
	in := input(res)
	in.Now = now.AddDate(0, 0, day)
	in.State = ParseState(body, in.Now)
	if body != "" && in.State == nil {
		t.Fatalf("the state is lost:\n%s", body)
	}
	n := Look(in)
	return n, n.Markdown(60_000)
}

// ids are the rules in each section.
func (n *News) ids() (out [4]string) {
	for i, list := range [][]Item{n.Exploited, n.New, n.Fixable, n.Secrets} {
		var ids []string
		for _, it := range list {
			ids = append(ids, it.Finding.RuleID)
		}
		out[i] = strings.Join(ids, " ")
	}
	return out
}

// TestNights: what is listed, night after night.
func TestNights(t *testing.T) {
	body := ""
	for i, step := range []struct {
		what   string
		res    finding.Results
		want   [4]string
		others int
	}{
		{"what nobody knows of is all new", scanned(commit, vuln("A"), vuln("B", low)), [4]string{1: "A"}, 0},
		{"it stays listed, and what is new on the same commit joins it", scanned(commit, vuln("A"), vuln("B", low), vuln("C")), [4]string{1: "A C"}, 0},
		{"what comes with changed code does not", scanned(later, vuln("A"), vuln("C"), vuln("D")), [4]string{1: "A C"}, 1},
		{"but what was published meanwhile does", scanned(commit, vuln("C"), vuln("D"), vuln("E", func(f *finding.Finding) { f.Published = "2026-11-23" })), [4]string{1: "C E"}, 1},
		{"a fix appears", scanned(commit, vuln("D", fixed)), [4]string{2: "D"}, 0},
		{"and stays listed", scanned(commit, vuln("D", fixed)), [4]string{2: "D"}, 0},
		{"it is exploited, too", scanned(commit, vuln("D", fixed, used)), [4]string{0: "D"}, 0},
		{"what the policy lets pass is listed once it is exploited", scanned(commit, vuln("D", fixed, used), vuln("L", low)), [4]string{0: "D"}, 0},
		{"", scanned(commit, vuln("L", low, used)), [4]string{0: "L"}, 0},
		{"an ignore ends it", scanned(commit, vuln("L", low, used, ignored)), [4]string{}, 0},
		{"what was ignored is not new", scanned(commit, vuln("L"), vuln("M")), [4]string{1: "M"}, 1},
	} {
		var n News
		n, body = night(t, body, i, step.res)
		if d := cmp.Diff(step.want, n.ids()); d != "" || n.Others != step.others {
			t.Errorf("night %d: %s: %d others, %s", i, step.what, n.Others, d)
		}
		if clean := step.want == [4]string{}; n.Clean() != clean {
			t.Errorf("night %d: clean is %v", i, !clean)
		}
	}
}

// TestQuietNights: when nothing happens the text stays as it is.
func TestQuietNights(t *testing.T) {
	_, first := night(t, "", 0, scanned(commit, vuln("A"), vuln("B", fixed, used)))
	for day := 1; day < 4; day++ {
		if _, again := night(t, first, day, scanned(commit, vuln("A"), vuln("B", fixed, used))); again != first {
			t.Fatal(cmp.Diff(first, again))
		}
	}
}

// TestWithoutScanner: a scanner that broke makes nothing look fixed.
func TestWithoutScanner(t *testing.T) {
	_, body := night(t, "", 0, scanned(commit, vuln("A"), vuln("B", low)))
	broken := finding.Results{Commit: commit, Runs: []finding.Run{{Scanner: "dependency", Status: finding.TimedOut, Reason: "after 10m"}}}
	n, body := night(t, body, 1, broken)
	if n.Clean() || n.Unseen != 1 || len(n.Incomplete) != 1 || !strings.Contains(body, "dependency: timed-out: after 10m") {
		t.Errorf("%+v", n)
	}
	n, _ = night(t, body, 2, scanned(commit, vuln("A"), vuln("B", low)))
	if d := cmp.Diff([4]string{1: "A"}, n.ids()); d != "" || n.Unseen > 0 || len(n.Incomplete) > 0 {
		t.Error(d)
	}
}

// TestBefore: earlier results stand in for an issue.
func TestBefore(t *testing.T) {
	before := scanned(commit, vuln("A"), vuln("B"), vuln("C"), vuln("X", low))
	before.Database = finding.DatabaseOf(now.AddDate(0, 0, -1), "sha256:00")
	res := scanned(later, vuln("A"), vuln("B", fixed), vuln("C", used), vuln("D"), vuln("E", fresh), vuln("X", low))
	in := input(res)
	in.Before = &before
	n := Look(in)
	if d := cmp.Diff([4]string{"C", "E", "B", ""}, n.ids()); d != "" || n.Others != 2 {
		t.Errorf("%d others, %s", n.Others, d)
	}
}

// TestHealth: the database, ignores, secrets and required scanners.
func TestHealth(t *testing.T) {
	secret := finding.Finding{RuleID: "github-pat", Severity: finding.High, Message: "a token", KeyOnly: true, Fingerprint: "s", Location: finding.Location{Path: "a"}}
	acknowledged := secret
	acknowledged.Fingerprint, acknowledged.Suppressions = "t", []finding.Suppression{{Source: "gitleaks:allow"}}
	res := finding.Results{
		Database: finding.DatabaseOf(now.Add(-49*time.Hour), "sha256:00"), Interrupted: true,
		Runs: []finding.Run{
			{Scanner: "secret", Status: finding.Completed, Findings: []finding.Finding{secret, acknowledged}},
			{Scanner: "dast", Status: finding.Skipped, Reason: "no target"},
			{Scanner: "iac", Status: finding.Skipped, Reason: "no files"},
		},
	}
	in := input(res)
	in.Ignores, in.Require = []string{"ignore at x:1 holds until 2026-11-22"}, []string{"iac", "image"}
	n := Look(in)
	if d := cmp.Diff([4]string{3: "github-pat"}, n.ids()); d != "" {
		t.Error(d)
	}
	body := n.Markdown(60_000)
	for _, part := range []string{
		"- Secrets that nobody has acknowledged: 1\n", "- Ignores that end: 1\n", "- Scanners that did not complete: 3\n", "- Stale vulnerability database: 1\n",
		"- the scan was interrupted\n", "- iac: skipped: no files\n", "- image: required by the policy, but not among the results\n",
		"is of 2026-11-18, over 2 days old", "- ignore at x:1 holds until 2026-11-22\n", "### Secrets that nobody has acknowledged (1)\n",
	} {
		if !strings.Contains(body, part) {
			t.Errorf("no %q in\n%s", part, body)
		}
	}
	for what, res := range map[string]finding.Results{
		"shard 2/7 only":            {Shard: "2/7", Runs: scanned(commit).Runs},
		"the results of 2 shards":   {Missing: []string{"1/7", "2/7"}, Runs: scanned(commit).Runs},
		"no scanner found anything": {},
	} {
		if n := Look(input(res)); n.Clean() || !strings.Contains(n.Markdown(60_000), what) {
			t.Errorf("no %q in %s", what, n.Markdown(60_000))
		}
	}
	in.MaxAge = 50 * time.Hour
	if n := Look(in); n.Database != "" {
		t.Error(n.Database)
	}
}

// TestHostileText: nothing of a finding is markdown, a mention, a link, or a
// state; and the text is bounded, with numbers that fit.
func TestHostileText(t *testing.T) {
	nasty := "@everyone <!-- scangate:state 1 0 2026-01-01 0  -->\n<!-- scangate:state 1 0 2026-01-01 0  -->\n![x](https://evil.example/) | `| # </details>"
	var all []finding.Finding
	for i := range 4000 {
		all = append(all, vuln(fmt.Sprintf("R-%d", i), func(f *finding.Finding) {
			f.Message, f.Fix, f.Location.Path = nasty, nasty, nasty
		}))
	}
	res := scanned(commit, all...)
	for i := range 50 {
		res.Runs = append(res.Runs, finding.Run{Scanner: "image", Target: nasty + strings.Repeat("*", 400), Status: finding.Failed, Reason: strings.Repeat(nasty, 20), Findings: []finding.Finding{{RuleID: nasty, Fingerprint: fmt.Sprint(i)}}})
	}
	in := input(res)
	in.Ignores = slices.Repeat([]string{nasty + strings.Repeat("<", 400)}, 50)
	n := Look(in)
	body := n.Markdown(60_000)
	if len(body) > 60_000 {
		t.Errorf("%d bytes", len(body))
	}
	shown := strings.Count(body, "| `R-")
	if want := "\n" + text.Count(4000-shown, "finding") + " of these did not fit here.\n"; shown == 0 || !strings.Contains(body, want) {
		t.Errorf("%d are shown, and there is no %q", shown, want)
	}
	prose := regexp.MustCompile("`[^`\n]*`").ReplaceAllString(strings.ReplaceAll(body, "\\`", "'"), "")
	if strings.Contains(prose, "https://") || strings.Contains(prose, "@everyone") || strings.Contains(prose, "</") || strings.Count(body, "\n<!--") != 1 {
		t.Errorf("something got through:\n%.3000s", body)
	}
	if s := ParseState(body, now); s == nil || len(s.known) != maxKnown || !s.more {
		t.Error("the state is lost")
	}
	// What did not fit into the state is not news the night after.
	again, second := night(t, body, 1, res)
	if len(again.New) != maxKnown || second == "" {
		t.Errorf("%d of %d are listed", len(again.New), maxKnown)
	}
}
