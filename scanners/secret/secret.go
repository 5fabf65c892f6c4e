package secret

import (
	"context"
	"errors"
	"fmt"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/git"
	"github.com/scangate/scangate/scanners/secret/verify"
)

// Options is the scanner's part of the configuration, and what it is told
// beside that.
type Options struct {
	// History is how much of the git history is scanned: "full" (the default)
	// for every commit that any ref or HEAD reaches, "range" for what is new
	// against Since, or "none". Since makes "range" of "full".
	History string `yaml:"history"`
	// Prefilter tells apart what the rules cannot match before gitleaks' own
	// detector is run on the rest. It changes no finding and saves most of the
	// time; false is for whoever wants to see that for himself. The default is
	// true.
	Prefilter *bool `yaml:"prefilter"`
	// Config names the file of the repository's own rules, as gitleaks reads
	// it, below the scanned directory; .gitleaks.toml, if that is there, when
	// it is empty.
	Config string `yaml:"config"`
	// Baseline names a report of gitleaks' in JSON, below the scanned
	// directory, whose findings are known; .gitleaks-baseline.json, if that is
	// there, when it is empty.
	Baseline string `yaml:"baseline"`
	// Cache is whether a scan of the full history may build on earlier ones;
	// nil: it may.
	Cache *bool `yaml:"cache"`

	// Archives is how deep archives (zip, tar, gzip) in archives are looked
	// into; 0, the default, is not at all.
	Archives int `yaml:"archives"`
	// Verify asks providers whether what was found still works.
	Verify bool `yaml:"verify"`

	// Since is a revision. With it only what is new against its merge base
	// with HEAD is scanned: commits, and files of the working tree.
	Since string `yaml:"-"`
	// FilesOnly limits the scan to the files, whatever the others say of the
	// history, and asks nobody.
	FilesOnly bool `yaml:"-"`
	// Staged limits the scan to what the index adds to HEAD.
	Staged bool `yaml:"-"`
	// Index is the file of the index that Staged is about; empty: the
	// repository's own.
	Index string `yaml:"-"`
	// CacheDir is where scanned commits are remembered; empty: nowhere.
	CacheDir string `yaml:"-"`
	// Offline keeps Verify from asking anybody.
	Offline bool `yaml:"-"`
	// Verifier asks; nil: one that asks the providers themselves.
	Verifier *verify.Verifier `yaml:"-"`
}

// Scanner looks for secrets. It keeps no state between scans.
type Scanner struct {
	engine engine // nil: Scan makes one
	part   int    // commits for a process of git log; 0: as many as are worth it
	Options
}

var (
	_ scanners.Scanner   = (*Scanner)(nil)
	_ scanners.Versioned = (*Scanner)(nil)
)

// New returns the scanner. It fails on an option that it does not know. The
// rules are compiled by Scan: that takes longer than all the rest of starting
// up, and a scanner is made for plans, and for scans that leave it out, too.
func New(o Options) (*Scanner, error) {
	if o.FilesOnly {
		o.History, o.Since, o.CacheDir, o.Verify = "none", "", "", false
	}
	own := ownFiles{o.Config, o.Baseline}
	if err := own.check(); err != nil {
		return nil, err
	}
	switch o.History {
	case "", "full", "none":
	case "range":
		if o.Since == "" && !o.Staged {
			return nil, fmt.Errorf("secret: history %q needs a revision to start from: give --since REV, or use full or none", o.History)
		}
	default:
		return nil, fmt.Errorf("secret: unknown history %q: use full, range or none", o.History)
	}
	if o.Since != "" && o.Staged {
		return nil, errors.New("secret: --since and --staged exclude each other: staged changes are new against HEAD")
	}
	if err := git.CheckRevision(o.Since); err != nil {
		return nil, fmt.Errorf("secret: --since: %w", err)
	}
	if o.Archives < 0 || o.Archives > maxArchives {
		return nil, fmt.Errorf("secret: archives: want a depth from 0 to %d, not %d", maxArchives, o.Archives)
	}
	// Nobody can be asked about what is only remembered.
	if o.Verify || o.Cache != nil && !*o.Cache {
		o.CacheDir = ""
	}
	return &Scanner{Options: o}, nil
}

