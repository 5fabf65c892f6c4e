package scanners

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// fake is a scanner made of functions.
type fake struct {
	name string
	plan func() (Work, error)
	scan func(ctx context.Context) (Report, error)
}

func (f fake) Name() string { return f.name }

func (f fake) Plan(context.Context, Target) (Work, error) {
	if f.plan == nil {
		return Work{What: "1 file"}, nil
	}
	return f.plan()
}

func (f fake) Scan(ctx context.Context, _ Target, _ Work) (Report, error) { return f.scan(ctx) }

func fine(context.Context) (Report, error) {
	return Report{Looked: finding.Looked{Files: 1}, Findings: []finding.Finding{{RuleID: "R", Message: "m"}}}, nil
}

func run(t *testing.T, ctx context.Context, o Options, list ...Scanner) []finding.Run {
	t.Helper()
	return Run(ctx, Plan(ctx, list, Target{}), Target{}, o)
}

func TestEveryEndHasItsStatus(t *testing.T) {
	stuck := make(chan struct{})
	defer close(stuck)
	for name, tt := range map[string]struct {
		scanner fake
		status  finding.Status
		reason  string // a part of it
	}{
		"completed": {fake{scan: fine}, finding.Completed, ""},
		"skipped":   {fake{plan: func() (Work, error) { return Nothing("no lockfile"), nil }}, finding.Skipped, "no lockfile"},
		"plan fails": {fake{plan: func() (Work, error) { return Work{}, errors.New("bad\nplan") }},
			finding.Failed, "planning: bad plan"},
		"plan panics": {fake{plan: func() (Work, error) { panic("oh") }}, finding.Failed, "planning: the scanner panicked: oh"},
		"scan fails": {fake{scan: func(context.Context) (Report, error) { return Report{}, errors.New("git died") }},
			finding.Failed, "git died"},
		"scan panics": {fake{scan: func(context.Context) (Report, error) { panic("index out of range") }},
			finding.Failed, "panicked: index out of range"},
		"no evidence": {fake{scan: func(context.Context) (Report, error) { return Report{}, nil }},
			finding.Failed, "no evidence"},
		"nothing but gaps": {fake{scan: func(context.Context) (Report, error) {
			return Report{Notes: []finding.Note{{Level: finding.Gap, Path: "a", Message: "too big"}}}, nil
		}}, finding.Failed, "nothing could be looked at: a: too big"},
		"gap": {fake{scan: func(context.Context) (Report, error) {
			r, _ := fine(context.Background())
			r.Notes = []finding.Note{{Level: finding.Information, Message: "fyi"}, {Level: finding.Gap, Path: "a", Message: "too big"}}
			return r, nil
		}}, finding.Partial, "a: too big"},
		"notices its deadline": {fake{scan: func(ctx context.Context) (Report, error) {
			<-ctx.Done()
			return Report{}, ctx.Err()
		}}, finding.TimedOut, "time limit of 50ms"},
		"does not notice its deadline": {fake{scan: func(context.Context) (Report, error) {
			<-stuck
			return Report{}, nil
		}}, finding.TimedOut, "time limit of 50ms"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.scanner.name = "x"
			got := run(t, t.Context(), Options{Timeout: 50 * time.Millisecond}, tt.scanner)[0]
			if got.Status != tt.status || !strings.Contains(got.Reason, tt.reason) || strings.Contains(got.Reason, "\n") {
				t.Errorf("got %s: %q, want %s: …%s…", got.Status, got.Reason, tt.status, tt.reason)
			}
			if (got.Status == finding.Completed) != (got.Reason == "") {
				t.Errorf("status %s with reason %q", got.Status, got.Reason)
			}
		})
	}
}

func TestADeadScannerDoesNotCancelTheOthers(t *testing.T) {
	died := make(chan struct{})
	got := run(t, t.Context(), Options{},
		fake{name: "dead", scan: func(context.Context) (Report, error) { defer close(died); panic("dead") }},
		fake{name: "alive", scan: func(ctx context.Context) (Report, error) {
			<-died
			if ctx.Err() != nil {
				return Report{}, ctx.Err()
			}
			return fine(ctx)
		}})
	if got[0].Status != finding.Failed || got[1].Status != finding.Completed || len(got[1].Findings) != 1 {
		t.Errorf("got %v and %v", got[0].Status, got[1].Status)
	}
}

