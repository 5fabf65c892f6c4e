package secret

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

var _ scanners.Divisible = (*Scanner)(nil)

const (
	// maxUnits is how many parts the history and the working tree each are split
	// in at most. Each is a range, in which git finds its way faster.
	maxUnits = 64

	weightCommit = 4
	weightSource = 1
)

// quota is what one of several jobs has of a plan.
type quota struct {
	files   bool     // some of the files are its
	ranges  [][2]int // of commits: from, to
	commits int      // in all ranges
	all     int      // commits that there are
}

// has reports whether a commit is of the quota. nil is the whole.
func (q *quota) has(index int) bool {
	return q == nil || slices.ContainsFunc(q.ranges, func(r [2]int) bool { return r[0] <= index && index < r[1] })
}

// Units are ranges of files and of commits. What is new against something, which
// is little, is scanned as a whole, as is a shallow clone, whose end only all of
// it shows, and what providers are asked about.
func (s *Scanner) Units(w scanners.Work) []int64 {
	p, ok := w.Items.(*plan)
	if !ok || p.staged || p.since != nil || s.Verify || p.git != nil && p.git.shallow {
		return nil
	}
	var out []int64
	for _, r := range ranges(len(p.files)) {
		out = append(out, int64(r[1]-r[0])*weightSource)
	}
	for _, r := range ranges(p.commits) {
		out = append(out, int64(r[1]-r[0])*weightCommit)
	}
	return out
}

// ranges splits so many things evenly.
func ranges(n int) [][2]int {
	parts := min(n, maxUnits)
	out := make([][2]int, parts)
	for i := range out {
		out[i] = [2]int{i * n / parts, (i + 1) * n / parts}
	}
	return out
}

// Part leaves some of the files and commits.
func (s *Scanner) Part(w scanners.Work, units []int) scanners.Work {
	p, ok := w.Items.(*plan)
	if !ok {
		return w
	}
	out := *p
	out.files, out.part = nil, &quota{all: p.commits}
	files, commits := ranges(len(p.files)), ranges(p.commits)
	for _, u := range units {
		if u < len(files) {
			out.files = append(out.files, p.files[files[u][0]:files[u][1]]...)
			out.part.files = true
			continue
		}
		r := commits[u-len(files)]
		out.part.ranges = append(out.part.ranges, r)
		out.part.commits += r[1] - r[0]
	}
	out.commits = out.part.commits
	w.Items = &out
	return w
}

// sights are all hits of a part: what is said of a finding depends on each of
// them, wherever it is.
func (c *collector) sights(all []listed) ([]finding.Sight, error) {
	if !c.complete() {
		return nil, fmt.Errorf("secret: more than %d places in one part: they are too many to be joined with those of others; scan parts of the tree one by one", maxKept)
	}
	out := make([]finding.Sight, 0, len(c.kept))
	for k := range c.kept {
		f := fragment{path: k.path}
		s := finding.Sight{Rule: k.hit.rule, Key: k.hit.key, Path: k.path, Line: k.hit.line, Column: k.hit.col, EndLine: k.hit.endLine,
			EndCol: k.hit.endCol, Doubt: k.hit.doubt, Allowed: k.hit.allowed}
		if !utf8.ValidString(k.path) {
			s.Path, s.Raw = "", []byte(k.path)
		}
		if k.commit != inTree {
			f.commit = &commit{hash: all[k.commit].hash, time: k.time, index: k.commit}
			s.Commit, s.Time, s.Index = f.commit.hash, k.time, k.commit
		}
		var pinned bool
		if s.Asked, pinned = c.known.suppressions(f, k.hit); pinned {
			s.Pinned = s.Asked
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b finding.Sight) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), strings.Compare(a.Key, b.Key), cmp.Compare(a.Index, b.Index), strings.Compare(a.Commit, b.Commit),
			strings.Compare(a.Path, b.Path), slices.Compare(a.Raw, b.Raw), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.EndLine, b.EndLine), cmp.Compare(a.EndCol, b.EndCol), strings.Compare(a.Doubt, b.Doubt), slices.CompareFunc(a.Asked, b.Asked, compareSuppressions))
	})
	return out, nil
}
