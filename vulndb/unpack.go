package vulndb

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
)

// What may be in an archive, and how much of it, in bytes.
const (
	databaseName = "trivy.db"
	metadataName = "metadata.json"
	manifestName = "manifest.json" // in exports only

	maxDatabaseSize  = 4 << 30
	maxUnpackedMeta  = 1 << 20
	maxManifestSize  = 64 << 10
	maxEntries       = 16
	maxArchiveExcess = 1 << 20 // headers, padding, and entries that are passed over
)

// unpacked is what became of an archive's entry.
type unpacked struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// unpacker takes a gzipped tar apart. Its content is hostile.
type unpacker struct {
	limits map[string]int64 // the files to unpack, and how large each may be
	more   map[string]int64 // those that may be there, and how large
	strict bool             // anything else is an error, instead of passed over
}

// layerFiles are those of a registry's layer, exportFiles those of an export.
func (k *Kind) layerFiles() unpacker {
	return unpacker{limits: map[string]int64{k.file: k.maxSize, metadataName: maxUnpackedMeta}}
}

func (k *Kind) exportFiles() unpacker {
	u := k.layerFiles()
	u.limits[manifestName], u.strict = maxManifestSize, true
	u.more = map[string]int64{}
	for _, f := range k.feeds() {
		u.more[f.FileName()] = f.MaxFile()
	}
	return u
}

// run unpacks r into dir, which is empty. All files must be there.
func (u unpacker) run(ctx context.Context, r io.Reader, dir string) (map[string]unpacked, error) {
	zipped, err := gzip.NewReader(stopping{ctx, r})
	if err != nil {
		return nil, archiveError(ctx, err)
	}
	whole := int64(maxArchiveExcess)
	for _, limits := range []map[string]int64{u.limits, u.more} {
		for _, limit := range limits {
			whole += limit
		}
	}
	content := &io.LimitedReader{R: zipped, N: whole}
	found, seen := map[string]unpacked{}, map[string]bool{}
	archive := tar.NewReader(content)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, archiveError(ctx, err)
		}
		name, err := entryName(header)
		switch {
		case err != nil:
			return nil, err
		case name == ".":
			continue
		case seen[name]:
			return nil, fmt.Errorf("the archive has %q twice", name)
		case len(seen) == maxEntries:
			return nil, fmt.Errorf("the archive has over %d entries", maxEntries)
		}
		seen[name] = true
		limit, wanted := u.limits[name]
		if !wanted {
			limit, wanted = u.more[name]
		}
		switch {
		case !wanted && u.strict:
			return nil, fmt.Errorf("the archive has an unexpected entry %q", name)
		case !wanted:
			continue
		case header.Size > limit:
			return nil, fmt.Errorf("%s in the archive has %d bytes: over the limit of %d", name, header.Size, limit)
		}
		if found[name], err = writeEntry(ctx, filepath.Join(dir, name), io.LimitReader(archive, limit)); err != nil {
			return nil, err
		}
	}
	// The checksum comes at the very end.
	if _, err := io.Copy(io.Discard, content); err != nil {
		return nil, archiveError(ctx, err)
	}
	if content.N <= 0 {
		return nil, fmt.Errorf("the archive unpacks to over %d bytes", whole)
	}
	for name := range u.limits {
		if _, ok := found[name]; !ok {
			return nil, fmt.Errorf("the archive has no %s", name)
		}
	}
	return found, nil
}

// entryName returns the name of a plain file, or "." for the archive's own
// directory. Everything that could lead out of a directory is an error.
func entryName(h *tar.Header) (string, error) {
	name := path.Clean(h.Name)
	switch {
	case !filepath.IsLocal(h.Name):
		return "", fmt.Errorf("the archive has an entry outside of it, %q", h.Name)
	case h.Typeflag == tar.TypeDir && name == ".":
		return ".", nil
	case h.Typeflag != tar.TypeReg:
		return "", fmt.Errorf("%q in the archive is not a regular file", h.Name)
	}
	return name, nil
}

// writeEntry writes a new file and brings it to the disk.
func writeEntry(ctx context.Context, name string, r io.Reader) (unpacked, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return unpacked{}, local(err)
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(localWriter{f}, sum), r)
	if err != nil {
		return unpacked{}, archiveError(ctx, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return unpacked{}, local(err)
	}
	return unpacked{n, hex.EncodeToString(sum.Sum(nil))}, nil
}

// archiveError says that the archive is at fault, unless something else is.
func archiveError(ctx context.Context, err error) error {
	var here localError
	if ctx.Err() != nil || errors.As(err, &here) {
		return err
	}
	return fmt.Errorf("the archive is damaged: %w", err)
}

// stopping is a reader that ends with its context.
type stopping struct {
	ctx context.Context
	r   io.Reader
}

func (s stopping) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

// localError is trouble of this machine, such as a full disk: another mirror
// would not help.
type localError struct{ error }

func (e localError) Unwrap() error { return e.error }

func local(err error) error {
	if err == nil {
		return nil
	}
	return localError{err}
}

// localWriter marks what goes wrong while writing.
type localWriter struct{ w io.Writer }

func (l localWriter) Write(p []byte) (int, error) {
	n, err := l.w.Write(p)
	return n, local(err)
}
