package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Pose makes dir, which holds files of a commit, the work tree of a repository
// of its own that knows this commit and its ancestors, and nothing later. It
// borrows the objects of g's repository, in which nothing is changed.
func (g *Git) Pose(ctx context.Context, dir, commit string) error {
	objects, err := g.Objects(ctx)
	if err != nil {
		return err
	}
	if strings.ContainsAny(objects, "\n\r") || strings.HasPrefix(objects, `"`) {
		return fmt.Errorf("the path of the repository's objects cannot be written down: %q", objects)
	}
	format, err := g.Output(ctx, "rev-parse", "--show-object-format")
	if err != nil {
		return err
	}
	settings := "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
	if name := strings.TrimSpace(string(format)); name != "sha1" {
		settings = "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\tobjectformat = " + name + "\n"
	}
	repo := filepath.Join(dir, ".git")
	for _, sub := range []string{"objects/info", "refs/heads"} {
		if err := os.MkdirAll(filepath.Join(repo, sub), 0o755); err != nil {
			return err
		}
	}
	for name, content := range map[string]string{"HEAD": commit, "config": settings, "objects/info/alternates": objects} {
		if err := os.WriteFile(filepath.Join(repo, name), []byte(strings.TrimSuffix(content, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	if err := g.copyShallow(ctx, repo); err != nil {
		return err
	}
	posed := *g
	posed.Dir, posed.Top, posed.Tree, posed.Index = dir, dir, dir, ""
	_, err = posed.Output(ctx, "read-tree", commit)
	return err
}

// copyShallow carries over where a shallow clone ends.
func (g *Git) copyShallow(ctx context.Context, repo string) error {
	name, err := g.path(ctx, "shallow")
	if err != nil {
		return err
	}
	in, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(filepath.Join(repo, "shallow"))
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
