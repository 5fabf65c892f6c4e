package github

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/github/rest"
	"github.com/scangate/scangate/internal/githubapi"
)

func TestUploadByEvent(t *testing.T) {
	pull := Event{Name: "pull_request", Ref: "refs/pull/7/merge", SHA: commit, Number: 7, HeadSHA: head}
	with := func(e Event, change func(*Event)) Event { change(&e); return e }
	for _, tt := range []struct {
		name    string
		event   Event
		target  Target // given
		scanned string // the commit that was checked out
		asked   bool
		mode    githubapi.Mode
		status  Status
		want    Target
		reason  string
	}{
		{name: "push", event: push, status: Uploaded, want: Target{"refs/heads/main", commit}},
		{name: "push without git", event: push, scanned: "-", status: Uploaded, want: Target{"refs/heads/main", commit}},
		{name: "push of another commit", event: push, scanned: head, status: UploadFailed, reason: "give ref and sha"},
		{name: "tag", event: with(push, func(e *Event) { e.Ref = "refs/tags/v1.2.0" }), status: Uploaded, want: Target{"refs/tags/v1.2.0", commit}},
		{name: "schedule", event: with(push, func(e *Event) { e.Name = "schedule" }), status: Uploaded, want: Target{"refs/heads/main", commit}},
		{name: "workflow_dispatch", event: with(push, func(e *Event) { e.Name, e.Ref = "workflow_dispatch", "refs/heads/a/b" }), status: Uploaded, want: Target{"refs/heads/a/b", commit}},
		{name: "pull request", event: pull, status: Uploaded, want: Target{"refs/pull/7/merge", commit}},
		{name: "pull request, its branch checked out", event: pull, scanned: head, status: Uploaded, want: Target{"refs/pull/7/head", head}},
		{name: "pull request, something else checked out", event: pull, scanned: strings.Repeat("3", 40), status: UploadFailed, reason: "give ref and sha"},
		{name: "fork", event: with(pull, func(e *Event) { e.Fork = true }), status: SkippedFork, want: Target{}, reason: "fork may only read"},
		{name: "fork, asked for", event: with(pull, func(e *Event) { e.Fork = true }), asked: true, mode: githubapi.ReadOnly, status: SkippedFork, want: Target{"refs/pull/7/merge", commit}, reason: "Resource not accessible by integration"},
		{name: "fork, asked for, and may", event: with(pull, func(e *Event) { e.Fork = true }), asked: true, status: Uploaded, want: Target{"refs/pull/7/merge", commit}},
		{name: "Dependabot", event: with(pull, func(e *Event) { e.Actor = "dependabot[bot]" }), mode: githubapi.ReadOnly, status: SkippedFork, want: Target{"refs/pull/7/merge", commit}, reason: "Dependabot"},
		{name: "Dependabot, allowed by the workflow", event: with(pull, func(e *Event) { e.Actor = "dependabot[bot]" }), status: Uploaded, want: Target{"refs/pull/7/merge", commit}},
		{name: "merge queue", event: with(push, func(e *Event) { e.Name, e.Ref = "merge_group", "refs/heads/gh-readonly-queue/main/pr-7-1111" }), asked: true, status: SkippedMergeQueue, reason: "vanishes"},
		{name: "merge queue by its ref", event: with(push, func(e *Event) { e.Ref = "refs/heads/gh-readonly-queue/main/pr-7-1111" }), status: SkippedMergeQueue, reason: "vanishes"},
		{name: "merge queue, shown elsewhere", event: with(push, func(e *Event) { e.Name = "merge_group" }), target: Target{"refs/heads/main", head}, status: Uploaded, want: Target{"refs/heads/main", head}},
		{name: "pull_request_target", event: with(pull, func(e *Event) { e.Name, e.Ref = "pull_request_target", "refs/heads/main" }), status: UploadFailed, reason: "give ref and sha"},
		{name: "pull_request_target with ref", event: with(pull, func(e *Event) { e.Name, e.Ref = "pull_request_target", "refs/heads/main" }), target: Target{"refs/pull/7/head", head}, status: Uploaded, want: Target{"refs/pull/7/head", head}},
		{name: "workflow_run", event: with(push, func(e *Event) { e.Name = "workflow_run" }), status: UploadFailed, reason: "give ref and sha"},
		{name: "no event", event: Event{}, status: UploadFailed, reason: "GITHUB_REF and GITHUB_SHA are not set"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHub(t, githubapi.Options{Mode: tt.mode})
			rep := sample()
			switch tt.scanned {
			case "":
			case "-":
				rep.Results.Commit = ""
			default:
				rep.Results.Commit = tt.scanned
			}
			out, err := h.client.Upload(context.Background(), rep, UploadOptions{Event: tt.event, Target: tt.target, Asked: tt.asked, Wait: true})
			if out.Status != tt.status || out.Target != tt.want || (err != nil) != (tt.status == UploadFailed) || !strings.Contains(out.Reason, tt.reason) {
				t.Errorf("%+v, %v", out, err)
			}
			ups := h.Uploads()
			if (len(ups) == 1) != (tt.status == Uploaded) {
				t.Fatalf("%d uploads", len(ups))
			}
			for _, u := range ups {
				if u.Ref != tt.want.Ref || u.Commit != tt.want.Commit || u.Status != "complete" {
					t.Errorf("%+v", u)
				}
			}
		})
	}
}

