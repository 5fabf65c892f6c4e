package github

import (
	"strings"
	"sync"
	"testing"

	"github.com/scangate/scangate/internal/githubapi"
)

const bot = "github-actions[bot]"

// TestUpsertComment: there is one comment of a key, written by us and updated
// in place, whatever strangers have written.
func TestUpsertComment(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	h.AddIssue(githubapi.Issue{Title: "pull", Login: "octocat", Pull: true})
	for range 120 { // ours is not on the first page
		h.AddComment(1, "octocat", "hello")
	}
	h.AddComment(1, "mallory", "<!-- scangate:summary -->\nall is fine")
	h.AddComment(1, "github-actions", "<!-- scangate:summary -->\nalmost the same name")
	h.AddComment(1, bot, "> <!-- scangate:summary -->\na quotation")
	h.AddComment(1, bot, "<!-- scangate:summary-2 -->\nanother key")
	others := len(h.Comments(1))
	for _, body := range []string{"one", "one", "two"} {
		if err := h.client.UpsertComment(t.Context(), 1, "summary", body); err != nil {
			t.Fatal(err)
		}
		list := h.Comments(1)
		last := list[len(list)-1]
		if len(list) != others+1 || last.Body != "<!-- scangate:summary -->\n"+body || last.Login != bot {
			t.Fatalf("%d comments, the last one %+v", len(list), last)
		}
	}
	list := h.Comments(1)
	if edits := list[len(list)-1].Edits; edits != 1 {
		t.Errorf("changed %d times: the same text is no change", edits)
	}
	for _, c := range list[:others] {
		if c.Edits > 0 {
			t.Errorf("somebody else's comment was changed: %+v", c)
		}
	}
}

// TestTwinComments: of two comments of ours the older one stays.
func TestTwinComments(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	h.AddIssue(githubapi.Issue{Pull: true})
	h.AddComment(1, bot, "<!-- scangate:summary -->\r\nold\r\n")
	h.AddComment(1, bot, "<!-- scangate:summary -->\nyoung")
	if err := h.client.UpsertComment(t.Context(), 1, "summary", "old"); err != nil {
		t.Fatal(err)
	}
	if list := h.Comments(1); len(list) != 1 || list[0].ID != 1 || list[0].Edits != 0 {
		t.Errorf("%+v", list)
	}
}

// TestTwoRunsAtATime: runs that know nothing of each other end with one comment
// and one open issue.
func TestTwoRunsAtATime(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	h.AddIssue(githubapi.Issue{Pull: true})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			c := newClient(t, h.url)
			// What loses a race may fail, and must not leave a twin.
			_ = c.UpsertComment(t.Context(), 1, "summary", "text")
			_, _ = c.KeepIssue(t.Context(), wanted)
		})
	}
	wg.Wait()
	if list := h.Comments(1); len(list) != 1 {
		t.Errorf("%d comments", len(list))
	}
	open := 0
	for _, is := range h.Issues() {
		if !is.Pull && is.State == "open" {
			open++
		}
	}
	if open != 1 {
		t.Errorf("%d open issues: %+v", open, h.Issues())
	}
}

var wanted = Issue{Key: "issue", Title: "news", Label: "scangate", Body: "one", Open: true, Last: "all done"}

