package external

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/external/lock"
	"github.com/scangate/scangate/scanners/external/run"
)

// program is what runs for the units of a mode.
type program struct {
	tool    *Tool
	instead bool // the tool is another one, in place of what is not installed
	path    string
	sha256  string // what it is held to; empty: it is not locked
}

// mode tells which of the tool's programs a unit is for: "" is its own.
func (s *Scanner) mode(u Unit) string {
	if _, ok := s.tool.Others[u.Mode]; ok {
		return u.Mode
	}
	return ""
}

// findAll looks for what the units need. Units whose program is not there are
// left out, and noted; when none is left, that is an error.
func (s *Scanner) findAll(p *plan, tree string) error {
	p.programs = map[string]*program{}
	missing := map[string]error{}
	var first error
	for _, u := range p.units {
		mode := s.mode(u)
		if p.programs[mode] != nil || missing[mode] != nil {
			continue
		}
		found := &program{tool: &s.tool}
		if other, ok := s.tool.Others[mode]; ok {
			found.tool = &other
		}
		if err := s.choose(p, found, tree); err != nil {
			missing[mode], first = err, cmp.Or(first, err)
			continue
		}
		p.programs[mode] = found
	}
	if len(p.programs) == 0 {
		return first
	}
	p.units = slices.DeleteFunc(p.units, func(u Unit) bool {
		err := missing[s.mode(u)]
		if err == nil {
			return false
		}
		n := finding.Note{Level: finding.Gap, Path: u.File, Message: err.Error()}
		if !s.options.Asked && errors.Is(err, run.ErrNotFound) {
			n.Level, n.Message = finding.Information, "skipped: "+n.Message
		}
		p.notes = append(p.notes, n)
		return true
	})
	return nil
}

// choose finds a tool, or another one that it may be replaced by.
func (s *Scanner) choose(p *plan, into *program, tree string) error {
	first := s.find(p, into, tree)
	err := first
	for t := into.tool.Else; t != nil && errors.Is(err, run.ErrNotFound); t = t.Else {
		into.tool, into.instead = t, true
		err = s.find(p, into, tree)
	}
	if errors.Is(err, run.ErrNotFound) {
		return first
	}
	return err
}

// find looks for a tool's programs.
func (s *Scanner) find(p *plan, into *program, tree string) error {
	dirs := s.options.Path
	if dirs == nil {
		dirs = filepath.SplitList(os.Getenv("PATH"))
	}
	search := run.Search{Dirs: dirs, Tree: tree}
	if install := into.tool.install(); install != "" {
		search.Hint = "install it with `" + install + "`"
	}
	for i, name := range into.tool.Programs {
		if i > 0 {
			search.Hint = into.tool.Name + " needs it"
		}
		// Whatever runs in its stead is not what the lock speaks of.
		found, err := s.program(into.tool, search, name, i == 0 && !into.instead)
		if err != nil {
			return err
		}
		if i == 0 {
			into.path = found.Path
		}
		if i == 0 && !into.instead {
			if into.sha256, err = s.digest(into.tool, found); err != nil {
				return err
			}
		}
		for _, doubt := range found.Notes {
			p.notes = append(p.notes, finding.Note{Level: finding.Warning, Message: doubt})
		}
	}
	var err error
	p.path, err = search.Path()
	return err
}

// install is the command that installs the tool.
func (t *Tool) install() string { return cmp.Or(t.Install, about(t.Name).Install) }

// program looks for a program: where scangate installed it if it is the locked
// one, else where others install.
func (s *Scanner) program(t *Tool, search run.Search, name string, first bool) (run.Program, error) {
	if first && s.options.Lock != nil {
		if locked, ok := s.options.Lock.Tool(t.Name); ok {
			return s.options.Installer.Find(locked, search)
		}
	}
	return search.Find(name)
}

// digest is what a locked tool's program must be, after a look that it is.
func (s *Scanner) digest(t *Tool, p run.Program) (string, error) {
	if s.options.Lock == nil {
		return "", nil
	}
	sum, err := s.options.Lock.Verify(t.Name, p.Real)
	if errors.Is(err, lock.ErrNotLocked) {
		if _, locked := s.options.Lock.Tool(t.Name); !locked {
			return "", nil
		}
	}
	return sum, err
}

// askVersions asks the programs for their versions, and returns what there is
// to say about them, and those that cannot be used.
func (s *Scanner) askVersions(ctx context.Context, p *plan) (notes []finding.Note, unfit map[string]error) {
	unfit = map[string]error{}
	for _, mode := range slices.Sorted(maps.Keys(p.programs)) {
		found := p.programs[mode]
		v, err := s.askVersion(ctx, p, found)
		if err == nil {
			err = found.tool.fits(v)
		}
		name := filepath.Base(found.path)
		switch {
		case err != nil && mode != "":
			unfit[mode] = fmt.Errorf("%s: %w", name, err)
		case err != nil:
			unfit[mode] = err
		case v == "" && len(found.tool.Version.Args) > 0:
			notes = append(notes, finding.Note{Level: finding.Information, Message: name + " was built without a version"})
		case v == "": // its output may say
		case mode == "":
			s.setVersion(v)
		default:
			notes = append(notes, finding.Note{Level: finding.Information, Message: "ran " + name + " " + v})
		}
	}
	return notes, unfit
}

// askVersion asks a program for its version, if that is how it is known. It is
// "" when it has none.
func (s *Scanner) askVersion(ctx context.Context, p *plan, found *program) (string, error) {
	args := found.tool.Version.Args
	if len(args) == 0 {
		return "", nil
	}
	res, err := run.Run(ctx, run.Command{
		Program: found.path, SHA256: found.sha256, Args: args, Env: found.tool.Version.Env, Path: p.path, Timeout: versionTimeout,
	})
	if err == nil && res.Exit != 0 {
		err = fmt.Errorf("exit status %d%s", res.Exit, said(&res))
	}
	if err != nil {
		return "", fmt.Errorf("%s does not tell its version: %w", filepath.Base(found.path), err)
	}
	return versionForm.FindString(string(res.Stdout[:min(len(res.Stdout), 4<<10)])), nil
}

// fits refuses a version whose output is another than the one we read.
func (t *Tool) fits(v string) error {
	switch {
	case v == "":
	case compareVersions(v, t.Version.Oldest) < 0:
		return fmt.Errorf("version %s is too old, want %s or newer: update it with `%s`", v, t.Version.Oldest, t.install())
	case t.Version.Before != "" && compareVersions(v, t.Version.Before) >= 0:
		return fmt.Errorf("version %s is too new, want one before %s: install that with `%s`", v, t.Version.Before, t.install())
	}
	return nil
}
