package nightly

import (
	"fmt"
	"strings"

	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/text"
)

// maxLines bounds the lines of a list that is no table, and maxList its size
// in bytes.
const (
	maxLines = 20
	maxList  = 4000
)

// Markdown is the text of the issue, at most limit bytes, with the state in its
// last line. limit must be 45,000 or more.
func (n *News) Markdown(limit int) string {
	state := "\n" + n.next.String() + "\n"
	var head, tail strings.Builder
	if n.Clean() {
		head.WriteString("Nothing needs anybody's attention.\n")
	} else {
		head.WriteString("What has come up without anybody having touched the code, and what keeps scans from telling the truth:\n\n")
		for _, s := range n.sections() {
			if s.size > 0 {
				fmt.Fprintf(&head, "- %s\n", s.summary())
			}
		}
	}
	list(&head, "Scanners that did not complete", n.Incomplete)
	if n.Unseen > 0 {
		fmt.Fprintf(&head, "\n%s listed before could not be looked for.\n", text.Count(n.Unseen, "finding"))
	}
	if n.Database != "" {
		list(&head, "Vulnerability database", []string{n.Database})
	}
	list(&tail, "Ignores that end", n.Ignores)
	if n.Others > 0 {
		others := text.Count(n.Others, "more finding")
		fmt.Fprintf(&tail, "\n%s fail the policy, and are not listed: known before, come with changed code, or no vulnerabilities. The results of the scan have them.\n", others)
	}
	tail.WriteString("\n---\nKept up to date by `scangate issue`, which overwrites edits and closes this when nothing is left.\n")
	room := limit - len(state) - head.Len() - tail.Len()
	var tables strings.Builder
	left := n.sections()
	for i, s := range left {
		if len(s.items) > 0 {
			// What follows gets its heading even if this one is long.
			table(&tables, s, room-500*(len(left)-i-1))
		}
	}
	return head.String() + tables.String() + tail.String() + state
}

// Closing is the comment with which the issue is closed.
func (n *News) Closing() string {
	s := "Nothing of what this issue was about is left."
	if n.Others > 0 {
		s += fmt.Sprintf(" Still failing the policy: %s.", text.Count(n.Others, "other finding"))
	}
	return s
}

// section is a part of the text.
type section struct {
	title string
	size  int
	items []Item
}

func (s *section) summary() string { return fmt.Sprintf("%s: %d", s.title, s.size) }

func (n *News) sections() []section {
	database := 0
	if n.Database != "" {
		database = 1
	}
	of := func(title string, items []Item) section { return section{title, len(items), items} }
	return []section{
		of("Newly known to be exploited", n.Exploited),
		of("New vulnerabilities", n.New),
		of("Newly fixable vulnerabilities", n.Fixable),
		of("Secrets that nobody has acknowledged", n.Secrets),
		{"Ignores that end", len(n.Ignores), nil},
		{"Scanners that did not complete", len(n.Incomplete), nil},
		{"Stale vulnerability database", database, nil},
	}
}

// list writes lines of text, bounded.
func list(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n", title)
	from := b.Len()
	for i, line := range lines {
		line = fmt.Sprintf("- %s\n", report.EscapeMarkdown(text.Cut(line, 300)))
		if i == maxLines || b.Len()-from+len(line) > maxList {
			fmt.Fprintf(b, "- and %d more\n", len(lines)-i)
			return
		}
		b.WriteString(line)
	}
}

// table writes a section until the text is room bytes long, ending on a whole
// row.
func table(b *strings.Builder, s section, room int) {
	fmt.Fprintf(b, "\n### %s (%d)\n\n", s.title, s.size)
	header := false
	for i, item := range s.items {
		f := item.Finding
		where := text.Cut(f.Location.Path, 200)
		if where != "" && f.Location.StartLine > 0 {
			where += fmt.Sprintf(":%d", f.Location.StartLine)
		}
		row := fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |\n", f.Severity, report.EscapeMarkdown(text.Cut(item.Scanner, 150)),
			report.CodeMarkdown(text.Cut(f.RuleID, 100)), cell(where), report.EscapeMarkdown(text.Cut(f.Message, 200)),
			report.FixMarkdown(f.Fix, 200), report.EscapeMarkdown(text.Cut(item.Since, 20)))
		if !header {
			row = "| Severity | Scanner | Rule | Where | What | Fix | Known since |\n|---|---|---|---|---|---|---|\n" + row
		}
		if b.Len()+len(row) > room-100 {
			fmt.Fprintf(b, "\n%s of these did not fit here.\n", text.Count(len(s.items)-i, "finding"))
			return
		}
		b.WriteString(row)
		header = true
	}
}

func cell(name string) string {
	if name == "" {
		return ""
	}
	return report.CodeMarkdown(name)
}
