package git

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// findTop returns the nearest directory at or above dir with a .git, which is
// a directory, or a file in a linked work tree or submodule.
func findTop(dir string) (string, error) {
	if bareRepo(dir) {
		return "", fmt.Errorf("%s is a bare git repository: scan a clone of it", filepath.Base(dir))
	}
	for {
		_, err := os.Lstat(filepath.Join(dir, ".git"))
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("looking for a git repository: %w", err)
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", nil
		}
		dir = up
	}
}

// bareRepo recognises a repository without a work tree, whose history would
// otherwise pass for a directory of binary files.
func bareRepo(dir string) bool {
	for _, name := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	_, err := os.Lstat(filepath.Join(dir, ".git"))
	return err != nil
}
