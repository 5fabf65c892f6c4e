package finding

import (
	"fmt"
	"time"
)

// Status is how a scanner's run ended. Only Completed counts as clean when
// there are no findings.
type Status int

const (
	Failed    Status = iota // it could not do its work; the zero value, so that nothing is clean by accident
	TimedOut                // it ran into its time limit
	Partial                 // it finished, but could not look at everything; its notes say at what
	Skipped                 // it had nothing to look at, or was not wanted; its reason says why
	Completed               // it looked at everything it planned to
)

var statusNames = [...]string{"failed", "timed-out", "partial", "skipped", "completed"}

// String returns the name used in tables and JSON.
func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return statusNames[Failed]
	}
	return statusNames[s]
}

// MarshalText writes the name.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Status) UnmarshalText(text []byte) error {
	for i, n := range statusNames {
		if n == string(text) {
			*s = Status(i)
			return nil
		}
	}
	return fmt.Errorf("unknown status %q", text)
}

// Run is everything one scanner has to say about one target.
type Run struct {
	Scanner  string    `json:"scanner"`
	Target   string    `json:"target,omitempty"` // an image or URL; empty for the repository itself
	Engine   Engine    `json:"engine"`           //
	Status   Status    `json:"status"`
	Reason   string    `json:"reason,omitempty"` // why the status is not Completed, one line
	Plan     string    `json:"plan,omitempty"`   // what it set out to look at, one line
	Part     string    `json:"part,omitempty"`   // what it was to look at, if only at what is new: "staged changes"; what it does not find may be there
	Since    *RunSince `json:"since,omitempty"`  // what it was compared with, in a pull request
	Split    *Split    `json:"split,omitempty"`  // which shards share its work, in a shard's results
	Looked   Looked    `json:"looked"`
	Notes    []Note    `json:"notes,omitempty"`
	Rules    []Rule    `json:"rules,omitempty"`
	Findings []Finding `json:"findings"`

	// Inventory is the software that was looked at. It is no part of the saved
	// results: it can be many times as large, and a report of its own holds it.
	Inventory []Source `json:"-"`

	Duration time.Duration `json:"duration,omitempty"` // nanoseconds; never part of deterministic output
}

// Title names the run for people: its scanner and, if it has one, its target.
func (r *Run) Title() string {
	if r.Target == "" {
		return r.Scanner
	}
	return r.Scanner + " " + r.Target
}

// Engine names what did the looking.
type Engine struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// Looked is a scanner's evidence of work.
type Looked struct {
	Files    int   `json:"files,omitempty"`
	Commits  int   `json:"commits,omitempty"`
	Packages int   `json:"packages,omitempty"`
	URLs     int   `json:"urls,omitempty"`
	Bytes    int64 `json:"bytes,omitempty"`
}

// Add adds what another part of the work has looked at.
func (l *Looked) Add(more Looked) {
	l.Files += more.Files
	l.Commits += more.Commits
	l.Packages += more.Packages
	l.URLs += more.URLs
	l.Bytes += more.Bytes
}

// None reports that there is no evidence of any work. Bytes alone are none:
// an empty file is a file looked at.
func (l Looked) None() bool {
	return l.Files == 0 && l.Commits == 0 && l.Packages == 0 && l.URLs == 0
}

// Note is something a reader of the results should know that is not a finding.
type Note struct {
	Level   NoteLevel `json:"level"`
	Path    string    `json:"path,omitempty"`
	Line    int       `json:"line,omitempty"`
	Message string    `json:"message"` // what, and what to do about it, one line

	// Tally is the message of a part of a scan with its counts in braces, "{3
	// file} left out", so that they can be added up with those of other parts.
	Tally string `json:"tally,omitempty"`
}

// NoteLevel says what a Note means for the run.
type NoteLevel string

const (
	// Information explains; the run is as complete without it.
	Information NoteLevel = "info"
	// Warning is worth acting on; the run is complete.
	Warning NoteLevel = "warning"
	// Gap names something that was not looked at: the run is Partial.
	Gap NoteLevel = "gap"
)

// String formats the note as path:line: message.
func (n Note) String() string {
	switch {
	case n.Path != "" && n.Line > 0:
		return fmt.Sprintf("%s:%d: %s", n.Path, n.Line, n.Message)
	case n.Path != "":
		return n.Path + ": " + n.Message
	}
	return n.Message
}
