package scanners

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// abandonAfter is how long a scanner may go on after its context has ended
// before the fan-out stops waiting for it. Together with the rest of the
// shutdown it must stay under a second.
const abandonAfter = 400 * time.Millisecond

// planTimeout bounds a plan, which is meant to take milliseconds.
const planTimeout = time.Minute

// maxReason is how long the reason of a status may be, in runes.
const maxReason = 500

// Planned is a scanner with its plan, or with the reason it has none.
type Planned struct {
	Scanner Scanner
	Work    Work
	Err     error          // the plan could not be made: the scanner has failed
	Split   *finding.Split // which shards share the work; nil: it is not shared
}

// Title names the scanner and its target, as its run will.
func (p Planned) Title() string {
	return (&finding.Run{Scanner: p.Scanner.Name(), Target: TargetOf(p.Scanner)}).Title()
}

// Plan asks every scanner for its plan, side by side. The order of the result
// is that of the list.
func Plan(ctx context.Context, list []Scanner, t Target) []Planned {
	out := make([]Planned, len(list))
	var wg sync.WaitGroup
	for i, s := range list {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, planTimeout)
			defer cancel()
			work, err := bounded(ctx, func() (Work, error) { return s.Plan(ctx, t) })
			out[i] = Planned{Scanner: s, Work: work, Err: err}
		})
	}
	wg.Wait()
	return out
}

// Event tells a progress display what a scanner is doing.
type Event struct {
	Done bool
	Run  finding.Run // before it is done, only the plan
}

// Options bounds the fan-out.
type Options struct {
	Jobs    int           // how many scanners run at once; 0 or less: all of them
	Timeout time.Duration // per scanner; 0 or less: none
	OnEvent func(Event)   // called one at a time, from any goroutine; may be nil
}

// Run starts every planned scanner, waits for all of them, and returns one run
// each, in the order of the plan. Scanners do not share a fate: each has its
// own deadline and its own recovery from panics, and one that fails cancels no
// other. Run itself never fails; how each scanner ended is in its run.
func Run(ctx context.Context, plan []Planned, t Target, o Options) []finding.Run {
	runs := make([]finding.Run, len(plan))
	var events sync.Mutex
	report := func(e Event) {
		if o.OnEvent != nil {
			events.Lock()
			defer events.Unlock()
			o.OnEvent(e)
		}
	}
	// No shared context: the group only limits and waits.
	var g errgroup.Group
	if o.Jobs > 0 {
		g.SetLimit(o.Jobs)
	}
	for i, p := range plan {
		name := p.Scanner.Name()
		run := finding.Run{Scanner: name, Target: TargetOf(p.Scanner), Plan: p.Work.What, Engine: engineOf(p.Scanner), Split: p.Split}
		switch {
		case ctx.Err() != nil:
			run.Status, run.Reason = finding.Failed, "interrupted"
		case p.Err != nil:
			run.Status, run.Reason = finding.Failed, "planning: "+reason(name, p.Err)
		case p.Work.Skip != "":
			run.Status, run.Reason = finding.Skipped, text.OneLine(p.Work.Skip, maxReason)
		default:
			g.Go(func() error {
				report(Event{Run: run})
				runs[i] = runOne(ctx, p, run, t, o.Timeout)
				report(Event{Done: true, Run: runs[i]})
				return nil
			})
			continue
		}
		runs[i] = run
		report(Event{Done: true, Run: run})
	}
	g.Wait()
	return runs
}

// runOne runs one scanner to its end or to its deadline.
func runOne(parent context.Context, p Planned, run finding.Run, t Target, timeout time.Duration) finding.Run {
	ctx, cancel := parent, context.CancelFunc(func() {})
	if timeout > 0 {
		ctx, cancel = context.WithTimeout(parent, timeout)
	}
	defer cancel()
	start := time.Now()
	report, err := bounded(ctx, func() (Report, error) { return p.Scanner.Scan(ctx, t, p.Work) })
	run.Duration = time.Since(start)
	run.Findings, run.Rules, run.Looked, run.Notes, run.Inventory = report.Findings, report.Rules, report.Looked, report.Notes, report.Inventory
	run.Engine = engineOf(p.Scanner) // some know their version only now
	if _, ok := p.Scanner.(Divisible); ok {
		sortNotes(run.Notes) // so that they are the same when parts are joined
	}
	run.Status, run.Reason = judge(run, err, parent, ctx, timeout)
	return ofPart(normalise(run), report.Sights)
}

// bounded calls f, recovers from its panics, and does not wait for it for long
// once ctx has ended: an f that does not notice is left behind. Its goroutine
// may live on, but nothing it still returns is used.
func bounded[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		var out outcome
		out.err = Safely(func() (err error) {
			out.value, err = f()
			return err
		})
		done <- out
	}()
	select {
	case out := <-done:
		return out.value, out.err
	case <-ctx.Done():
	}
	select {
	case out := <-done:
		return out.value, out.err
	case <-time.After(abandonAfter):
		var none T
		return none, ctx.Err()
	}
}

// judge says how a scanner's run ended, and why it is not complete.
func judge(run finding.Run, err error, parent, ctx context.Context, timeout time.Duration) (finding.Status, string) {
	switch {
	case err != nil && parent.Err() != nil:
		return finding.Failed, "interrupted"
	case err != nil && ctx.Err() != nil:
		return finding.TimedOut, fmt.Sprintf("did not end within its time limit of %s (--timeout)", timeout)
	case err != nil:
		return finding.Failed, reason(run.Scanner, err)
	}
	return judgeLooked(run)
}

// judgeLooked says how a run ended that came to its end, by what it looked at.
func judgeLooked(run finding.Run) (finding.Status, string) {
	gap := slices.IndexFunc(run.Notes, isGap)
	switch {
	case run.Looked.None() && gap >= 0 && !shared(run.Split):
		return finding.Failed, "nothing could be looked at: " + gapReason(run.Notes, gap)
	case run.Looked.None() && gap < 0:
		return finding.Failed, "it planned to look at " + run.Plan + " and shows no evidence of having looked at anything"
	case gap >= 0:
		return finding.Partial, gapReason(run.Notes, gap)
	}
	return finding.Completed, ""
}

// reason is an error in one line. The scanner's name, with which its errors may
// begin, stands beside it wherever it is shown.
func reason(scanner string, err error) string {
	return strings.TrimPrefix(text.OneLine(err.Error(), maxReason), scanner+": ")
}

func isGap(n finding.Note) bool { return n.Level == finding.Gap }

// gapReason sums up the gaps: the first one, and how many more there are.
func gapReason(notes []finding.Note, first int) string {
	more := 0
	for _, n := range notes[first+1:] {
		if isGap(n) {
			more++
		}
	}
	reason := text.OneLine(notes[first].String(), maxReason)
	if more > 0 {
		reason += fmt.Sprintf(" (and %d more, see the notes)", more)
	}
	return reason
}

// Safely calls f and turns a panic into an error: the goroutines that a
// scanner starts are to call it first of all, as a panic in them would end the
// whole program. A fault in memory that is
// mapped from a file, as of a database that shrinks while it is read, counts
// as a panic too.
func Safely(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the scanner panicked: %v (please report this as a bug)", r)
		}
	}()
	return f()
}

func engineOf(s Scanner) finding.Engine {
	if v, ok := s.(Versioned); ok {
		return v.Engine()
	}
	return finding.Engine{Name: s.Name()}
}

// TargetOf is what s looks at if not the tree, or empty.
func TargetOf(s Scanner) string {
	if t, ok := s.(Targeted); ok {
		return t.Target()
	}
	return ""
}
