package finding

import "slices"

// Since is what the results of a pull request are about: what is new against
// the merge base with a revision.
type Since struct {
	Rev    string `json:"rev"`              // as it was asked for
	Base   string `json:"base,omitempty"`   // the merge base: a commit
	Policy string `json:"policy,omitempty"` // the commit that policy, ignores and settings of tools are from
	// Changes are what the pull request changes in those, a line each. They
	// count once it is merged.
	Changes []string `json:"changes,omitempty"`
	Notes   []string `json:"notes,omitempty"` // what a reader should know of the comparison, a line each
}

// RunSince is how a run's findings were compared with those of the base.
type RunSince struct {
	// Unknown says why it is not known what the base has. Everything is new then.
	Unknown string `json:"unknown,omitempty"`
	From    string `json:"from,omitempty"`  // where the findings of the base are from: "a scan", "the cache"
	Fixed   int    `json:"fixed,omitempty"` // findings of the base that are gone
}

// mergeSince joins what jobs of one pull request say. Jobs that compared with
// different commits are of no one pull request: what they hold is not compared.
func mergeSince(a, b *Since) (joined *Since, same bool) {
	switch {
	case a == nil:
		return b, true
	case b == nil:
		return a, true
	case a.Base != b.Base || a.Policy != b.Policy:
		return nil, false
	}
	out := *a
	out.Changes, out.Notes = union(a.Changes, b.Changes), union(a.Notes, b.Notes)
	return &out, true
}

// union is what either list has, sorted.
func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// mergeRunSince joins what parts of one scanner's run were compared with.
func mergeRunSince(a, b *RunSince) *RunSince {
	if a == nil || b == nil {
		if a == nil {
			return b
		}
		return a
	}
	out := RunSince{Unknown: a.Unknown, From: a.From, Fixed: a.Fixed + b.Fixed}
	if out.Unknown == "" {
		out.Unknown = b.Unknown
	}
	if out.From == "" {
		out.From = b.From
	}
	return &out
}
