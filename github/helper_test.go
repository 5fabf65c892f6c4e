package github

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/githubapi"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/report"
)

// token is put together here, so that no scanner takes it for a real one.
var token = "ghs_" + strings.Repeat("t0k3n", 7)

const (
	commit = "1111111111111111111111111111111111111111"
	head   = "2222222222222222222222222222222222222222"
)

// hub is a server with a client that asks it without waiting.
type hub struct {
	*githubapi.Server
	client *Client
	url    string
	waited []time.Duration
}

func newHub(t testing.TB, o githubapi.Options) *hub {
	t.Helper()
	o.Repository, o.Token = "octo/shop", token
	h := &hub{Server: githubapi.New(o)}
	s := httptest.NewServer(h.Server)
	t.Cleanup(s.Close)
	h.url = s.URL
	if o.Enterprise {
		h.url += "/api/v3"
	}
	h.client = newClient(t, h.url)
	h.client.sleep = func(ctx context.Context, d time.Duration) error {
		h.waited = append(h.waited, d)
		return ctx.Err()
	}
	return h
}

func newClient(t testing.TB, url string) *Client {
	t.Helper()
	c, err := NewClient(Access{APIURL: url, Repository: "octo/shop", Token: token})
	if err != nil {
		t.Fatal(err)
	}
	c.jitter = func() float64 { return 0 }
	return c
}

// requests are those that the server has seen, without their addresses.
func (h *hub) requests() string {
	var out []string
	for _, r := range h.Requests() {
		out = append(out, fmt.Sprintf("%s %s %d", r.Method, strings.TrimPrefix(r.Path, "/repos/octo/shop/code-scanning/"), r.Status))
	}
	return strings.Join(out, ", ")
}

// push is the event of most tests.
var push = Event{Name: "push", Ref: "refs/heads/main", SHA: commit, DefaultBranch: "main"}

// found makes a finding of a rule at a line.
func found(scanner, rule, path string, line int) finding.Finding {
	f := finding.Finding{
		RuleID: rule, Severity: finding.High, Message: rule + " is here", Key: fmt.Sprint(rule, line),
		Location: finding.Location{Path: path, StartLine: line, LineHash: fmt.Sprintf("%x:1", 1000+line)},
	}
	f.Fingerprint = finding.FingerprintOf(scanner, f)
	return f
}

// run makes a completed run.
func run(scanner string, all ...finding.Finding) finding.Run {
	r := finding.Run{Scanner: scanner, Status: finding.Completed, Looked: finding.Looked{Files: 1}, Findings: all}
	seen := map[string]bool{}
	for _, f := range all {
		if !seen[f.RuleID] {
			seen[f.RuleID] = true
			r.Rules = append(r.Rules, finding.Rule{ID: f.RuleID, Title: "About " + f.RuleID, Severity: f.Severity})
		}
	}
	return r
}

// judged is the report of runs by the default policy.
func judged(runs ...finding.Run) report.Report {
	res := finding.Results{Tool: finding.Engine{Name: "scangate", Version: "1.0.0"}, Commit: commit, Runs: runs}
	return report.Report{Results: res, Verdict: policy.DefaultPolicy().Judge(res)}
}

// sample has what an upload must sort out.
func sample() report.Report {
	marked := found("dependency", "CVE-3", "go.mod", 9)
	marked.Suppressions = []finding.Suppression{{Source: "trivy:ignore"}}
	failed := run("iac", found("iac", "AVD-1", "main.tf", 1))
	failed.Status, failed.Reason = finding.Failed, "it broke"
	skipped := finding.Run{Scanner: "dast", Status: finding.Skipped, Reason: "no target"}
	return judged(run("dependency", found("dependency", "CVE-1", "go.mod", 3), found("dependency", "CVE-2", "go.mod", 4), marked), run("secret"), failed, skipped)
}
