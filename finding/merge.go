package finding

import (
	"fmt"
	"slices"
)

// mergeRank orders statuses for joining: one shard that failed makes the whole
// scanner a failed one, and one that had nothing to do changes nothing.
var mergeRank = map[Status]int{Failed: 0, TimedOut: 1, Partial: 2, Completed: 3, Skipped: 4}

// Merge joins results of several jobs. Runs of the same scanner and target
// become one; findings that are the same in both are kept once. What some were
// looked up in and others were not, or was not the same, is forgotten.
func Merge(all []Results) Results {
	out := Results{Version: SchemaVersion}
	index := map[[2]string]int{}
	var apart, databases bool
	for i, r := range all {
		if out.Tool.Name == "" {
			out.Tool = r.Tool
		}
		if out.Root == "" {
			out.Root = r.Root
		}
		out.Interrupted = out.Interrupted || r.Interrupted
		out.Missing = appendNew(out.Missing, r.Missing, func(s string) string { return s })
		if i == 0 {
			out.Commit, out.Settings, out.Database = r.Commit, r.Settings, r.Database
		}
		out.Commit, out.Settings = equal(out.Commit, r.Commit), equal(out.Settings, r.Settings)
		if out.Database == "" {
			out.Database = r.Database
		}
		if r.Database != "" && r.Database != out.Database {
			databases = true
		}
		if since, ok := mergeSince(out.Since, r.Since); !ok {
			apart = true
		} else {
			out.Since = since
		}
		for _, run := range r.Runs {
			key := [2]string{run.Scanner, run.Target}
			if i, ok := index[key]; ok {
				out.Runs[i] = mergeRuns(out.Runs[i], run)
				continue
			}
			index[key] = len(out.Runs)
			out.Runs = append(out.Runs, run)
		}
	}
	if databases {
		out.Database = ""
	}
	if apart {
		out.Since = nil
	}
	out.Feeds = commonFeeds(all)
	for _, name := range []string{FeedEPSS, FeedKEV} {
		if out.Feed(name) == nil {
			out.Forget(name)
		}
	}
	out.Dates = mergeDates(all, out.Runs)
	for i := range out.Runs {
		if out.Since == nil {
			out.Runs[i].Since = nil
		}
		for j := range out.Runs[i].Findings {
			out.Runs[i].Findings[j].Decision = nil
			if out.Since == nil {
				out.Runs[i].Findings[j].Base = ""
			}
		}
	}
	return out
}

func mergeRuns(a, b Run) Run {
	if mergeRank[b.Status] < mergeRank[a.Status] {
		a.Status, a.Reason = b.Status, b.Reason
	}
	switch {
	case a.Plan == "":
		a.Plan = b.Plan
	case b.Plan != "" && b.Plan != a.Plan:
		a.Plan += "; " + b.Plan
	}
	if a.Part == "" {
		a.Part = b.Part
	}
	a.Since = mergeRunSince(a.Since, b.Since)
	if a.Engine.Name == "" {
		a.Engine = b.Engine
	}
	a.Looked.Add(b.Looked)
	a.Duration = max(a.Duration, b.Duration)
	a.Notes = appendNew(a.Notes, b.Notes, Note.String)
	a.Rules = appendNew(a.Rules, b.Rules, func(r Rule) string { return r.ID })
	key := func(f Finding) string {
		return fmt.Sprint(f.Fingerprint, "\x00", f.Location.Path, "\x00", f.Location.StartLine, "\x00", f.Location.StartColumn, "\x00", f.RuleID, "\x00", f.Message)
	}
	first := map[string]string{} // the earliest day on which b's were seen
	for _, f := range b.Findings {
		if k := key(f); f.FirstSeen != "" && (first[k] == "" || f.FirstSeen < first[k]) {
			first[k] = f.FirstSeen
		}
	}
	a.Findings = slices.Clone(a.Findings)
	for i := range a.Findings {
		f := &a.Findings[i]
		if day := first[key(*f)]; day != "" && (f.FirstSeen == "" || day < f.FirstSeen) {
			f.FirstSeen = day
		}
	}
	a.Findings = appendNew(a.Findings, b.Findings, key)
	return a
}

// equal is what both say, or nothing.
func equal(a, b string) string {
	if a != b {
		return ""
	}
	return a
}

// mergeDates joins the dates of what was not looked at. Jobs that began with the
// same results have the same dates, and what another job has looked at has
// dates there: of each scanner and target those of the first one count.
func mergeDates(all []Results, runs []Run) (out []Dated) {
	from := map[[2]string]int{}
	for _, run := range runs {
		if run.Status == Completed && run.Part == "" {
			from[[2]string{run.Scanner, run.Target}] = -1
		}
	}
	for i, r := range all {
		for _, d := range r.Dates {
			place := [2]string{d.Scanner, d.Target}
			if _, ok := from[place]; !ok {
				from[place] = i
			}
			if from[place] == i {
				out = append(out, d)
			}
		}
	}
	return out
}

// appendNew appends those of more whose key none of list has. What one list
// holds twice stays twice: it was found twice.
func appendNew[T any](list, more []T, key func(T) string) []T {
	have := make(map[string]bool, len(list))
	for _, x := range list {
		have[key(x)] = true
	}
	out := list[:len(list):len(list)]
	for _, x := range more {
		if !have[key(x)] {
			out = append(out, x)
		}
	}
	return out
}
