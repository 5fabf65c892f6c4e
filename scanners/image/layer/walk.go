package layer

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/scangate/scangate/text"
)

// Walk reads an uncompressed tar stream to its end, so that digests over it
// are complete, and calls visit for each entry.
//
// Names are taken as containerd takes them: absolute ones, and those with ".."
// that lead out, are below the root all the same. The latter are reported.
// Plumbing of aufs (".wh..wh.plnk" and the like) is passed over.
//
// The problems say what was not looked at, in one sentence each; there are few
// of them, however many entries have one. An error means that the rest of the
// layer was not looked at; it is that of visit, or of the context, or wraps
// ErrTooLarge, or says what is wrong with the stream.
func Walk(ctx context.Context, tarStream io.Reader, lim Limits, visit func(Entry, io.Reader) error) (Stats, []string, error) {
	w := walk{
		in:    bounded{ctx: ctx, r: tarStream, max: lim.Bytes},
		lim:   lim,
		visit: visit,
	}
	buf := bufio.NewReaderSize(&w.in, 128<<10)
	w.tar = tar.NewReader(buf)
	w.content.inner = w.tar
	w.content.left = lim.Sparse
	err := w.entries()
	if err == nil {
		_, err = io.Copy(io.Discard, buf)
		err = w.streamError(err)
	}
	w.stats.Bytes = w.in.read
	return w.stats, w.problems.list(), err
}

type walk struct {
	in       bounded
	tar      *tar.Reader
	lim      Limits
	visit    Visit
	content  content
	stats    Stats
	problems problems
}

func (w *walk) entries() error {
	for {
		hdr, err := w.tar.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && (hdr == nil || !errors.Is(err, tar.ErrInsecurePath)) {
			return w.streamError(err)
		}
		if w.stats.Entries == w.lim.Entries {
			w.problems.add(fmt.Sprintf("only the first %s were looked at", text.Count(w.lim.Entries, "entry")))
			return nil
		}
		w.stats.Entries++
		e, ok := w.entry(hdr)
		if !ok {
			continue
		}
		var r io.Reader = nothing{}
		if e.Kind == File {
			w.stats.Files++
			w.content.sparse = sparse(hdr)
			r = &w.content
		}
		if err := w.visit(e, r); err != nil {
			return err
		}
		// A visitor that hides the stream's error would go on to the next
		// entry, which is where the stream tells it again.
	}
}

// entry reads a header. What is no entry of the file system is not ok.
func (w *walk) entry(hdr *tar.Header) (Entry, bool) {
	e := Entry{Mode: hdr.FileInfo().Mode()}
	switch hdr.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		e.Kind, e.Size = File, hdr.Size
	case tar.TypeDir:
		e.Kind = Dir
	case tar.TypeSymlink:
		e.Kind = Symlink
	case tar.TypeLink:
		e.Kind = Hardlink
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		e.Kind = Device
	case tar.TypeXGlobalHeader:
		return e, false
	default:
		w.problems.entry(hdr.Name, fmt.Sprintf("is of the unknown type %q, and was left out", hdr.Typeflag))
		return e, false
	}
	if len(hdr.Name) > maxPath {
		w.problems.entry(hdr.Name, fmt.Sprintf("has a name of more than %d bytes, and was left out", maxPath))
		return e, false
	}
	var inside bool
	if e.Path, inside = below(hdr.Name); !inside {
		w.problems.entry(hdr.Name, "has a name that leads out of the root, and was looked at as "+quote(e.Path))
	}
	if e.Path == "." && e.Kind != Dir {
		w.problems.entry(hdr.Name, "takes the place of the root, and was left out")
		return e, false
	}
	switch e.Kind {
	case Symlink:
		e.Link = symlinkTarget(e.Path, hdr.Linkname)
	case Hardlink:
		e.Link = target(hdr.Linkname)
	}
	switch hides, as := whiteout(e.Path); as {
	case plain:
	case plumbing:
		return e, false
	case broken:
		w.problems.entry(e.Path, "hides nothing that can be named, and was left out")
		return e, false
	case hidesOne:
		return Entry{Path: hides, Kind: Whiteout, Mode: e.Mode}, true
	case hidesAll:
		return Entry{Path: hides, Kind: Opaque, Mode: e.Mode}, true
	}
	return e, true
}

// sparse reports whether a file has holes, in any of the formats for them.
func sparse(hdr *tar.Header) bool {
	if hdr.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range hdr.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// content is what a visitor reads.
type content struct {
	inner  io.Reader
	sparse bool
	left   int64 // that may be read of sparse files
}

func (c *content) Read(p []byte) (int, error) {
	if !c.sparse {
		return c.inner.Read(p)
	}
	n, err := c.inner.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, fmt.Errorf("sparse files: %w", ErrTooLarge)
	}
	return n, err
}

// nothing is the content of what is no file.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

// streamError puts into words what the tar reader says.
func (w *walk) streamError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrTooLarge):
		return fmt.Errorf("more than %d bytes uncompressed: %w", w.lim.Bytes, ErrTooLarge)
	case errors.Is(err, tar.ErrHeader), errors.Is(err, tar.ErrFieldTooLong):
		return errors.New("it is no tar archive, or a damaged one")
	case err == io.ErrUnexpectedEOF: // the tar reader's own; a stream that says more is passed on
		return fmt.Errorf("the tar archive is cut short: %w", err)
	}
	return err
}
