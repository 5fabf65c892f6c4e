package baseline_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/policy/baseline"
)

// random makes results of few words, so that much of them is equal.
func random(rng *rand.Rand) finding.Results {
	var res finding.Results
	for _, scanner := range []string{"a", "b"} {
		for _, target := range []string{"", "t"} {
			r := run(scanner, target, []finding.Status{done, done, done, finding.Partial}[rng.IntN(4)])
			for range rng.IntN(6) {
				r.Findings = append(r.Findings, anything(rng, scanner))
			}
			res.Runs = append(res.Runs, r)
		}
	}
	return res
}

func anything(rng *rand.Rand, scanner string) finding.Finding {
	f := at(scanner, []string{"p", "q"}[rng.IntN(2)], rng.IntN(3), []string{"R", "S"}[rng.IntN(2)], []finding.Severity{low, high, finding.Critical}[rng.IntN(3)])
	f.KeyOnly = rng.IntN(2) == 0
	f.Fingerprint = finding.FingerprintOf(scanner, f)
	if rng.IntN(4) == 0 {
		f.Related = []finding.Location{{Path: "copy"}}
	}
	if rng.IntN(5) == 0 {
		f.Suppressions = []finding.Suppression{{Source: "x"}}
	}
	return f
}

func clone(res finding.Results) finding.Results {
	res.Runs = slices.Clone(res.Runs)
	for i := range res.Runs {
		res.Runs[i].Findings = slices.Clone(res.Runs[i].Findings)
	}
	return res
}

func TestProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 7))
	var failed, passed int
	for range 1000 {
		then, now := random(rng), random(rng)
		v, _ := judge(&baseline.Baseline{}, then)
		b := reread(t, baseline.Make("b.json", then, v.Counts, nil))

		// What was written is known.
		if v, _ := judge(b, then); v.Outcome == policy.Failed || !strings.Contains(v.Notices[0], " known, 0 new") || strings.Contains(v.Notices[0], "stale") {
			t.Fatalf("written and found again: %v %q", v.Outcome, v.Notices)
		}
		if rng.IntN(2) == 0 { // a part of it, and perhaps something new
			now = clone(then)
			for i := range now.Runs {
				now.Runs[i].Findings = slices.DeleteFunc(now.Runs[i].Findings, func(finding.Finding) bool { return rng.IntN(3) == 0 })
			}
			if r := &now.Runs[0]; rng.IntN(2) == 0 {
				r.Findings = append(r.Findings, anything(rng, r.Scanner))
			}
		}
		before, was := judge(b, now)
		if before.Outcome == policy.Failed {
			failed++
		} else {
			passed++
		}

		// Order does not matter.
		mixed := clone(now)
		rng.Shuffle(len(mixed.Runs), func(i, j int) { mixed.Runs[i], mixed.Runs[j] = mixed.Runs[j], mixed.Runs[i] })
		for _, r := range mixed.Runs {
			rng.Shuffle(len(r.Findings), func(i, j int) { r.Findings[i], r.Findings[j] = r.Findings[j], r.Findings[i] })
		}
		after, is := judge(b, mixed)
		slices.Sort(was)
		slices.Sort(is)
		if d := cmp.Diff(was, is); d != "" || after.Outcome != before.Outcome || !slices.Equal(after.Notices, before.Notices) {
			t.Fatalf("another order: %v, was %v\n%s", after, before, d)
		}

		// One more finding never turns fail into pass, so one less never
		// turns pass into fail.
		more := clone(now)
		i := rng.IntN(len(more.Runs))
		more.Runs[i].Findings = append(more.Runs[i].Findings, anything(rng, more.Runs[i].Scanner))
		if v, _ := judge(b, more); before.Outcome == policy.Failed && v.Outcome != policy.Failed {
			t.Fatalf("one more finding: %v", v.Outcome)
		}

		// Shrinking changes no verdict, and takes out all that is stale.
		counts := func(r, i int) bool { return before.Counts(r, i) }
		shrunk := reread(t, b.Shrunk(b.Compare(now, counts).Stale))
		if again := shrunk.Compare(now, counts); len(again.Stale) > 0 {
			t.Fatalf("still stale: %v", again.Stale)
		}
		if v, _ := judge(shrunk, now); v.Outcome != before.Outcome {
			t.Fatalf("shrunk: %v, was %v", v.Outcome, before.Outcome)
		}
		if len(shrunk.Entries) > len(b.Entries) {
			t.Fatal("it has grown")
		}
	}
	if failed < 100 || passed < 100 {
		t.Errorf("%d failed, %d passed: not much of a test", failed, passed)
	}
}

func TestASecondOccurrenceIsNewWhateverIsKnown(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		res := random(rng)
		for i := range res.Runs {
			res.Runs[i].Status = done
		}
		r := &res.Runs[rng.IntN(len(res.Runs))]
		if len(r.Findings) == 0 || r.Findings[0].Suppressed() {
			continue
		}
		v, _ := judge(&baseline.Baseline{}, res)
		b := reread(t, baseline.Make("b.json", res, v.Counts, nil))
		twin := r.Findings[0]
		twin.Location.StartLine += rng.IntN(5)
		r.Findings = append(r.Findings, twin)
		if v, _ := judge(b, res); strings.HasSuffix(v.Notices[0], " known, 0 new") {
			t.Fatalf("%q", v.Notices)
		}
	}
}

func many(n int) finding.Results {
	var list []finding.Finding
	for i := range n {
		list = append(list, at("s", fmt.Sprintf("p%d", i/3), i, "R", high))
	}
	return results(run("s", "", done, list...))
}

func TestManyEqualFindingsAreKnown(t *testing.T) {
	res := many(10_000)
	b := made(t, res)
	if v, _ := judge(b, res); len(b.Entries) != 3334 || v.Outcome != policy.Passed {
		t.Errorf("%d entries, %v", len(b.Entries), v.Outcome)
	}
}

// BenchmarkJudge reads a baseline and judges 100,000 findings with it.
func BenchmarkJudge(b *testing.B) {
	res := many(100_000)
	var file bytes.Buffer
	if err := baseline.Make("b.json", res, nil, nil).Encode(&file); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		known, err := baseline.Parse(file.Bytes(), "b.json")
		if err != nil {
			b.Fatal(err)
		}
		p := policy.DefaultPolicy()
		p.Baseline = known
		if v := p.Judge(res); v.Outcome != policy.Passed {
			b.Fatal(v.Reasons)
		}
	}
}
