package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// Export returns the file of the feed in dir, verified, for Import to read.
// The error is ErrAbsent when there is none.
func (k *Kind) Export(dir string, now time.Time) ([]byte, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	h, data, err := k.readFile(k.path(abs))
	if err == nil {
		_, err = k.check(data, now)
	}
	if err != nil {
		return nil, k.unusable(abs, err)
	}
	first, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{first, data}, []byte("\n")), nil
}

// Carried is a feed that came in a file and was verified.
type Carried struct {
	kind   *Kind
	header header
	data   []byte
}

// ReadExport reads a file that Export made. It is not believed more than a
// download is, except for how old it may be.
func (k *Kind) ReadExport(name string, now time.Time) (*Carried, error) {
	h, data, err := k.readFile(name)
	if err != nil {
		return nil, err
	}
	c, err := k.check(data, now)
	switch {
	case err != nil:
		return nil, err
	case !c.released.Equal(h.Released) || c.entries != h.Entries:
		return nil, errors.New("it says something else of itself than is in it")
	case h.Checked.Sub(now) > clockSkew:
		return nil, fmt.Errorf("it was downloaded in the future, %s: check this machine's clock", h.Checked.UTC().Format(time.RFC3339))
	}
	return &Carried{k, h, data}, nil
}

// Install puts the feed into dir, unless what is there is newer, and returns
// which one is in use then.
func (c *Carried) Install(ctx context.Context, dir string) (Info, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Info{}, err
	}
	unlock, err := c.kind.lock(ctx, abs)
	if err != nil {
		return Info{}, err
	}
	defer unlock()
	path := c.kind.path(abs)
	have, _, err := c.kind.readFile(path)
	if err == nil && (have.Released.After(c.header.Released) || have.Released.Equal(c.header.Released) && have.Checked.After(c.header.Checked)) {
		return c.kind.info(path, have), nil
	}
	if err := c.kind.write(abs, c.header, c.data); err != nil {
		return Info{}, err
	}
	return c.kind.info(path, c.header), nil
}
