package iac

import (
	"cmp"

	"github.com/scangate/scangate/finding"
)

// compareNotes orders notes by path, line, level and text.
func compareNotes(a, b finding.Note) int {
	return cmp.Or(
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Line, b.Line),
		cmp.Compare(a.Level, b.Level),
		cmp.Compare(a.Message, b.Message),
	)
}
