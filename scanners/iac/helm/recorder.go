package helm

import (
	"bytes"
	"strings"
)

// recorder takes what a template writes, and keeps for each line of it the
// line of the template that was being executed.
type recorder struct {
	b     *budget
	out   bytes.Buffer
	lines []int

	line  int  // of the template
	moves bool // text moves on in the template, the result of an action does not
	held  int  // depth of {{template}} calls: what they write belongs to the call
	blank bool // nothing visible has been written on the current line yet
}

func newRecorder(b *budget) *recorder { return &recorder{b: b, blank: true} }

// at says which line of the template comes next.
func (r *recorder) at(line int, moves bool) {
	if r != nil && r.held == 0 && line > 0 {
		r.line, r.moves = line, moves
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.b.output -= len(p); r.b.output < 0 {
		return 0, errOutput
	}
	if err := r.b.spend(len(p)/64 + 1); err != nil {
		return 0, err
	}
	r.out.Write(p)
	moves := r.moves && r.held == 0
	for rest := p; len(rest) > 0; {
		part, after, ends := bytes.Cut(rest, []byte("\n"))
		r.mark(part)
		if ends {
			r.lines = append(r.lines, 0)
			r.blank = true
			if moves {
				r.line++
			}
		}
		rest = after
	}
	return len(p), nil
}

// mark gives the current line of the output its line of the template: that of
// the first thing visible in it, or else of the first thing.
func (r *recorder) mark(part []byte) {
	if len(r.lines) == 0 {
		r.lines = append(r.lines, 0)
	}
	last := len(r.lines) - 1
	visible := len(bytes.TrimSpace(part)) > 0
	if r.lines[last] == 0 || r.blank && visible {
		r.lines[last] = r.line
	}
	if visible {
		r.blank = false
	}
}

// sink takes what a named template writes for a function.
type sink struct {
	b *budget
	strings.Builder
}

func (s *sink) Write(p []byte) (int, error) {
	if s.Len()+len(p) > maxString {
		return 0, errBig
	}
	if err := s.b.bytes(len(p)); err != nil {
		return 0, err
	}
	return s.Builder.Write(p)
}

func (s *sink) WriteString(p string) (int, error) { return s.Write([]byte(p)) }
