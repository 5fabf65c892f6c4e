package language

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// Bounds on a zip archive and all that is nested in it. Of real ones, the
// largest have some 100,000 entries and 1 GB of nested archives.
const (
	maxEntries      = 200_000         // of one archive
	maxAllEntries   = 1_000_000       // with those of nested ones
	maxDirectory    = 64 << 20        // bytes of one archive's directory, which is kept in memory
	maxArchiveBytes = int64(2) << 30  // unpacked, of the entries that are looked at
	maxSmall        = int64(16) << 20 // unpacked, of a file in an archive
	maxNested       = int64(256) << 20
	maxInMemory     = int64(16) << 20 // of a nested archive; larger ones go to a temporary file
	maxDepth        = 8
	maxGaps         = 20 // that are told one by one
)

var (
	errTooManyEntries = errors.New("has more than " + strconv.Itoa(maxEntries) + " entries: not looked at")
	errDirectory      = errors.New("has a directory of more than " + strconv.Itoa(maxDirectory>>20) + " MB: not looked at")
	errNoArchive      = errors.New("cannot be read as a zip archive")
	errBudget         = errors.New("unpacks to more than " + strconv.FormatInt(maxArchiveBytes>>30, 10) + " GB with what is nested in it: the rest was not looked at")
	errAllEntries     = errors.New("has more than " + strconv.Itoa(maxAllEntries) + " entries with what is nested in it: the rest was not looked at")
)

// archiveReader opens a zip archive and those nested in it, within one budget.
type archiveReader struct {
	ctx     context.Context
	bytes   int64 // that may still be unpacked
	entries int   // that may still be listed
}

// open reads the directory of an archive. It returns nil for a file that is no
// zip archive at all.
func (a *archiveReader) open(r io.ReaderAt, size int64) (*zip.Reader, error) {
	w := &directoryWatch{ctx: a.ctx, r: r, watching: true}
	z, err := zip.NewReader(w, size)
	w.watching = false
	switch {
	case w.stopped != nil:
		return nil, w.stopped
	case a.ctx.Err() != nil:
		return nil, a.ctx.Err()
	case err != nil && !startsAsZip(r):
		return nil, nil
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, errNoArchive
	}
	if len(z.File) > maxEntries {
		return nil, errTooManyEntries
	}
	if a.entries -= len(z.File); a.entries < 0 {
		return nil, errAllEntries
	}
	return z, nil
}

func startsAsZip(r io.ReaderAt) bool {
	var head [4]byte
	n, _ := r.ReadAt(head[:], 0)
	return n == len(head) && head[0] == 'P' && head[1] == 'K' && head[2] < 9
}

// small unpacks a file of at most limit bytes.
func (a *archiveReader) small(e *zip.File, limit int64) ([]byte, error) {
	if e.UncompressedSize64 > uint64(limit) {
		return nil, tooLarge(limit)
	}
	r, err := a.unpack(e)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(ctxReader{a.ctx, r}, limit+1))
	if err != nil {
		return nil, a.broken()
	}
	return data, nil
}

// unpack takes the size of an entry, as its archive has it, from the budget.
// archive/zip fails when more comes out.
func (a *archiveReader) unpack(e *zip.File) (io.ReadCloser, error) {
	if e.UncompressedSize64 > uint64(a.bytes) {
		return nil, errBudget
	}
	a.bytes -= int64(e.UncompressedSize64)
	r, err := e.Open()
	if err != nil {
		return nil, a.broken()
	}
	return r, nil
}

// broken is the error for an entry that cannot be unpacked. What archive/zip
// says of it tells nobody more.
func (a *archiveReader) broken() error {
	if err := a.ctx.Err(); err != nil {
		return err
	}
	return errors.New("cannot be unpacked")
}

// nested gives access to an archive in an archive. done must be called.
func (a *archiveReader) nested(outer io.ReaderAt, e *zip.File) (r io.ReaderAt, done func(), err error) {
	none := func() {}
	size := int64(e.UncompressedSize64)
	if e.UncompressedSize64 > uint64(maxNested) {
		return nil, none, tooLarge(maxNested)
	}
	in, err := a.unpack(e)
	if err != nil {
		return nil, none, err
	}
	defer in.Close()
	if e.Method == zip.Store && e.CompressedSize64 == e.UncompressedSize64 {
		at, err := e.DataOffset()
		if err != nil {
			return nil, none, a.broken()
		}
		return io.NewSectionReader(outer, at, size), none, nil
	}
	if size <= maxInMemory {
		data := make([]byte, size)
		if _, err := io.ReadFull(ctxReader{a.ctx, in}, data); err != nil {
			return nil, none, a.broken()
		}
		return bytes.NewReader(data), none, nil
	}
	f, err := os.CreateTemp("", "scangate-nested-")
	if err != nil {
		return nil, none, errors.New("cannot be unpacked: no temporary file can be made")
	}
	done = func() {
		f.Close()
		os.Remove(f.Name())
	}
	if _, err := io.CopyN(f, ctxReader{a.ctx, in}, size); err != nil {
		done()
		return nil, none, a.broken()
	}
	return f, done, nil
}

// directoryWatch stands between a file and archive/zip while it reads the
// directory. It makes a value of every entry, however many there are, so the
// entries are counted as they pass, roughly: the end of the directory passes
// more than once, and one that lies across two reads is missed.
type directoryWatch struct {
	ctx      context.Context
	r        io.ReaderAt
	watching bool
	read     int64
	entries  int
	stopped  error
}

func (w *directoryWatch) ReadAt(p []byte, off int64) (int, error) {
	if !w.watching {
		return w.r.ReadAt(p, off)
	}
	if w.stopped == nil {
		w.stopped = w.ctx.Err()
	}
	if w.stopped != nil {
		return 0, w.stopped
	}
	n, err := w.r.ReadAt(p, off)
	w.read += int64(n)
	w.entries += bytes.Count(p[:n], []byte("PK\x01\x02"))
	switch {
	case w.entries > maxEntries+slack || promisesTooMany(p[:n]):
		w.stopped = errTooManyEntries
	case w.read > maxDirectory:
		w.stopped = errDirectory
	default:
		return n, err
	}
	return 0, w.stopped
}

// slack is how many entries the last 64 KB of a file can hold, and some.
const slack = 2000

// promisesTooMany knows the record of a large archive that says how many
// entries there are: archive/zip makes room for them before it sees one.
func promisesTooMany(p []byte) bool {
	return len(p) >= 40 && string(p[:4]) == "PK\x06\x06" && binary.LittleEndian.Uint64(p[32:]) > maxEntries
}

// gapList collects what could not be read.
type gapList struct {
	told []string
	more int
}

// add notes a problem with the entry of that name, "" for the file itself.
func (g *gapList) add(name string, problem error) {
	switch {
	case len(g.told) == maxGaps:
		g.more++
	case name == "":
		g.told = append(g.told, problem.Error())
	default:
		g.told = append(g.told, fmt.Sprintf("%.200q in it: %v", name, problem))
	}
}

func (g *gapList) all() []string {
	if g.more == 0 {
		return g.told
	}
	return append(g.told, fmt.Sprintf("and %d more entries", g.more))
}
