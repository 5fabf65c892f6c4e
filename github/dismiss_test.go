package github

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/githubapi"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/sarif"
)

// fate is what the gate makes of each finding.
func fate(rep report.Report) map[string]string {
	out := map[string]string{}
	for i := range rep.Results.Runs {
		for j, f := range rep.Results.Runs[i].Findings {
			d := rep.Verdict.Decisions[i][j]
			out[fmt.Sprintf("%s %s:%d", f.RuleID, f.Location.Path, f.Location.StartLine)] = d.Action.String() + " " + d.By
		}
	}
	return out
}

// cycle is what a job does: read dismissals, judge, upload.
func (h *hub) cycle(t *testing.T, e Event, o sarif.Options, runs ...finding.Run) report.Report {
	t.Helper()
	res := judged(runs...).Results
	finding.MarkSame(&res)
	alerts, notices, err := h.client.Dismissed(context.Background(), e)
	if err != nil || notices != nil {
		t.Fatal(err, notices)
	}
	ApplyDismissals(&res, alerts, o)
	rep := report.Report{Results: res, Verdict: policy.DefaultPolicy().Judge(res)}
	out, err := h.client.Upload(context.Background(), rep, UploadOptions{Event: e, Category: o.Category, Below: o.Below, Wait: true})
	if err != nil || out.Status != Uploaded {
		t.Fatalf("%+v, %v", out, err)
	}
	return rep
}

// TestDismissedAlertsDoNotCount, scan after scan, when lines move, on a pull
// request and until the line itself is another one.
func TestDismissedAlertsDoNotCount(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	o := sarif.Options{Category: "web", Below: "apps/web"}
	runs := func(move int) []finding.Run {
		a, b := found("iac", "AVD-1", "a b.tf", 3), found("iac", "AVD-1", "a b.tf", 8)
		for _, f := range []*finding.Finding{&a, &b} {
			f.Location.StartLine += move
		}
		return []finding.Run{run("iac", a, b), run("secret", found("secret", "aws-key", "x.txt", 1))}
	}
	fails := "fail fail-on: high (default)"
	if d := cmp.Diff(map[string]string{"AVD-1 a b.tf:3": fails, "AVD-1 a b.tf:8": fails, "aws-key x.txt:1": fails}, fate(h.cycle(t, push, o, runs(0)...))); d != "" {
		t.Error(d)
	}
	if err := h.Dismiss(1, "won't fix", "octocat", "a test bucket\n::error::boo"); err != nil {
		t.Fatal(err)
	}
	ignored := "ignored suppressed by code scanning (won't fix, by octocat: a test bucket ::error::boo)"
	pull := Event{Name: "pull_request", Ref: "refs/pull/7/merge", SHA: commit, Number: 7, DefaultBranch: "main"}
	for move, e := range []Event{push, push, pull, pull, push} {
		want := map[string]string{fmt.Sprintf("AVD-1 a b.tf:%d", 3+move): ignored, fmt.Sprintf("AVD-1 a b.tf:%d", 8+move): fails, "aws-key x.txt:1": fails}
		if d := cmp.Diff(want, fate(h.cycle(t, e, o, runs(move)...))); d != "" {
			t.Errorf("%s, lines moved by %d: %s", e.Name, move, d)
		}
	}
	other := runs(0)
	other[0].Findings[0].Location.LineHash = "ffff:1"
	if got := fate(h.cycle(t, push, o, other...))["AVD-1 a b.tf:3"]; got != fails {
		t.Errorf("another line at the same place is %s", got)
	}
	for _, a := range h.Alerts("refs/heads/main") {
		if a.Number == 1 && a.State != "fixed" {
			t.Errorf("%+v", a)
		}
	}
}

// TestADismissalOnThePullRequest is known in the next run of it.
func TestADismissalOnThePullRequest(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	pull := Event{Name: "pull_request", Ref: "refs/pull/7/merge", SHA: commit, Number: 7, DefaultBranch: "main"}
	h.cycle(t, push, sarif.Options{}, run("iac"))
	h.cycle(t, pull, sarif.Options{}, run("iac", found("iac", "AVD-1", "a.tf", 3)))
	if err := h.Dismiss(1, "false positive", "octocat", ""); err != nil {
		t.Fatal(err)
	}
	if got := fate(h.cycle(t, pull, sarif.Options{}, run("iac", found("iac", "AVD-1", "a.tf", 3))))["AVD-1 a.tf:3"]; got != "ignored suppressed by code scanning (false positive, by octocat)" {
		t.Error(got)
	}
}

// TestOneAlertForTwoScanners: its dismissal counts for both.
func TestOneAlertForTwoScanners(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	runs := func() []finding.Run {
		var out []finding.Run
		for _, scanner := range []string{"dependency", "trivy"} {
			f := found(scanner, "CVE-1", "go.mod", 3)
			f.Package = &finding.Package{Ecosystem: "go", Name: "x", Version: "1"}
			out = append(out, run(scanner, f))
		}
		return out
	}
	h.cycle(t, push, sarif.Options{}, runs()...)
	if got := len(h.Alerts(push.Ref)); got != 1 {
		t.Fatalf("%d alerts", got)
	}
	if err := h.Dismiss(1, "used in tests", "octocat", ""); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		rep := h.cycle(t, push, sarif.Options{}, runs()...)
		if rep.Verdict.Outcome != policy.Passed {
			t.Errorf("%v %v", rep.Verdict.Outcome, rep.Verdict.Reasons)
		}
		if got := h.Alerts(push.Ref); len(got) != 1 || got[0].State != "dismissed" {
			t.Errorf("%+v", got)
		}
	}
}

