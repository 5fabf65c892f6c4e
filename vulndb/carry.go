package vulndb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/scangate/scangate/vulndb/feed"
)

// feeds are those that are carried with a database.
func (k *Kind) feeds() []*feed.Kind {
	if k != &vulnerabilities {
		return nil
	}
	return feed.Kinds()
}

// exportFeeds reads the feeds that are in dir, by the names that they have in
// an export.
func (k *Kind) exportFeeds(dir string, now time.Time) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, f := range k.feeds() {
		data, err := f.Export(dir, now)
		switch {
		case errors.Is(err, feed.ErrAbsent):
			continue
		case err != nil:
			return nil, err
		}
		out[f.FileName()] = data
	}
	return out, nil
}

// takeFeeds verifies the feeds among what was unpacked, and removes their files.
func (k *Kind) takeFeeds(at string, found map[string]unpacked, now time.Time) (out []*feed.Carried, err error) {
	for _, f := range k.feeds() {
		if _, ok := found[f.FileName()]; !ok {
			continue
		}
		name := filepath.Join(at, f.FileName())
		c, err := f.ReadExport(name, now)
		if err != nil {
			return nil, fmt.Errorf("its %s cannot be used: %w", f.FileName(), err)
		}
		if err := os.Remove(name); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}
