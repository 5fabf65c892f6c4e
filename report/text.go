package report

// EscapeMarkdown makes foreign text one line that is not read as markdown or
// HTML, ends no table cell, links nowhere and notifies nobody.
func EscapeMarkdown(s string) string { return markdown(s) }

// CodeMarkdown formats a name as inline code that fits into a table cell.
func CodeMarkdown(s string) string { return code(s) }

// FixMarkdown formats what to do about a finding, at most limit bytes of it, with
// its commands ready to be pasted.
func FixMarkdown(fix string, limit int) string { return fixMarkdown(fix, limit) }
