package dependency

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/text"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
)

// name is the scanner's name in configuration, thresholds and categories.
const name = "dependency"

// maxInFlight bounds the lockfiles read at a time, in bytes: parsed, they take
// many times that.
const maxInFlight = 64 << 20

// Options are the scanner's part of the configuration.
type Options struct {
	Dev bool `yaml:"dev"` // look at development dependencies as well

	DB match.Database `yaml:"-"`
}

// Scanner looks for known vulnerabilities in what lockfiles name.
type Scanner struct {
	options Options
	now     func() time.Time
}

// New returns the scanner. The database is opened by Scan only.
func New(options Options) (*Scanner, error) {
	return &Scanner{options: options, now: time.Now}, nil
}

// Name returns "dependency".
func (s *Scanner) Name() string { return name }

// Engine returns the engine that reads lockfiles and matches versions.
func (s *Scanner) Engine() finding.Engine { return match.Engine() }

// item is a lockfile to read.
type item struct {
	path string
	size int64
	kind kind
}

// Plan finds the lockfiles by their names.
func (s *Scanner) Plan(ctx context.Context, t scanners.Target) (scanners.Work, error) {
	var items []item
	counts := map[string]int{}
	for _, f := range t.Tree.Files() {
		if k, ok := kindOf(f.Path); ok {
			items = append(items, item{f.Path, f.Size, k})
			counts[k.ecosystem.Name]++
		}
	}
	if err := ctx.Err(); err != nil {
		return scanners.Work{}, err
	}
	if len(items) == 0 {
		return scanners.Nothing("no lockfile of a known package manager in the tree"), nil
	}
	var parts []string
	for _, k := range kinds {
		if n := counts[k.ecosystem.Name]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", k.ecosystem.Name, n))
			delete(counts, k.ecosystem.Name)
		}
	}
	return scanners.Work{What: text.Count(len(items), "lockfile") + ": " + strings.Join(parts, ", "), Items: items}, nil
}

// Scan matches the packages of every lockfile. A lockfile that cannot be read
// is a gap; a database that cannot be is an error.
func (s *Scanner) Scan(ctx context.Context, t scanners.Target, w scanners.Work) (scanners.Report, error) {
	items, ok := w.Items.([]item)
	if !ok {
		return scanners.Report{}, fmt.Errorf("not a plan of this scanner: %T", w.Items)
	}
	db, notes, err := s.options.DB.Open(ctx, s.now())
	if err != nil {
		return scanners.Report{}, err
	}
	defer db.Close()

	results := make([]result, len(items))
	memory := semaphore.NewWeighted(maxInFlight)
	var group errgroup.Group
	group.SetLimit(max(t.Jobs, 1))
	for i, it := range items {
		group.Go(func() error {
			weight := min(max(it.size, 1), maxInFlight)
			if err := memory.Acquire(ctx, weight); err != nil {
				return err
			}
			defer memory.Release(weight)
			return scanners.Safely(func() (err error) {
				results[i], err = s.look(ctx, t.Tree, db, it)
				return err
			})
		})
	}
	if err := group.Wait(); err != nil {
		return scanners.Report{}, err
	}
	report := s.collect(results)
	report.Notes = slices.Concat(notes, report.Notes, t.Tree.Problems())
	return report, nil
}

// collect joins what was found in the lockfiles, in their order.
func (s *Scanner) collect(results []result) scanners.Report {
	var report scanners.Report
	rules := match.Rulebook{}
	left, leftIn := 0, 0
	for _, r := range results {
		report.Findings = append(report.Findings, r.findings...)
		report.Notes = append(report.Notes, r.notes...)
		rules.Merge(r.rules)
		if r.read {
			report.Looked.Files++
			report.Looked.Packages += r.packages
			report.Looked.Bytes += r.bytes
		}
		if r.listing != nil {
			report.Inventory = append(report.Inventory, *r.listing)
		}
		if r.dev > 0 {
			left, leftIn = left+r.dev, leftIn+1
		}
	}
	report.Rules = rules.Sorted()
	if left > 0 {
		report.Notes = append(report.Notes, scanners.Tally(finding.Information, fmt.Sprintf(
			"{%d development package} in {%d lockfile} left out: set dev: true under scanners: dependency: to look at them", left, leftIn)))
	}
	return report
}
