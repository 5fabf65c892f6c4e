package report

import (
	"fmt"
	"path"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/text"
)

// Level is how an annotation is shown.
type Level string

const (
	Error   Level = "error"
	Warning Level = "warning"
	Notice  Level = "notice"
)

// Annotation is a remark beside a line of a file, or on the run as a whole.
type Annotation struct {
	Level             Level
	Path              string // from the repository's root; empty: it is about the run
	Line, EndLine     int    // 0: the file as a whole
	Column, EndColumn int    // only where both are on one line
	Title             string // one line, at most maxTitle bytes
	Message           string // may have several lines
	Severity          finding.Severity
	Scanner, RuleID   string
}

const (
	// PerStep is how many annotations of a level a step of a workflow may have;
	// GitHub drops what is more without a word.
	PerStep = 10
	// maxTitle and maxAnnotation bound the words, in bytes: GitHub's limits are
	// 255 and 64 KiB.
	maxTitle      = 200
	maxAnnotation = 4000
)

// Annotations are the remarks that reviewers see beside the code: what did not
// run, then the findings that fail as errors and those that warn as warnings, the
// most severe first. Known and ignored ones have none. Of each level there are no
// more than most; the last one then says how many more there are, and
// where. prefix is the scanned directory below the repository's root.
func Annotations(r Report, prefix, where string, most int) []Annotation {
	var errors, warnings []Annotation
	for i := range r.Results.Runs {
		run := &r.Results.Runs[i]
		if run.Status != finding.Completed && run.Status != finding.Skipped {
			errors = append(errors, Annotation{Level: Error, Scanner: run.Scanner, Title: short(fmt.Sprintf("%s did not complete", run.Title()), maxTitle),
				Message: short(fmt.Sprintf("%s: %s", run.Status, run.Reason), maxAnnotation)})
		}
	}
	for _, x := range rows(r) {
		switch x.decision.Action {
		case policy.Fail:
			errors = append(errors, annotation(Error, x, r.Results.Runs[x.run].Target, prefix))
		case policy.Warn:
			warnings = append(warnings, annotation(Warning, x, r.Results.Runs[x.run].Target, prefix))
		}
	}
	return append(budget(errors, Error, where, most), budget(warnings, Warning, where, most)...)
}

// budget keeps as many as are shown.
func budget(list []Annotation, level Level, where string, most int) []Annotation {
	if len(list) <= most {
		return list
	}
	more := len(list) - (most - 1)
	return append(list[:most-1:most-1], Annotation{Level: level,
		Title:   "And " + text.Count(more, "more "+map[Level]string{Error: "failure", Warning: "warning"}[level]),
		Message: "Only the first ones are shown here. All are in " + where + "."})
}

// annotation makes the remark on a finding.
func annotation(level Level, x row, target, prefix string) Annotation {
	f := x.finding
	a := Annotation{Level: level, Scanner: x.scanners, RuleID: f.RuleID, Severity: f.Severity}
	a.Title = short(fmt.Sprintf("%s: %s (%s)", f.Severity, f.RuleID, x.scanners), maxTitle)
	lines := []string{x.message()}
	if f.Fix != "" {
		lines = append(lines, "Fix: "+f.Fix)
	}
	lines = append(lines, fmt.Sprintf("Decided by: %s", x.decision.By))
	for i, line := range lines {
		lines[i] = short(line, maxAnnotation/len(lines))
	}
	a.Message = strings.Join(lines, "\n")
	if l := f.Location; l.Path != "" && l.Commit == "" && target == "" {
		a.Path, a.Line, a.EndLine = path.Join(prefix, l.Path), l.StartLine, max(l.EndLine, l.StartLine)
		if a.Line > 0 && a.EndLine == a.Line {
			a.Column, a.EndColumn = l.StartColumn, l.EndColumn
		}
	} else if w := placeOf(f, target); w != "" {
		a.Message = short(w, 300) + ": " + a.Message
	}
	return a
}

// placeOf names a place that is no line of the working tree.
func placeOf(f *finding.Finding, target string) string {
	at := where(f)
	if f.Location.Commit != "" {
		at += " in commit " + f.Location.Commit[:min(12, len(f.Location.Commit))]
	}
	return strings.TrimSpace(target + " " + strings.TrimPrefix(at, "-"))
}
