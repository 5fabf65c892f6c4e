package secret

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/git"
	"github.com/scangate/scangate/text"
)

// plan is what Plan hands to Scan.
type plan struct {
	git     *repo  // nil: not in a git work tree
	files   []file // of the working tree
	commits int    // 0: no history to scan
	since   *since // nil: the full history and all files
	notes   []finding.Note
	part    *quota // what of the history is scanned; nil: all

	staged   bool // it is about staged changes alone
	changes  int  // files with staged changes
	compared int  // commits that files or the index were compared with
}

// Plan finds the repository, lists the files of the working tree and counts
// the commits. A repository that git cannot read is an error, never a reason
// to look at less. A *UsageError says that Since or Staged does not fit.
func (s *Scanner) Plan(ctx context.Context, t scanners.Target) (scanners.Work, error) {
	p := &plan{}
	var err error
	p.git, err = openRepo(ctx, t.Tree.Dir())
	plain := "not in a git repository: the files are scanned, and there is no history"
	if errors.Is(err, git.ErrMissing) {
		if s.History != "none" || s.Since != "" || s.Staged {
			return scanners.Work{}, fmt.Errorf("%w; or scan the files alone, with secret: {history: none}", err)
		}
		// Nothing that is asked for takes git, but for what it would pass over.
		plain, err = "there is no git program: files that git ignores are scanned, too", nil
	}
	switch {
	case err != nil:
		return scanners.Work{}, err
	case p.git == nil && s.Since != "":
		return scanners.Work{}, usage("--since: %s is not in a git repository", filepath.Base(t.Tree.Dir()))
	case p.git == nil && s.Staged:
		return scanners.Work{}, usage("--staged: %s is not in a git repository", filepath.Base(t.Tree.Dir()))
	case p.git == nil:
		p.files = treeFiles(t.Tree)
		p.note(finding.Information, plain)
	case s.Staged:
		err = p.planStaged(ctx, s.Index)
	default:
		err = s.planGit(ctx, t, p)
	}
	if err != nil {
		return scanners.Work{}, err
	}
	switch {
	case len(p.files)+p.commits+p.changes+p.compared > 0:
		return scanners.Work{What: p.String(), Items: p}, nil
	case p.staged:
		return scanners.Nothing("nothing is staged, and there is no commit yet"), nil
	case p.git != nil:
		return scanners.Nothing("no commits, and no files that git does not ignore"), nil
	}
	return scanners.Nothing("no files"), nil
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
	if s.Since != "" {
		if err := s.planSince(ctx, t, p); err != nil {
			return err
		}
	}
	if s.History != "none" {
		p.commits, err = p.git.countCommits(ctx, p.since.revisions()...)
	}
	return err
}

// planSince leaves those files that are new against the merge base.
func (s *Scanner) planSince(ctx context.Context, t scanners.Target, p *plan) (err error) {
	if p.since, err = p.git.openSince(ctx, s.Since); err != nil {
		return err
	}
	if len(p.since.bases) == 0 {
		p.note(finding.Information, "HEAD and "+p.since.rev+" share no commit in this clone: all that HEAD reaches and all files are scanned")
	}
	p.compared = len(p.since.bases)
	p.files, err = p.git.changedFiles(ctx, t.Tree, p.files, p.since.bases)
	return err
}

// planStaged counts what is staged.
func (p *plan) planStaged(ctx context.Context, index string) error {
	p.staged = true
	return p.git.withStaged(ctx, index, func(d stagedDiff) error {
		paths, err := d.paths(ctx)
		p.changes = len(paths)
		if d.born {
			p.compared = 1
		}
		return err
	})
}

func (p *plan) note(level finding.NoteLevel, message string) {
	p.notes = append(p.notes, finding.Note{Level: level, Message: message})
}

// String is the plan in one line.
func (p *plan) String() string {
	files := text.Count(len(p.files), "file") + " of the working tree"
	switch {
	case p.staged && p.changes == 0:
		return "no staged changes: the index is as HEAD is"
	case p.staged:
		return text.Count(p.changes, "file") + " with staged changes"
	case p.since != nil:
		return fmt.Sprintf("%s and %s, new since %s", text.Count(p.commits, "commit"), files, p.since)
	case p.git == nil:
		return text.Count(len(p.files), "file")
	case p.commits == 0:
		return files
	}
	return "full history (" + text.Count(p.commits, "commit") + ") and " + files
}
