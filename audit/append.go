package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/scangate/scangate/fileio"
)

// maxLine bounds a line of the log, in bytes.
const maxLine = 1 << 20

// lockWait is how long Append waits for others, and lockPoll how often it tries.
const (
	lockWait = 10 * time.Second
	lockPoll = 5 * time.Millisecond
)

// beginning is what every record begins with.
const beginning = `{"schemaVersion":`

// Check tells early whether Append can work. It creates the file.
func Check(name string) error {
	f, err := open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, len(beginning))
	n, err := f.ReadAt(head, 0)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return failed(name, err)
	case n > 0 && string(head[:n]) != beginning:
		return fmt.Errorf("%s is no audit log: name another file, or one that is not there yet", name)
	}
	return nil
}

// Append adds a record to the log of that name, and returns the SHA-256 of its
// line. Whoever else appends waits meanwhile. After an error the log is as it
// was, as far as the disk lets it.
func Append(name string, r Record) (digest string, err error) {
	f, err := open(name)
	if err != nil {
		return "", err
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = failed(name, cerr)
		}
	}()
	if err := lock(f, lockWait); err != nil { // closing the file lets go of it
		return "", failed(name, err)
	}
	info, err := f.Stat()
	if err == nil {
		digest, err = appendTo(f, info.Size(), r)
	}
	if err != nil {
		return "", failed(name, err)
	}
	return digest, nil
}

func failed(name string, err error) error {
	return fmt.Errorf("cannot write %s: %w", name, fileio.Cause(err))
}

// open opens the log, or creates it for its owner alone. A link is refused: the
// scanned repository may hold one under the name of the log.
func open(name string) (*os.File, error) {
	before, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, failed(name, err)
	case before.Mode()&fs.ModeSymlink != 0:
		return nil, fmt.Errorf("cannot write %s: it is a link: name the file itself", name)
	case !before.Mode().IsRegular(): // opening a pipe would wait for a reader
		return nil, fmt.Errorf("cannot write %s: it is not a regular file", name)
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, failed(name, err)
	}
	opened, err := f.Stat()
	now, lerr := os.Lstat(name)
	if err = errors.Join(err, lerr); err == nil && !os.SameFile(opened, now) {
		err = errors.New("it was replaced while it was opened")
	}
	if err != nil {
		f.Close()
		return nil, failed(name, err)
	}
	return f, nil
}

// lock takes the lock on f, which ends with the process at the latest.
func lock(f *os.File, wait time.Duration) error {
	for deadline := time.Now().Add(wait); ; time.Sleep(lockPoll) {
		taken, err := fileio.TryLock(f)
		switch {
		case err != nil:
			return fmt.Errorf("locking it: %w", err)
		case taken:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("somebody else has had it locked for %s", wait)
		}
	}
}

// log is the open file, which whoever appends has locked.
type log interface {
	io.ReaderAt
	io.Writer
	Truncate(size int64) error
	Sync() error
}

// appendTo adds the record as one line, in one write.
func appendTo(f log, size int64, r Record) (digest string, err error) {
	last, whole, err := lastLine(f, size)
	if err != nil {
		return "", err
	}
	r.Version, r.Previous = SchemaVersion, ""
	if size > 0 {
		r.Previous = sum(last)
	}
	line, err := encode(r)
	if err != nil {
		return "", err
	}
	data := append(bytes.Clone(line), '\n')
	if !whole { // somebody died while writing: what is there stays, on a line of its own
		data = append([]byte{'\n'}, data...)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return "", errors.Join(err, f.Truncate(size)) // no half of a line stays
	}
	return sum(line), nil
}

// encode makes the line of a record, without its end.
func encode(r Record) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return nil, err
	}
	line := bytes.TrimSuffix(b.Bytes(), []byte{'\n'})
	if len(line) >= maxLine {
		return nil, fmt.Errorf("the record is over the limit of %d KiB", maxLine>>10)
	}
	return line, nil
}

// lastLine reads the last line, without its end, and whether it has one.
func lastLine(f io.ReaderAt, size int64) (line []byte, whole bool, err error) {
	if size == 0 {
		return nil, true, nil
	}
	buf := make([]byte, min(size, maxLine+1))
	if n, err := f.ReadAt(buf, size-int64(len(buf))); n < len(buf) {
		return nil, false, fmt.Errorf("reading its last line: %w", err)
	}
	line, whole = bytes.CutSuffix(buf, []byte{'\n'})
	if i := bytes.LastIndexByte(line, '\n'); i >= 0 {
		return line[i+1:], whole, nil
	}
	if size > int64(len(buf)) {
		return nil, false, fmt.Errorf("its last line is over the limit of %d KiB: it is no audit log", maxLine>>10)
	}
	return line, whole, nil
}

func sum(line []byte) string {
	h := sha256.Sum256(line)
	return hex.EncodeToString(h[:])
}
