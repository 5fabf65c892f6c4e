package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/report"
)

const (
	// perRequest is how many annotations GitHub takes at a time, and MaxRemarks
	// how many of a level a check run is given.
	perRequest = 50
	MaxRemarks = 100
)

// ErrNoPlace says that no annotation has a place in the repository.
var ErrNoPlace = errors.New("there is nothing to remark on a file")

// checkRun is what the API takes.
type checkRun struct {
	Name       string      `json:"name,omitempty"`
	HeadSHA    string      `json:"head_sha,omitempty"`
	Status     string      `json:"status"`
	Conclusion string      `json:"conclusion"`
	Output     checkOutput `json:"output"`
}

type checkOutput struct {
	Title       string        `json:"title"`
	Summary     string        `json:"summary"`
	Annotations []checkRemark `json:"annotations"`
}

type checkRemark struct {
	Path        string `json:"path"`
	StartLine   int    `json:"start_line"`
	EndLine     int    `json:"end_line"`
	StartColumn int    `json:"start_column,omitempty"`
	EndColumn   int    `json:"end_column,omitempty"`
	Level       string `json:"annotation_level"`
	Message     string `json:"message"`
	Title       string `json:"title,omitempty"`
}

// Check makes a check run on a commit whose annotations stand beside the code,
// more of them than workflow commands can make. It takes checks: write, which
// few tokens have: Refused tells that from other failures.
func (c *Client) Check(ctx context.Context, commit string, outcome policy.Outcome, list []report.Annotation) error {
	var remarks []checkRemark
	for _, a := range list {
		if a.Path == "" {
			continue // such an annotation is about the run, which says so itself
		}
		level := map[report.Level]string{report.Error: "failure", report.Warning: "warning", report.Notice: "notice"}[a.Level]
		r := checkRemark{Path: a.Path, StartLine: max(a.Line, 1), EndLine: max(a.EndLine, a.Line, 1), Level: level, Message: a.Message, Title: a.Title}
		if r.StartLine == r.EndLine && a.Column > 0 && a.EndColumn >= a.Column {
			r.StartColumn, r.EndColumn = a.Column, a.EndColumn
		}
		remarks = append(remarks, r)
	}
	if len(remarks) == 0 {
		return ErrNoPlace
	}
	run := checkRun{Name: "scangate findings", HeadSHA: commit, Status: "completed", Conclusion: conclusions[outcome]}
	run.Output.Title = fmt.Sprintf("scangate: %s", outcome)
	run.Output.Summary = "The job summary of scangate has all findings, and what decided them."
	method, path := http.MethodPost, "/check-runs"
	for len(remarks) > 0 {
		n := min(len(remarks), perRequest)
		run.Output.Annotations, remarks = remarks[:n], remarks[n:]
		made, err := c.send(ctx, method, path, run)
		if err != nil {
			return err
		}
		method, path = http.MethodPatch, fmt.Sprintf("/check-runs/%d", made.ID)
		run.Name, run.HeadSHA = "", ""
	}
	return nil
}

// conclusions are GitHub's words. What is not complete is no success.
var conclusions = map[policy.Outcome]string{policy.Passed: "success", policy.Failed: "failure", policy.Incomplete: "action_required"}
