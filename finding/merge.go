package finding

import "fmt"

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
	a.Looked.Files += b.Looked.Files
	a.Looked.Commits += b.Looked.Commits
	a.Looked.Packages += b.Looked.Packages
	a.Looked.URLs += b.Looked.URLs
	a.Looked.Bytes += b.Looked.Bytes
	a.Duration = max(a.Duration, b.Duration)
	a.Notes = appendNew(a.Notes, b.Notes, Note.String)
	a.Rules = appendNew(a.Rules, b.Rules, func(r Rule) string { return r.ID })
	a.Findings = appendNew(a.Findings, b.Findings, func(f Finding) string {
		return fmt.Sprint(f.Fingerprint, "\x00", f.Location.Path, "\x00", f.Location.StartLine, "\x00", f.Location.StartColumn, "\x00", f.RuleID, "\x00", f.Message)
	})
	return a
}

// equal is what both say, or nothing.
func equal(a, b string) string {
	if a != b {
		return ""
	}
	return a
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
