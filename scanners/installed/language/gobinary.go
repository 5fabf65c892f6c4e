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

var errModules = errors.New("has a list of Go modules of more than 4 MB: not looked at")

// tooMuch stands for a string over the limit; no string of a program is equal.
const tooMuch = "\x00too much"

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
		version, at = x.inlineString(at+goHeader, maxGoVersion)
		if modules, _ = x.inlineString(at, maxModules); modules == tooMuch {
			return "", "", errModules
		}
	} else { // before Go 1.18
		var order binary.ByteOrder = binary.LittleEndian
		if flags&goBigEndian != 0 {
			order = binary.BigEndian
		}
		width := uint64(header[14])
		if width != 4 && width != 8 {
			return "", "", nil
		}
		version = x.goString(x.pointer(order, width, at+16), order, width, maxGoVersion)
		if modules = x.goString(x.pointer(order, width, at+16+width), order, width, maxModules); modules == tooMuch {
			return "", "", errModules
		}
	}
	if version == tooMuch {
		return "", "", nil
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
// after it.
func (x *executable) inlineString(at uint64, limit uint64) (string, uint64) {
	head := make([]byte, binary.MaxVarintLen64)
	n, err := x.load(at, head)
	if err != nil {
		return "", at
	}
	length, used := binary.Uvarint(head[:n])
	if used <= 0 {
		return "", at
	}
	if length > limit {
		return tooMuch, at
	}
	at += uint64(used)
	return x.bytes(at, length), at + length
}

// goString returns the string of a header of two words: where and how long.
func (x *executable) goString(at uint64, order binary.ByteOrder, width, limit uint64) string {
	length := x.pointer(order, width, at+width)
	if length > limit {
		return tooMuch
	}
	return x.bytes(x.pointer(order, width, at), length)
}

func (x *executable) pointer(order binary.ByteOrder, width, at uint64) uint64 {
	p := make([]byte, width)
	if n, err := x.load(at, p); err != nil || uint64(n) < width {
		return 0
	}
	if width == 4 {
		return uint64(order.Uint32(p))
	}
	return order.Uint64(p)
}

func (x *executable) bytes(at, length uint64) string {
	p := make([]byte, length)
	if n, err := x.load(at, p); err != nil || uint64(n) < length {
		return ""
	}
	return string(p)
}
