// Package fileio does to files what several parts of scangate need done in the
// same way: replacing one whole, keeping a cache, locking, and naming an error's cause.
package fileio

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Replace writes a file whole or not at all: into a temporary file beside it,
// to the disk, and then under its name. After an error the old file is as it
// was, and no other is left.
func Replace(name string, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), ".scangate-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // fails harmlessly once it is renamed
	err = Buffered(tmp, write)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	return err
}

// Buffered calls write with a buffer in front of w, and empties it.
func Buffered(w io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}

// Cause drops the operation and the paths from a file error, for messages that
// name the file themselves: the path in the error may be absolute, or that of
// a temporary file.
func Cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	var le *os.LinkError
	if errors.As(err, &le) {
		return le.Err
	}
	return err
}
