package source

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

const (
	maxArchiveEntries = 20_000
	maxNameLength     = 512 // no file of an image has a longer name
	maxLinks          = 5   // one after the other
)

// tarFiles knows where the files of a tar are, so that each can be read
// without a pass over all of it, and several at a time.
type tarFiles struct {
	file  *os.File
	parts map[string]part
}

type part struct {
	offset, size int64
	link         string // another part's name, in place of content
}

// indexTar reads the headers of a tar, and skips what is between them.
func indexTar(ctx context.Context, f *os.File) (*tarFiles, error) {
	t := &tarFiles{file: f, parts: map[string]part{}}
	r := tar.NewReader(f)
	for n := 0; ; n++ {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		hdr, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return t, nil
		case errors.Is(err, tar.ErrInsecurePath) && hdr != nil:
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errors.New("the archive is cut short")
		case err != nil:
			return nil, errors.New("it is no tar archive, or a damaged one")
		}
		if n == maxArchiveEntries {
			return nil, fmt.Errorf("the archive has more than %d entries: it is not one of an image", maxArchiveEntries)
		}
		if len(hdr.Name) > maxNameLength || len(hdr.Linkname) > maxNameLength {
			continue
		}
		name := path.Clean("/" + hdr.Name)[1:]
		switch hdr.Typeflag {
		case tar.TypeReg:
			if isSparse(hdr) {
				return nil, errors.New("the archive has sparse files, which those of images have not")
			}
			at, err := f.Seek(0, io.SeekCurrent) // the reader is not ahead: it reads header by header
			if err != nil {
				return nil, err
			}
			t.parts[name] = part{offset: at, size: hdr.Size}
		case tar.TypeSymlink: // old versions of docker save share layers so
			t.parts[name] = part{link: path.Clean("/" + path.Dir(name) + "/" + hdr.Linkname)[1:]}
		case tar.TypeLink:
			t.parts[name] = part{link: path.Clean("/" + hdr.Linkname)[1:]}
		}
	}
}

func isSparse(hdr *tar.Header) bool {
	for key := range hdr.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// find follows links within the archive.
func (t *tarFiles) find(name string) (part, error) {
	name = path.Clean("/" + name)[1:]
	for range maxLinks {
		p, ok := t.parts[name]
		if !ok {
			break
		}
		if p.link == "" {
			return p, nil
		}
		name = p.link
	}
	return part{}, fs.ErrNotExist
}

func (t *tarFiles) open(name string) (io.ReadCloser, error) {
	p, err := t.find(name)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(io.NewSectionReader(t.file, p.offset, p.size)), nil
}
