package run

import (
	"errors"
	"io"
	"os"
	"path"
	"strconv"
)

// flatten removes everything in a directory, however deep: what is two levels
// down is moved to the first, so that no path and no recursion grows.
func flatten(root *os.Root) error {
	moved := 0
	for {
		names, err := some(root, ".")
		if err != nil || len(names) == 0 {
			return err
		}
		for _, dir := range names {
			if root.Remove(dir) == nil {
				continue // a file, or empty
			}
			if err := root.Chmod(dir, 0o700); err != nil {
				return err
			}
			for {
				inner, err := some(root, dir)
				if err != nil {
					return err
				}
				if len(inner) == 0 {
					break
				}
				for _, name := range inner {
					name = path.Join(dir, name)
					if root.Remove(name) == nil {
						continue
					}
					if err := root.Chmod(name, 0o700); err != nil { // or it cannot be moved
						return err
					}
					if err := lift(root, name, &moved); err != nil {
						return err
					}
				}
			}
			if err := root.Remove(dir); err != nil {
				return err
			}
		}
	}
}

// lift moves a directory to the top, under a name that is free there.
func lift(root *os.Root, name string, moved *int) error {
	for {
		*moved++
		to := "moved-" + strconv.Itoa(*moved)
		if _, err := root.Lstat(to); errors.Is(err, os.ErrNotExist) {
			return root.Rename(name, to)
		} else if err != nil {
			return err
		}
	}
}

// some lists a part of a directory, nothing when it is empty.
func some(root *os.Root, dir string) ([]string, error) {
	f, err := root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(1000)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return names, err
}
