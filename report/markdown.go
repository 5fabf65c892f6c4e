package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/text"
)

// maxMarkdown keeps a report below the 1 MiB that GitHub takes for a job
// summary, with room for what other steps add.
const maxMarkdown = 900_000

// Markdown writes the results as GitHub-flavoured markdown for a job summary:
// verdict first, then scanners, findings, notes.
func Markdown(w io.Writer, r Report) error { return markdownWithin(w, r, maxMarkdown) }

// markdownWithin is Markdown with findings up to a limit, in bytes.
func markdownWithin(w io.Writer, r Report, limit int) error {
	var b bytes.Buffer
	icon := map[policy.Outcome]string{policy.Passed: "✅", policy.Failed: "❌", policy.Incomplete: "⚠️"}[r.Verdict.Outcome]
	fmt.Fprintf(&b, "## %s scangate: %s\n\n", icon, r.Verdict.Outcome)
	for _, reason := range r.Verdict.Reasons {
		fmt.Fprintf(&b, "- %s\n", EscapeMarkdown(reason))
	}
	for _, notice := range r.Verdict.Notices {
		fmt.Fprintf(&b, "- notice: %s\n", EscapeMarkdown(notice))
	}
	markdownScanners(&b, r)
	markdownDatabase(&b, r)
	markdownNotes(&b, r)
	fresh, known := rows(r), []row(nil)
	if r.Results.Since != nil {
		fresh, known = apart(fresh)
	}
	markdownFindings(&b, limit, fmt.Sprintf("\n### Findings (%d)\n", len(fresh)), fresh)
	if len(known) > 0 && b.Len() < limit {
		markdownFindings(&b, limit, fmt.Sprintf("\n<details><summary>%s that the base has, too</summary>\n", text.Count(len(known), "finding")), known)
		b.WriteString("\n</details>\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// markdownDatabase says how old the vulnerability database was.
func markdownDatabase(b *bytes.Buffer, r Report) {
	built := r.Results.DatabaseBuilt()
	if built.IsZero() {
		return
	}
	age := ""
	if !r.Occasion.Ended.IsZero() {
		age = ", " + text.Age(r.Occasion.Ended.Sub(built)) + " old"
	}
	fmt.Fprintf(b, "\nVulnerability database of %s%s.\n", built.UTC().Format(time.DateOnly), age)
}

// markdownScanners writes the table of scanners; of a pull request with what is
// new and what is fixed.
func markdownScanners(b *bytes.Buffer, r Report) {
	since := r.Results.Since != nil
	b.WriteString("\n| Scanner | Status | Critical | High | Medium | Low | Other |")
	if since {
		b.WriteString(" New | Fixed |")
	}
	b.WriteString(" Time |\n|---|---|--:|--:|--:|--:|--:|")
	if since {
		b.WriteString("--:|--:|")
	}
	b.WriteString("--:|\n")
	for i := range r.Results.Runs {
		run := &r.Results.Runs[i]
		fmt.Fprintf(b, "| %s | %s |", EscapeMarkdown(run.Title()), markdownStatus(run))
		for _, n := range counts(run, r.Verdict.Decisions[i]) {
			fmt.Fprintf(b, " %d |", n)
		}
		switch {
		case !since:
		case run.Since == nil:
			b.WriteString(" - | - |")
		default:
			fresh := 0
			for j := range run.Findings {
				if run.Findings[j].Base == "" && r.Verdict.Decisions[i][j].Action != policy.Ignored {
					fresh++
				}
			}
			fmt.Fprintf(b, " %d | %d |", fresh, run.Since.Fixed)
		}
		fmt.Fprintf(b, " %s |\n", seconds(run.Duration))
	}
}

// apart tells what is new from what the base of a pull request has.
func apart(all []row) (fresh, known []row) {
	for _, x := range all {
		if x.finding.Base == "" {
			fresh = append(fresh, x)
		} else {
			known = append(known, x)
		}
	}
	return fresh, known
}

func markdownStatus(run *finding.Run) string {
	if run.Status == finding.Completed {
		return "completed"
	}
	return fmt.Sprintf("**%s**: %s", run.Status, EscapeMarkdown(text.Cut(run.Reason, 300)))
}

func markdownNotes(b *bytes.Buffer, r Report) {
	const limit = 50
	header := false
	for i := range r.Results.Runs {
		run := &r.Results.Runs[i]
		for j, n := range run.Notes {
			if !header {
				header = true
				b.WriteString("\n### Notes\n\n")
			}
			if j == limit {
				fmt.Fprintf(b, "- %s: and %s\n", EscapeMarkdown(run.Title()), text.Count(len(run.Notes)-limit, "more note"))
				break
			}
			fmt.Fprintf(b, "- %s: %s: %s\n", EscapeMarkdown(run.Title()), n.Level, EscapeMarkdown(text.Cut(n.String(), 500)))
		}
	}
}

// markdownFindings lists findings until the budget is used up, always ending
// on a whole row.
func markdownFindings(b *bytes.Buffer, limit int, head string, all []row) {
	if len(all) == 0 {
		return
	}
	b.WriteString(head + "\n| Severity | Verdict | Scanner | Rule | Where | What | Fix |\n|---|---|---|---|---|---|---|\n")
	for i, x := range all {
		f := x.finding
		line := fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |\n", f.Severity, x.decision.Action, EscapeMarkdown(x.scanners),
			CodeMarkdown(f.RuleID), CodeMarkdown(where(f)), EscapeMarkdown(text.Cut(x.message(), 400)), FixMarkdown(f.Fix, 300))
		if b.Len()+len(line) > limit {
			fmt.Fprintf(b, "\n%s did not fit here; all are in the results file.\n", text.Count(len(all)-i, "finding"))
			return
		}
		b.WriteString(line)
	}
}

// markdownEscaper keeps foreign text from being read as markdown or HTML, from
// ending a table cell, and from notifying people.
var markdownEscaper = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "~", `\~`, "#", `\#`,
	"<", "&lt;", ">", "&gt;", "&", "&amp;", "@", "@\u200b", "://", ":\u200b//", "www.", "www\u200b.",
)

// EscapeMarkdown makes foreign text one line that is not read as markdown or
// HTML, ends no table cell, links nowhere and notifies nobody.
func EscapeMarkdown(s string) string { return markdownEscaper.Replace(Line(s)) }

// FixMarkdown formats what to do about a finding, at most limit characters of it.
// A command is code, in which nothing is escaped: it is there to be pasted.
func FixMarkdown(fix string, limit int) string {
	var b strings.Builder
	parts := strings.Split(text.Cut(fix, limit), "`")
	for i, part := range parts {
		switch paired := i < len(parts)-1; {
		case i%2 == 0 || paired && part == "":
			b.WriteString(EscapeMarkdown(part))
		case paired:
			if strings.HasSuffix(b.String(), "`") {
				b.WriteByte(' ') // two backticks in a row mean something else
			}
			b.WriteString(CodeMarkdown(part))
		default:
			b.WriteString(EscapeMarkdown("`" + part)) // cut off, or never a pair
		}
	}
	return b.String()
}

// CodeMarkdown formats a name as inline code that fits into a table cell, in which
// only the backtick and the cell border need care. A border behind a backslash
// cannot be escaped there.
func CodeMarkdown(s string) string {
	if strings.Contains(s, `\|`) {
		return EscapeMarkdown(s)
	}
	return "`" + strings.NewReplacer("`", "'", "|", `\|`).Replace(Line(s)) + "`"
}