// TestKeepIssue: from opening to closing and opening again.
func TestKeepIssue(t *testing.T) {
	h := newHub(t, githubapi.Options{Enterprise: true})
	fake := "<!-- scangate:issue -->\nfake"
	h.AddIssue(githubapi.Issue{Title: "stranger", Login: "mallory", Body: fake, Labels: []string{"scangate"}})
	h.AddIssue(githubapi.Issue{Title: "pull", Login: bot, Body: fake, Labels: []string{"scangate"}, Pull: true})
	h.AddIssue(githubapi.Issue{Title: "without the label", Login: bot, Body: fake})
	for _, step := range []struct {
		body             string
		open             bool
		change, state    string
		edits, remarks   int
		number, recorded int
	}{
		{body: "one", open: false, number: 0, recorded: 3},
		{body: "one", open: true, change: "opened", state: "open", number: 4, recorded: 4},
		{body: "one", open: true, state: "open", number: 4, recorded: 4},
		{body: "two", open: true, change: "updated", state: "open", edits: 1, number: 4, recorded: 4},
		{body: "three", open: false, change: "closed", state: "closed", edits: 2, remarks: 1, number: 4, recorded: 4},
		{body: "three", open: false, state: "closed", edits: 2, remarks: 1, number: 4, recorded: 4},
		{body: "four", open: true, change: "reopened", state: "open", edits: 3, remarks: 1, number: 4, recorded: 4},
	} {
		want := wanted
		want.Body, want.Open = step.body, step.open
		kept, err := h.client.KeepIssue(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		if kept != (Kept{step.number, step.open, step.change}) {
			t.Errorf("%+v: got %+v", step, kept)
		}
		all := h.Issues()
		if len(all) != step.recorded {
			t.Fatalf("%+v: %d issues", step, len(all))
		}
		if step.number == 0 {
			continue
		}
		is := all[step.number-1]
		if is.State != step.state || is.Edits != step.edits || len(is.Comments) != step.remarks || is.Title != "news" || is.Body != "<!-- scangate:issue -->\n"+step.body {
			t.Errorf("%+v: %+v", step, is)
		}
	}
	body, found, err := h.client.FindIssue(t.Context(), "issue", "scangate")
	if err != nil || !found || body != "four" {
		t.Errorf("found %v %q, %v", found, body, err)
	}
	if all := h.Issues(); all[0].Edits+all[1].Edits+all[2].Edits > 0 {
		t.Errorf("issues of others were changed: %+v", all[:3])
	}
}

// TestModesOfIssues: what goes wrong at GitHub is an error with its words, and
// what passes is tried again, without twins.
func TestModesOfIssues(t *testing.T) {
	for _, tt := range []struct {
		options githubapi.Options
		words   string // empty: it succeeds
		refused bool
	}{
		{githubapi.Options{}, "", false},
		{githubapi.Options{Mode: githubapi.NoLicence}, "", false},
		{githubapi.Options{Mode: githubapi.BadGateway}, "", false},
		{githubapi.Options{Mode: githubapi.RateLimited}, "", false},
		{githubapi.Options{Mode: githubapi.SecondaryLimit}, "", false},
		{githubapi.Options{Mode: githubapi.ReadOnly}, "Resource not accessible", true},
		{githubapi.Options{Mode: githubapi.NoAccess}, "Resource not accessible", true},
		{githubapi.Options{Mode: githubapi.Archived}, "archived", true},
		{githubapi.Options{Mode: githubapi.NotFound}, "Not Found", true},
		{githubapi.Options{Mode: githubapi.BadToken}, "has expired", false},
		{githubapi.Options{Mode: githubapi.Exhausted}, "run the job again", false},
		{githubapi.Options{Mode: githubapi.Down}, "503", false},
		{githubapi.Options{Mode: githubapi.NotAPI}, "is not GitHub's API", false},
		{githubapi.Options{Mode: githubapi.NoIdentity}, "is not GitHub's API", false},
	} {
		h := newHub(t, tt.options)
		h.AddIssue(githubapi.Issue{Pull: true})
		_, err := h.client.KeepIssue(t.Context(), wanted)
		for what, err := range map[string]error{"issue": err, "comment": h.client.UpsertComment(t.Context(), 1, "summary", "text")} {
			if tt.words == "" && err != nil || tt.words != "" && (err == nil || !strings.Contains(err.Error(), tt.words)) {
				t.Errorf("%s: %s: %v, want %q", tt.options.Mode, what, err, tt.words)
			}
			if Refused(err) != tt.refused {
				t.Errorf("%s: %s: refused is %v", tt.options.Mode, what, !tt.refused)
			}
			if err != nil && strings.Contains(err.Error(), token) {
				t.Errorf("%s: the token is in %v", tt.options.Mode, err)
			}
		}
		if all := h.Issues(); tt.words == "" && (len(all) != 2 || len(all[0].Comments) != 1) {
			t.Errorf("%s: %+v", tt.options.Mode, all)
		}
	}
	h := newHub(t, githubapi.Options{NoIssues: true})
	if _, err := h.client.KeepIssue(t.Context(), wanted); err == nil || !strings.Contains(err.Error(), "disabled") {
		t.Errorf("without issues: %v", err)
	}
}

// TestBadIssues: what GitHub would refuse is not sent.
func TestBadIssues(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	for name, change := range map[string]func(*Issue){
		"body":         func(i *Issue) { i.Body = strings.Repeat("x", MaxBody+1) },
		"title":        func(i *Issue) { i.Title = strings.Repeat("x", 257) },
		"no title":     func(i *Issue) { i.Title = " " },
		"two labels":   func(i *Issue) { i.Label = "a,b" },
		"no label":     func(i *Issue) { i.Label = "" },
		"key":          func(i *Issue) { i.Key = "a--b" },
		"key of marks": func(i *Issue) { i.Key = "a --> b" },
	} {
		is := wanted
		change(&is)
		if _, err := h.client.KeepIssue(t.Context(), is); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := h.client.UpsertComment(t.Context(), 1, "summary", strings.Repeat("x", MaxBody+1)); err == nil {
		t.Error("a comment over the limit is sent")
	}
	if n := len(h.Requests()); n > 0 {
		t.Errorf("%d requests", n)
	}
}
