package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/scangate/scangate/fileio"
)

// readBelow reads a file of the scanned tree that the configuration names. The
// path cannot lead out of the tree.
func readBelow(dir, name string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	data, err := readRegular(root.FS(), path.Clean(filepath.ToSlash(name)), limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, fileio.Cause(err))
	}
	return data, nil
}

// readRegular reads a file of at most limit bytes. What is none, such as a
// pipe, is not opened: that would wait for a writer.
func readRegular(fsys fs.FS, name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("over the limit of %s", size(limit))
	}
	return data, err
}

// size formats a limit, in KiB or MiB.
func size(limit int64) string {
	if limit < 1<<20 {
		return fmt.Sprintf("%d KiB", limit>>10)
	}
	return fmt.Sprintf("%d MiB", limit>>20)
}
