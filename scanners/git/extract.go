package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

const (
	// maxExtracted bounds what Extract writes, in bytes.
	maxExtracted = 32 << 30
	// maxLink bounds the target of a link, in bytes.
	maxLink = 4096
	// readers is how many processes read objects side by side at most.
	readers = 4
	// perReader is how many objects make another process worth its start.
	perReader = 500
)

// ErrTooMuch says that a commit holds more than is extracted.
var ErrTooMuch = fmt.Errorf("the files of the commit are over the limit of %d GiB", maxExtracted>>30)

// Extract writes files of a commit below dir, as they are in the repository: no
// filter and no attribute has a say. Links are made if they lead to a place
// below dir; other ones, repositories in the repository and what could be taken
// for one are left out. An error means that files are missing.
func (g *Git) Extract(ctx context.Context, entries []Entry, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	var list []Entry
	made := map[string]bool{".": true}
	for _, e := range entries {
		if e.Repository() || !fs.ValidPath(e.Path) || inRepository(e.Path) {
			continue
		}
		if parent := path.Dir(e.Path); !made[parent] {
			if err := root.MkdirAll(filepath.FromSlash(parent), 0o755); err != nil {
				return err
			}
			made[parent] = true
		}
		list = append(list, e)
	}
	var left atomic.Int64
	left.Store(maxExtracted)
	n := min(readers, 1+len(list)/perReader)
	group, ctx := errgroup.WithContext(ctx)
	for i := range n {
		part := list[i*len(list)/n : (i+1)*len(list)/n]
		group.Go(func() error { return g.extract(ctx, part, root, &left) })
	}
	return group.Wait()
}

// inRepository reports that git itself, or a tool, could take the file for a
// part of a repository's own data. No commit that git made has one.
func inRepository(name string) bool {
	for element := range strings.SplitSeq(name, "/") {
		if strings.EqualFold(element, ".git") {
			return true
		}
	}
	return false
}

// extract writes the entries, whose directories are there.
func (g *Git) extract(ctx context.Context, entries []Entry, root *os.Root, left *atomic.Int64) (err error) {
	if len(entries) == 0 {
		return nil
	}
	blobs, err := g.OpenBlobs(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if end := blobs.Close(); err == nil || end != nil && errors.Is(err, ErrBlobEnd) {
			err = end
		}
	}()
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		write := func(r io.Reader) error { return writeFile(root, e, r, left) }
		if e.Link() {
			write = func(r io.Reader) error { return writeLink(root, e, r) }
		}
		if err := blobs.Read(e.ID, write); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(root *os.Root, e Entry, r io.Reader, left *atomic.Int64) error {
	mode := fs.FileMode(0o644)
	if e.Mode == "100755" {
		mode = 0o755
	}
	f, err := root.OpenFile(filepath.FromSlash(e.Path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(r, left.Load()+1))
	if left.Add(-n) < 0 && err == nil {
		err = ErrTooMuch
	}
	return errors.Join(err, f.Close())
}

// writeLink makes a link that leads to a place below the root.
func writeLink(root *os.Root, e Entry, r io.Reader) error {
	target, err := io.ReadAll(io.LimitReader(r, maxLink+1))
	if err != nil {
		return err
	}
	to := filepath.FromSlash(string(target))
	if len(target) > maxLink || filepath.IsAbs(to) || !filepath.IsLocal(filepath.Join(filepath.Dir(filepath.FromSlash(e.Path)), to)) || !plainTarget(string(target)) {
		return nil
	}
	return root.Symlink(to, filepath.FromSlash(e.Path))
}

// plainTarget reports that a target goes up at its beginning only. Behind another
// link, going up leads elsewhere than it seems.
func plainTarget(target string) bool {
	down := false
	for element := range strings.SplitSeq(filepath.ToSlash(target), "/") {
		if element == ".." && down {
			return false
		}
		down = down || element != ".." && element != "." && element != ""
	}
	return true
}
