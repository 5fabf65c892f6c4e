package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/sarif"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/external/run"
	"github.com/scangate/scangate/text"
)

const (
	maxOutput = 256 << 20
	// The files of the box that the placeholders stand for.
	outputFile = "output.sarif"
	listFile   = "files.txt"
)

// Plugin is a scanner of one's own.
type Plugin struct {
	name    string
	program string // relative to the configuration, absolute, or a name alone
	beside  bool   // it is relative to the configuration
	args    []string
	sha256  string  // empty: not given
	signed  *signed // nil: not given
	network bool
	timeout time.Duration
	files   []glob
	options Options
}

var (
	_ scanners.Scanner = (*Plugin)(nil)
	_ scanners.Weighty = (*Plugin)(nil)
)

// Weight is that of other programs: what it really takes, nobody knows.
func (p *Plugin) Weight() int64 { return 10_000 }

// Name is what the configuration calls the plug-in.
func (p *Plugin) Name() string { return p.name }

// Plan looks for files that the plug-in is for.
func (p *Plugin) Plan(_ context.Context, t scanners.Target) (scanners.Work, error) {
	files := p.matching(t.Tree)
	switch {
	case len(files) == 0 && len(p.files) > 0:
		return scanners.Nothing("no file matches " + p.patterns()), nil
	case len(files) == 0:
		return scanners.Nothing("there are no files"), nil
	}
	return scanners.Work{What: text.Count(len(files), "file") + " with the plug-in " + text.OneLine(filepath.ToSlash(p.program), 80), Items: files}, nil
}

func (p *Plugin) patterns() string {
	var all []string
	for _, g := range p.files {
		all = append(all, g.text)
	}
	return text.OneLine(strings.Join(all, ", "), 200)
}

// Scan verifies the program, runs it, and reads what it found. What the
// contract does not allow is an error; what was found until then is in the
// report all the same.
func (p *Plugin) Scan(ctx context.Context, t scanners.Target, w scanners.Work) (scanners.Report, error) {
	var report scanners.Report
	if p.signed == nil && p.sha256 == "" {
		report.Notes = append(report.Notes, p.unsigned()) // whatever else happens
	}
	box, err := run.NewBox()
	if err != nil {
		return report, p.fail(err)
	}
	defer box.Close()
	prog, err := p.prepare(box, t.Tree.Dir())
	if err != nil {
		return report, p.fail(err)
	}
	report.Notes = prog.notes
	files, _ := w.Items.([]string)
	err = p.run(ctx, box, prog, t.Tree, files, &report)
	return report, p.fail(err)
}

// fail begins an error with the plug-in's name.
func (p *Plugin) fail(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", p.name, err)
}

// run runs a verified program on a tree.
func (p *Plugin) run(ctx context.Context, box *run.Box, prog program, tree *scanners.Tree, files []string, report *scanners.Report) error {
	content, told, gaps := list(files)
	report.Notes = append(report.Notes, gaps...)
	if err := box.Write(listFile, content); err != nil {
		return fmt.Errorf("cannot write the list of files: %w", err)
	}
	search := run.Search{Dirs: p.options.Path, Tree: tree.Dir()}
	path, err := search.Path()
	if err != nil {
		return err
	}
	res, err := box.Run(ctx, run.Command{
		Program: prog.path, SHA256: prog.sha256, Args: p.arguments(box, tree.Dir()), Dir: tree.Dir(), Path: path,
		Env:     []string{"SCANGATE_CONTRACT=" + Contract, "SCANGATE_ROOT=" + tree.Dir(), "SCANGATE_FILES=" + box.Path(listFile)},
		Network: p.network, Timeout: p.timeout, Limits: run.Limits{Stdout: maxOutput, FileSize: maxOutput},
	})
	for _, n := range res.Notes {
		report.Notes = append(report.Notes, finding.Note{Level: finding.Information, Message: n})
	}
	if err != nil {
		return said(err, res)
	}
	output, err := p.output(box, res)
	if err != nil {
		return said(err, res)
	}
	return p.judge(output, res, told, report)
}

// arguments fills in the placeholders.
func (p *Plugin) arguments(box *run.Box, root string) []string {
	r := strings.NewReplacer("{output}", box.Path(outputFile), "{files}", box.Path(listFile), "{root}", root, "{config}", p.options.Dir)
	args := slices.Clone(p.args)
	for i := range args {
		args[i] = r.Replace(args[i])
	}
	return args
}

// output is the SARIF of a plug-in: the file that it was told to write, or
// what it printed.
func (p *Plugin) output(box *run.Box, res run.Result) ([]byte, error) {
	out := res.Stdout
	if slices.ContainsFunc(p.args, func(a string) bool { return strings.Contains(a, "{output}") }) {
		var err error
		if out, err = box.Read(outputFile, maxOutput); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if len(bytes.TrimSpace(out)) == 0 {
		return nil, fmt.Errorf("ended with status %d and wrote no SARIF", res.Exit)
	}
	return out, nil
}

// judge takes over what a plug-in found, and tells whether its status, its
// SARIF and the contract agree.
func (p *Plugin) judge(output []byte, res run.Result, told int, report *scanners.Report) error {
	got, err := sarif.Decode(bytes.NewReader(output), "its output")
	if err != nil {
		return said(fmt.Errorf("ended with status %d: %w", res.Exit, err), res)
	}
	if len(got.Runs) == 0 {
		return said(errors.New("its output has no runs"), res)
	}
	seen := map[string]bool{}
	nowhere := 0
	for _, r := range got.Runs {
		if r.Status != finding.Completed && err == nil {
			err = errors.New(text.OneLine(r.Reason, 300))
		}
		report.Findings = append(report.Findings, r.Findings...)
		report.Notes = append(report.Notes, r.Notes...)
		for _, rule := range r.Rules {
			if !seen[rule.ID] {
				seen[rule.ID] = true
				report.Rules = append(report.Rules, rule)
			}
		}
		for _, f := range r.Findings {
			if f.Location.Path == "" {
				nowhere++
			}
		}
	}
	if nowhere > 0 {
		report.Notes = append(report.Notes, finding.Note{Level: finding.Warning, Message: text.Count(nowhere, "finding") + " without a file of the scanned tree: a plug-in names files relative to its root"})
	}
	switch {
	case err != nil:
	case res.Exit != 0 && res.Exit != 1:
		err = fmt.Errorf("ended with status %d, which is neither 0 nor 1: it may not have looked at everything", res.Exit)
	case res.Exit == 1 && len(report.Findings) == 0:
		err = errors.New("ended with status 1, which says that it found something, and its SARIF has no result")
	}
	if err != nil {
		return said(err, res)
	}
	// The contract: a SARIF with results, if only an empty list of them, says
	// that every file that was told was looked at.
	report.Looked.Files = told
	return nil
}

// said adds what the program complained about.
func said(err error, res run.Result) error {
	if s := res.Said(); s != "" {
		return fmt.Errorf("%w; it said: %s", err, s)
	}
	return err
}
