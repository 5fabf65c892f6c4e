package external

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/external/run"
	"github.com/scangate/scangate/text"
)

// maxOutput bounds the file that a tool writes, in bytes.
const maxOutput = 256 << 20

// unit runs the tool for a unit and reads what it says.
func (s *Scanner) unit(ctx context.Context, tree *scanners.Tree, p *plan, u Unit) (*Reading, error) {
	box, err := run.NewBox()
	if err != nil {
		return nil, err
	}
	defer box.Close()
	call := s.tool.Call(u, Place{Tree: tree.Dir(), File: box.Path})
	dir := filepath.Join(tree.Dir(), filepath.FromSlash(u.Dir))
	res, err := s.start(ctx, box, p, call, dir)
	notes := res.Notes
	for i, next := range call.Then {
		if err != nil || res.Exit != 0 {
			return nil, fmt.Errorf("%s: step %d of %d %w", u.Name, i+1, len(call.Then)+1, s.ended(&res, err))
		}
		call = next
		res, err = s.start(ctx, box, p, call, dir)
		notes = append(notes, res.Notes...)
	}
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, said(&res))
	}
	data := res.Stdout
	if call.Output != "" {
		data, err = box.Read(call.Output, maxOutput)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("ended with status %d and wrote no report%s", res.Exit, s.said(&res))
		}
		if err != nil {
			return nil, err
		}
	}
	r := newReading(tree, u)
	err = s.tool.Read(Output{Data: data, Stderr: res.Stderr, Exit: res.Exit, Unit: u}, r)
	if err != nil {
		return nil, fmt.Errorf("ended with status %d, and its output is not usable: %s%s", res.Exit, text.OneLine(err.Error(), maxWords), said(&res))
	}
	for _, n := range notes {
		r.Note(finding.Information, "", n)
	}
	return r, s.judge(&res, r)
}

// start starts the tool once.
func (s *Scanner) start(ctx context.Context, box *run.Box, p *plan, call Call, dir string) (run.Result, error) {
	for name, content := range call.Files {
		if err := box.Write(name, content); err != nil {
			return run.Result{Exit: -1}, err
		}
	}
	if call.Apart {
		dir = ""
	}
	return box.Run(ctx, run.Command{
		Program: p.program, SHA256: p.sha256, Args: call.Args, Env: call.Env, Path: p.path, Network: s.tool.Network,
		Dir: dir, Timeout: cmp.Or(s.options.Timeout, noTimeout),
	})
}

// ended words the end of a step that nothing can follow.
func (s *Scanner) ended(res *run.Result, err error) error {
	if err != nil {
		return fmt.Errorf("failed: %w%s", err, said(res))
	}
	return fmt.Errorf("ended with status %d%s", res.Exit, s.said(res))
}

// judge decides what a status means beside what was read.
func (s *Scanner) judge(res *run.Result, r *Reading) error {
	switch {
	case res.Exit == 0:
	case len(r.findings) == 0:
		return fmt.Errorf("ended with status %d and reports nothing%s", res.Exit, s.said(res))
	case !slices.Contains(s.tool.Exits, res.Exit):
		r.Note(finding.Gap, "", fmt.Sprintf("ended with status %d after %s: there may be more%s", res.Exit, text.Count(len(r.findings), "finding"), s.said(res)))
	}
	return nil
}

// said is what the tool complained about, and what to do about it.
func (s *Scanner) said(res *run.Result) string {
	if s.tool.Remedy != nil {
		if remedy := s.tool.Remedy(res.Exit, res.Stderr); remedy != "" {
			return ": " + remedy + said(res)
		}
	}
	return said(res)
}

// said is what the tool complained about, as the end of a message.
func said(res *run.Result) string {
	if s := res.Said(); s != "" {
		return ": " + s
	}
	return ""
}
