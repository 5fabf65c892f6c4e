package work

import (
	"fmt"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/suppress"
	"github.com/scangate/scangate/text"
)

// Suppressions are the mark that covers a finding, if there is one.
func Suppressions(marks suppress.Marks, s suppress.Subject) []finding.Suppression {
	m, ok := marks.Covers(s)
	if !ok {
		return nil
	}
	return []finding.Suppression{{Source: m.Source, Reason: text.OneLine(m.Reason, 200), Inline: true}}
}

// Chain is where a cause is, from the inside out, for marks.
func Chain(c *check.Cause) []suppress.Place {
	var out []suppress.Place
	for ; c != nil; c = c.Parent {
		out = append(out, suppress.Place{Path: c.Path, Start: c.Start, End: c.End})
	}
	return out
}

// MarkNotes tell of marks that suppress nothing. Marks for checks of somebody
// else's are none of our business.
func MarkNotes(path string, problems []suppress.Problem) []finding.Note {
	var out []finding.Note
	for _, p := range problems {
		if !p.Unknown {
			out = append(out, finding.Note{Level: finding.Information, Path: path, Line: p.Line, Message: fmt.Sprintf("a mark suppresses nothing: %s", p.Message)})
		}
	}
	return out
}
