package scanners

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// heap is a scanner whose work is a list of numbers, each of them a unit of that
// weight, and each of them a finding.
type heap struct {
	name, target string
	units        []int64
	whole        bool // it cannot be split
	scan         func(units []int64) (Report, error)
}

func (h heap) Name() string   { return h.name }
func (h heap) Target() string { return h.target }

func (h heap) Plan(context.Context, Target) (Work, error) {
	if h.units == nil {
		return Nothing("no numbers"), nil
	}
	return Work{What: fmt.Sprint(len(h.units), " numbers"), Items: h.units}, nil
}

func (h heap) Scan(_ context.Context, _ Target, w Work) (Report, error) {
	units := w.Items.([]int64)
	if h.scan != nil {
		return h.scan(units)
	}
	r := Report{Looked: finding.Looked{Files: len(units)}, Rules: []finding.Rule{{ID: "R"}}}
	for _, u := range units {
		r.Findings = append(r.Findings, finding.Finding{RuleID: "R", Message: fmt.Sprint(u)})
	}
	r.Notes = append(r.Notes, Tally(finding.Information, fmt.Sprintf("{%d number} in {1 heap} seen", len(units))), finding.Note{Level: finding.Information, Message: "sorted"})
	return r, nil
}

func (h heap) Units(w Work) []int64 {
	if h.whole {
		return nil
	}
	return slices.Clone(w.Items.([]int64))
}

func (h heap) Part(w Work, units []int) Work {
	var part []int64
	for _, u := range units {
		part = append(part, w.Items.([]int64)[u])
	}
	w.Items = part
	return w
}

// anyPlan makes a plan with any scanners and any units.
func anyPlan(t *testing.T, rng *rand.Rand) []Planned {
	var list []Scanner
	for i := range rng.IntN(6) {
		h := heap{name: fmt.Sprintf("h%d", i), whole: rng.IntN(3) == 0}
		for range rng.IntN(40) {
			h.units = append(h.units, int64(rng.IntN(1000)))
		}
		if rng.IntN(4) == 0 {
			h.target = "http://localhost/"
		}
		list = append(list, h)
	}
	return Plan(t.Context(), list, Target{})
}

// TestEveryUnitIsInOneShard: for any plan and any number of shards, nothing is
// left out and nothing is done twice, and jobs that know nothing of each other
// agree.
func TestEveryUnitIsInOneShard(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		plan := anyPlan(t, rng)
		for n := 1; n <= 20; n++ {
			shares := ShareOut(plan, n, false)
			seen := make([][]int64, len(plan))
			for i := range n {
				shard := Shard{i + 1, n}
				again := ShareOut(slices.Clone(plan), n, false)
				if again.Digest() != shares.Digest() {
					t.Fatalf("seed %d: shard %v is shared out otherwise", seed, shard)
				}
				for j, p := range again.Take(plan, shard) {
					mine := shares.Of(j, shard)
					switch {
					case plan[j].Work.Skip != "":
						if p.Split != nil || len(mine) > 0 {
							t.Fatalf("seed %d: %v is shared out, and does not run", seed, p.Title())
						}
					case (p.Work.Skip == "") != (len(mine) > 0), slices.Contains(p.Split.Shards, shard.String()) != (len(mine) > 0):
						t.Fatalf("seed %d, shard %v: %s has %v and %q %v", seed, shard, p.Title(), mine, p.Work.Skip, p.Split.Shards)
					case p.Work.Skip == "":
						seen[j] = append(seen[j], p.Work.Items.([]int64)...)
						if p.Work.What != plan[j].Work.What {
							t.Fatalf("the plan of a part is %q", p.Work.What)
						}
					}
				}
			}
			for j, p := range plan {
				want, _ := p.Work.Items.([]int64)
				want = slices.Sorted(slices.Values(want))
				if got := slices.Sorted(slices.Values(seen[j])); !slices.Equal(got, want) {
					t.Fatalf("seed %d, %d shards: %s is done as %v, want %v", seed, n, p.Title(), got, want)
				}
			}
		}
	}
}

