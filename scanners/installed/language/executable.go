package language

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/scangate/scangate/scanners/installed"
)

// readExecutable reads what compilers note in what they build: the modules of a
// Go program, and the crates of a Rust program that was built with
// cargo-auditable. The headers are read once, for both.
func readExecutable(ctx context.Context, f installed.File) (*installed.Result, error) {
	x, err := openExecutable(f.Content, f.Size)
	if err != nil {
		return nil, err
	}
	if x == nil {
		return nil, nil
	}
	res, err := goPackages(ctx, x)
	if res != nil || err != nil {
		return res, err
	}
	return rustPackages(ctx, x)
}

// Bounds on the headers of an executable. Windows allows 96 sections; those
// with the most have some hundred.
const (
	maxSections = 4096
	maxNames    = 1 << 20 // bytes of the table of their names
	maxCommands = 1 << 20 // bytes of Mach-O's load commands
)

// errHeaders says that an executable's headers are beyond these bounds: what it
// was built from stays unknown.
var errHeaders = errors.New("has more headers than a program needs: not looked at")

// executable is what the readers need of an ELF, PE, Mach-O or WebAssembly
// file. Nothing in it was checked against the file's size: what lies outside
// reads as the end of the file.
type executable struct {
	r        io.ReaderAt
	size     int64
	segments []segment // what is loaded where
	goInfo   segment   // the section that Go's linker made for it
	data     segment   // where Go's linker put it before it did
	rust     segment
	oldRust  segment // as rust-audit, which came before cargo-auditable, has it
}

// segment is a piece of the file, and where it is loaded.
type segment struct {
	addr, memory uint64 // memory is its size there
	offset, size uint64 // in the file
	packed       bool   // the linker compressed it
}

// section notes those that matter, the first of each name.
func (x *executable) section(name []byte, s segment) {
	var to *segment
	switch string(name) {
	case ".go.buildinfo", "__go_buildinfo":
		to = &x.goInfo
	case ".dep-v0":
		to = &x.rust
	case ".rust-deps-v0", "rust-deps-v0", "rdep-v0":
		to = &x.oldRust
	default:
		return
	}
	if to.size == 0 {
		*to = s
	}
}

// load returns up to len(p) bytes from an address to the end of its segment.
func (x *executable) load(addr uint64, p []byte) (int, error) {
	for _, s := range x.segments {
		if addr-s.addr < s.size { // below s.addr it wraps around
			p = p[:min(uint64(len(p)), s.size-(addr-s.addr))]
			return x.readAt(p, s.offset+addr-s.addr)
		}
	}
	return 0, io.EOF
}

// readAt is io.ReaderAt without an error for a piece that the file ends in.
func (x *executable) readAt(p []byte, offset uint64) (int, error) {
	if offset >= uint64(x.size) {
		return 0, io.EOF
	}
	n, err := x.r.ReadAt(p, int64(offset))
	if n > 0 {
		return n, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return 0, io.EOF
	}
	return 0, err
}

// table reads a whole table of headers.
func (x *executable) table(offset, size uint64) ([]byte, bool) {
	p := make([]byte, size)
	n, err := x.readAt(p, offset)
	return p, err == nil && n == len(p)
}

// isExecutable knows the formats by their first bytes. Java classes start as
// Mach-O files for several processors do; their version is over 40.
func isExecutable(head []byte) bool {
	if len(head) < 16 {
		return false
	}
	switch {
	case bytes.HasPrefix(head, []byte("\x7fELF")), bytes.HasPrefix(head, []byte("MZ")), bytes.HasPrefix(head, []byte(wasmMagic)):
		return true
	case bytes.HasPrefix(head, []byte("\xca\xfe\xba\xbe")):
		return binary.BigEndian.Uint32(head[4:]) <= maxProcessors
	}
	return isMacho(head)
}

// openExecutable reads the headers. It returns nil for another format and for
// a broken file: a system would not run it either.
func openExecutable(r io.ReaderAt, size int64) (*executable, error) {
	x := &executable{r: r, size: size}
	head := make([]byte, 64)
	n, err := x.readAt(head, 0)
	if err != nil || n < 16 || !isExecutable(head) {
		return nil, nil
	}
	var ok bool
	switch {
	case head[0] == 0x7f:
		ok, err = x.elf(head[:n])
	case head[0] == 'M':
		ok, err = x.pe(head[:n])
	case head[0] == 0:
		ok, err = x.wasm()
	default:
		ok, err = x.macho(head[:n], 0)
	}
	if !ok || err != nil {
		return nil, err
	}
	return x, nil
}
