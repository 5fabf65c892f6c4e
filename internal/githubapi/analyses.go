package githubapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// analysis is one run of an upload.
type analysis struct {
	id     int
	upload *upload
	run    *run
	alerts []int // of each result
}

// Analysis is one for tests to look at.
type Analysis struct {
	Ref, Commit    string
	Tool, Category string
	Results        int
}

// Analyses returns those that were taken in, in their order.
func (s *Server) Analyses() []Analysis {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Analysis
	for _, a := range s.analyses {
		out = append(out, Analysis{a.upload.Ref, a.upload.Commit, a.run.Tool.Driver.Name, a.run.category(), len(a.run.Results)})
	}
	return out
}

// addAnalysis takes a run in. It replaces the one of the same tool and category
// on its ref: what is missing from it counts as fixed there.
func (s *Server) addAnalysis(u *upload, r *run) {
	a := &analysis{id: len(s.analyses) + 1, upload: u, run: r}
	s.analyses = append(s.analyses, a)
	u.analyses = append(u.analyses, a.id)
	tool, category := r.Tool.Driver.Name, r.category()
	for _, al := range s.alerts {
		if in := al.instances[u.Ref]; in != nil && al.tool == tool && in.category == category {
			in.state = "fixed"
		}
	}
	for i := range r.Results {
		a.alerts = append(a.alerts, s.addInstance(u, r, &r.Results[i], tool, category))
	}
}

// listAnalyses lists them, the newest first:
// GET /repos/{owner}/{repo}/code-scanning/analyses.
func (s *Server) listAnalyses(c *call) {
	q := c.r.URL.Query()
	var list []any
	for _, a := range slices.Backward(s.analyses) {
		if tool := q.Get("tool_name"); tool != "" && tool != a.run.Tool.Driver.Name {
			continue
		}
		if ref := q.Get("ref"); ref != "" && fullRef(ref) != a.upload.Ref {
			continue
		}
		if id := q.Get("sarif_id"); id != "" && id != a.upload.ID {
			continue
		}
		list = append(list, map[string]any{
			"id": a.id, "ref": a.upload.Ref, "commit_sha": a.upload.Commit, "category": a.run.category(), "analysis_key": "(default)",
			"environment": "{}", "error": "", "warning": "", "created_at": "2026-01-01T00:00:00Z", "sarif_id": a.upload.ID,
			"results_count": len(a.run.Results), "rules_count": len(a.run.Tool.Driver.Rules), "deletable": true,
			"url":  c.url(c.r.URL.Path + "/" + strconv.Itoa(a.id)),
			"tool": map[string]any{"name": a.run.Tool.Driver.Name, "guid": nil, "version": a.run.Tool.Driver.Version},
		})
	}
	if len(s.analyses) == 0 {
		c.fail(http.StatusNotFound, "no analysis found")
		return
	}
	c.page(list)
}

// getAnalysis returns one as SARIF, with the numbers of its alerts:
// GET /repos/{owner}/{repo}/code-scanning/analyses/{id}.
func (s *Server) getAnalysis(c *call) {
	id, err := strconv.Atoi(c.r.PathValue("id"))
	if err != nil || id < 1 || id > len(s.analyses) {
		c.fail(http.StatusNotFound, "no analysis found")
		return
	}
	if !strings.Contains(c.r.Header.Get("Accept"), "application/sarif+json") {
		c.fail(http.StatusNotAcceptable, "this server knows analyses as application/sarif+json only")
		return
	}
	a := s.analyses[id-1]
	var results []any
	for i := range a.run.Results {
		r := &a.run.Results[i]
		n := a.alerts[i]
		results = append(results, map[string]any{
			"ruleId": r.RuleID, "message": map[string]any{"text": r.Message.Text}, "partialFingerprints": r.Fingerprints,
			"locations": []any{map[string]any{"physicalLocation": map[string]any{
				"artifactLocation": map[string]any{"uri": r.Locations[0].Physical.Artifact.URI}, "region": map[string]any{"startLine": r.line()},
			}}},
			"properties": map[string]any{"github/alertNumber": n, "github/alertUrl": c.url("/repos/" + s.options.Repository + "/code-scanning/alerts/" + strconv.Itoa(n))},
		})
	}
	if results == nil {
		results = []any{}
	}
	c.w.Header().Set("Content-Type", "application/sarif+json")
	c.answerAs(http.StatusOK, map[string]any{
		"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"runs": []any{map[string]any{
			"tool":              map[string]any{"driver": map[string]any{"name": a.run.Tool.Driver.Name}},
			"automationDetails": map[string]any{"id": a.run.category() + "/"},
			"results":           results,
		}},
	})
}
