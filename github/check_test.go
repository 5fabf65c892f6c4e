package github

import (
	"errors"
	"fmt"
	"testing"

	"github.com/scangate/scangate/internal/githubapi"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/report"
)

// TestCheck: all annotations arrive, in as many requests as it takes, and the
// server, which refuses what GitHub does, takes each.
func TestCheck(t *testing.T) {
	h := newHub(t, githubapi.Options{Checks: true})
	list := []report.Annotation{
		{Level: report.Error, Title: "about the run", Message: "it has no place"},
		{Level: report.Error, Path: "whole", Message: "m", Title: "t"},
		{Level: report.Warning, Path: "lines", Line: 3, EndLine: 5, Column: 2, EndColumn: 4, Message: "m"},
		{Level: report.Notice, Path: "columns", Line: 3, EndLine: 3, Column: 2, EndColumn: 9, Message: "m"},
		{Level: report.Notice, Path: "one", Line: 3, EndLine: 3, Column: 2, Message: "m"},
	}
	for i := range 120 {
		list = append(list, report.Annotation{Level: report.Error, Path: fmt.Sprint("f", i), Line: 1, EndLine: 1, Message: "m"})
	}
	if err := h.client.Check(t.Context(), commit, policy.Failed, list); err != nil {
		t.Fatal(err)
	}
	checks := h.Checks()
	if len(checks) != 1 || len(checks[0].Annotations) != len(list)-1 || checks[0].Conclusion != "failure" || checks[0].Commit != commit || checks[0].Status != "completed" {
		t.Fatalf("%d checks, %+v", len(checks), checks)
	}
	for i, want := range []githubapi.Annotation{
		{Path: "whole", StartLine: 1, EndLine: 1, Level: "failure", Message: "m", Title: "t"},
		{Path: "lines", StartLine: 3, EndLine: 5, Level: "warning", Message: "m"},
		{Path: "columns", StartLine: 3, EndLine: 3, StartColumn: 2, EndColumn: 9, Level: "notice", Message: "m"},
		{Path: "one", StartLine: 3, EndLine: 3, Level: "notice", Message: "m"},
	} {
		if got := checks[0].Annotations[i]; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if n := len(h.Requests()); n != 3 {
		t.Errorf("%d requests for %d annotations", n, len(list)-1)
	}
}

func TestCheckRefused(t *testing.T) {
	h := newHub(t, githubapi.Options{})
	remark := []report.Annotation{{Level: report.Error, Path: "f", Message: "m"}}
	if err := h.client.Check(t.Context(), commit, policy.Failed, remark); !Refused(err) {
		t.Errorf("a token that may not: %v", err)
	}
	if err := h.client.Check(t.Context(), commit, policy.Passed, nil); !errors.Is(err, ErrNoPlace) {
		t.Errorf("nothing to remark: %v", err)
	}
	if len(h.Checks()) != 0 {
		t.Error("there is a check run")
	}
	for outcome, want := range conclusions {
		if (want == "success") != (outcome == policy.Passed) {
			t.Errorf("%s is %s", outcome, want)
		}
	}
}