func TestAllStartAtOnceAndTheLimitHolds(t *testing.T) {
	for _, limit := range []int{0, 1, 2} {
		var now, most atomic.Int32
		all := make(chan struct{})
		scanner := fake{name: "s", scan: func(ctx context.Context) (Report, error) {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			if limit == 0 {
				if n == 4 {
					close(all)
				}
				<-all // only ends when all four are running
			}
			return fine(ctx)
		}}
		run(t, t.Context(), Options{Jobs: limit}, scanner, scanner, scanner, scanner)
		if m := int(most.Load()); limit > 0 && m > limit || limit == 0 && m != 4 {
			t.Errorf("limit %d: %d ran at once", limit, m)
		}
	}
}

func TestInterruptionKeepsWhatIsFinished(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	finished := make(chan struct{})
	hung := make(chan struct{})
	defer close(hung)
	start := time.Now()
	got := run(t, ctx, Options{OnEvent: func(e Event) {
		if e.Done && e.Run.Scanner == "quick" {
			close(finished)
		}
	}},
		fake{name: "quick", scan: fine},
		fake{name: "hung", scan: func(context.Context) (Report, error) {
			<-finished
			cancel()
			<-hung
			return Report{}, nil
		}})
	// A second is what is promised; the rest is room for a busy machine.
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %s to stop", took)
	}
	if got[0].Status != finding.Completed || len(got[0].Findings) != 1 {
		t.Errorf("the finished scanner: %s, %d findings", got[0].Status, len(got[0].Findings))
	}
	if got[1].Status != finding.Failed || got[1].Reason != "interrupted" {
		t.Errorf("the hung scanner: %s: %s", got[1].Status, got[1].Reason)
	}
}

func TestAHungPlanCanBeInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	hung := make(chan struct{})
	defer close(hung)
	got := run(t, ctx, Options{}, fake{name: "hung", plan: func() (Work, error) {
		cancel()
		<-hung
		return Work{What: "late"}, nil
	}})
	if got[0].Status != finding.Failed || got[0].Reason != "interrupted" {
		t.Errorf("got %s: %s", got[0].Status, got[0].Reason)
	}
}

func TestEventsComeInOrderPerScanner(t *testing.T) {
	seen := map[string][]bool{}
	run(t, t.Context(), Options{OnEvent: func(e Event) { seen[e.Run.Scanner] = append(seen[e.Run.Scanner], e.Done) }},
		fake{name: "a", scan: fine}, fake{name: "b", plan: func() (Work, error) { return Nothing("x"), nil }})
	want := map[string][]bool{"a": {false, true}, "b": {true}}
	if d := cmp.Diff(want, seen); d != "" {
		t.Error(d)
	}
}

// BenchmarkFanoutOverhead measures what the fan-out adds to five scanners that
// keep busy for 20 ms each: "overhead-%" is the wall time above the slowest.
func BenchmarkFanoutOverhead(b *testing.B) {
	var list []Scanner
	var slowest atomic.Int64
	for _, n := range []string{"a", "b", "c", "d", "e"} {
		list = append(list, fake{name: n, scan: func(context.Context) (Report, error) {
			start := time.Now()
			time.Sleep(20 * time.Millisecond)
			r := Report{Looked: finding.Looked{Files: 1}}
			for i := range 200 {
				r.Findings = append(r.Findings, finding.Finding{RuleID: "R", Message: "m", Location: finding.Location{Path: "f", StartLine: i + 1}})
			}
			d := int64(time.Since(start))
			for m := slowest.Load(); d > m && !slowest.CompareAndSwap(m, d); m = slowest.Load() {
			}
			return r, nil
		}})
	}
	var wall, inner time.Duration
	for b.Loop() {
		slowest.Store(0)
		start := time.Now()
		Run(b.Context(), Plan(b.Context(), list, Target{}), Target{}, Options{})
		wall += time.Since(start)
		inner += time.Duration(slowest.Load())
	}
	b.ReportMetric(100*float64(wall-inner)/float64(inner), "overhead-%")
}
