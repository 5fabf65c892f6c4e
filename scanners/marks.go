package scanners

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// ownMark is the name of scangate's own marks, in comments and in results.
const ownMark = "scangate:ignore"

// The bounds of a mark.
const (
	maxMarkIDs    = 50  // that one names
	maxMarkReason = 300 // characters that are kept
	maxMarkNotes  = 20  // about marks, for each run
)

var (
	// markComment finds a mark that is the first thing in a comment of any
	// language: behind what begins one, which is behind a blank.
	markComment = regexp.MustCompile(`(?:^|\s)(?:#+|//+|/\*+|\*+|--+|;+|%+|<!--|\(\*|\{-)\s*` + ownMark + `(?:([:=]).*|\s+(.*))?$`)
	markIDs     = regexp.MustCompile(`^([^\s,]+(?:\s*,\s*[^\s,]+)*)(?:\s+|$)`)
)

// mark is a comment that asks to pass over findings.
type mark struct {
	ids     []string // in lower case; "*" stands for any characters
	reason  string
	alone   bool   // on its line: it is about the next one
	column  int    // where it begins
	hidden  bool   // its reason may quote what a scanner has found
	problem string // why it is not honoured
}

// readMark returns the mark of a line, or nil.
func readMark(line string, now time.Time) *mark {
	if !strings.Contains(line, ownMark) {
		return nil
	}
	at := markComment.FindStringSubmatchIndex(line)
	if at == nil {
		return nil
	}
	m := &mark{alone: strings.TrimSpace(line[:at[0]]) == "", column: 1 + len(utf16.Encode([]rune(line[:at[0]])))}
	if at[2] >= 0 {
		m.problem = ownMark + " is not understood: write " + ownMark + " RULE reason"
		return m
	}
	var rest string
	if at[4] >= 0 {
		rest = strings.TrimSpace(line[at[4]:at[5]])
	}
	// The comment's end, if it is on this line, is no part of the reason.
	for _, end := range []string{"*/", "-->", "*)", "-}"} {
		rest = strings.TrimSpace(strings.TrimSuffix(rest, end))
	}
	ids := markIDs.FindStringSubmatch(rest)
	if ids == nil {
		m.problem = ownMark + " names no rule: write " + ownMark + " RULE reason"
		return m
	}
	for id := range strings.SplitSeq(strings.TrimSuffix(ids[1], ":"), ",") {
		if m.ids = append(m.ids, strings.ToLower(strings.TrimSpace(id))); len(m.ids) > maxMarkIDs {
			m.problem = ownMark + " names more rules than a mark can"
			return m
		}
	}
	m.reasonAndEnd(rest[len(ids[0]):], now)
	return m
}

// reasonAndEnd reads what stands behind the rules.
func (m *mark) reasonAndEnd(rest string, now time.Time) {
	var reason []string
	for _, w := range strings.Fields(rest) {
		date, ok := strings.CutPrefix(w, "until=")
		if !ok {
			reason = append(reason, w)
			continue
		}
		last, err := time.Parse(time.DateOnly, date)
		switch {
		case err != nil:
			m.problem = ownMark + " has an end that is not a date: write until=2027-01-31"
		case !now.Before(last.AddDate(0, 0, 1)):
			m.problem = ownMark + " expired on " + date
		}
	}
	m.reason = text.OneLine(strings.Join(reason, " "), maxMarkReason)
	if m.reason == "" && m.problem == "" {
		m.problem = ownMark + " gives no reason: write it behind the rule"
	}
}

// names reports whether the mark names a finding's rule, by any of its names.
func (m *mark) names(f *finding.Finding) bool {
	for _, id := range m.ids {
		if fitsName(id, strings.ToLower(f.RuleID)) {
			return true
		}
		for _, a := range f.Aliases {
			if fitsName(id, strings.ToLower(a)) {
				return true
			}
		}
	}
	return false
}

// fitsName reports whether a name fits a pattern in which "*" stands for any
// characters, in time proportional to both lengths multiplied.
func fitsName(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, parts[0])
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		var found bool
		_, rest, found = strings.Cut(rest, part)
		ok = ok && found
	}
	return ok && strings.HasSuffix(rest, last)
}

// marked has the marks of files, by path and line.
type marked map[string]map[int]*mark

// suppress passes over a finding that a mark on its line, or alone on the line
// above, is about.
func (m marked) suppress(run *finding.Run, f *finding.Finding, notes markNotes) {
	lines := m[f.Location.Path]
	// Scanners of infrastructure code know its comments from its strings, and
	// have read the marks themselves.
	if lines == nil || f.Suppressed() || run.Scanner == "iac" {
		return
	}
	for _, line := range []int{f.Location.StartLine, f.Location.StartLine - 1} {
		mark := lines[line]
		switch {
		case mark == nil || line != f.Location.StartLine && !mark.alone:
		case mark.problem != "":
			if mark.ids == nil || mark.names(f) {
				notes.add(run, f.Location.Path, line, mark.problem)
			}
		case mark.names(f):
			reason := mark.reason
			if mark.hidden {
				reason = "(not shown, as something was found in this line)"
			}
			f.Suppressions = append(f.Suppressions, finding.Suppression{Source: ownMark, Reason: reason, Inline: true})
			return
		}
	}
}

// hide keeps the reasons of marks from quoting what a finding is about, which
// may be a secret.
func (m marked) hide(f *finding.Finding) {
	const far = 1000 // lines of one finding that are looked at
	lines, l := m[f.Location.Path], f.Location
	if lines == nil || f.Package != nil || f.Framework != "" && f.Framework != "secrets" {
		return
	}
	end := max(l.StartLine, l.EndLine)
	for line := l.StartLine; line <= min(end, l.StartLine+far); line++ {
		mark := lines[line]
		if mark != nil && (line < end || l.EndColumn == 0 || l.EndColumn > mark.column) {
			mark.hidden = true
		}
	}
}

// markNotes says of marks that they are not honoured, once in each run.
type markNotes struct {
	said  map[finding.Note]bool
	count map[string]int
}

func newMarkNotes() markNotes {
	return markNotes{map[finding.Note]bool{}, map[string]int{}}
}

func (n markNotes) add(run *finding.Run, path string, line int, problem string) {
	note := finding.Note{Level: finding.Warning, Path: path, Line: line, Message: problem}
	of := note
	of.Message = run.Title() + "\x00" + problem
	if n.said[of] || n.count[run.Title()] >= maxMarkNotes || len(run.Notes) >= maxNotes {
		return
	}
	n.said[of] = true
	n.count[run.Title()]++
	run.Notes = append(run.Notes, note)
}