// Name returns "secret".
func (s *Scanner) Name() string { return "secret" }

// Engine names gitleaks and its version.
func (s *Scanner) Engine() finding.Engine {
	return finding.Engine{Name: "gitleaks", Version: EngineVersion}
}

// Scan reads the history and the working tree and reports every secret in
// them. A git process that fails, ends early or leaves out a commit is an
// error.
func (s *Scanner) Scan(ctx context.Context, t scanners.Target, w scanners.Work) (scanners.Report, error) {
	p, ok := w.Items.(*plan)
	if !ok {
		return scanners.Report{}, fmt.Errorf("secret: not a plan of this scanner: %T", w.Items)
	}
	verifier, held, err := s.verifier()
	if err != nil {
		return scanners.Report{}, err
	}
	rules, known, own, err := s.rules(t.Tree.Read, held)
	if err != nil {
		return scanners.Report{}, err
	}
	found := newCollector()
	found.known = known
	var sources []source
	var tree *treeSource
	var history *historySource
	var notes []finding.Note
	if p.staged {
		found.staged = true
		sources = append(sources, &stagedSource{depth: s.Archives, repo: p.git, engine: rules, index: s.Index})
	} else {
		notes = t.Tree.Problems()
		tree = &treeSource{depth: s.Archives, tree: t.Tree, files: p.files, engine: rules}
		sources = append(sources, tree)
	}
	found.keep = p.part != nil
	if p.commits > 0 {
		history = &historySource{jobs: max(t.Jobs, 1), part: s.part, depth: s.Archives, repo: p.git, engine: rules, since: p.since, mine: p.part}
		// What a part knows of the history is of no use to the scan of another.
		if s.CacheDir != "" && p.part == nil {
			found.keep = true
			if history.cache, err = openCache(ctx, s.CacheDir, rules, s.Archives, t.Tree, p); err != nil {
				return scanners.Report{}, err
			}
			tree.cache = history.cache
		}
		if err := history.prepare(ctx); err != nil {
			return scanners.Report{}, err
		}
		sources = append(sources, history)
	}
	notes = append(notes, own...)
	if err := detect(ctx, rules, sources, max(t.Jobs, 1), found); err != nil {
		return scanners.Report{}, err
	}
	if history != nil {
		if err := history.cache.replay(found, history.all); err != nil {
			return scanners.Report{}, err
		}
		history.cache.keep(history, tree, found)
	}
	report := scanners.Report{Notes: append(notes, p.notes...)}
	for _, src := range sources {
		looked, notes := src.result()
		report.Looked.Files += looked.Files
		report.Looked.Commits += looked.Commits
		report.Looked.Bytes += looked.Bytes
		report.Notes = append(report.Notes, notes...)
	}
	if len(p.files)+p.commits+p.changes == 0 {
		// Nothing is new, which is known from comparing with this.
		report.Looked.Commits = p.compared
	}
	report.Findings, report.Rules = found.findings(func(id string) finding.Rule { return ruleOf(rules, id) })
	if p.part != nil {
		if report.Sights, err = found.sights(history.commits()); err != nil {
			return scanners.Report{}, err
		}
	} else {
		report.Notes = append(report.Notes, found.notes()...)
	}
	switch {
	case held != nil:
		asked, err := held.ask(ctx, verifier, report.Findings)
		if err != nil {
			return scanners.Report{}, err
		}
		report.Notes = append(report.Notes, asked...)
	case s.Verify:
		report.Notes = append(report.Notes, finding.Note{Level: finding.Information, Message: "nobody was asked whether secrets still work: --offline"})
	}
	return report, nil
}