// TestUploadByMode: what GitHub can answer, and what becomes of it.
func TestUploadByMode(t *testing.T) {
	for _, tt := range []struct {
		mode     githubapi.Mode
		pending  int
		status   Status
		requests string
		say      string // the reason, or a notice
		refusals []string
	}{
		{mode: githubapi.Normal, pending: 3, status: Uploaded, requests: "POST sarifs 202, GET ID 200, GET ID 200, GET ID 200, GET ID 200"},
		{mode: githubapi.NoLicence, status: SkippedDisabled, requests: "POST sarifs 403", say: "Code Security must be enabled"},
		{mode: githubapi.Archived, status: SkippedPermission, requests: "POST sarifs 403", say: "archived"},
		{mode: githubapi.ReadOnly, status: SkippedPermission, requests: "POST sarifs 403", say: "security-events: write (Resource not accessible by integration)"},
		{mode: githubapi.NoAccess, status: SkippedPermission, requests: "POST sarifs 403", say: "security-events: write"},
		{mode: githubapi.NotFound, status: UploadFailed, requests: "POST sarifs 404", say: "check that the token may see the repository"},
		{mode: githubapi.BadToken, status: UploadFailed, requests: "POST sarifs 401", say: "the token is wrong or has expired"},
		{mode: githubapi.TooLarge, status: UploadFailed, requests: "POST sarifs 413", say: "SARIF ZIP upload is too large"},
		{mode: githubapi.RateLimited, status: Uploaded, requests: "POST sarifs 429, POST sarifs 202, GET ID 429, GET ID 200"},
		{mode: githubapi.SecondaryLimit, status: Uploaded, requests: "POST sarifs 403, POST sarifs 202, GET ID 403, GET ID 200"},
		{mode: githubapi.Exhausted, status: UploadFailed, requests: "POST sarifs 403", say: "too long to wait"},
		{mode: githubapi.BadGateway, status: Uploaded, requests: "POST sarifs 502, POST sarifs 202, GET ID 502, GET ID 200"},
		{mode: githubapi.Down, status: UploadFailed, requests: "POST sarifs 503, POST sarifs 503, POST sarifs 503, POST sarifs 503", say: "503"},
		{mode: githubapi.ProcessingFailed, status: UploadFailed, requests: "POST sarifs 202, GET ID 200", say: "could not process",
			refusals: []string{"An unexpected error occurred while processing the SARIF file.", "Please try again later."}},
		{mode: githubapi.NoIdentity, status: UploadFailed, requests: "POST sarifs 200", say: "not GitHub's API"},
		{mode: githubapi.NotAPI, status: UploadFailed, requests: "POST sarifs 200", say: "not GitHub's API"},
	} {
		t.Run(string(tt.mode), func(t *testing.T) {
			h := newHub(t, githubapi.Options{Mode: tt.mode, Pending: tt.pending, RetryAfter: 7})
			out, err := h.client.Upload(context.Background(), sample(), UploadOptions{Event: push, Wait: true})
			if out.Status != tt.status || (err != nil) != (tt.status == UploadFailed) {
				t.Errorf("%+v, %v", out, err)
			}
			got := h.requests()
			for _, u := range h.Uploads() {
				got = strings.ReplaceAll(got, "sarifs/"+u.ID, "ID")
			}
			if got != tt.requests {
				t.Errorf("requests: %s", got)
			}
			said := out.Reason + "\n" + strings.Join(out.Notices, "\n")
			if !strings.Contains(said, tt.say) || strings.Contains(said, token) {
				t.Errorf("it says %q", said)
			}
			if d := cmp.Diff(tt.refusals, out.Refusals); d != "" {
				t.Error(d)
			}
			limited := tt.mode == githubapi.RateLimited || tt.mode == githubapi.SecondaryLimit
			if limited && (len(h.waited) == 0 || h.waited[0] != 7*time.Second) {
				t.Errorf("waited %v, and not what Retry-After asks for", h.waited)
			}
		})
	}
}

