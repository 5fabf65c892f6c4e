package report

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/scangate/scangate/fileio"
)

// WriteFile writes a file whole or not at all: into a temporary file beside
// it, to the disk, and then under its name. A device is written to directly.
func WriteFile(name string, write func(io.Writer) error) error {
	if device, err := target(name); err != nil {
		return err
	} else if device {
		return writeDevice(name, write)
	}
	if err := fileio.Replace(name, write); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, fileio.Cause(err))
	}
	return nil
}

// target tells a device from a file to replace, and refuses the rest. A link to
// a device or a pipe is refused as well: the scanned repository may hold one
// under the name of a report.
func target(name string) (device bool, err error) {
	info, err := os.Lstat(name)
	if err != nil || info.Mode().IsRegular() {
		return false, nil // creating the file will tell what is wrong
	}
	if info.IsDir() {
		return false, fmt.Errorf("cannot write %s: it is a directory", name)
	}
	if info.Mode()&fs.ModeSymlink == 0 {
		return true, nil
	}
	if to, err := os.Stat(name); err == nil && !to.Mode().IsRegular() {
		return false, fmt.Errorf("cannot write %s: it is a link to something that is no file (- is standard output)", name)
	}
	return false, nil
}

func writeDevice(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err == nil {
		err = fileio.Buffered(f, write)
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, fileio.Cause(err))
	}
	return nil
}

// CheckWritable tells early, before a long scan, whether WriteFile can work:
// the directory exists and takes a file.
func CheckWritable(name string) error {
	if device, err := target(name); device || err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".scangate-*.tmp")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, fileio.Cause(err))
	}
	tmp.Close()
	return os.Remove(tmp.Name())
}
