//go:build !linux

package run

// bareNotes are those of a system that has none of the mechanisms.
func bareNotes(l *launch) []string {
	notes := []string{noteWrite, noteLimits}
	if !l.network {
		notes = append(notes, noteNetwork)
	}
	return notes
}
