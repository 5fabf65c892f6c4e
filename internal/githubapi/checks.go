package githubapi

import (
	"net/http"
	"slices"
	"strconv"
)

const (
	maxAnnotations = 50       // of one request
	maxMessage     = 64 << 10 // bytes
	maxCheckTitle  = 255      // characters
)

// Annotation is a remark of a check run.
type Annotation struct {
	Path        string `json:"path"`
	StartLine   int    `json:"start_line"`
	EndLine     int    `json:"end_line"`
	StartColumn int    `json:"start_column"`
	EndColumn   int    `json:"end_column"`
	Level       string `json:"annotation_level"`
	Message     string `json:"message"`
	Title       string `json:"title"`
}

// Check is a check run for tests to look at.
type Check struct {
	Name, Commit, Status, Conclusion string
	Title, Summary                   string
	Annotations                      []Annotation
}

// Checks returns the check runs that there are.
func (s *Server) Checks() []Check {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.checks)
}

// checkIn is what a request says of a check run.
type checkIn struct {
	Name       string `json:"name"`
	HeadSHA    string `json:"head_sha"`
	Status     string `json:"status"`
	Conclusion string `json:"conclusion"`
	Output     *struct {
		Title       string       `json:"title"`
		Summary     string       `json:"summary"`
		Annotations []Annotation `json:"annotations"`
	} `json:"output"`
}

// postCheck makes a check run: POST /repos/{owner}/{repo}/check-runs.
func (s *Server) postCheck(c *call) {
	var in checkIn
	switch {
	case !s.checksAllowed(c), !c.read(&in):
	case in.Name == "":
		c.invalid("CheckRun", "name", "missing_field")
	case !commitForm.MatchString(in.HeadSHA):
		c.invalidWords("CheckRun", "head_sha", "is not a commit")
	default:
		check := Check{Name: in.Name, Commit: in.HeadSHA, Status: "queued"}
		if s.applyCheck(c, &check, in) {
			s.checks = append(s.checks, check)
			c.answer(http.StatusCreated, map[string]any{"id": len(s.checks), "name": check.Name, "status": check.Status})
		}
	}
}

// patchCheck adds to one: PATCH /repos/{owner}/{repo}/check-runs/{id}.
// Annotations are appended to those that it has.
func (s *Server) patchCheck(c *call) {
	var in checkIn
	id, err := strconv.Atoi(c.r.PathValue("id"))
	switch {
	case !s.checksAllowed(c):
	case err != nil || id < 1 || id > len(s.checks):
		c.fail(http.StatusNotFound, "Not Found")
	case c.read(&in) && s.applyCheck(c, &s.checks[id-1], in):
		c.answer(http.StatusOK, map[string]any{"id": id, "name": s.checks[id-1].Name, "status": s.checks[id-1].Status})
	}
}

// checksAllowed refuses tokens without checks: write, as most are.
func (s *Server) checksAllowed(c *call) bool {
	if !s.options.Checks {
		c.fail(http.StatusForbidden, "Resource not accessible by integration")
	}
	return s.options.Checks
}

func (s *Server) applyCheck(c *call, check *Check, in checkIn) bool {
	conclusions := []string{"action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"}
	switch {
	case in.Status == "completed" && !slices.Contains(conclusions, in.Conclusion):
		c.invalidWords("CheckRun", "conclusion", "is required when the status is completed")
		return false
	case in.Output == nil:
		return true
	case in.Output.Title == "" || in.Output.Summary == "" || len(in.Output.Summary) > 65535:
		c.invalidWords("CheckRun", "output", "needs a title and a summary of at most 65535 characters")
		return false
	case len(in.Output.Annotations) > maxAnnotations:
		c.invalidWords("CheckRun", "annotations", "no more than 50 at a time")
		return false
	}
	for _, a := range in.Output.Annotations {
		switch {
		case a.Path == "" || a.Path[0] == '/' || a.StartLine < 1 || a.EndLine < a.StartLine || a.Message == "" || len(a.Message) > maxMessage:
			c.invalidWords("CheckRun", "annotations", "path, lines or message are missing or invalid")
			return false
		case !slices.Contains([]string{"notice", "warning", "failure"}, a.Level):
			c.invalidWords("CheckRun", "annotation_level", "is not one of notice, warning, failure")
			return false
		case (a.StartColumn != 0 || a.EndColumn != 0) && a.StartLine != a.EndLine:
			c.invalidWords("CheckRun", "start_column", "is for annotations of one line")
			return false
		case len([]rune(a.Title)) > maxCheckTitle:
			c.invalidWords("CheckRun", "title", "is too long")
			return false
		}
	}
	if in.Status != "" {
		check.Status, check.Conclusion = in.Status, in.Conclusion
	}
	check.Title, check.Summary = in.Output.Title, in.Output.Summary
	check.Annotations = append(check.Annotations, in.Output.Annotations...)
	return true
}
