package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/text"
)

// maxExplained bounds how many findings are explained one by one.
const maxExplained = 50

// minPrefix is how much of a fingerprint names a finding.
const minPrefix = 4

// explained is a finding with its explanation, as --format json has it.
type explained struct {
	Scanner     string            `json:"scanner"`
	Target      string            `json:"target,omitempty"`
	Rule        string            `json:"rule"`
	Aliases     []string          `json:"aliases,omitempty"`
	Severity    finding.Severity  `json:"severity"`
	Message     string            `json:"message"`
	Path        string            `json:"path,omitempty"`
	StartLine   int               `json:"startLine,omitempty"`
	Package     *finding.Package  `json:"package,omitempty"`
	Fingerprint string            `json:"fingerprint"`
	Witnesses   []finding.Witness `json:"witnesses,omitempty"`
	policy.Explanation
}

// explain is the command `scangate explain`.
func (a *app) explain(ctx context.Context, args []string) (int, error) {
	var j judging
	var files texts
	var format string
	f := newFlags("explain")
	j.registerPolicy(f)
	f.Var(&files, "results", "saved results, `FILE` (repeatable): scangate JSON or SARIF (default "+defaultResults+")")
	f.StringVar(&format, "format", "text", "`FORMAT`: text or json")
	rest, err := f.parse(args)
	switch {
	case err != nil:
		return 0, err
	case len(rest) != 1 || rest[0] == "":
		return 0, usage("want one ID: a fingerprint or its beginning, a rule, an advisory or one of its aliases; or all")
	}
	if err := checkFormat(format, "text", "json"); err != nil {
		return 0, err
	}
	if len(files) == 0 {
		files = texts{defaultResults}
	}
	res, err := readAll(files)
	if err != nil {
		if files[0] == defaultResults {
			err = fmt.Errorf("%w: `scangate scan` writes it, --results FILE names another", err)
		}
		return 0, usageError{err}
	}
	if err := j.openPullOf(ctx, ".", res); err != nil {
		return 0, err
	}
	defer j.pull.close()
	file, pol, err := a.loadPolicy(j, ".")
	if err != nil {
		return 0, err
	}
	at, err := a.feedPlace("", true, file.DB)
	if err != nil {
		return 0, err
	}
	pol = a.honour(knowing(pol, a.lookUp(ctx, &res, at, pol)), j.settingsDir("."), res)
	verdict := pol.Judge(res)
	var out []explained
	for i := range res.Runs {
		for n := range res.Runs[i].Findings {
			if f := &res.Runs[i].Findings[n]; rest[0] == "all" || isNamed(f, rest[0]) {
				out = append(out, explainOne(&res.Runs[i], f, pol.Explain(res, verdict, i, n)))
			}
		}
	}
	if len(out) == 0 && rest[0] != "all" {
		return 0, usage("no finding is named %s%s; `scangate explain all` lists them", text.OneLine(rest[0], 100), nearest(res, rest[0]))
	}
	b := bufio.NewWriter(a.stdout)
	switch {
	case format == "json":
		err = writeExplainedJSON(b, verdict, out)
	case rest[0] == "all":
		err = writeExplainedTable(b, verdict, out)
	default:
		writeExplained(b, out)
	}
	if err == nil {
		err = b.Flush()
	}
	return exitPassed, err
}

// isNamed reports whether id names the finding.
func isNamed(f *finding.Finding, id string) bool {
	return len(id) >= minPrefix && strings.HasPrefix(f.Fingerprint, strings.ToLower(id)) || f.Fingerprint == id || strings.EqualFold(f.RuleID, id) ||
		slices.ContainsFunc(f.Aliases, func(alias string) bool { return strings.EqualFold(alias, id) })
}

// nearest suggests a name that is there, when one is near.
func nearest(res finding.Results, id string) string {
	var names []string
	seen := map[string]bool{}
	for i := range res.Runs {
		for n := range res.Runs[i].Findings {
			f := &res.Runs[i].Findings[n]
			for _, name := range append([]string{f.RuleID}, f.Aliases...) {
				if !seen[name] {
					seen[name] = true
					names = append(names, name)
				}
			}
		}
	}
	if hint := text.Suggest(id, names); strings.HasPrefix(hint, "; did you mean") {
		return hint
	}
	return ""
}

