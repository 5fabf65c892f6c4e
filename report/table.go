package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/text"
)

// TableOptions shapes the table.
type TableOptions struct {
	Color bool
	Limit int // how many findings are listed; 0: 25
}

// Table writes the results for a terminal: scanners, findings, what did not
// run and why, verdict.
func Table(w io.Writer, r Report, o TableOptions) error {
	if o.Limit == 0 {
		o.Limit = 25
	}
	b := bufio.NewWriter(w)
	scannerTable(b, r, o)
	findingTable(b, r, o)
	notesList(b, r)
	verdictLines(b, r, o)
	return b.Flush()
}

func scannerTable(w io.Writer, r Report, o TableOptions) {
	t := grid{{"SCANNER", "STATUS", "CRITICAL", "HIGH", "MEDIUM", "LOW", "OTHER", "TIME", "LOOKED AT"}}
	for i := range r.Results.Runs {
		run := &r.Results.Runs[i]
		line := []string{run.Title(), run.Status.String()}
		for _, n := range counts(run, r.Verdict.Decisions[i]) {
			line = append(line, strconv.Itoa(n))
		}
		if run.Status == finding.Skipped || run.Looked.None() {
			line = append(line[:2], "-", "-", "-", "-", "-")
		}
		what := run.Plan
		if run.Status != finding.Completed {
			what = run.Reason
		}
		t = append(t, append(line, seconds(run.Duration), text.Cut(what, 100)))
	}
	t.write(w, func(row, col int, cell string) string {
		if row > 0 && col == 1 && o.Color {
			return paintStatus(r.Results.Runs[row-1].Status, cell)
		}
		return cell
	})
}

func findingTable(w io.Writer, r Report, o TableOptions) {
	all := rows(r)
	if len(all) == 0 {
		return
	}
	t := grid{{"SEVERITY", "", "SCANNER", "RULE", "WHERE", "WHAT"}}
	shown := all[:min(len(all), o.Limit)]
	for _, x := range shown {
		t = append(t, []string{
			x.finding.Severity.String(), x.decision.Action.String(), text.Cut(x.scanners, 40),
			text.Cut(x.finding.RuleID, 40), cutFront(where(x.finding), 60), text.Cut(x.message(), 110),
		})
	}
	fmt.Fprintln(w)
	t.write(w, func(row, col int, cell string) string {
		if row > 0 && col == 0 && o.Color {
			return paintSeverity(shown[row-1].finding.Severity, cell)
		}
		return cell
	})
	if more := len(all) - len(shown); more > 0 {
		fmt.Fprintf(w, "… and %s; all are in the results file and the --output formats\n", text.Count(more, "more finding"))
	}
}

// notesList prints what a reader must know beside the findings: gaps and
// warnings in full, as far as they are few.
func notesList(w io.Writer, r Report) {
	const limit = 10
	header := false
	for i := range r.Results.Runs {
		run := &r.Results.Runs[i]
		n := 0
		for _, note := range run.Notes {
			if n++; n > limit {
				continue
			}
			if !header {
				header = true
				fmt.Fprintln(w, "\nNOTES")
			}
			fmt.Fprintf(w, "  %s: %s: %s\n", run.Title(), note.Level, Line(note.String()))
		}
		if n > limit {
			fmt.Fprintf(w, "  %s: and %s\n", run.Title(), text.Count(n-limit, "more note"))
		}
	}
}

func verdictLines(w io.Writer, r Report, o TableOptions) {
	word := strings.ToUpper(r.Verdict.Outcome.String())
	if o.Color {
		word = map[policy.Outcome]string{policy.Passed: green, policy.Failed: red, policy.Incomplete: yellow}[r.Verdict.Outcome] + word + reset
	}
	fmt.Fprintf(w, "\nVERDICT: %s\n", word)
	for _, reason := range r.Verdict.Reasons {
		fmt.Fprintf(w, "  %s\n", Line(reason))
	}
	for _, notice := range r.Verdict.Notices {
		fmt.Fprintf(w, "  notice: %s\n", Line(notice))
	}
}

const (
	red     = "\x1b[31m"
	green   = "\x1b[32m"
	yellow  = "\x1b[33m"
	magenta = "\x1b[35m"
	reset   = "\x1b[0m"
)

func paintStatus(s finding.Status, cell string) string {
	switch s {
	case finding.Completed:
		return green + cell + reset
	case finding.Skipped:
		return cell
	case finding.Partial:
		return yellow + cell + reset
	}
	return red + cell + reset
}

func paintSeverity(s finding.Severity, cell string) string {
	switch s {
	case finding.Critical:
		return magenta + cell + reset
	case finding.High:
		return red + cell + reset
	case finding.Medium:
		return yellow + cell + reset
	}
	return cell
}

// grid is a table of cells; the first row is the header.
type grid [][]string

// write prints the grid with aligned columns. Cells are made safe here, so no
// table can forget to; paint may colour a padded cell.
func (g grid) write(w io.Writer, paint func(row, col int, cell string) string) {
	width := make([]int, len(g[0]))
	for i, row := range g {
		for j, cell := range row {
			g[i][j] = Line(cell)
			width[j] = max(width[j], utf8.RuneCountInString(g[i][j]))
		}
	}
	for i, row := range g {
		var b strings.Builder
		for j, cell := range row {
			padded := cell
			if j < len(row)-1 {
				padded += strings.Repeat(" ", width[j]-utf8.RuneCountInString(cell))
			}
			if j > 0 {
				b.WriteString("  ")
			}
			b.WriteString(paint(i, j, padded))
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}
