package secret

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

const (
	maxArchives = 10        // how deep archives in archives can be asked for
	maxArchive  = 64 << 20  // bytes of a zip file, which is read as a whole
	maxUnpacked = 128 << 20 // bytes that one file may unpack to, all levels together
	maxMembers  = 20_000    // members of one file, all levels together
)

// errUnpacked is returned for an archive that holds more than is looked at.
var errUnpacked = fmt.Errorf("archive with more than %d members or %d MiB: only the beginning was scanned", maxMembers, maxUnpacked>>20)

// errArchive is returned for an archive that cannot be read.
var errArchive = errors.New("archive is damaged, encrypted or of an unknown method: what it holds was not scanned")

// notToItsEnd reports whether an error is about the content alone: the rest of
// the scan goes on, with a gap.
func notToItsEnd(err error) bool {
	return errors.Is(err, errTooLong) || errors.Is(err, errUnpacked) || errors.Is(err, errArchive)
}

// unpacking is how far archives are looked into. A nil one is not at all.
type unpacking struct {
	depth int
	skips func(path string) bool
	left  *allowance
}

// allowance is what one file may still unpack to.
type allowance struct {
	members int
	bytes   int64
}

// unpackTo makes the unpacking of a file; nil for a depth of 0.
func unpackTo(depth int, skips func(string) bool) *unpacking {
	if depth <= 0 {
		return nil
	}
	return &unpacking{depth, skips, &allowance{maxMembers, maxUnpacked}}
}

// archiveKind tells an archive by its beginning: "zip", "gzip", "tar" or none.
func archiveKind(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "zip"
	case bytes.HasPrefix(head, []byte("\x1f\x8b\x08")):
		return "gzip"
	case len(head) > 262 && bytes.HasPrefix(head[257:], []byte("ustar")):
		return "tar"
	}
	return ""
}

// unpack scans what an archive holds. Members are named as gitleaks names them:
// archive!member.
func (u *unpacking) unpack(kind string, r io.Reader, c *chunker) error {
	switch kind {
	case "zip":
		return u.zip(r, c)
	case "tar":
		return u.tar(r, c)
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return errArchive
	}
	in := bufio.NewReaderSize(z, 32<<10)
	head, err := in.Peek(512)
	if err != nil && err != io.EOF {
		return errArchive
	}
	if archiveKind(head) == "tar" {
		return u.tar(in, c)
	}
	name := path.Base(c.path)
	return u.member(strings.TrimSuffix(name, path.Ext(name)), in, c)
}

func (u *unpacking) zip(r io.Reader, c *chunker) error {
	data, err := io.ReadAll(io.LimitReader(r, maxArchive+1))
	if err != nil {
		return err
	}
	if len(data) > maxArchive {
		return errUnpacked
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return errArchive
	}
	var damaged error
	for _, f := range z.File {
		if !f.Mode().IsRegular() {
			continue
		}
		in, err := f.Open()
		if err != nil {
			damaged = errArchive
			continue
		}
		err = u.member(f.Name, in, c)
		in.Close()
		if errors.Is(err, errArchive) {
			damaged = err
		} else if err != nil {
			return err
		}
	}
	return damaged
}

func (u *unpacking) tar(r io.Reader, c *chunker) error {
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !(h != nil && errors.Is(err, tar.ErrInsecurePath)):
			return errArchive
		case h.Typeflag != tar.TypeReg:
			continue
		}
		if err := u.member(h.Name, t, c); err != nil {
			return err
		}
	}
}

// member scans one member of an archive.
func (u *unpacking) member(name string, r io.Reader, c *chunker) error {
	if u.left.members--; u.left.members < 0 {
		return errUnpacked
	}
	sub := &chunker{path: c.path + "!" + strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, "\\", "/")), "/"), commit: c.commit, yield: c.yield}
	if u.skips(sub.path) {
		return nil
	}
	if u.depth > 1 {
		sub.unpack = &unpacking{u.depth - 1, u.skips, u.left}
	}
	in := &metered{r: r, left: u.left}
	_, err := content(in, sub)
	c.total += sub.total
	switch {
	case in.over:
		return errUnpacked
	case in.failed:
		return errArchive
	}
	return err
}

// metered reads a member for as long as its file is allowed to unpack.
type metered struct {
	r            io.Reader
	left         *allowance
	over, failed bool
}

func (a *metered) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	if a.left.bytes -= int64(n); a.left.bytes < 0 {
		a.over = true
		return 0, errUnpacked
	}
	if err != nil && err != io.EOF {
		a.failed = true
	}
	return n, err
}
