package suppress

import (
	"regexp"
	"strings"
	"time"
)

// ownMark finds scangate:ignore as the first word of a comment, or of one
// within it, and ownIDs the names after it.
var (
	ownMark = regexp.MustCompile(`(?:^|\s)(?:#+|//+|/\*+|\*)\s*scangate:ignore(?:\s+(.*))?$`)
	bareOwn = regexp.MustCompile(`^\s*scangate:ignore(?:\s+(.*))?$`)
	badOwn  = regexp.MustCompile(`^(?:#+|//+|/\*+|\*)?\s*scangate:ignore[:=]`)
	ownIDs  = regexp.MustCompile(`^([\w.*-]+(?:\s*,\s*[\w.*-]+)*):?(?:\s+|$)`)
)

// ownMarks reads scangate's mark in a line of a comment:
// scangate:ignore ID[,ID] [until=YYYY-MM-DD] reason. It reports whether there
// is one.
func (p *parser) ownMarks(c comment) bool {
	const longest = 4096 // of a comment that is looked at; a mark stands at its end
	line := strings.TrimSuffix(c.text, "*/")
	if !strings.Contains(line, Scangate) {
		return false
	}
	line = line[max(len(line)-longest, 0):]
	found := ownMark.FindStringSubmatch(line)
	if found == nil {
		// The inner lines of a block comment need no character before them.
		found = bareOwn.FindStringSubmatch(line)
	}
	if found == nil {
		if badOwn.MatchString(line) {
			p.problem(c.line, Scangate+" is not understood: write scangate:ignore ID reason")
		}
		return false
	}
	if c.alone {
		p.stackLine(c.line)
	}
	m := mark{Mark: Mark{Source: Scangate, Line: c.line}, fold: true}
	var words []string
	if ids := ownIDs.FindStringSubmatch(found[1]); ids != nil {
		words = strings.Fields(found[1][len(ids[0]):])
		for id := range strings.SplitSeq(ids[1], ",") {
			m.ids = append(m.ids, strings.TrimSpace(id))
		}
	}
	var reason []string
	for _, w := range words {
		date, ok := strings.CutPrefix(w, "until=")
		if !ok {
			reason = append(reason, w)
			continue
		}
		last, err := time.Parse(time.DateOnly, date)
		if err != nil {
			p.problem(c.line, Scangate+" has an end that is not a date: write until=2027-01-31")
			return true
		}
		if end := last.AddDate(0, 0, 1); m.Expires.IsZero() || end.Before(m.Expires) {
			m.Expires = end
		}
	}
	m.Reason = strings.Join(reason, " ")
	if problem := p.ownProblem(m); problem != "" {
		p.problem(c.line, problem)
		return true
	}
	for i, id := range m.ids {
		m.ids[i] = strings.ToLower(id)
	}
	p.atLine(m, c.alone, c.alone)
	return true
}

// ownProblem says why a mark cannot be honoured.
func (p *parser) ownProblem(m mark) string {
	switch {
	case len(m.ids) == 0:
		return Scangate + " names no check: write scangate:ignore ID reason"
	case len(m.ids) > maxIDs:
		return Scangate + " names more checks than a mark can"
	}
	for _, id := range m.ids {
		if !isName(id) || strings.Trim(id, "*") == "" {
			return Scangate + " needs the names of checks: a pattern that all of them match is not honoured"
		}
	}
	switch {
	case m.Reason == "":
		return Scangate + " of " + m.ids[0] + " gives no reason: write it behind the check"
	case !m.Expires.IsZero() && !p.now.Before(m.Expires):
		return Scangate + " of " + m.ids[0] + " expired on " + m.Expires.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return ""
}
