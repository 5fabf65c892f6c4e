package github

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/sarif"
)

// TestHostileAnswers: whatever poses as GitHub, there is an error or nothing,
// soon, and no finding is passed over.
func TestHostileAnswers(t *testing.T) {
	const alert = `{"number": 1, "state": "dismissed", "rule": {"id": "AVD-1"}, "tool": {"name": "scangate"}, "most_recent_instance": {"ref": "refs/heads/main", "category": "c", "commit_sha": "x", "location": {"path": "a.tf"}}}`
	for name, body := range map[string]string{
		"nothing":        "",
		"null":           "null",
		"an object":      "{}",
		"a list":         "[]",
		"nulls":          "[null, null]",
		"a number":       "7",
		"deep":           strings.Repeat("[", 20000),
		"cut short":      `[{"number": 1`,
		"wrong kinds":    `[{"number": "1", "rule": [], "most_recent_instance": 7}]`,
		"huge numbers":   `[{"number": 1e999}]`,
		"no identity":    "[" + alert + "]",
		"without end":    "[" + strings.Repeat(alert+",", 5000) + alert + "]",
		"negative":       strings.ReplaceAll("["+alert+"]", `"number": 1`, `"number": -1`),
		"another tool":   strings.ReplaceAll("["+alert+"]", "scangate", "other"),
		"not dismissed":  strings.ReplaceAll("["+alert+"]", "dismissed", "open"),
		"an analysis":    `{"runs": [{"results": [{"properties": {"github/alertNumber": 1}}]}]}`,
		"a page of HTML": "<html>",
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked++
				w.Header().Set("Link", `<http://other.example.com/?page=`+strings.Repeat("9", 10)+`>; rel="next"`)
				if r.Method == http.MethodPost {
					w.WriteHeader(http.StatusAccepted)
				}
				io.WriteString(w, body)
			}))
			defer s.Close()
			c := newClient(t, s.URL)
			c.sleep = func(context.Context, time.Duration) error { return nil }
			alerts, _, err := c.Dismissed(context.Background(), push)
			res := judged(run("iac", found("iac", "AVD-1", "a.tf", 1))).Results
			if n := ApplyDismissals(&res, alerts, sarif.Options{}); n != 0 || err == nil && len(alerts) != 0 {
				t.Errorf("%d findings are passed over, by %v", n, alerts)
			}
			if asked > 200 {
				t.Errorf("asked %d times", asked)
			}
			if out, err := c.Upload(context.Background(), sample(), UploadOptions{Event: push, Wait: true}); err == nil || out.Status != UploadFailed {
				t.Errorf("uploaded: %+v", out)
			}
		})
	}
}

// TestHostileRefusals: what GitHub says against an upload may quote anything.
func TestHostileRefusals(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusAccepted)
			io.WriteString(w, `{"id": "../../../other/repo?x=1#y"}`)
			return
		}
		if !strings.HasPrefix(r.URL.EscapedPath(), "/repos/octo/shop/code-scanning/sarifs/") {
			t.Errorf("asked for %s", r.URL)
		}
		io.WriteString(w, `{"processing_status": "failed", "errors": ["::error::a\n::warning::b \u001b[2J \u202e `+token+`", "`+strings.Repeat("x", 5000)+`"`+strings.Repeat(`, "more"`, 500)+`]}`)
	}))
	defer s.Close()
	out, err := newClient(t, s.URL).Upload(context.Background(), sample(), UploadOptions{Event: push, Wait: true})
	if err == nil || len(out.Refusals) != maxRefusals+1 {
		t.Fatalf("%d refusals, %v", len(out.Refusals), err)
	}
	if d := cmp.Diff("error::a ::warning::b [2J ***", out.Refusals[0]); d != "" {
		t.Error(d)
	}
	if n := len([]rune(out.Refusals[1])); n != maxWords {
		t.Errorf("%d characters", n)
	}
	if got := out.Refusals[maxRefusals]; got != "and 302 more errors" {
		t.Error(got)
	}
}

// FuzzDismissals: no text of a dismissal starts a line of its own.
func FuzzDismissals(f *testing.F) {
	f.Add("won't fix", "octocat", "because\n::error::x")
	f.Add("", "", "")
	f.Add("::", "##[error]", "\x1b[2J\u2028")
	c := &Client{token: token}
	f.Fuzz(func(t *testing.T, reason, by, comment string) {
		a := Alert{Reason: c.said(reason), By: c.said(by), Comment: c.said(comment)}
		s := a.suppression()
		if strings.ContainsAny(s.Reason, "\r\n\x1b\u2028") || strings.HasPrefix(s.Reason, "::") || strings.Contains(s.Reason, "##[") || strings.Contains(s.Reason, token) {
			t.Errorf("%q", s.Reason)
		}
		if s.Source != finding.CodeScanning || !s.Elsewhere {
			t.Errorf("%+v", s)
		}
	})
}
