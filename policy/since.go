package policy

import (
	"fmt"
	"slices"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// AddedMarks is what becomes of a finding that is new in a pull request, and
// beside which the pull request itself has put a mark to pass over it.
type AddedMarks int

const (
	MarksWarn  AddedMarks = iota // it fails nothing, and is shown to the reviewers
	MarksFail                    // the mark does not count before it is merged
	MarksCount                   // the mark counts as any other one
)

// addedMarks are the words of the configuration for them.
var addedMarks = []string{"warn", "fail", "ignore"}

func parseAddedMarks(s config.Section) (AddedMarks, error) {
	if s.Absent() {
		return MarksWarn, nil
	}
	word, err := s.Text()
	if err != nil {
		return 0, err
	}
	i := slices.Index(addedMarks, word)
	if i < 0 {
		return 0, s.Errorf("policy.added-marks: want warn, fail or ignore, not %q%s", word, text.Suggest(word, addedMarks))
	}
	return AddedMarks(i), nil
}

// addedMark returns the mark that a pull request brings along with a finding.
func addedMark(run *finding.Run, f *finding.Finding) (finding.Suppression, bool) {
	if run.Since == nil || f.Base != "" {
		return finding.Suppression{}, false
	}
	for _, s := range f.Suppressions {
		if !s.Inline {
			return finding.Suppression{}, false // another reason, which is none of the pull request's
		}
	}
	if len(f.Suppressions) == 0 {
		return finding.Suppression{}, false
	}
	return f.Suppressions[0], true
}

// marked decides about a finding with a mark that a pull request brings.
func (j *judge) marked(f *finding.Finding, mark finding.Suppression) (decided, bool) {
	bare := *f
	bare.Suppressions = nil
	d := j.decide(&bare, exempting{})
	if d.Action != Fail {
		return decided{}, false // the mark hides nothing that matters
	}
	if j.policy.AddedMarks == MarksWarn {
		d.Action = Warn
		d.By = fmt.Sprintf("the pull request itself brings the mark %s; without it: %s", mark.Source, d.By)
	} else {
		d.By += fmt.Sprintf("; the mark %s counts once it is merged", mark.Source)
	}
	return d, true
}

// sinceNotices say how a pull request was compared, and what it changes in what
// judges it.
func sinceNotices(res finding.Results, counts func(run, i int) bool) []string {
	s := res.Since
	var fresh, known, fixed int
	var unknown []string
	for i := range res.Runs {
		run := &res.Runs[i]
		if run.Since == nil {
			continue
		}
		fixed += run.Since.Fixed
		if run.Since.Unknown != "" && len(run.Findings) > 0 {
			unknown = append(unknown, fmt.Sprintf("%s: all that it found counts as new: %s", run.Title(), run.Since.Unknown))
		}
		for n := range run.Findings {
			switch {
			case !counts(i, n):
			case run.Findings[n].Base == "":
				fresh++
			default:
				known++
			}
		}
	}
	base := "without a merge base"
	if s.Base != "" {
		base = "merge base " + short(s.Base)
	}
	out := []string{fmt.Sprintf("since %s (%s): %s new, %d known, %d fixed", s.Rev, base, text.Count(fresh, "finding"), known, fixed)}
	out = append(append(out, unknown...), s.Notes...)
	for _, c := range s.Changes {
		out = append(out, "changed here: "+c)
	}
	return out
}

// short is how people name a commit.
func short(commit string) string { return commit[:min(len(commit), 12)] }
