// Package shardtest compares what scanners find in shards with what they find as
// a whole, for their tests.
package shardtest

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// Equal scans dir as a whole, and in each of those numbers of shards, and fails
// the test where the results differ in anything but the time they took. It
// returns the whole run, and in how many shards at most its work was done.
func Equal(t testing.TB, s scanners.Scanner, dir string, join scanners.Joiner, counts ...int) (finding.Run, int) {
	t.Helper()
	tree, err := scanners.Walk(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	target := scanners.Target{Tree: tree, Jobs: 2}
	now := time.Now()
	scan := func(plan []scanners.Planned) []finding.Run {
		runs := scanners.Run(t.Context(), plan, target, scanners.Options{})
		scanners.ReadLines(runs, tree, now)
		return runs
	}
	whole := scan(scanners.Plan(t.Context(), []scanners.Scanner{s}, target))[0]
	joiners := map[string]scanners.Joiner{}
	if join != nil {
		joiners[s.Name()] = join
	}
	most := 0
	for _, n := range counts {
		var saved []finding.Results
		for i := range n {
			plan := scanners.Plan(t.Context(), []scanners.Scanner{s}, target)
			shard := scanners.Shard{Index: i + 1, Of: n}
			shares := scanners.ShareOut(plan, n, false)
			runs := scan(shares.Take(plan, shard))
			if split := runs[0].Split; split != nil {
				most = max(most, len(split.Shards))
			}
			saved = append(saved, kept(t, finding.Results{Runs: runs, Shard: shard.String(), Shares: shares.Digest()}))
		}
		joined, err := scanners.Join(saved, joiners)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(whole, finding.Merge(joined).Runs[0], cmpopts.IgnoreFields(finding.Run{}, "Duration"), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%d shards (-whole +joined):\n%s", n, d)
		}
	}
	return whole, most
}

// kept is what comes back of results that are saved.
func kept(t testing.TB, r finding.Results) finding.Results {
	t.Helper()
	var b bytes.Buffer
	if err := finding.Encode(&b, r); err != nil {
		t.Fatal(err)
	}
	r, err := finding.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
