package report

import (
	"strings"

	"github.com/scangate/scangate/text"
)

// short is foreign text for one line of a report that is no terminal, at most
// limit runes of it.
func short(s string, limit int) string {
	return text.Cut(Line(strings.TrimSpace(head(s, limit))), limit)
}

// shortBlock is foreign text of several lines.
func shortBlock(s string, limit int) string { return text.Cut(text.Clean(head(s, limit)), limit) }

// head is enough of s for limit runes and a sign that there were more: the
// rest of a text of megabytes is not even looked at.
func head(s string, limit int) string { return s[:min(len(s), 4*(limit+1))] }

// maxLines bounds a list of reasons, notices or notes.
const maxLines = 200

// lines is such a list.
type lines struct {
	Lines []string
	More  int // that did not fit
}

// add appends a line, which short has made.
func (l *lines) add(line string) {
	if len(l.Lines) >= maxLines {
		l.More++
		return
	}
	l.Lines = append(l.Lines, line)
}

// newLines shortens a list of foreign lines.
func newLines(all []string) lines {
	var out lines
	for _, line := range all {
		out.add(short(line, 500))
	}
	return out
}

// String has each line on one of its own.
func (l lines) String() string {
	all := l.Lines
	if l.More > 0 {
		all = append(all[:len(all):len(all)], "and "+text.Count(l.More, "more line"))
	}
	return strings.Join(all, "\n")
}
