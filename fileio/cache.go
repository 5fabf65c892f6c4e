package fileio

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// cacheEnding is what the names of all entries of a cache end in.
const cacheEnding = ".json.gz"

// WriteCache writes a value as packed JSON under a name that ends in .json.gz,
// and removes the oldest entries of its directory while they are over limit
// bytes together. A value of more than most bytes is not written. A cache only
// saves time, so nothing that goes wrong here matters.
func WriteCache(name string, value any, most int, limit int64) {
	data, err := json.Marshal(value)
	if err != nil || len(data) > most {
		return
	}
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if _, err := z.Write(data); err != nil || z.Close() != nil {
		return
	}
	dir := filepath.Dir(name)
	if os.MkdirAll(dir, 0o700) != nil {
		return
	}
	if Replace(name, func(w io.Writer) error { _, err := w.Write(packed.Bytes()); return err }) == nil {
		trimCache(dir, limit)
	}
}

// trimCache removes the oldest entries while there are too many.
func trimCache(dir string, limit int64) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	var all []fs.FileInfo
	var total int64
	for _, e := range list {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && strings.HasSuffix(e.Name(), cacheEnding) {
			all = append(all, info)
			total += info.Size()
		}
	}
	slices.SortFunc(all, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range all {
		if total <= limit {
			return
		}
		if os.Remove(filepath.Join(dir, info.Name())) == nil {
			total -= info.Size()
		}
	}
}
