package language

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"

	gobinary "github.com/aquasecurity/trivy/pkg/dependency/parser/golang/binary"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

const (
	goMagic      = "\xff Go buildinf:"
	goHeader     = 32
	goAlign      = 16
	goInline     = 2         // a flag: the strings follow the header
	goBigEndian  = 1         // a flag: pointers are so
	maxGoVersion = 1 << 10   // bytes; "go1.26.8 X:nodwarf5"
	maxModules   = 4 << 20   // bytes of the list of modules; the largest have 50 KB
	maxLdflags   = 32 << 10  // bytes; the engine takes time that grows with their square
	chunk        = 256 << 10 // bytes that are searched at once
)

// errModules says that what Go noted is larger than what Go notes.
var errModules = errors.New("has a list of Go modules of more than 4 MB: not looked at")

// goPackages returns nil for a program that Go did not build.
func goPackages(ctx context.Context, x *executable) (*installed.Result, error) {
	version, modules, err := goBuildInfo(ctx, x)
	if version == "" || err != nil {
		return nil, err
	}
	var gaps []string
	if at := strings.Index(modules, "\nbuild\t-ldflags="); at >= 0 {
		if line, rest, _ := strings.Cut(modules[at+1:], "\n"); len(line) > maxLdflags {
			modules = modules[:at+1] + rest
			gaps = []string{"its linker flags are too long to take the version of the main module from"}
		}
	}
	// The engine's parser reads the list out of an executable, by way of a
	// package that takes headers on trust, so it is given one that we made.
	pkgs, requires, err := gobinary.NewParser().Parse(bytes.NewReader(minimalELF(version, modules)))
	if err != nil {
		return nil, errors.New("its list of Go modules cannot be read")
	}
	res, err := listed(ftypes.GoBinary, pkgs, requires)
	if res != nil {
		res.Gaps = gaps
	}
	return res, err
}

// goBuildInfo finds what debug/buildinfo finds: the version of Go and the list
// of modules, which is empty for a program built without modules.
func goBuildInfo(ctx context.Context, x *executable) (version, modules string, err error) {
	at, ok, err := x.find(ctx, goMagic)
	if !ok || err != nil {
		return "", "", err
	}
	header := make([]byte, goHeader)
	if n, err := x.load(at, header); err != nil || n < goHeader {
		return "", "", nil
	}
	if flags := header[15]; flags&goInline != 0 {
		version, at, err = x.inlineString(at+goHeader, maxGoVersion)
		if version != "" && err == nil {
			modules, _, err = x.inlineString(at, maxModules)
		}
	} else { // before Go 1.18
		p := pointers{binary.LittleEndian, uint64(header[14])}
		if flags&goBigEndian != 0 {
			p.order = binary.BigEndian
		}
		if p.width != 4 && p.width != 8 {
			return "", "", nil
		}
		version, err = x.goString(p, p.read(header[16:]), maxGoVersion)
		if version != "" && err == nil {
			modules, err = x.goString(p, p.read(header[16+p.width:]), maxModules)
		}
	}
	if version == "" || err != nil {
		return "", "", err
	}
	// The list stands between two marks of 16 bytes.
	if len(modules) >= 33 && modules[len(modules)-17] == '\n' {
		return version, modules[16 : len(modules)-16], nil
	}
	return version, "", nil
}

// find returns the address of the first mark, aligned, in the section for it or
// else the writable data.
func (x *executable) find(ctx context.Context, mark string) (uint64, bool, error) {
	where := x.goInfo
	if where.memory == 0 {
		where = x.data
	}
	at := (where.addr + goAlign - 1) &^ (goAlign - 1)
	end := where.addr + where.memory
	if end < where.addr || where.memory == 0 {
		return 0, false, nil
	}
	var buf []byte
	for at < end {
		if err := ctx.Err(); err != nil {
			return 0, false, err
		}
		if buf == nil {
			buf = make([]byte, min(chunk, end-at))
		}
		n, err := x.load(at, buf[:min(uint64(len(buf)), end-at)])
		if errors.Is(err, io.EOF) {
			return 0, false, nil
		}
		if err != nil {
			return 0, false, err
		}
		// An aligned mark never lies across two chunks.
		for i := 0; i < n; {
			found := bytes.Index(buf[i:n], []byte(mark))
			if found < 0 {
				break
			}
			if i += found; i%goAlign == 0 {
				return at + uint64(i), true, nil
			}
			i++
		}
		if n%goAlign != 0 {
			return 0, false, nil // its segment ends here
		}
		at += uint64(n)
	}
	return 0, false, nil
}

// inlineString returns a string with its length before it, and the address
// after it; "" for one that the file does not hold.
func (x *executable) inlineString(at, limit uint64) (string, uint64, error) {
	head := make([]byte, binary.MaxVarintLen64)
	n, err := x.load(at, head)
	if err != nil {
		return "", at, noEOF(err)
	}
	length, used := binary.Uvarint(head[:n])
	if used <= 0 {
		return "", at, nil
	}
	at += uint64(used)
	s, err := x.text(at, length, limit)
	return s, at + length, err
}

// pointers tells how addresses are stored.
type pointers struct {
	order binary.ByteOrder
	width uint64 // 4 or 8 bytes
}

func (p pointers) read(b []byte) uint64 {
	if p.width == 4 {
		return uint64(p.order.Uint32(b))
	}
	return p.order.Uint64(b)
}

// goString returns the string whose header is at an address: where it is, and
// how long.
func (x *executable) goString(p pointers, at, limit uint64) (string, error) {
	header := make([]byte, 2*p.width)
	if n, err := x.load(at, header); err != nil || n < len(header) {
		return "", noEOF(err)
	}
	return x.text(p.read(header), p.read(header[p.width:]), limit)
}

// text returns the bytes at an address; "" when there are fewer.
func (x *executable) text(at, length, limit uint64) (string, error) {
	switch {
	case length > uint64(x.size):
		return "", nil
	case length > limit:
		return "", errModules
	}
	p := make([]byte, length)
	if n, err := x.load(at, p); err != nil || uint64(n) < length {
		return "", noEOF(err)
	}
	return string(p), nil
}

// noEOF drops the error for what the file does not hold: it is no program that
// Go built, then.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
