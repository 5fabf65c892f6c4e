package external

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/external/run"
	"github.com/scangate/scangate/text"
)

// maxOutput bounds the file that a tool writes, in bytes.
const maxOutput = 256 << 20

// unit runs the tool for a unit and reads what it says.
func (s *Scanner) unit(ctx context.Context, tree *scanners.Tree, p *plan, u Unit) (*Reading, error) {
	program := p.programs[s.mode(u)]
	tool := program.tool
	box, err := run.NewBox()
	if err != nil {
		return nil, err
	}
	defer box.Close()
	dir := filepath.Join(tree.Dir(), filepath.FromSlash(u.Dir))
	if tool.Project != nil {
		if dir, err = project(tool, tree, u, box); err != nil {
			return nil, err
		}
	}
	call := tool.Call(u, Place{Tree: tree.Dir(), File: box.Path})
	res, err := s.start(ctx, box, p, program, call, dir)
	notes := res.Notes
	for i, next := range call.Then {
		if err != nil || res.Exit != 0 {
			return nil, fmt.Errorf("%s: step %d of %d %w", u.Name, i+1, len(call.Then)+1, tool.ended(&res, err))
		}
		call = next
		res, err = s.start(ctx, box, p, program, call, dir)
		notes = append(notes, res.Notes...)
	}
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, said(&res))
	}
	data := res.Stdout
	var printed []byte
	if call.Output != "" {
		printed = res.Stdout
		data, err = box.Read(call.Output, maxOutput)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("ended with status %d and wrote no report%s", res.Exit, tool.said(&res))
		}
		if err != nil {
			return nil, err
		}
	}
	r := newReading(tree, u)
	err = tool.Read(Output{Data: data, Stdout: printed, Stderr: res.Stderr, Exit: res.Exit, Unit: u}, r)
	if err != nil {
		return nil, fmt.Errorf("ended with status %d, and its output is not usable: %s%s", res.Exit, text.OneLine(err.Error(), maxWords), said(&res))
	}
	for _, n := range notes {
		r.Note(finding.Information, "", n)
	}
	return r, tool.judge(&res, r)
}

// project puts copies of what the unit is about into the tool's own directory,
// and returns where they are.
func project(t *Tool, tree *scanners.Tree, u Unit, box *run.Box) (string, error) {
	const dir = "project"
	files, err := t.Project(tree, u)
	if err != nil {
		return "", err
	}
	for name, content := range files {
		if err := box.Write(path.Join(dir, name), content); err != nil {
			return "", err
		}
	}
	return box.Path(dir), nil
}

// start starts the tool once.
func (s *Scanner) start(ctx context.Context, box *run.Box, p *plan, program *program, call Call, dir string) (run.Result, error) {
	for name, content := range call.Files {
		if err := box.Write(name, content); err != nil {
			return run.Result{Exit: -1}, err
		}
	}
	if call.Apart {
		dir = ""
	}
	command := run.Command{
		Program: program.path, SHA256: program.sha256, Args: call.Args, Env: call.Env, Path: p.path, Network: s.tool.Network,
		Dir: dir, Timeout: cmp.Or(s.options.Timeout, call.Timeout, noTimeout),
	}
	res, err := box.Run(ctx, command)
	if err != nil && call.Undo != nil {
		undo(ctx, box, command, call.Undo)
	}
	if call.Complaints != nil {
		res.Stderr = call.Complaints(res.Stdout, res.Stderr)
	}
	return res, err
}

// ended words the end of a step that nothing can follow.
func (t *Tool) ended(res *run.Result, err error) error {
	if err != nil {
		return fmt.Errorf("failed: %w%s", err, said(res))
	}
	return fmt.Errorf("ended with status %d%s", res.Exit, t.said(res))
}

// undoTimeout bounds the end of what a tool has left.
const undoTimeout = 10 * time.Second

// undo starts a tool once more, to end what it has left. The scan's context
// may have ended. What it says is not asked: there is nothing left to do.
func undo(ctx context.Context, box *run.Box, c run.Command, args []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	c.Args = args
	_, _ = box.Run(ctx, c)
}

// judge decides what a status means beside what was read.
func (t *Tool) judge(res *run.Result, r *Reading) error {
	switch {
	case res.Exit == 0:
	case len(r.findings) == 0:
		return fmt.Errorf("ended with status %d and reports nothing%s", res.Exit, t.said(res))
	case !slices.Contains(t.Exits, res.Exit):
		r.Note(finding.Gap, "", fmt.Sprintf("ended with status %d after %s: there may be more%s", res.Exit, text.Count(len(r.findings), "finding"), t.said(res)))
	}
	return nil
}

// said is what the tool complained about, and what to do about it.
func (t *Tool) said(res *run.Result) string {
	if t.Remedy != nil {
		if remedy := t.Remedy(res.Exit, res.Stderr); remedy != "" {
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