func TestManyDismissals(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	var all []finding.Finding
	for i := range 250 {
		all = append(all, found("iac", fmt.Sprint("R", i%3), "a.tf", i+1))
	}
	h.cycle(t, push, sarif.Options{}, run("iac", all...))
	for i := range 250 {
		if err := h.Dismiss(i+1, "won't fix", "octocat", ""); err != nil {
			t.Fatal(err)
		}
	}
	before := len(h.Requests())
	alerts, _, err := h.client.Dismissed(context.Background(), push)
	if err != nil || len(alerts) != 250 {
		t.Fatalf("%d alerts, %v", len(alerts), err)
	}
	if got := len(h.Requests()) - before; got != 5 { // three pages, the analyses, one of them
		t.Errorf("%d requests: %s", got, h.requests())
	}
	res := judged(run("iac", all...)).Results
	if n := ApplyDismissals(&res, alerts, sarif.Options{}); n != 250 {
		t.Errorf("%d applied", n)
	}
	h.client.limits.pages = 2
	alerts, notices, err := h.client.Dismissed(context.Background(), push)
	if err != nil || len(alerts) != 200 || !strings.Contains(strings.Join(notices, ""), "more dismissed alerts than are read") {
		t.Errorf("%d alerts, %v, %v", len(alerts), notices, err)
	}
}

// TestDismissalsByMode: what cannot be read is none, or an error to tell.
func TestDismissalsByMode(t *testing.T) {
	for mode, want := range map[githubapi.Mode]string{
		githubapi.Normal: "", githubapi.NoLicence: "", githubapi.ReadOnly: "", githubapi.NotFound: "", githubapi.BadGateway: "", githubapi.RateLimited: "",
		githubapi.NoAccess: "Resource not accessible", githubapi.Down: "503", githubapi.NotAPI: "not GitHub's API", githubapi.Exhausted: "too long to wait",
	} {
		h := newHub(t, githubapi.Options{Mode: mode})
		alerts, _, err := h.client.Dismissed(context.Background(), push)
		if len(alerts) != 0 || (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", mode, alerts, err)
		}
	}
}

// TestOneLongLine: findings that GitHub cannot tell apart are told apart here.
func TestOneLongLine(t *testing.T) {
	var all []finding.Finding
	for _, name := range []string{"left-pad", "left-pad [x]", "lodash"} {
		f := found("dependency", "CVE-1", "package-lock.json", 1)
		f.Key, f.Message = name, name+" is vulnerable"
		f.Fingerprint = finding.FingerprintOf("dependency", f)
		all = append(all, f)
	}
	h := newHub(t, githubapi.Options{})
	other := run("trivy", found("trivy", "CVE-1", "package-lock.json", 1))
	other.Findings[0].SameAs = all[1].Fingerprint
	all[1].Witnesses = []finding.Witness{{Scanner: "trivy", RuleID: "CVE-1"}}
	rep := judged(run("dependency", all...), other)
	if _, err := h.client.Upload(context.Background(), rep, UploadOptions{Event: push, Wait: true}); err != nil {
		t.Fatal(err)
	}
	var uploaded struct {
		Runs []struct {
			Results []struct{ Message struct{ Text string } }
		}
	}
	if err := json.Unmarshal(h.Uploads()[0].SARIF, &uploaded); err != nil {
		t.Fatal(err)
	}
	for i, x := range uploaded.Runs[0].Results {
		res := judged(run("dependency", slices.Clone(all)...), run("trivy", slices.Clone(other.Findings)...)).Results
		id := sarif.Identities(res, sarif.Options{})[0][i]
		n := ApplyDismissals(&res, []Alert{{Number: 1, Identity: id, Message: x.Message.Text}}, sarif.Options{})
		want := 1
		if i == 1 {
			want = 2 // and the other scanner's
		}
		for j, f := range res.Runs[0].Findings {
			if f.Suppressed() != (i == j) {
				t.Errorf("%q suppresses %q", x.Message.Text, f.Message)
			}
		}
		if n != want || res.Runs[1].Findings[0].Suppressed() != (i == 1) {
			t.Errorf("%q: %d suppressed", x.Message.Text, n)
		}
	}
}

// TestAlertsWithoutIdentity are never guessed.
func TestAlertsWithoutIdentity(t *testing.T) {
	f := found("iac", "AVD-1", "a.tf", 3)
	f.Location.LineHash = ""
	res := judged(run("iac", f)).Results
	n := ApplyDismissals(&res, []Alert{
		{Number: 1, Identity: sarif.Identity{RuleID: "AVD-1", Path: "a.tf"}},
		{Number: 2, Identity: sarif.Identity{RuleID: "AVD-1", Path: "b.tf", LineHash: f.Fingerprint[:16] + ":1"}},
	}, sarif.Options{})
	if n != 0 || res.Runs[0].Findings[0].Suppressed() {
		t.Errorf("%d applied", n)
	}
	if n := ApplyDismissals(&res, []Alert{{Number: 3, Identity: sarif.Identity{RuleID: "AVD-1", Path: "a.tf", LineHash: f.Fingerprint[:16] + ":1"}}}, sarif.Options{}); n != 1 {
		t.Errorf("%d applied", n)
	}
}
