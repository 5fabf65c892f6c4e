package sarif

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// Summary says what Encode wrote and left out.
type Summary struct {
	Runs []RunSummary // one for each run in the file, in its order
}

// RunSummary counts the findings of one run.
type RunSummary struct {
	Scanner    string
	Target     string
	Category   string // GitHub's category: automationDetails.id without the last slash
	Results    int    // written
	Suppressed int    // left out: the scanned content or policy asks to pass over them
	Same       int    // left out: another run of the file has them, found by another scanner
	Duplicates int    // left out: GitHub would open two alerts that cannot be told apart
	OverLimit  int    // left out: more than GitHub shows of one run
	OverSize   int    // left out: more than Options.Results asks for
	Flows      int    // results without the way that data takes: all of them would be too large
}

// LeftOut says in plain lines what was left out; none when nothing was.
func (s RunSummary) LeftOut() []string {
	var out []string
	add := func(n int, why string) {
		if n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, why))
		}
	}
	add(s.Suppressed, "suppressed or ignored findings are left out of this copy: code scanning would open alerts for them")
	add(s.Same, "found by another scanner, too, are left out of this copy: its results have them")
	add(s.Duplicates, "duplicate findings are left out of this copy")
	add(s.OverLimit, fmt.Sprintf("findings of the least severity are left out of this copy: code scanning keeps %d results of a run", maxUploadResults))
	add(s.OverSize, "findings of the least severity are left out of this copy: it would be too large for code scanning")
	if s.Flows > 0 {
		out = append(out, fmt.Sprintf("%s without the way that data takes in this copy: it would be too large for code scanning", text.Count(s.Flows, "finding")))
	}
	return out
}

// result is a finding that is written, why policy ignores it, and what else
// policy made of it.
type result struct {
	*finding.Finding
	omitted  string
	decision *finding.Decision
	flows    []finding.Flow
	upload   bool   // it is written into the upload copy
	below    string // Options.Below
}

// witnessed are the findings that other scanners have, too, and that an upload
// copy has room for only once.
func witnessed(runs []finding.Run, o Options) map[string]bool {
	out := map[string]bool{}
	for i := range runs {
		run := &runs[i]
		if !o.Upload || run.Status != finding.Completed {
			continue
		}
		for j := range run.Findings {
			f := &run.Findings[j]
			if len(f.Witnesses) > 0 && f.SameAs == "" && (f.Dismissed() || !f.Suppressed() && (o.Omit == nil || o.Omit(run, f) == "")) {
				out[f.Fingerprint] = true
			}
		}
	}
	return out
}

// selectResults chooses what is written of a run. The artifact copy has all
// findings in their order; the upload copy has the most severe ones first.
func selectResults(run *finding.Run, o Options, shown map[string]bool) ([]result, RunSummary) {
	counts := RunSummary{Scanner: run.Scanner, Target: shownTarget(run.Target)}
	out := make([]result, 0, len(run.Findings))
	type identity struct{ rule, path, hash, fingerprint string }
	seen := map[identity]bool{}
	for i := range run.Findings {
		r := result{Finding: &run.Findings[i], upload: o.Upload, below: o.Below}
		if o.Omit != nil {
			r.omitted = o.Omit(run, r.Finding)
		}
		if o.Upload {
			if (r.Suppressed() || r.omitted != "") && !r.Dismissed() {
				counts.Suppressed++
				continue
			}
			if r.SameAs != "" && shown[r.SameAs] {
				counts.Same++
				continue
			}
			if r.Fingerprint != "" {
				id := identity{r.RuleID, r.Location.Path, lineHash(r.Finding), r.Fingerprint}
				if seen[id] {
					counts.Duplicates++
					continue
				}
				seen[id] = true
			}
		}
		out = append(out, r)
	}
	if o.Upload {
		slices.SortStableFunc(out, func(a, b result) int {
			return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Score, a.Score))
		})
		if len(out) > maxUploadResults {
			counts.OverLimit = len(out) - maxUploadResults
			out = out[:maxUploadResults]
		}
		if o.Results > 0 && len(out) > o.Results {
			counts.OverSize = len(out) - o.Results
			out = out[:o.Results]
		}
	}
	for i := range out {
		if o.Decision != nil {
			d := o.Decision(run, out[i].Finding)
			out[i].decision = &d
		}
	}
	counts.Results = len(out)
	selectFlows(out, o, &counts)
	return out, counts
}
