package main

import (
	"bufio"
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

// maxCompared bounds how many differences are listed.
const maxCompared = 200

// comparePolicies lists what another policy would change in the verdict.
func comparePolicies(w io.Writer, name string, res finding.Results, now, then policy.Verdict) error {
	b := bufio.NewWriter(w)
	list := policy.Compare(res, now, then)
	// What would become worse is what somebody must see first.
	rank := func(d policy.Difference) int {
		switch policy.Fail {
		case d.After.Action:
			return 0
		case d.Before.Action:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b policy.Difference) int { return rank(a) - rank(b) })
	fmt.Fprintf(b, "\nUNDER %s: %s instead of %s, %s decided differently\n", report.Line(name),
		strings.ToUpper(then.Outcome.String()), strings.ToUpper(now.Outcome.String()), text.Count(len(list), "finding"))
	for _, reason := range then.Reasons {
		fmt.Fprintf(b, "  %s\n", report.Line(reason))
	}
	if len(list) > 0 {
		fmt.Fprintln(b)
		t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "NOW\tTHEN\tSEVERITY\tSCANNER\tRULE\tWHERE\tTHEN BY")
		for _, d := range list[:min(len(list), maxCompared)] {
			x := explainOne(d.Run, d.Finding, policy.Explanation{})
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", d.Before.Action, d.After.Action, x.Severity, report.Line(x.Scanner),
				report.Line(text.Cut(x.Rule, 40)), x.where(), report.Line(d.After.By))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	if more := len(list) - maxCompared; more > 0 {
		fmt.Fprintf(b, "… and %s\n", text.Count(more, "more finding"))
	}
	return b.Flush()
}