func TestWaitingIsBounded(t *testing.T) {
	h := newHub(t, githubapi.Options{Mode: githubapi.NeverFinished})
	out, err := h.client.Upload(context.Background(), sample(), UploadOptions{Event: push, Wait: true})
	if err != nil || out.Status != Uploaded || !strings.Contains(strings.Join(out.Notices, "\n"), "had not processed the upload after 3m0s") {
		t.Errorf("%+v, %v", out, err)
	}
	var sum time.Duration
	for _, d := range h.waited {
		sum += d
	}
	if sum > h.client.limits.process || sum < h.client.limits.process/2 {
		t.Errorf("waited %s in %v", sum, h.waited)
	}
	before := len(h.Requests())
	if out, err = h.client.Upload(context.Background(), sample(), UploadOptions{Event: push}); err != nil || out.Status != Uploaded || len(h.Requests()) != before+1 {
		t.Errorf("without waiting: %+v, %v", out, err)
	}
}

func TestUploadEndsWithItsContext(t *testing.T) {
	h := newHub(t, githubapi.Options{Mode: githubapi.NeverFinished})
	ctx, cancel := context.WithCancel(context.Background())
	h.client.sleep = func(ctx context.Context, d time.Duration) error {
		cancel()
		return rest.Sleep(ctx, time.Hour)
	}
	if out, err := h.client.Upload(ctx, sample(), UploadOptions{Event: push, Wait: true}); err == nil || out.Status != UploadFailed {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestWhatIsUploaded: completed runs only, and no result that is suppressed.
func TestWhatIsUploaded(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	started := time.Date(2026, 11, 1, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	out, err := h.client.Upload(context.Background(), sample(), UploadOptions{Event: push, Wait: true, Started: started})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, a := range h.Alerts("refs/heads/main") {
		got[a.Category+" "+a.Rule+" "+a.Path]++
	}
	if d := cmp.Diff(map[string]int{"scangate/dependency CVE-1 go.mod": 1, "scangate/dependency CVE-2 go.mod": 1}, got); d != "" {
		t.Error(d)
	}
	u := h.Uploads()[0]
	if strings.Contains(string(u.SARIF), `"scangate/iac/"`) || !strings.Contains(string(u.SARIF), `"scangate/secret/"`) || u.StartedAt != "2026-11-01T11:00:00Z" {
		t.Errorf("%s\n%s", u.StartedAt, u.SARIF)
	}
	said := strings.Join(out.Notices, "\n")
	if !strings.Contains(said, "so that no alerts close: iac (failed)") || !strings.Contains(said, "scangate/dependency: 1 suppressed or ignored") || strings.Contains(said, "dast") {
		t.Errorf("it says %s", said)
	}
	if d := cmp.Diff([]string{u.ID}, out.IDs); d != "" {
		t.Error(d)
	}
}

func TestNothingCompleted(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	r := run("iac")
	r.Status = finding.TimedOut
	if out, err := h.client.Upload(context.Background(), judged(r), UploadOptions{Event: push}); err == nil || out.Status != UploadFailed || len(h.Requests()) != 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestPartsAreForPullRequests: a scan of what is new would close the alerts of
// all that is old.
func TestPartsAreForPullRequests(t *testing.T) {
	for ref, want := range map[string]int{"refs/heads/main": 1, "refs/pull/7/merge": 2} {
		h := newHub(t, githubapi.Options{})
		part := run("secret", found("secret", "aws-key", "a.txt", 1))
		part.Part = "what is new since main"
		rep := judged(run("iac", found("iac", "AVD-1", "a.tf", 1)), part)
		out, err := h.client.Upload(context.Background(), rep, UploadOptions{Event: Event{Name: "x", Ref: ref, SHA: commit}})
		if err != nil || len(out.Runs) != want || rep.Results.Runs[1].Status != finding.Completed {
			t.Errorf("%s: %+v, %v", ref, out, err)
		}
	}
}

func TestCategoryAndPlace(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	r := run("iac", found("iac", "AVD-1", "dir/a b.tf", 1), found("iac", "AVD-2", "", 0))
	r.Findings[0].Related = []finding.Location{{Path: "c.tf", StartLine: 2, Message: "see"}}
	r.Notes = []finding.Note{{Level: finding.Information, Path: "d.tf", Message: "a note"}}
	_, err := h.client.Upload(context.Background(), judged(r), UploadOptions{Event: push, Category: "web shop", Below: "apps/web", Wait: true})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, a := range h.Alerts("refs/heads/main") {
		got[a.Category+" "+a.Path]++
	}
	if d := cmp.Diff(map[string]int{"web-shop/iac apps/web/dir/a b.tf": 1, "web-shop/iac iac/repository": 1}, got); d != "" {
		t.Error(d)
	}
	for _, part := range []string{`"apps/web/dir/a%20b.tf"`, `"apps/web/c.tf"`, `"apps/web/d.tf"`} {
		if !strings.Contains(string(h.Uploads()[0].SARIF), part) {
			t.Errorf("no %s", part)
		}
	}
}

func TestManyRunsAreSplit(t *testing.T) {
	h := newHub(t, githubapi.Options{Pending: 1})
	var runs []finding.Run
	for i := range 45 {
		r := run("image", found("image", "CVE-1", "", 0))
		r.Target = fmt.Sprintf("registry.example.com/team/shop-%02d:1", i)
		runs = append(runs, r)
	}
	out, err := h.client.Upload(context.Background(), judged(runs...), UploadOptions{Event: push, Wait: true})
	if err != nil || len(out.IDs) != 3 || len(out.Runs) != 45 {
		t.Fatalf("%+v, %v", out, err)
	}
	categories := map[string]bool{}
	for _, u := range h.Uploads() {
		if u.Status != "complete" {
			t.Errorf("%+v", u.Errors)
		}
	}
	for _, a := range h.Alerts("refs/heads/main") {
		categories[a.Category] = true
	}
	if len(categories) != 45 {
		t.Errorf("%d categories", len(categories))
	}
}

// TestALaterFileIsRefused: what was taken before it is told.
func TestALaterFileIsRefused(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	var runs []finding.Run
	for i := range 30 {
		r := run("image")
		r.Target = fmt.Sprintf("shop-%02d", i)
		runs = append(runs, r)
	}
	n := 0
	h.client.http.Transport.(*guarded).next = failing{h.client.http.Transport.(*guarded).next, func() bool { n++; return n > 1 }}
	out, err := h.client.Upload(context.Background(), judged(runs...), UploadOptions{Event: push, Wait: true})
	if err == nil || !strings.Contains(err.Error(), "file 2 of 2") || len(out.IDs) != 1 || out.Status != UploadFailed {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestSizeIsSplit: files that are over the limit of the packed size.
func TestSizeIsSplit(t *testing.T) {
	const limit = 40 << 10
	h := newHub(t, githubapi.Options{MaxGzip: limit})
	h.client.limits.gzip = limit
	var runs []finding.Run
	for i := range 3 {
		var all []finding.Finding
		for j := range 300 * (i + 1) * (i + 1) {
			f := found("image", fmt.Sprintf("CVE-%d", j%7), "a/b.txt", j+1)
			f.Key = fmt.Sprint(i, j)
			f.Fingerprint = finding.FingerprintOf("image", f)
			f.Severity = finding.Severity(j % 5)
			all = append(all, f)
		}
		r := run("image", all...)
		r.Target = fmt.Sprint("shop-", i)
		runs = append(runs, r)
	}
	out, err := h.client.Upload(context.Background(), judged(runs...), UploadOptions{Event: push, Wait: true})
	if err != nil || len(out.Runs) != 3 || len(out.IDs) < 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	last := out.Runs[2]
	if last.OverSize == 0 || last.Results == 0 || last.OverSize+last.Results != 2700 || !strings.Contains(strings.Join(out.Notices, "\n"), "image/shop-2: "+fmt.Sprint(last.OverSize)+" findings of the least severity") {
		t.Errorf("%+v\n%v", last, out.Notices)
	}
	h.client.limits.gzip = 500
	if _, err := h.client.Upload(context.Background(), judged(runs[0]), UploadOptions{Event: push}); err == nil || !strings.Contains(err.Error(), "over GitHub's limit") {
		t.Error(err)
	}
}

// TestTheMostSevereAreKept of a run that is over what GitHub keeps.
func TestTheMostSevereAreKept(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	var all []finding.Finding
	for i := range 6000 {
		f := found("dependency", "R-low", "go.sum", i+1)
		f.Severity = finding.Low
		if i >= 5500 {
			f.RuleID, f.Severity = "R-critical", finding.Critical
		}
		all = append(all, f)
	}
	out, err := h.client.Upload(context.Background(), judged(run("dependency", all...)), UploadOptions{Event: push, Wait: true})
	if err != nil || !strings.Contains(strings.Join(out.Notices, "\n"), "1000 findings of the least severity") {
		t.Fatalf("%+v, %v", out, err)
	}
	got := map[string]int{}
	for _, a := range h.Alerts("refs/heads/main") {
		got[a.Rule]++
	}
	if d := cmp.Diff(map[string]int{"R-low": 4500, "R-critical": 500}, got); d != "" {
		t.Error(d)
	}
}

// TestEnterprise: the API of a server of one's own is below a path.
func TestEnterprise(t *testing.T) {
	h := newHub(t, githubapi.Options{Enterprise: true})
	out, err := h.client.Upload(context.Background(), sample(), UploadOptions{Event: push, Wait: true})
	if err != nil || out.Status != Uploaded {
		t.Errorf("%+v, %v", out, err)
	}
	wrong := newClient(t, strings.TrimSuffix(h.url, "/api/v3"))
	if out, err := wrong.Upload(context.Background(), sample(), UploadOptions{Event: push}); err == nil || out.Status != UploadFailed {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestRefusedByTheLinter: nothing is sent that GitHub is known to refuse.
func TestRefusedByTheLinter(t *testing.T) {
	p := packer{}
	data, err := json.Marshal(map[string]any{"version": "2.1.0", "runs": []any{map[string]any{"tool": map[string]any{"driver": map[string]any{"name": "x"}}, "results": nil}}})
	if err != nil {
		t.Fatal(err)
	}
	p.raw.Write(data)
	if err := p.check(); err == nil || !strings.Contains(err.Error(), "would refuse") {
		t.Error(err)
	}
}
