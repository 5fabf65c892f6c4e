package nightly

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
)

// maxKnown bounds the findings that a state knows: at 12 characters each, they
// take half of what an issue may hold.
const maxKnown = 2500

// digest stands for a finding in a state: a hash, so that the text of an issue
// tells nothing of findings that it does not show.
type digest [8]byte

// digestOf tells the findings of targets apart, too.
func digestOf(run *finding.Run, f *finding.Finding) (p digest) {
	h := sha256.New()
	for _, part := range []string{"scangate state", run.Scanner, run.Target, f.Fingerprint} {
		io.WriteString(h, part)
		h.Write([]byte{0})
	}
	copy(p[:], h.Sum(nil))
	return p
}

// flags say what is known of a finding.
type flags byte

const (
	fixable   flags = 1 << iota // there is a version that fixes it
	exploited                   // it is known to be exploited
	asNew                       // it is listed as new
	asFixable                   // as newly fixable
	asExploited
	allFlags = 1<<iota - 1

	listed = asNew | asFixable | asExploited
)

// State is what was known when results were last looked at.
type State struct {
	commit string // that was scanned; empty: not known
	day    string // from which on an advisory is news, YYYY-MM-DD; empty: not known
	more   bool   // there were more findings than it knows
	known  map[digest]flags
}

const noCommit = "0"

var stateForm = regexp.MustCompile(`^<!-- scangate:state 1 ([0-9a-f]{40}|0) ([0-9]{4}-[0-9]{2}-[0-9]{2}) ([01]) ([A-Za-z0-9+/]*) -->$`)

// entrySize is that of a finding in a state, in bytes.
const entrySize = len(digest{}) + 1

// String is the state as a line of HTML that nobody sees.
func (s *State) String() string {
	var b []byte
	for _, p := range slices.SortedFunc(maps.Keys(s.known), compareDigests) {
		b = append(append(b, p[:]...), byte(s.known[p]))
	}
	commit, more := noCommit, 0
	if s.commit != "" {
		commit = s.commit
	}
	if s.more {
		more = 1
	}
	// The alphabet has no hyphen, two of which would end the comment.
	return fmt.Sprintf("<!-- scangate:state 1 %s %s %d %s -->", commit, s.day, more, base64.RawStdEncoding.EncodeToString(b))
}

func compareDigests(a, b digest) int { return bytes.Compare(a[:], b[:]) }

// ParseState reads the state out of the text of an issue, of which it is the
// last line. Somebody may have edited that: nil is a state that is missing,
// broken, too large or of a day to come, and everything counts as new then.
func ParseState(body string, now time.Time) *State {
	body = strings.TrimRight(body, " \r\n")
	line := body[strings.LastIndexByte(body, '\n')+1:]
	if len(line) > 200+maxKnown*12 {
		return nil
	}
	m := stateForm.FindStringSubmatch(line)
	if m == nil {
		return nil
	}
	day, err := time.Parse(time.DateOnly, m[2])
	if err != nil || day.After(now.UTC()) {
		return nil
	}
	data, err := base64.RawStdEncoding.Strict().DecodeString(m[4])
	if err != nil || len(data)%entrySize != 0 || len(data) > maxKnown*entrySize {
		return nil
	}
	s := &State{commit: m[1], day: m[2], more: m[3] == "1", known: map[digest]flags{}}
	if s.commit == noCommit {
		s.commit = ""
	}
	var last digest
	for i := 0; i < len(data); i += entrySize {
		var p digest
		copy(p[:], data[i:])
		f := flags(data[i+len(p)])
		if f > allFlags || i > 0 && compareDigests(last, p) >= 0 {
			return nil
		}
		s.known[p], last = f, p
	}
	return s
}

// StateOf is what earlier results have known: those of a file.
func StateOf(res finding.Results) *State {
	s := &State{commit: commitOf(res), known: map[digest]flags{}}
	if built := res.DatabaseBuilt(); !built.IsZero() {
		// What the database did not have then may be news.
		s.day = built.UTC().Format(time.DateOnly)
	}
	for i := range res.Runs {
		for j := range res.Runs[i].Findings {
			if f := &res.Runs[i].Findings[j]; f.Package != nil {
				s.known[digestOf(&res.Runs[i], f)] = factsOf(f)
			}
		}
	}
	return s
}

// factsOf are the flags of a finding that do not depend on the past.
func factsOf(f *finding.Finding) (out flags) {
	if f.Fixable() {
		out |= fixable
	}
	if f.Exploited != "" {
		out |= exploited
	}
	return out
}

var commitForm = regexp.MustCompile(`^[0-9a-f]{40}$`)

// commitOf is the scanned commit, if it is known.
func commitOf(res finding.Results) string {
	if commitForm.MatchString(res.Commit) {
		return res.Commit
	}
	return ""
}

// join adds to a state what other results have known. Either may be nil.
func (s *State) join(other *State) *State {
	switch {
	case s == nil:
		return other
	case other == nil:
		return s
	}
	out := &State{commit: s.commit, day: s.day, more: s.more, known: maps.Clone(s.known)}
	for p, f := range other.known {
		out.known[p] |= f
	}
	return out
}
