package secret

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/git"
)

// stagedSource yields what the index adds to HEAD. Neither the working tree nor
// the attributes and filters that are set there have a say in it.
type stagedSource struct {
	depth  int // of archives
	repo   *repo
	engine engine
	index  string // file of the index; empty: the repository's own

	looked finding.Looked
	notes  []finding.Note
}

func (s *stagedSource) result() (finding.Looked, []finding.Note) { return s.looked, s.notes }

func (s *stagedSource) fragments(ctx context.Context, yield func(fragment) error) error {
	return s.repo.withStaged(ctx, s.index, func(d stagedDiff) error {
		paths, err := d.paths(ctx)
		if err != nil {
			return err
		}
		p, err := d.git.Start(ctx, nil, nil, append([]string{"diff-index", "--cached", "--patch"}, append(diffOptions(), d.args...)...)...)
		if err != nil {
			return err
		}
		sink := newDiffSink(ctx, d.git, s.engine, yield)
		sink.depth = s.depth
		if err := sink.closeBlobs(readDiff(p.Stdout, &stagedSink{&sink, paths})); err != nil {
			return p.Abandon(err)
		}
		if err := p.Finish(); err != nil {
			return s.repo.explain(err)
		}
		if sink.files != len(paths) {
			return fmt.Errorf("secret: git diff-index showed %d of %d staged files: the scan is not complete", sink.files, len(paths))
		}
		s.looked = finding.Looked{Files: sink.files, Bytes: sink.chunk.total}
		s.notes = sink.notes
		return nil
	})
}

// stagedSink checks that the files of the diff are the expected ones.
type stagedSink struct {
	*diffSink
	expected []string
}

func (s *stagedSink) File(path string) error {
	if s.files == len(s.expected) || s.expected[s.files] != path {
		return errors.New("secret: git diff-index leaves out a staged file, or the index changed during the scan: scan again")
	}
	return s.diffSink.File(path)
}

// Commit is never called: a diff has none.
func (s *stagedSink) Commit(string, int64) error {
	return errors.New("secret: a commit among staged changes")
}

// stagedDiff is what git diff-index is to compare.
type stagedDiff struct {
	git  *git.Git // with an empty work tree
	args []string // what is compared: HEAD, or an empty tree
	born bool     // there is a commit
}

// withStaged calls use with what is staged in an index.
func (r *repo) withStaged(ctx context.Context, index string, use func(stagedDiff) error) error {
	head, err := r.git.Resolve(ctx, "HEAD")
	if err != nil {
		return err
	}
	born := head != ""
	if !born {
		if head, err = emptyTree(ctx, r.git); err != nil {
			return err
		}
	}
	// git takes a file of the work tree for the staged one when its size and
	// times are the same. Here it finds none.
	empty, err := os.MkdirTemp("", "scangate-")
	if err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	defer os.RemoveAll(empty)
	g := *r.git
	g.Dir, g.Tree, g.Index = empty, empty, index
	conflicts, err := g.Entries(ctx, "ls-files", "-z", "--unmerged")
	if err != nil {
		return err
	}
	if len(conflicts) > 0 {
		return errors.New("secret: the index holds conflicts: resolve them, then scan what is staged")
	}
	relative := "--no-relative"
	if r.prefix != "" {
		relative = "--relative=" + r.prefix + "/"
	}
	return use(stagedDiff{&g, []string{"--ita-invisible-in-index", relative, head, "--"}, born})
}

// emptyTree returns the id of a tree without entries, which stands for HEAD
// while there is no commit. A HEAD that names a commit which is not here is an
// error.
func emptyTree(ctx context.Context, g *git.Git) (string, error) {
	_, err := g.Output(ctx, "rev-parse", "--verify", "--quiet", "HEAD")
	if err == nil {
		return "", errors.New("secret: HEAD names a commit that is not in the repository")
	}
	if !git.Exited(err, 1) {
		return "", err
	}
	out, err := g.Output(ctx, "rev-parse", "--show-object-format")
	if err != nil {
		return "", err
	}
	h := git.NewHash(strings.TrimSpace(string(out)) == "sha256")
	io.WriteString(h, "tree 0\x00")
	return hex.EncodeToString(h.Sum(nil)), nil
}

// paths lists the files that the index adds or changes.
func (d stagedDiff) paths(ctx context.Context) ([]string, error) {
	fields, err := d.git.Entries(ctx, append([]string{"diff-index", "--cached", "--raw", "-z", "--no-renames", "-O" + os.DevNull}, d.args...)...)
	if err != nil {
		return nil, err
	}
	var paths []string
	for ; len(fields) > 0; fields = fields[2:] {
		words := strings.Fields(fields[0])
		if len(fields) < 2 || len(words) != 5 || !strings.HasPrefix(words[0], ":") || !git.IsHash(words[3]) {
			return nil, errors.New("secret: git diff-index printed an entry that is not one")
		}
		if words[4] != "D" && words[1] != "160000" {
			paths = append(paths, fields[1])
		}
	}
	return paths, nil
}
