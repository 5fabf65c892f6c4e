package report

import (
	"cmp"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

// Occasion is when and where a report is made, by what. Only metrics tell of
// it; what is not known is left empty.
type Occasion struct {
	Began, Ended time.Time
	Repository   string // owner/name, as its host has it
	Version, Go  string // of the program
}

// The most that metrics tell apart: label values come from results, and each
// new one costs whoever stores the series. What is more goes under "other".
const (
	maxMetricScanners = 50
	maxMetricRuns     = 200
	maxLabel          = 200 // runes of a value
	otherSeries       = "other"
)

// Metrics writes what a monitoring system wants to know of a run, in
// Prometheus' text format 0.0.4: how it ended, how long it took, what was found
// and how old the database is. All are gauges that describe the last run. The
// order is always the same, and no combination of labels comes twice.
func Metrics(w io.Writer, r Report) error {
	e := newExposition(w, "repository", r.Occasion.Repository, "root", r.Results.Root)
	e.family("scangate_build_info", "The program that wrote this; always 1.")
	e.sample(1, "version", r.Occasion.Version, "goversion", r.Occasion.Go)
	writeTimes(e, r)
	e.family("scangate_verdict", "How the run ended: 1 for its outcome, 0 for the others.")
	for _, o := range []policy.Outcome{policy.Passed, policy.Failed, policy.Incomplete} {
		e.sample(truth(r.Verdict.Outcome == o), "outcome", o.String())
	}
	if len(r.Results.Runs) > 0 {
		writeRuns(e, measured(r.Results.Runs))
		writeFindings(e, r)
	}
	return e.flush()
}

func writeTimes(e *exposition, r Report) {
	at := r.Occasion
	if !at.Ended.IsZero() {
		e.family("scangate_last_run_timestamp_seconds", "When the run ended, in seconds since 1970.")
		e.sample(since1970(at.Ended))
		if !at.Began.IsZero() {
			e.family("scangate_run_duration_seconds", "How long the run took, in seconds.")
			e.sample(max(at.Ended.Sub(at.Began), 0).Seconds())
		}
	}
	built := r.Results.DatabaseBuilt()
	if built.IsZero() {
		return
	}
	e.family("scangate_database_built_timestamp_seconds", "When the vulnerability database that was used was built, in seconds since 1970.")
	e.sample(since1970(built))
	if !at.Ended.IsZero() {
		e.family("scangate_database_age_seconds", "How old the vulnerability database was when the run ended, in seconds.")
		e.sample(max(at.Ended.Sub(built), 0).Seconds())
	}
}

// metricRun is a run as metrics have it, or several that share its labels.
type metricRun struct {
	scanner, target string
	status          finding.Status
	took            time.Duration
	failures        int
}

// badness orders statuses for runs that share labels: the worst of them shows.
// One that had nothing to do says nothing about another that had.
func badness(s finding.Status) int {
	return slices.Index([]finding.Status{finding.Skipped, finding.Completed, finding.Partial, finding.TimedOut, finding.Failed}, s)
}

// measured joins what would be the same series, sorted by labels.
func measured(runs []finding.Run) []metricRun {
	names := scannerLabels(runs)
	joined := map[[2]string]metricRun{}
	for i := range runs {
		run := &runs[i]
		key := [2]string{names[run.Scanner], short(run.Target, maxLabel)}
		m, known := joined[key]
		if !known && len(joined) >= maxMetricRuns {
			key[1] = otherSeries
			m, known = joined[key]
		}
		if !known || badness(run.Status) > badness(m.status) {
			m.status = run.Status
		}
		if run.Status == finding.Failed || run.Status == finding.TimedOut {
			m.failures++
		}
		m.scanner, m.target = key[0], key[1]
		m.took += run.Duration
		joined[key] = m
	}
	return slices.SortedFunc(maps.Values(joined), func(a, b metricRun) int {
		return cmp.Or(strings.Compare(a.scanner, b.scanner), strings.Compare(a.target, b.target))
	})
}

// scannerLabels gives each scanner's name as a label, within bounds.
func scannerLabels(runs []finding.Run) map[string]string {
	out, taken := map[string]string{}, map[string]bool{}
	for i := range runs {
		name := runs[i].Scanner
		if _, known := out[name]; known {
			continue
		}
		label := cmp.Or(short(name, maxLabel), otherSeries)
		if !taken[label] && len(taken) >= maxMetricScanners {
			label = otherSeries
		}
		taken[label] = true
		out[name] = label
	}
	return out
}

func writeRuns(e *exposition, runs []metricRun) {
	e.family("scangate_scanner_duration_seconds", "How long a scanner took, in seconds.")
	for _, m := range runs {
		if m.status != finding.Skipped { // a zero would pull down every average
			e.sample(m.took.Seconds(), "scanner", m.scanner, "target", m.target)
		}
	}
	e.family("scangate_scanner_status", "How a scanner ended: 1 for its status, 0 for the others.")
	for _, m := range runs {
		for _, s := range []finding.Status{finding.Completed, finding.Failed, finding.Partial, finding.Skipped, finding.TimedOut} {
			e.sample(truth(m.status == s), "scanner", m.scanner, "target", m.target, "status", s.String())
		}
	}
	e.family("scangate_scanner_failures", "How many targets of a scanner failed or ran into the time limit.")
	failures := map[string]int{}
	for _, m := range runs {
		failures[m.scanner] += m.failures
	}
	for _, scanner := range slices.Sorted(maps.Keys(failures)) {
		e.sample(float64(failures[scanner]), "scanner", scanner)
	}
}

// metricFindings is what a scanner found, by severity and decision.
type metricFindings struct {
	counts [finding.Critical + 1][policy.Ignored + 1]int
	worst  finding.Status
	seen   bool
}

// writeFindings counts findings. A zero is only written of a scanner that
// completed: one that did not must not look clean.
func writeFindings(e *exposition, r Report) {
	names := scannerLabels(r.Results.Runs)
	all := map[string]*metricFindings{}
	for i := range r.Results.Runs {
		run := &r.Results.Runs[i]
		m := all[names[run.Scanner]]
		if m == nil {
			m = &metricFindings{}
			all[names[run.Scanner]] = m
		}
		if !m.seen || badness(run.Status) > badness(m.worst) {
			m.worst, m.seen = run.Status, true
		}
		for j := range run.Findings {
			severity := min(max(run.Findings[j].Severity, finding.Unknown), finding.Critical)
			m.counts[severity][r.Verdict.Decisions[i][j].Action]++
		}
	}
	e.family("scangate_findings", "How many findings of a severity a scanner has, by what the policy made of them.")
	for _, scanner := range slices.Sorted(maps.Keys(all)) {
		m := all[scanner]
		for severity := finding.Critical; severity >= finding.Unknown; severity-- {
			for _, action := range []policy.Action{policy.Fail, policy.Warn, policy.Pass, policy.Ignored} {
				if n := m.counts[severity][action]; n > 0 || m.worst == finding.Completed {
					e.sample(float64(n), "scanner", scanner, "severity", severity.String(), "decision", action.String())
				}
			}
		}
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func since1970(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
