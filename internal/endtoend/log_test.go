package endtoend

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// record is what a run has left.
type record struct {
	passed  bool
	log     string
	entries []entry
}

// entry is a line of act's log.
type entry struct {
	Job     string // workflow/job, with a number if a matrix has several
	Matrix  map[string]string
	Msg     string
	Command string            // a workflow command, or what a file of the runner's has said
	Name    string            // of an output
	Arg     any               // text; else it is of no interest here
	Pairs   map[string]string `json:"kvPairs"`
	Content string            // of a summary
	StepID  []string          // and those of the steps of its action
}

// note is an annotation.
type note struct{ Level, File, Line, Title string }

func readLog(data []byte) *record {
	r := &record{}
	var log strings.Builder
	for line := range bytes.Lines(data) {
		var e entry
		if json.Unmarshal(line, &e) != nil {
			e.Msg = string(line)
		}
		e.Job = strings.TrimRight(e.Job, " ") // act pads it
		r.entries = append(r.entries, e)
		fmt.Fprintf(&log, "%s: %s\n", e.Job, strings.TrimRight(e.Msg, "\n"))
	}
	r.log = log.String()
	return r
}

// jobOf is the job of a matrix that has that value.
func (r *record) jobOf(t *testing.T, key, value string) string {
	t.Helper()
	for _, e := range r.entries {
		if e.Matrix[key] == value {
			return e.Job
		}
	}
	t.Fatalf("no job has the %s %s", key, value)
	return ""
}

// outputs are those that the steps of a job have set; empty ones are left out,
// as a workflow cannot tell them from missing ones. A step that is an action has
// all of its inner steps' with act; that action.yml names each is looked at by
// TestOutputsOfTheAction of the program.
func (r *record) outputs(job string) map[string]string {
	out := map[string]string{}
	for _, e := range r.entries {
		if text, _ := e.Arg.(string); e.Command == "set-output" && e.Job == job && len(e.StepID) == 1 && text != "" {
			out[e.Name] = text
		}
	}
	return out
}

// notes are the annotations.
func (r *record) notes() (out []note) {
	for _, e := range r.entries {
		switch e.Command {
		case "error", "warning", "notice":
			out = append(out, note{e.Command, e.Pairs["file"], e.Pairs["line"], e.Pairs["title"]})
		}
	}
	return out
}

// summaries are what steps have put into the summary of a job.
func (r *record) summaries(job string) (out []string) {
	for _, e := range r.entries {
		if e.Command == "summary" && e.Job == job && len(e.StepID) == 1 {
			out = append(out, e.Content)
		}
	}
	return out
}

var exitStatus = regexp.MustCompile(`^exit status (\d+)$`)

// exit is the exit code of the first step that has failed, or 0.
func (r *record) exit() string {
	for _, e := range r.entries {
		if m := exitStatus.FindStringSubmatch(e.Msg); m != nil {
			return m[1]
		}
	}
	return "0"
}

// has fails unless the log has all of the parts.
func (r *record) has(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(r.log, part) {
			t.Errorf("the log has no %q", part)
		}
	}
}
