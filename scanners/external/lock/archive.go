package lock

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/scangate/scangate/text"
)

// Bounds of an archive, which hold even though its digest is known: a lock
// with mistakes in it must not fill a disk.
const (
	maxMembers   = 100_000
	maxUnpacked  = 4 << 30  // bytes of a whole tar archive
	maxDirectory = 64 << 20 // bytes that listing a zip archive may read
)

// unpack writes one member of an archive, found by its exact name, which must
// be a regular file of at most limit bytes that is there once.
func unpack(ctx context.Context, archive *os.File, member string, limit int64, to io.Writer) error {
	var magic [4]byte
	if _, err := archive.ReadAt(magic[:], 0); err != nil {
		return errors.New("the archive is empty")
	}
	switch {
	case magic[0] == 0x1f && magic[1] == 0x8b:
		return untar(ctx, archive, member, limit, to)
	case string(magic[:]) == "PK\x03\x04":
		return unzip(ctx, archive, member, limit, to)
	}
	return errors.New("the archive is neither .tar.gz nor .zip")
}

func untar(ctx context.Context, archive *os.File, member string, limit int64, to io.Writer) error {
	if _, err := archive.Seek(0, io.SeekStart); err != nil {
		return err
	}
	z, err := gzip.NewReader(archive)
	if err != nil {
		return errors.New("the archive is broken: not valid gzip")
	}
	bounded := &io.LimitedReader{R: watched{ctx, z}, N: maxUnpacked}
	r := tar.NewReader(bounded)
	found := false
	for count := 0; ; count++ {
		h, err := r.Next()
		switch {
		case bounded.N <= 0:
			return fmt.Errorf("the archive unpacks to more than %d GiB", maxUnpacked>>30)
		case errors.Is(err, io.EOF):
			if !found {
				return missing(member)
			}
			return nil
		case err != nil:
			return broken(ctx)
		case count == maxMembers:
			return fmt.Errorf("the archive has more than %d members", maxMembers)
		case h.Name != member:
			continue
		case found:
			return twice(member)
		case h.Typeflag != tar.TypeReg:
			return notRegular(member)
		}
		found = true
		if err := copyMember(ctx, to, r, h.Size, limit); err != nil {
			return err
		}
	}
}

func unzip(ctx context.Context, archive *os.File, member string, limit int64, to io.Writer) error {
	info, err := archive.Stat()
	if err != nil {
		return err
	}
	// The list of members is read whole, however long it is.
	bounded := &boundedReader{r: archive, left: maxDirectory}
	r, err := zip.NewReader(bounded, info.Size())
	if err != nil {
		return errors.New("the archive is broken, or cut short")
	}
	if len(r.File) > maxMembers {
		return fmt.Errorf("the archive has more than %d members", maxMembers)
	}
	bounded.left = -1
	var found *zip.File
	for _, f := range r.File {
		switch {
		case f.Name != member:
		case found != nil:
			return twice(member)
		case !f.Mode().IsRegular():
			return notRegular(member)
		default:
			found = f
		}
	}
	if found == nil {
		return missing(member)
	}
	content, err := found.Open()
	if err != nil {
		return errors.New("the archive is packed in a way that is not supported")
	}
	defer content.Close()
	return copyMember(ctx, to, watched{ctx, content}, int64(min(found.UncompressedSize64, 1<<62)), limit)
}

// boundedReader reads at most left bytes, or any number when that is negative.
type boundedReader struct {
	r    io.ReaderAt
	left int64
}

func (b *boundedReader) ReadAt(p []byte, off int64) (int, error) {
	if b.left >= 0 {
		if b.left -= int64(len(p)); b.left < 0 {
			b.left = 0
			return 0, errors.New("too long a list of members")
		}
	}
	return b.r.ReadAt(p, off)
}

// copyMember believes neither the size that the archive states nor that the
// content is whole.
func copyMember(ctx context.Context, to io.Writer, r io.Reader, size, limit int64) error {
	if size > limit {
		return fmt.Errorf("the program in the archive is larger than %d MiB", limit>>20)
	}
	n, err := io.Copy(to, io.LimitReader(r, limit+1))
	var w *writeError
	switch {
	case errors.As(err, &w):
		return w.error
	case err != nil:
		return broken(ctx)
	case n > limit:
		return fmt.Errorf("the program in the archive is larger than %d MiB", limit>>20)
	}
	return nil
}

// watched is a reader that ends with its context.
type watched struct {
	ctx context.Context
	r   io.Reader
}

func (w watched) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}

// broken is why an archive could not be read to its end.
func broken(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.New("the archive is broken, or cut short")
}

// writeError is an error of the disk and not of the archive.
type writeError struct{ error }

func missing(member string) error {
	return fmt.Errorf("the archive has no %s: correct member in the lock", text.OneLine(member, 100))
}

func twice(member string) error {
	return fmt.Errorf("the archive has %s twice", text.OneLine(member, 100))
}

func notRegular(member string) error {
	return fmt.Errorf("%s in the archive is a link or not a regular file", text.OneLine(member, 100))
}
