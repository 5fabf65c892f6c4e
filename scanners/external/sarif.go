package external

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/sarif"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// SARIFOptions is the section sarif of the configuration.
type SARIFOptions struct {
	Files []string `yaml:"files"` // patterns below the scanned directory
}

func aboutSARIF() About {
	return About{
		Name: "sarif", Adds: "the results of any tool that writes SARIF 2.1.0, run beforehand", Sends: "nothing", Licence: "none",
		Example: `sarif: {files: ["results/*.sarif"]}`,
	}
}

const (
	// maxSARIF bounds a file, in bytes.
	maxSARIF = 512 << 20
	// maxPatterns bounds a list of patterns.
	maxPatterns = 100
)

// Import is a scanner that reads what tools wrote beforehand.
type Import struct {
	name     string
	patterns []string
	only     string // the one tool whose runs count; empty: all
}

var _ scanners.Scanner = (*Import)(nil)

// SARIF returns the scanner that imports any tool's SARIF.
func SARIF(o SARIFOptions) (*Import, error) { return newImport("sarif", "", o.Files) }

func newImport(name, only string, patterns []string) (*Import, error) {
	if len(patterns) > maxPatterns {
		return nil, fmt.Errorf("%s: more than %d patterns", name, maxPatterns)
	}
	i := &Import{name: name, only: only}
	for _, p := range patterns {
		slash := filepath.ToSlash(p)
		if _, err := path.Match(slash, ""); err != nil || p == "" || !filepath.IsLocal(filepath.FromSlash(slash)) {
			return nil, fmt.Errorf("%s: %q is no pattern of files below the scanned directory", name, text.OneLine(p, maxID))
		}
		i.patterns = append(i.patterns, path.Clean(slash))
	}
	return i, nil
}

// Name returns "sarif" or "codeql".
func (i *Import) Name() string { return i.name }

// imports is a plan: the files, and the patterns that none matches.
type imports struct {
	files []scanners.File
	notes []finding.Note
}

// Plan looks for the files. That there are none is a failure: the results of a
// tool are missing.
func (i *Import) Plan(_ context.Context, t scanners.Target) (scanners.Work, error) {
	if len(i.patterns) == 0 {
		if i.name == "codeql" {
			return scanners.Work{}, errors.New("the configuration names neither results to import nor languages to analyse: scanners: {codeql: {sarif: \"results/*.sarif\"}} or {codeql: {languages: [python]}}")
		}
		return scanners.Work{}, errors.New("the configuration names no files: scanners: {sarif: {files: [\"results/*.sarif\"]}}")
	}
	p := &imports{}
	for _, pattern := range i.patterns {
		n := 0
		for _, f := range t.Tree.Files() {
			if ok, _ := path.Match(pattern, f.Path); ok {
				n++
				if !slices.Contains(p.files, f) {
					p.files = append(p.files, f)
				}
			}
		}
		if n == 0 {
			p.notes = append(p.notes, finding.Note{Level: finding.Gap, Message: "no file matches " + line(pattern, maxID) + ": did the tool run that was to write it?"})
		}
	}
	if len(p.files) == 0 {
		return scanners.Work{}, errors.New(p.notes[0].Message)
	}
	var names []string
	for _, f := range p.files {
		names = append(names, f.Path)
	}
	return scanners.Work{What: text.OneLine(text.Count(len(names), "file")+" of results: "+strings.Join(names, ", "), maxWords), Items: p}, nil
}

// Scan reads the files. One that is broken, or whose tool failed, is a gap.
func (i *Import) Scan(ctx context.Context, t scanners.Target, w scanners.Work) (scanners.Report, error) {
	p, ok := w.Items.(*imports)
	if !ok {
		return scanners.Report{}, fmt.Errorf("not a plan of this scanner: %T", w.Items)
	}
	notes := slices.Clone(p.notes)
	total := newReading(t.Tree, Unit{Dir: "."})
	owners := map[string]string{}
	for _, f := range p.files {
		if ctx.Err() != nil {
			return scanners.Report{}, ctx.Err()
		}
		r := newReading(t.Tree, Unit{Dir: "."})
		if err := i.read(f.Path, owners, r); err != nil {
			notes = append(notes, finding.Note{Level: finding.Gap, Path: f.Path, Message: line(err.Error(), maxWords)})
			continue
		}
		notes = append(notes, r.ownNotes()...)
		total.merge(r)
	}
	report := total.report()
	report.Notes = compactNotes(append(notes, total.ownNotes()...))
	return report, nil
}

// read reads the runs of a file. The owner of a rule is the tool that was the
// first to use its id.
func (i *Import) read(name string, owners map[string]string, r *Reading) error {
	f, err := r.tree.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() > maxSARIF {
		return fmt.Errorf("over the limit of %d MiB", maxSARIF>>20)
	}
	results, err := sarif.Decode(f, path.Base(name))
	if err != nil {
		return err
	}
	taken := 0
	for _, run := range results.Runs {
		if i.only != "" && run.Scanner != i.only {
			r.Note(finding.Information, name, "a run of "+run.Scanner+" is passed over: the section sarif imports any tool's")
			continue
		}
		taken++
		i.take(name, &run, owners, r)
	}
	if taken == 0 {
		if i.only != "" {
			return errors.New("it holds no run of " + i.only)
		}
		return errors.New("it holds no run")
	}
	r.looked.Files++
	return nil
}

// take adds what a run found.
func (i *Import) take(name string, run *finding.Run, owners map[string]string, r *Reading) {
	engine := strings.TrimSpace(run.Engine.Name + " " + run.Engine.Version)
	r.Note(finding.Information, name, "written by "+engine+": "+text.Count(len(run.Findings), "finding"))
	// Of a partial run, the notes say what is missing.
	if run.Status != finding.Completed && run.Status != finding.Partial {
		r.Note(finding.Gap, name, engine+": "+run.Reason)
	}
	for _, n := range run.Notes {
		r.Note(n.Level, r.inside(n.Path), n.Message)
	}
	rules := make(map[string]finding.Rule, len(run.Rules))
	for _, rule := range run.Rules {
		rules[rule.ID] = rule
	}
	for _, f := range run.Findings {
		rule := rules[f.RuleID]
		if i.only == "" {
			// Two tools may call different rules the same.
			if owners[f.RuleID] == "" {
				owners[f.RuleID] = run.Scanner
			}
			if owners[f.RuleID] != run.Scanner {
				f.RuleID = run.Scanner + "/" + f.RuleID
			}
			if !f.KeyOnly {
				f.Key = run.Scanner + ":" + f.Key
			}
		}
		f.Key = short(f.Key)
		f.Decision = nil
		r.Add(f, rule)
	}
}

// short bounds a key without making two of them the same.
func short(key string) string {
	if len(key) <= maxID {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}
