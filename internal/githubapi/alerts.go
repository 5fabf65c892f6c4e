package githubapi

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// alert is what results of one identity have become.
type alert struct {
	number                   int
	tool, rule, path, hash   string
	title                    string
	instances                map[string]*instance // by ref
	dismissed                bool
	reason, comment, decider string
}

// instance is an alert on a ref.
type instance struct {
	ref, category, commit, message, state string
	line                                  int
}

// Alert is an alert for tests to look at.
type Alert struct {
	Number     int
	Rule, Path string
	Category   string
	Ref        string
	State      string // open, fixed, dismissed
	Line       int
}

// addInstance finds or opens the alert of a result and returns its number.
func (s *Server) addInstance(u *upload, r *run, res *result, tool, category string) int {
	key := [4]string{tool, res.RuleID, res.path(), res.hash()}
	n, ok := s.index[key]
	if !ok {
		n = len(s.alerts) + 1
		al := &alert{number: n, tool: tool, rule: res.RuleID, path: res.path(), hash: res.hash(), instances: map[string]*instance{}}
		if i := slices.IndexFunc(r.Tool.Driver.Rules, func(d rule) bool { return d.ID == res.RuleID }); i >= 0 {
			al.title = r.Tool.Driver.Rules[i].Short.Text
		}
		s.alerts = append(s.alerts, al)
		s.index[key] = n
	}
	s.alerts[n-1].instances[u.Ref] = &instance{u.Ref, category, u.Commit, res.Message.Text, "open", res.line()}
	return n
}

// Alerts returns the alerts on a ref, in the order of their numbers.
func (s *Server) Alerts(ref string) []Alert {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Alert
	for _, al := range s.alerts {
		if in := al.instances[ref]; in != nil {
			out = append(out, Alert{al.number, al.rule, al.path, in.category, ref, al.state(in), in.line})
		}
	}
	return out
}

// Dismiss does what somebody does on GitHub's pages.
func (s *Server) Dismiss(number int, reason, by, comment string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case number < 1 || number > len(s.alerts):
		return fmt.Errorf("there is no alert %d", number)
	case !slices.Contains([]string{"false positive", "won't fix", "used in tests"}, reason):
		return errors.New("the reason is none of GitHub's")
	case len(comment) > 280:
		return errors.New("the comment is over 280 characters")
	}
	al := s.alerts[number-1]
	al.dismissed, al.reason, al.decider, al.comment = true, reason, by, comment
	return nil
}

func (al *alert) state(in *instance) string {
	if al.dismissed && in.state == "open" {
		return "dismissed"
	}
	return in.state
}

// listAlerts lists those of a ref:
// GET /repos/{owner}/{repo}/code-scanning/alerts.
func (s *Server) listAlerts(c *call) {
	q := c.r.URL.Query()
	if state := q.Get("state"); state != "" && !slices.Contains([]string{"open", "closed", "dismissed", "fixed"}, state) {
		c.fail(http.StatusUnprocessableEntity, "state is none of open, closed, dismissed, fixed")
		return
	}
	if len(s.analyses) == 0 {
		c.fail(http.StatusNotFound, "no analysis found")
		return
	}
	ref := s.options.DefaultBranch
	if q.Get("ref") != "" {
		ref = fullRef(q.Get("ref"))
	}
	var list []any
	for _, al := range s.alerts {
		in := al.instances[ref]
		if in == nil || q.Get("tool_name") != "" && q.Get("tool_name") != al.tool {
			continue
		}
		state := al.state(in)
		if want := q.Get("state"); want != "" && want != state && (want != "closed" || state == "open") {
			continue
		}
		out := map[string]any{
			"number": al.number, "state": state, "created_at": "2026-01-01T00:00:00Z", "fixed_at": nil,
			"url": c.url(fmt.Sprintf("%s/%d", c.r.URL.Path, al.number)), "html_url": c.url(fmt.Sprintf("/%s/security/code-scanning/%d", s.options.Repository, al.number)),
			"dismissed_by": nil, "dismissed_at": nil, "dismissed_reason": nil, "dismissed_comment": nil,
			"rule": map[string]any{"id": al.rule, "severity": "error", "description": al.title, "name": al.rule, "tags": []string{"security"}},
			"tool": map[string]any{"name": al.tool, "guid": nil, "version": "1.0.0"},
			"most_recent_instance": map[string]any{
				"ref": in.ref, "analysis_key": "(default)", "category": in.category, "environment": "{}", "state": state, "commit_sha": in.commit,
				"message":         map[string]any{"text": in.message},
				"location":        map[string]any{"path": al.path, "start_line": in.line, "end_line": in.line, "start_column": 1, "end_column": 1},
				"classifications": []string{},
			},
		}
		if al.dismissed {
			out["dismissed_by"] = map[string]any{"login": al.decider, "id": 1, "type": "User"}
			out["dismissed_at"] = "2026-02-01T00:00:00Z"
			out["dismissed_reason"] = al.reason
			if al.comment != "" {
				out["dismissed_comment"] = al.comment
			}
		}
		list = append(list, out)
	}
	c.page(list)
}

// fullRef is a branch by its whole name.
func fullRef(ref string) string {
	if strings.HasPrefix(ref, "refs/") {
		return ref
	}
	return "refs/heads/" + ref
}