// TestSharesAreEven: the heaviest shard has at most a third more than it needs
// to have, which is what handing out the heaviest first guarantees.
func TestSharesAreEven(t *testing.T) {
	for seed := range uint64(100) {
		plan := anyPlan(t, rand.New(rand.NewPCG(seed, 2)))
		for _, n := range []int{2, 3, 7, 20} {
			shares := ShareOut(plan, n, false)
			load := make([]int64, n)
			var sum, largest int64
			for i := range plan {
				for j, at := range shares.shards[i] {
					load[at] += shares.units[i][j]
					sum += shares.units[i][j]
					largest = max(largest, shares.units[i][j])
				}
			}
			if got := slices.Max(load); got > sum/int64(n)+largest {
				t.Errorf("seed %d: %d of %d in one of %d shards", seed, got, sum, n)
			}
		}
	}
}

func TestParseShard(t *testing.T) {
	for s, want := range map[string]Shard{"1/1": {1, 1}, "2/7": {2, 7}, "256/256": {256, 256}} {
		got, err := ParseShard(s)
		if err != nil || got != want || got.String() != s {
			t.Errorf("%s: %v %v", s, got, err)
		}
	}
	for _, s := range []string{"", "/", "1", "0/3", "4/3", "1/0", "-1/3", "01/3", "1/03", "+1/3", "1/3/3", " 1/3", "1/257", "x/y", "1/99999999999999999999", strings.Repeat("9", 1000)} {
		if got, err := ParseShard(s); err == nil || len(err.Error()) > 200 {
			t.Errorf("%.20q: %v, %v", s, got, err)
		}
	}
	if s := (Shard{}).String(); s != "" {
		t.Error(s)
	}
}

// shards scans each of n shards and returns what they would save.
func shards(t *testing.T, n int, list ...Scanner) []finding.Results {
	t.Helper()
	var out []finding.Results
	for i := range n {
		plan := Plan(t.Context(), list, Target{})
		shares := ShareOut(plan, n, false)
		shard := Shard{i + 1, n}
		runs := Run(t.Context(), shares.Take(plan, shard), Target{}, Options{})
		out = append(out, finding.Results{Runs: runs, Shard: shard.String(), Shares: shares.Digest()})
	}
	return out
}

func joined(t *testing.T, all []finding.Results) finding.Results {
	t.Helper()
	list, err := Join(all, nil)
	if err != nil {
		t.Fatal(err)
	}
	return finding.Merge(list)
}

func TestJoin(t *testing.T) {
	list := []Scanner{heap{name: "a", units: []int64{5, 4, 3, 2, 1}}, heap{name: "b", units: []int64{9}}, heap{name: "c"}, heap{name: "d", units: []int64{7, 8}, whole: true}}
	whole := Run(t.Context(), Plan(t.Context(), list, Target{}), Target{}, Options{})
	for _, n := range []int{1, 2, 3, 20} {
		all := shards(t, n, list...)
		slices.Reverse(all)
		all = append(all, all[0]) // which counts once
		got := joined(t, all)
		for i := range got.Runs {
			got.Runs[i].Duration, whole[i].Duration = 0, 0
			if strings.HasPrefix(got.Runs[i].Title(), "a") { // one heap in each shard
				got.Runs[i].Notes[0].Message, whole[i].Notes[0].Message = "", ""
			}
		}
		if d := cmp.Diff(whole, got.Runs); d != "" || got.Shard != "" || got.Shares != "" || len(got.Missing) > 0 {
			t.Errorf("%d shards: %s %+v", n, d, got)
		}
	}
}

