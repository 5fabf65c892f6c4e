package lock

import (
	"context"

	"github.com/scangate/scangate/scanners/external/run"
	"github.com/scangate/scangate/text"
)

// State is how a locked tool stands on this machine.
type State struct {
	Tool      Tool
	Path      string // where its program was found; empty: it is not installed
	Installed bool   // a program of its name is there
	Verified  bool   // and is the one of the lock
	Problem   string // why it is not verified, one line; empty when it is, or is not installed
}

// List tells of every locked tool whether it is installed, in the installer's
// directory or where the search looks, and whether it is what the lock says.
// The error is the context's.
func (i Installer) List(ctx context.Context, f *File, s run.Search) ([]State, error) {
	var out []State
	for _, t := range f.Tools() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out = append(out, i.state(f, t, s))
	}
	return out, nil
}

// Find returns the program of a locked tool: the installed one, or where there
// is none, that which the search finds. It says nothing about its digest, for
// which there is File.Verify.
func (i Installer) Find(t Tool, s run.Search) (run.Program, error) {
	if p, err := (run.Search{Tree: s.Tree}).Find(i.Path(t)); err == nil {
		return p, nil
	}
	if s.Hint == "" {
		s.Hint = "install it with `scangate tools install " + t.Name + "`"
	}
	return s.Find(t.Program)
}

func (i Installer) state(f *File, t Tool, s run.Search) State {
	st := State{Tool: t}
	p, err := i.Find(t, s)
	if err != nil {
		if _, locked := t.Platforms[i.platform()]; !locked {
			st.Problem = "the lock has no entry for " + i.platform()
		}
		return st
	}
	st.Path, st.Installed = p.Path, true
	if _, err := f.verify(t.Name, p.Real, i.platform()); err != nil {
		st.Problem = text.OneLine(err.Error(), 500)
		return st
	}
	st.Verified = true
	return st
}
