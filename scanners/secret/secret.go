package secret

import (
	"context"
	"fmt"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// Options is the scanner's part of the configuration.
type Options struct {
	// History is how much of the git history is scanned: "full" (the default)
	// for every commit that any ref or HEAD reaches, or "none".
	History string `yaml:"history"`
	// Prefilter tells apart what the rules cannot match before gitleaks' own
	// detector is run on the rest. It changes no finding and saves most of the
	// time; false is for whoever wants to see that for himself. The default is
	// true.
	Prefilter *bool `yaml:"prefilter"`
}

// Scanner looks for secrets. It keeps no state between scans.
type Scanner struct {
	engine  engine // nil: Scan makes one
	history bool
	plain   bool // without the prefilter
}

var (
	_ scanners.Scanner   = (*Scanner)(nil)
	_ scanners.Versioned = (*Scanner)(nil)
)

// New returns the scanner. It fails on an option that it does not know. The
// rules are compiled by Scan: that takes longer than all the rest of starting
// up, and a scanner is made for plans, and for scans that leave it out, too.
func New(o Options) (*Scanner, error) {
	s := &Scanner{plain: o.Prefilter != nil && !*o.Prefilter}
	switch o.History {
	case "", "full":
		s.history = true
	case "none":
	case "range":
		return nil, fmt.Errorf("secret: history %q is not supported yet: use full or none", o.History)
	default:
		return nil, fmt.Errorf("secret: unknown history %q: use full or none", o.History)
	}
	return s, nil
}

// Name returns "secret".
func (s *Scanner) Name() string { return "secret" }

// Engine names gitleaks and its version.
func (s *Scanner) Engine() finding.Engine {
	return finding.Engine{Name: "gitleaks", Version: EngineVersion}
}

// plan is what Plan hands to Scan.
type plan struct {
	git     *repo  // nil: not in a git work tree
	files   []file // of the working tree
	commits int    // 0: no history to scan
	notes   []finding.Note
}

// Plan finds the repository, lists the files of the working tree and counts
// the commits. A repository that git cannot read is an error, never a reason
// to look at less.
func (s *Scanner) Plan(ctx context.Context, t scanners.Target) (scanners.Work, error) {
	p := &plan{}
	var err error
	if p.git, err = openRepo(ctx, t.Tree.Dir()); err != nil {
		return scanners.Work{}, err
	}
	if p.git == nil {
		p.files = treeFiles(t.Tree)
		p.note(finding.Information, "not in a git repository: the files are scanned, and there is no history")
	} else if err := s.planGit(ctx, t, p); err != nil {
		return scanners.Work{}, err
	}
	switch {
	case len(p.files) == 0 && p.commits == 0 && p.git != nil:
		return scanners.Nothing("no commits, and no files that git does not ignore"), nil
	case len(p.files) == 0 && p.commits == 0:
		return scanners.Nothing("no files"), nil
	}
	return scanners.Work{What: p.String(), Items: p}, nil
}

func (s *Scanner) planGit(ctx context.Context, t scanners.Target, p *plan) (err error) {
	var nested int
	if p.files, nested, err = p.git.listFiles(ctx, t.Tree); err != nil {
		return err
	}
	if nested > 0 {
		p.note(finding.Information, fmt.Sprintf("%s in the tree: not scanned here, scan each on its own", text.Count(nested, "nested repository")))
	}
	if len(p.files) == 0 && p.git.prefix != "" && len(t.Tree.Files()) > 0 {
		p.files = treeFiles(t.Tree)
		p.note(finding.Information, "git ignores this directory as a whole: all its files are scanned")
	}
	if s.history {
		p.commits, err = p.git.countCommits(ctx)
	}
	return err
}

func (p *plan) note(level finding.NoteLevel, message string) {
	p.notes = append(p.notes, finding.Note{Level: level, Message: message})
}

// String is the plan in one line.
func (p *plan) String() string {
	files := text.Count(len(p.files), "file") + " of the working tree"
	if p.git == nil {
		files = text.Count(len(p.files), "file")
	}
	if p.commits == 0 {
		return files
	}
	return "full history (" + text.Count(p.commits, "commit") + ") and " + files
}

// Scan reads the history and the working tree and reports every secret in
// them. A git process that fails, ends early or leaves out a commit is an
// error.
func (s *Scanner) Scan(ctx context.Context, t scanners.Target, w scanners.Work) (scanners.Report, error) {
	p, ok := w.Items.(*plan)
	if !ok {
		return scanners.Report{}, fmt.Errorf("secret: not a plan of this scanner: %T", w.Items)
	}
	rules := s.engine
	if rules == nil {
		var err error
		if rules, err = newGitleaks(!s.plain); err != nil {
			return scanners.Report{}, fmt.Errorf("secret: %w", err)
		}
	}
	sources := []source{&treeSource{tree: t.Tree, files: p.files, engine: rules}}
	if p.commits > 0 {
		sources = append(sources, &historySource{repo: p.git, engine: rules})
	}
	found := newCollector()
	if err := detect(ctx, rules, sources, max(t.Jobs, 1), found); err != nil {
		return scanners.Report{}, err
	}
	report := scanners.Report{Notes: append(t.Tree.Problems(), p.notes...)}
	for _, src := range sources {
		looked, notes := src.result()
		report.Looked.Files += looked.Files
		report.Looked.Commits += looked.Commits
		report.Looked.Bytes += looked.Bytes
		report.Notes = append(report.Notes, notes...)
	}
	report.Findings, report.Rules = found.findings(rules)
	return report, nil
}