func TestPartsThatFail(t *testing.T) {
	gap := func(units []int64) (Report, error) {
		if slices.Contains(units, 1) {
			return Report{Looked: finding.Looked{Files: len(units) - 1}, Notes: []finding.Note{{Level: finding.Gap, Path: "one", Message: "too small"}}}, nil
		}
		return Report{Looked: finding.Looked{Files: 1}}, nil
	}
	fails := func(units []int64) (Report, error) {
		if slices.Contains(units, 1) {
			return Report{}, fmt.Errorf("no ones")
		}
		return gap(units)
	}
	silent := func(units []int64) (Report, error) { return Report{}, nil }
	blind := func(units []int64) (Report, error) {
		return Report{Notes: []finding.Note{{Level: finding.Gap, Path: "all", Message: "dark"}}}, nil
	}
	for _, tt := range []struct {
		scan   func([]int64) (Report, error)
		status finding.Status
		reason string
	}{
		{gap, finding.Partial, "one: too small"},
		{fails, finding.Failed, "no ones"},
		{silent, finding.Failed, "no evidence"},
		{blind, finding.Failed, "nothing could be looked at: all: dark"},
	} {
		for _, n := range []int{1, 2, 3} {
			got := joined(t, shards(t, n, heap{name: "a", units: []int64{3, 2, 1}, scan: tt.scan})).Runs[0]
			if got.Status != tt.status || !strings.Contains(got.Reason, tt.reason) {
				t.Errorf("%d shards: %s: %s, want %s: %s", n, got.Status, got.Reason, tt.status, tt.reason)
			}
		}
	}
}

func TestMissingParts(t *testing.T) {
	all := shards(t, 3, heap{name: "a", units: []int64{2000, 2000, 2000}}, heap{name: "b", units: []int64{9}})
	for i, want := range [][]string{
		{"a partial shard 1/3 is missing", "b failed shard 1/3 is missing"},
		{"a partial shard 2/3 is missing", "b completed "},
		{"a partial shard 3/3 is missing", "b completed "},
	} {
		got := joined(t, slices.Delete(slices.Clone(all), i, i+1))
		if len(got.Missing) != 1 || got.Missing[0] != all[i].Shard {
			t.Errorf("missing %v", got.Missing)
		}
		for j, run := range got.Runs {
			if s := fmt.Sprintf("%s %s %s", run.Title(), run.Status, run.Reason); !strings.HasPrefix(s, want[j]) {
				t.Errorf("%s, want %s", s, want[j])
			}
		}
	}
	if _, err := Join(append([]finding.Results{joined(t, all[:2])}, all[2]), nil); err == nil {
		t.Error("results that lack a shard were completed")
	}
}

func TestOtherScans(t *testing.T) {
	for want, change := range map[string]func(*finding.Results){
		"one is of 2, the other of 3":   func(r *finding.Results) { r.Shard = "2/3" },
		"of the commits":                func(r *finding.Results) { r.Commit = "abc" },
		"with other settings":           func(r *finding.Results) { r.Settings = "x" },
		"of the directories":            func(r *finding.Results) { r.Root = "x" },
		"were made by":                  func(r *finding.Results) { r.Tool.Version = "2" },
		"compared with other commits":   func(r *finding.Results) { r.Since = &finding.Since{} },
		"shared out otherwise":          func(r *finding.Results) { r.Shares = "x" },
		"is in one, and b in its place": func(r *finding.Results) { r.Runs[0].Scanner = "b" },
		"is in one, and a in its place": func(r *finding.Results) { r.Runs[0].Split = nil },
		"want a shard from 1/2 to 2/2":  func(r *finding.Results) { r.Shard = "3/2" },
		"want I/N such as 2/7":          func(r *finding.Results) { r.Shard = "the second" },
		"their work was shared out":     func(r *finding.Results) { r.Runs = nil },
	} {
		all := shards(t, 2, heap{name: "a", units: []int64{4, 4}})
		change(&all[1])
		if _, err := Join(all, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestTallies(t *testing.T) {
	if n := Tally(finding.Warning, "{1 file} and {3 entry} {left} out {x y}"); n.Message != "1 file and 3 entries {left} out {x y}" {
		t.Error(n.Message)
	}
	a := Tally(finding.Information, "{1 file} in {2 entry}")
	got := joinNotes([]finding.Note{a}, []finding.Note{Tally(finding.Information, "{5 file} in {1 entry}"), Tally(finding.Warning, "{5 file} in {1 entry}")})
	if len(got) != 2 || got[0].Message != "6 files in 3 entries" {
		t.Errorf("%+v", got)
	}
}