func explainOne(run *finding.Run, f *finding.Finding, e policy.Explanation) explained {
	return explained{
		Scanner: run.Scanner, Target: run.Target, Rule: f.RuleID, Aliases: f.Aliases, Severity: f.Severity, Message: f.Message,
		Path: f.Location.Path, StartLine: f.Location.StartLine, Package: f.Package, Fingerprint: f.Fingerprint, Witnesses: f.Witnesses, Explanation: e,
	}
}

// where is the place of the finding in a line.
func (x *explained) where() string {
	out := x.Path
	if x.StartLine > 0 {
		out = fmt.Sprintf("%s:%d", out, x.StartLine)
	}
	if x.Target != "" {
		out = strings.TrimSuffix(x.Target+" "+out, " ")
	}
	return report.Line(out)
}

func writeExplainedJSON(w io.Writer, v policy.Verdict, list []explained) error {
	if list == nil {
		list = []explained{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Outcome  policy.Outcome `json:"outcome"`
		Reasons  []string       `json:"reasons,omitempty"`
		Findings []explained    `json:"findings"`
	}{v.Outcome, v.Reasons, list})
}

// writeExplainedTable lists all findings, the failing ones first.
func writeExplainedTable(w io.Writer, v policy.Verdict, list []explained) error {
	rank := map[policy.Action]int{policy.Fail: 0, policy.Warn: 1, policy.Pass: 2, policy.Ignored: 3}
	slices.SortStableFunc(list, func(a, b explained) int { return rank[a.Decision.Action] - rank[b.Decision.Action] })
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ACTION\tSEVERITY\tSCANNER\tRULE\tFINGERPRINT\tWHERE\tBY")
	for i := range list {
		x := &list[i]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.12s\t%s\t%s\n", x.Decision.Action, x.Severity, report.Line(x.Scanner),
			report.Line(text.Cut(x.Rule, 40)), report.Line(x.Fingerprint), x.where(), report.Line(x.Decision.By))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nVERDICT: %s\n", strings.ToUpper(v.Outcome.String()))
	for _, reason := range v.Reasons {
		fmt.Fprintf(w, "  %s\n", report.Line(reason))
	}
	return nil
}

// writeExplained tells the story of findings, of a single one with all the
// rules that were asked.
func writeExplained(w io.Writer, list []explained) {
	for i := range list[:min(len(list), maxExplained)] {
		x := &list[i]
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s  %s  %s\n", report.Line(x.Rule), x.Severity, x.where())
		fmt.Fprintf(w, "  what      %s\n", report.Line(text.Cut(x.Message, 300)))
		fmt.Fprintf(w, "  found by  %s%s, fingerprint %s\n", report.Line(x.Scanner), witnesses(x.Witnesses), report.Line(x.Fingerprint))
		fmt.Fprintf(w, "  decision  %s: %s\n", x.Decision.Action, report.Line(x.Decision.By))
		if x.Line != "" {
			fmt.Fprintf(w, "  line      %s\n", report.Line(x.Line))
		}
		if len(list) == 1 {
			for _, r := range x.Before {
				fmt.Fprintf(w, "  not by    %s\n", report.Line(fmt.Sprintf("%s (%s): %s is %s, the rule wants %s", r.Rule, r.Line, r.Key, text.Cut(r.Got, 200), r.Want)))
			}
		} else if n := len(x.Before); n > 0 {
			fmt.Fprintf(w, "  not by    %s before; explain %.12s shows them\n", text.Count(n, "rule"), report.Line(x.Fingerprint))
		}
		for _, c := range x.Change {
			fmt.Fprintf(w, "  change    %s\n", report.Line(c))
		}
	}
	if more := len(list) - maxExplained; more > 0 {
		fmt.Fprintf(w, "\n… and %s of that name; --format json has all\n", text.Count(more, "more finding"))
	}
}

// witnesses names who else has found it.
func witnesses(list []finding.Witness) string {
	var out []string
	for _, w := range list {
		out = append(out, fmt.Sprintf("%s (%s, %s)", w.Scanner, w.RuleID, w.Severity))
	}
	if out == nil {
		return ""
	}
	return report.Line(", and by " + strings.Join(out, ", "))
}
