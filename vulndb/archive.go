package vulndb

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/vulndb/feed"
)

// exportVersion is the version of the format of exports.
const exportVersion = 1

// manifest is the content of an export's manifest.json.
type manifest struct {
	Version int `json:"version"`
	origin
	Files map[string]unpacked `json:"files"`
}

// Export checks the database in dir and writes it to w as a gzipped tar with
// its file, metadata.json, and a manifest.json that has the SHA-256 of both.
// With the vulnerability database come the feeds that are beside it. The same
// database gives the same bytes.
func (k *Kind) Export(ctx context.Context, w io.Writer, dir string, now time.Time) error {
	info, err := k.Inspect(dir, now)
	if err != nil {
		return err
	}
	at, from, err := k.locate(info.Dir)
	if err != nil {
		return err
	}
	m := manifest{Version: exportVersion, origin: from, Files: map[string]unpacked{}}
	zipped := gzip.NewWriter(w)
	archive := tar.NewWriter(zipped)
	var files []*os.File
	for _, name := range []string{metadataName, k.file} {
		// Opened once: an update meanwhile must not mix two versions.
		f, err := os.Open(filepath.Join(at, name))
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		defer f.Close()
		files = append(files, f)
		if m.Files[name], err = digest(ctx, f); err != nil {
			return fmt.Errorf("%s %s: %w", k.name, f.Name(), fileio.Cause(err))
		}
	}
	feeds, err := k.exportFeeds(dir, now)
	if err != nil {
		return err
	}
	for name, data := range feeds {
		sum := sha256.Sum256(data)
		m.Files[name] = unpacked{int64(len(data)), hex.EncodeToString(sum[:])}
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := addEntry(archive, manifestName, int64(len(text)), strings.NewReader(string(text))); err != nil {
		return err
	}
	for _, f := range files {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		name := filepath.Base(f.Name())
		sum := sha256.New()
		if err := addEntry(archive, name, m.Files[name].Size, io.TeeReader(stopping{ctx, f}, sum)); err != nil {
			return err
		}
		if hex.EncodeToString(sum.Sum(nil)) != m.Files[name].SHA256 {
			return fmt.Errorf("%s %s changed while it was exported: try again", k.name, f.Name())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(feeds)) {
		if err := addEntry(archive, name, int64(len(feeds[name])), bytes.NewReader(feeds[name])); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), zipped.Close())
}

func digest(ctx context.Context, r io.Reader) (unpacked, error) {
	sum := sha256.New()
	n, err := io.Copy(sum, stopping{ctx, r})
	return unpacked{n, hex.EncodeToString(sum.Sum(nil))}, err
}

// addEntry writes a file without anything about this machine or moment.
func addEntry(w *tar.Writer, name string, size int64, r io.Reader) error {
	err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR})
	if err == nil {
		_, err = io.CopyN(w, r, size)
	}
	return err
}

// Import replaces the database in dir by the one that Export wrote to the
// file, and the feeds in dir by those that came with it, unless what is there
// is newer. All digests are checked and everything is verified before. What is
// there stays in use until then, and after any error.
func (k *Kind) Import(ctx context.Context, dir, file string, now time.Time) (Info, error) {
	u, err := newUpdater(k, dir, UpdateOptions{})
	if err != nil {
		return Info{}, err
	}
	f, err := openExport(file)
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	if err := makeStore(u.dir); err != nil {
		return Info{}, err
	}
	unlock, err := k.lock(ctx, u.dir)
	if err != nil {
		return Info{}, err
	}
	defer unlock()
	defer func() { k.tidy(u.dir, "") }() // what was unpacked and not installed, too
	carried, err := u.importFrom(ctx, f, now)
	if err != nil {
		return Info{}, fmt.Errorf("%s: %w", file, err)
	}
	info, err := k.Inspect(dir, now)
	if err != nil {
		return info, err
	}
	for _, c := range carried {
		in, err := c.Install(ctx, u.dir)
		if err != nil {
			return info, fmt.Errorf("%s: the %s is replaced, and not the feeds: %w", file, k.name, err)
		}
		info.Feeds = append(info.Feeds, in)
	}
	return info, nil
}

func openExport(name string) (*os.File, error) {
	f, err := openRegular(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// openRegular opens a file that is no pipe or device, which could keep the
// reader waiting for ever. Errors leave the name out.
func openRegular(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	var f *os.File
	if err == nil {
		f, err = os.Open(name)
	}
	return f, fileio.Cause(err)
}

// importFrom installs the database, and returns the feeds that came with it.
func (u *updater) importFrom(ctx context.Context, f *os.File, now time.Time) ([]*feed.Carried, error) {
	at, err := os.MkdirTemp(store(u.dir), versionPrefix)
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", store(u.dir), fileio.Cause(err))
	}
	found, err := u.kind.exportFiles().run(ctx, f, at)
	if err != nil {
		return nil, err
	}
	from, err := u.kind.checkManifest(filepath.Join(at, manifestName), found)
	if err != nil {
		return nil, err
	}
	carried, err := u.kind.takeFeeds(at, found, now)
	if err != nil {
		return nil, err
	}
	if _, err := u.kind.accept(at, now); err != nil {
		return nil, errors.New(without(err, at))
	}
	if from.Source != "" {
		from.Source = ", from " + from.Source
	}
	from.Source = filepath.Base(f.Name()) + from.Source
	return carried, u.kind.install(u.dir, at, from)
}

// checkManifest compares what was unpacked with what the manifest says.
func (k *Kind) checkManifest(name string, found map[string]unpacked) (origin, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return origin{}, err
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return origin{}, errors.New("its manifest.json cannot be read: this is no export of a " + k.name)
	}
	if m.Version != exportVersion {
		return origin{}, fmt.Errorf("its manifest.json has version %d: this scangate reads version %d", m.Version, exportVersion)
	}
	files := []string{k.file, metadataName}
	for _, f := range k.feeds() {
		files = append(files, f.FileName())
	}
	for _, file := range files {
		if found[file] != m.Files[file] {
			return origin{}, fmt.Errorf("its %s is not the one that was exported: it has another digest than manifest.json says", file)
		}
	}
	for _, digest := range []string{m.Digest, m.Layer} {
		if _, err := v1.NewHash(digest); digest != "" && err != nil {
			return origin{}, errors.New("its manifest.json has a digest that is none")
		}
	}
	m.Source = cut(errors.New(m.Source))
	return m.origin, os.Remove(name)
}
