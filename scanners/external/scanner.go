package external

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/external/lock"
	"github.com/scangate/scangate/scanners/external/run"
	"github.com/scangate/scangate/text"
)

// Options is how a tool is run.
type Options struct {
	// Asked says that the configuration or the command line names the tool:
	// that it is missing is then a failure. A tool that was merely detected is
	// skipped.
	Asked   bool
	Offline bool
	// Path is where programs are looked for; nil: the directories of PATH.
	Path []string
	// Lock says which program a tool is, and Installer where scangate keeps
	// it. A tool that is locked runs as it is locked, or not at all.
	Lock      *lock.File
	Installer lock.Installer
	// Timeout bounds a single start; 0: only the scan's own limit does.
	Timeout time.Duration
}

// noTimeout is for a tool that only the scan's own time limit bounds.
const noTimeout = 7 * 24 * time.Hour

// versionTimeout bounds how long a tool may think about its version.
const versionTimeout = time.Minute

// Scanner runs a tool. It may be used by several goroutines at once.
type Scanner struct {
	tool    Tool
	options Options

	mu      sync.Mutex
	version string // once it is known
}

var (
	_ scanners.Scanner   = (*Scanner)(nil)
	_ scanners.Versioned = (*Scanner)(nil)
	_ scanners.Targeted  = (*Scanner)(nil)
)

// New returns the scanner that runs a tool.
func New(t Tool, o Options) *Scanner { return &Scanner{tool: t, options: o} }

// Name returns the tool's name.
func (s *Scanner) Name() string { return s.tool.Name }

// Target is what the tool looks at, if that is not the tree.
func (s *Scanner) Target() string { return s.tool.Target }

// Engine names the tool, and its version once a scan has asked for it.
func (s *Scanner) Engine() finding.Engine {
	s.mu.Lock()
	defer s.mu.Unlock()
	return finding.Engine{Name: s.tool.Name, Version: s.version}
}

// plan is what Plan hands to Scan.
type plan struct {
	programs map[string]*program // by the mode of the units that are for them
	path     []string            // where they find programs of their own
	units    []Unit
	notes    []finding.Note
	part     bool // other jobs have other units
}

// Plan tells whether the tool applies and is there. It starts nothing.
func (s *Scanner) Plan(_ context.Context, t scanners.Target) (scanners.Work, error) {
	units, err := s.tool.Units(t.Tree)
	if err != nil && !s.options.Asked {
		return scanners.Nothing(strings.TrimPrefix(err.Error(), s.tool.Name+": ")), nil // it lacks what only a configuration can give
	}
	if err != nil {
		return scanners.Work{}, err
	}
	if len(units.List) == 0 {
		if len(units.Gaps) > 0 {
			return scanners.Work{}, errors.New(units.Gaps[0].String())
		}
		return scanners.Nothing(units.None), nil
	}
	if s.options.Offline && s.tool.Network && !s.tool.Local {
		const why = "it needs the network, which --offline forbids"
		if !s.options.Asked {
			return scanners.Nothing(why), nil
		}
		return scanners.Work{}, errors.New(why + ": leave it out with --scanners, or scan without --offline")
	}
	p := &plan{units: units.List, notes: units.Gaps}
	if err := s.findAll(p, t.Tree.Dir()); err != nil {
		if !s.options.Asked && errors.Is(err, run.ErrNotFound) {
			return scanners.Nothing(err.Error()), nil
		}
		return scanners.Work{}, err
	}
	return scanners.Work{What: what(units), Items: p}, nil
}

// what words the units.
func what(u Units) string {
	if u.What != "" {
		return text.OneLine(u.What, maxWords)
	}
	var names []string
	for _, unit := range u.List {
		if name := cmp.Or(unit.Name, unit.Dir); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	const shown = 5
	more := ""
	if len(names) > shown {
		more = fmt.Sprintf(" and %d more", len(names)-shown)
		names = names[:shown]
	}
	return text.OneLine(strings.Join(names, ", ")+more, maxWords)
}

// Scan runs the tool for each unit, several side by side.
func (s *Scanner) Scan(ctx context.Context, t scanners.Target, w scanners.Work) (scanners.Report, error) {
	p, ok := w.Items.(*plan)
	if !ok {
		return scanners.Report{}, fmt.Errorf("not a plan of this scanner: %T", w.Items)
	}
	versions, unfit := s.askVersions(ctx, p)
	readings := make([]*Reading, len(p.units))
	errs := make([]error, len(p.units))
	var wg sync.WaitGroup
	slots := make(chan struct{}, max(t.Jobs, 1))
	for i, u := range p.units {
		if errs[i] = unfit[s.mode(u)]; errs[i] != nil {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = scanners.Safely(func() (err error) {
				readings[i], err = s.unit(ctx, t.Tree, p, u)
				return err
			})
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return scanners.Report{}, ctx.Err()
	}
	notes := append(t.Tree.Problems(), p.notes...)
	notes = append(notes, versions...)
	return s.join(t.Tree, p, notes, readings, errs)
}

// join makes one report of all units.
func (s *Scanner) join(tree *scanners.Tree, p *plan, notes []finding.Note, readings []*Reading, errs []error) (scanners.Report, error) {
	total := newReading(tree, Unit{Dir: "."})
	failed := 0
	for i, r := range readings {
		if errs[i] != nil {
			failed++
			dir := p.units[i].Dir
			if dir == "." {
				dir = ""
			}
			notes = append(notes, finding.Note{Level: finding.Gap, Path: dir, Message: errs[i].Error()})
			continue
		}
		if r.version != "" {
			s.setVersion(r.version)
		}
		notes = append(notes, r.ownNotes()...)
		total.merge(r)
	}
	if failed == len(p.units) && !p.part {
		return scanners.Report{}, errs[0]
	}
	if err := s.tool.fits(s.Engine().Version); err != nil {
		return scanners.Report{}, err
	}
	if v := s.Engine().Version; v != "" {
		notes = append(notes, finding.Note{Level: finding.Information, Message: "ran " + s.tool.Name + " " + v})
	}
	report := total.report()
	if s.tool.Join != nil {
		report.Findings = s.tool.Join(report.Findings)
	}
	report.Notes = compactNotes(append(notes, total.ownNotes()...))
	return report, nil
}

var versionForm = regexp.MustCompile(`\d{1,6}(?:\.\d{1,9}){1,3}\b`)

func (s *Scanner) setVersion(v string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = v
}

// compareVersions compares dotted numbers; what is missing is 0.
func compareVersions(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		var m, n int
		if i < len(x) {
			m, _ = strconv.Atoi(x[i])
		}
		if i < len(y) {
			n, _ = strconv.Atoi(y[i])
		}
		if m != n {
			return cmp.Compare(m, n)
		}
	}
	return 0
}
