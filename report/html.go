package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"slices"
	"strconv"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

var (
	//go:embed html.gohtml
	htmlTemplate string
	//go:embed html.css
	htmlStyle string
)

// Bounds of the page: a browser shows no more of it at a bearable speed. What
// is left out is counted on the page, and is in the other formats.
const (
	maxHTMLFindings = 3_000 // that count, the most important ones
	maxHTMLIgnored  = 1_000
	maxHTMLOpen     = 30    // shown unfolded
	maxHTMLSteps    = 5_000 // of all flows
	maxHTMLRuns     = 1_000
	maxHTMLNotes    = 1_000
)

// HTML writes the results as one page for a browser: verdict first, then
// scanners, what did not run, findings, notes. The page is one file that loads
// nothing, runs no script and can be printed. Its own content security policy
// holds it to that, should a text of the scanned content ever get through.
func HTML(w io.Writer, r Report) error {
	t, err := template.New("page").Parse(htmlTemplate)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 1<<16)
	if err := t.Execute(b, newPage(r)); err != nil {
		return err
	}
	return b.Flush()
}

// htmlPage is what the template shows. All texts in it are cleaned; escaping
// is the template's part.
type htmlPage struct {
	Policy   template.HTML
	Style    template.CSS
	Outcome  string
	Root     string
	Tool     string
	Reasons  lines
	Notices  lines
	Scanners []htmlScanner
	MoreRuns int
	Gaps     []htmlNote // what did not run, and what was not looked at
	MoreGaps int
	Notes    []htmlNote
	MoreNote int
	Groups   []htmlGroup
	Shown    int
	Total    int
	LeftOut  []string
	Ignored  htmlGroup
}

// htmlScanner is a row of the table of scanners.
type htmlScanner struct {
	Title, Status, Time, What string
	Severities, Actions       []int
	Nothing                   bool // it has not looked at anything: there is nothing to count
}

// htmlNote is a note of a run, or the run's own status.
type htmlNote struct {
	Title, Level, Text string
}

func newPage(r Report) *htmlPage {
	sum := sha256.Sum256([]byte(htmlStyle))
	p := &htmlPage{
		// The hash allows this style, and no other.
		Policy: template.HTML(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-` +
			base64.StdEncoding.EncodeToString(sum[:]) + `'; base-uri 'none'; form-action 'none'">`),
		Style:   template.CSS(htmlStyle),
		Outcome: r.Verdict.Outcome.String(),
		Root:    short(r.Results.Root, 200),
		Tool:    short(r.Results.Tool.Name+" "+r.Results.Tool.Version, 100),
		Reasons: newLines(r.Verdict.Reasons),
		Notices: newLines(r.Verdict.Notices),
	}
	if r.Results.Interrupted {
		p.Notices.Lines = append([]string{"The scan was interrupted: it did not come to its end."}, p.Notices.Lines...)
	}
	for i := range r.Results.Runs {
		run := &r.Results.Runs[i]
		if i < maxHTMLRuns {
			p.Scanners = append(p.Scanners, newScanner(run, r.Verdict.Decisions[i]))
		} else {
			p.MoreRuns++
		}
		p.notes(run)
	}
	p.findings(r)
	return p
}

func newScanner(run *finding.Run, decisions []policy.Decision) htmlScanner {
	out := htmlScanner{
		Title: short(run.Title(), 200), Status: run.Status.String(), Time: seconds(run.Duration), What: short(run.Plan, 200),
		Severities: counts(run, decisions), Actions: make([]int, len(actionRank)),
		Nothing: len(run.Findings) == 0 && (run.Status == finding.Skipped || run.Looked.None()),
	}
	if run.Status != finding.Completed {
		out.What = short(run.Reason, 300)
	}
	for _, d := range decisions {
		out.Actions[actionRank[d.Action]]++
	}
	return out
}

// notes sorts what there is to say of a run into what was not looked at, which
// stands before the findings, and the rest.
func (p *htmlPage) notes(run *finding.Run) {
	gap := func(level, message string) {
		if len(p.Gaps) >= maxHTMLNotes {
			p.MoreGaps++
			return
		}
		p.Gaps = append(p.Gaps, htmlNote{short(run.Title(), 200), level, short(message, 500)})
	}
	if run.Status != finding.Completed {
		gap(run.Status.String(), run.Reason)
	}
	for _, n := range run.Notes {
		switch {
		case n.Level == finding.Gap:
			gap("gap", n.String())
		case len(p.Notes) >= maxHTMLNotes:
			p.MoreNote++
		default:
			p.Notes = append(p.Notes, htmlNote{short(run.Title(), 200), short(string(n.Level), 20), short(n.String(), 500)})
		}
	}
}

// findings chooses what is shown, and groups it by run and severity.
func (p *htmlPage) findings(r Report) {
	all := rows(r)
	counted := len(all)
	if i := slices.IndexFunc(all, func(x row) bool { return x.decision.Action == policy.Ignored }); i >= 0 {
		counted = i // they come last
	}
	ignored := all[counted:]
	p.Total, p.Shown = counted, min(counted, maxHTMLFindings)
	p.Ignored = htmlGroup{Total: len(ignored)}
	v := &htmlViews{steps: maxHTMLSteps, open: maxHTMLOpen, rules: newRuleIndex(r.Results.Runs)}
	groups := make([]htmlGroup, len(r.Results.Runs))
	for i := range r.Results.Runs {
		run := &r.Results.Runs[i]
		g := &groups[i]
		g.Title, g.Engine = short(run.Title(), 200), short(run.Engine.Name+" "+run.Engine.Version, 100)
		for j := range run.Findings {
			if run.Findings[j].SameAs != "" {
				g.Same++
			}
		}
	}
	left := map[policy.Action]int{}
	for i, x := range all[:counted] {
		groups[x.run].Total++
		if i >= maxHTMLFindings {
			left[x.decision.Action]++
			continue
		}
		groups[x.run].add(x, v)
	}
	for _, a := range [...]policy.Action{policy.Fail, policy.Warn, policy.Pass} {
		if left[a] > 0 {
			p.LeftOut = append(p.LeftOut, a.String()+" "+strconv.Itoa(left[a]))
		}
	}
	for i, g := range groups {
		if len(g.Severities) > 0 || i < maxHTMLRuns && (g.Total > 0 || g.Same > 0) {
			g.order()
			p.Groups = append(p.Groups, g)
		}
	}
	for _, x := range ignored[:min(len(ignored), maxHTMLIgnored)] {
		p.Ignored.add(x, v)
	}
	p.Ignored.order()
}
