package layer

import (
	"fmt"
	"os"

	"github.com/scangate/scangate/fileio"
)

// TempFile is a private temporary file. Its name is gone before anything is in
// it, where the system can do that: then nothing is left even of a killed
// process. Elsewhere the file goes with Close.
type TempFile struct {
	*os.File
	name string // of the file that Close has to remove, or empty
}

// NewTempFile makes a temporary file in a directory; in the system's place for
// them if dir is empty.
func NewTempFile(dir string) (*TempFile, error) {
	f, err := os.CreateTemp(dir, "scangate-*")
	if err != nil {
		return nil, fmt.Errorf("no temporary file can be made: %w", fileio.Cause(err))
	}
	t := &TempFile{File: f}
	if os.Remove(f.Name()) != nil {
		t.name = f.Name()
	}
	return t, nil
}

// Close lets go of the file and its space.
func (t *TempFile) Close() error {
	err := t.File.Close()
	if t.name != "" {
		err = os.Remove(t.name)
	}
	return err
}
