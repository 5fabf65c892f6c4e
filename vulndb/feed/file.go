package feed

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

const (
	fileVersion = 1
	maxHeader   = 64 << 10
)

// header is the first line of a feed's file.
type header struct {
	Version  int       `json:"version"`
	Kind     string    `json:"kind"`
	Released time.Time `json:"released"` // when its source made it
	Checked  time.Time `json:"checked"`  // when its source last said that there is no newer one
	Entries  int       `json:"entries"`
	Size     int64     `json:"size"` // of what follows
	SHA256   string    `json:"sha256"`
	Source   string    `json:"source"`         // the host it is from
	Address  string    `json:"address"`        // SHA-256 of the address, which may hold a token
	ETag     string    `json:"etag,omitempty"` // as the server gave it
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// write replaces the feed's file.
func (k *Kind) write(dir string, h header, data []byte) error {
	first, err := json.Marshal(h)
	if err == nil && len(first) >= maxHeader {
		err = errors.New("its description is too long")
	}
	if err == nil {
		err = fileio.Replace(k.path(dir), func(w io.Writer) error {
			if _, err := w.Write(append(first, '\n')); err != nil {
				return err
			}
			_, err := w.Write(data)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", k.path(dir), fileio.Cause(err))
	}
	return nil
}

// open opens a file that is no pipe or device, at which a reader could wait
// for ever.
func (k *Kind) open(name string) (*os.File, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrAbsent
	case err != nil:
		return nil, fileio.Cause(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > k.MaxFile():
		return nil, fmt.Errorf("it is over the limit of %d MiB", k.MaxFile()>>20)
	}
	f, err := os.Open(name)
	return f, fileio.Cause(err)
}

// readFile reads a feed's file and makes sure that it is as it was written.
func (k *Kind) readFile(name string) (header, []byte, error) {
	f, err := k.open(name)
	if err != nil {
		return header{}, nil, err
	}
	defer f.Close()
	var all bytes.Buffer
	if info, err := f.Stat(); err == nil {
		all.Grow(int(min(info.Size(), k.MaxFile())) + bytes.MinRead) // ten MiB, without copying them about
	}
	if _, err := all.ReadFrom(io.LimitReader(f, k.MaxFile()+1)); err != nil {
		return header{}, nil, fileio.Cause(err)
	}
	first, data, _ := bytes.Cut(all.Bytes(), []byte("\n"))
	h, err := k.parseHeader(first)
	if err != nil {
		return header{}, nil, err
	}
	if int64(len(data)) != h.Size || digest(data) != h.SHA256 {
		return header{}, nil, errors.New("it is damaged: its content has another digest")
	}
	return h, data, nil
}

// readHeader reads what a feed's file says of itself only.
func (k *Kind) readHeader(name string) (header, error) {
	f, err := k.open(name)
	if err != nil {
		return header{}, err
	}
	defer f.Close()
	start, err := io.ReadAll(io.LimitReader(f, maxHeader))
	if err != nil {
		return header{}, fileio.Cause(err)
	}
	first, _, _ := bytes.Cut(start, []byte("\n"))
	return k.parseHeader(first)
}

func (k *Kind) parseHeader(line []byte) (header, error) {
	var h header
	switch err := json.Unmarshal(line, &h); {
	case err != nil:
		return header{}, errors.New("it is damaged: it does not say what it is")
	case h.Version != fileVersion:
		return header{}, fmt.Errorf("it has version %d, and this scangate reads version %d", h.Version, fileVersion)
	case h.Kind != k.key:
		return header{}, errors.New("it is another feed")
	}
	return h, nil
}
