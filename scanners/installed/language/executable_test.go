package language

import (
	"bytes"
	"compress/zlib"
	"context"
	"debug/buildinfo"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// program packs pieces into bytes, as the formats of executables are defined.
func program(t testing.TB, order binary.ByteOrder, pieces ...any) []byte {
	t.Helper()
	var buf bytes.Buffer
	for _, p := range pieces {
		if err := binary.Write(&buf, order, p); err != nil {
			t.Fatal(err)
		}
	}
	return buf.Bytes()
}

const (
	testModules = "path\texample.org/shop\nmod\texample.org/shop\t(devel)\t\ndep\texample.org/a\tv1.2.3\th1:x=\n" +
		"build\t-ldflags=\"-X main.version=4.5.6\"\n"
	loadedAt = 0x400000
)

// goInfo is what Go's linker writes: strings in line, or pointers to strings at
// an address, as it was before Go 1.18.
func goInfo(t testing.TB, order binary.ByteOrder, width uint64, at uint64) []byte {
	t.Helper()
	const version = "go1.16.15"
	modules := strings.Repeat("m", 16) + testModules + strings.Repeat("m", 16)
	info := append([]byte(goMagic), byte(width), 0)
	if width == 0 {
		info[15] = goInline
		info = append(info, make([]byte, 16)...)
		info = append(binary.AppendUvarint(info, uint64(len(version))), version...)
		return append(binary.AppendUvarint(info, uint64(len(modules))), append([]byte(modules), make([]byte, 16)...)...)
	}
	if order == binary.BigEndian {
		info[15] = goBigEndian
	}
	word := func(n uint64) {
		p := make([]byte, 8)
		if order.PutUint64(p, n); width == 4 {
			order.PutUint32(p, uint32(n))
		}
		info = append(info, p[:width]...)
	}
	headers := at + 32
	text := headers + 4*width
	word(headers)
	word(headers + 2*width)
	info = append(info, make([]byte, 32-len(info))...)
	word(text)
	word(uint64(len(version)))
	word(text + uint64(len(version)))
	word(uint64(len(modules)))
	return append(append(info, version...), modules...)
}

func elf32(t testing.TB, order binary.ByteOrder, data elf.Data, info []byte) []byte {
	h := elf.Header32{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_386), Version: 1, Phoff: 52, Ehsize: 52, Phentsize: 32, Phnum: 1, Shentsize: 40}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS32), byte(data), 1
	n := uint32(len(info))
	return program(t, order, h, elf.Prog32{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W), Off: 84, Vaddr: loadedAt, Filesz: n, Memsz: n}, info)
}

func windows(t testing.TB, wide bool, info []byte) []byte {
	dos := make([]byte, 64)
	copy(dos, "MZ")
	dos[0x3c] = 64
	s := pe.SectionHeader32{VirtualSize: uint32(len(info)), VirtualAddress: 0x1000, SizeOfRawData: uint32(len(info)), PointerToRawData: 1024,
		Characteristics: pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ | pe.IMAGE_SCN_MEM_WRITE | 0x600000}
	copy(s.Name[:], ".data")
	f := pe.FileHeader{Machine: pe.IMAGE_FILE_MACHINE_I386, NumberOfSections: 1}
	var optional any = pe.OptionalHeader32{Magic: 0x10b, ImageBase: loadedAt - 0x1000, NumberOfRvaAndSizes: 16}
	if wide {
		f.Machine = pe.IMAGE_FILE_MACHINE_AMD64
		optional = pe.OptionalHeader64{Magic: 0x20b, ImageBase: loadedAt - 0x1000, NumberOfRvaAndSizes: 16}
	}
	f.SizeOfOptionalHeader = uint16(binary.Size(optional))
	head := program(t, binary.LittleEndian, dos, []byte("PE\x00\x00"), f, optional, s)
	return append(append(head, make([]byte, 1024-len(head))...), info...)
}

func apple(t testing.TB, order binary.ByteOrder, wide, section bool, info []byte) []byte {
	n := uint32(len(info))
	header := macho.FileHeader{Magic: macho.Magic32, Cpu: macho.CpuArm, Type: macho.TypeExec, Ncmd: 1}
	var segment, sect any
	at := uint32(0)
	if wide {
		header.Magic, header.Cpu = macho.Magic64, macho.CpuArm64
		g := macho.Segment64{Cmd: macho.LoadCmdSegment64, Addr: loadedAt, Memsz: uint64(n), Filesz: uint64(n), Maxprot: 3, Prot: 3}
		s := macho.Section64{Addr: loadedAt, Size: uint64(n)}
		copy(s.Name[:], "__go_buildinfo")
		g.Len, at = 72, 32+72
		if section {
			g.Len, at, g.Nsect, g.Prot = 72+80, 32+72+80, 1, 1
		}
		g.Offset, s.Offset = uint64(at), at
		header.Cmdsz = g.Len
		segment, sect = g, s
		if !section {
			sect = []byte{}
		}
		return program(t, order, header, uint32(0), segment, sect, info)
	}
	g := macho.Segment32{Cmd: macho.LoadCmdSegment, Addr: loadedAt, Memsz: n, Filesz: n, Maxprot: 3, Prot: 3}
	s := macho.Section32{Addr: loadedAt, Size: n}
	copy(s.Name[:], "__go_buildinfo")
	g.Len, at = 56, 28+56
	sect = []byte{}
	if section {
		g.Len, at, g.Nsect, g.Prot = 56+68, 28+56+68, 1, 1
	}
	g.Offset, s.Offset = at, at
	if section {
		sect = s
	}
	header.Cmdsz = g.Len
	return program(t, order, header, g, sect, info)
}

// fat packs a program for one of several processors.
func fat(t testing.TB, one []byte) []byte {
	const at = 64
	arch := macho.FatArchHeader{Cpu: macho.CpuArm64, Offset: at, Size: uint32(len(one))}
	head := program(t, binary.BigEndian, uint32(macho.MagicFat), uint32(1), arch)
	return append(append(head, make([]byte, at-len(head))...), one...)
}

// goPrograms are programs of every format, small ones.
func goPrograms(t testing.TB) map[string][]byte {
	little, big := binary.LittleEndian, binary.BigEndian
	return map[string][]byte{
		"elf64":            minimalELF("go1.16.15", testModules),
		"elf64 no modules": minimalELF("go1.16.15", ""),
		"elf32":            elf32(t, little, elf.ELFDATA2LSB, goInfo(t, little, 0, loadedAt)),
		"elf32 pointers":   elf32(t, big, elf.ELFDATA2MSB, goInfo(t, big, 4, loadedAt)),
		"pe32":             windows(t, false, goInfo(t, little, 4, loadedAt)),
		"pe64":             windows(t, true, append(make([]byte, 48), goInfo(t, little, 0, loadedAt)...)),
		"pe64 pointers":    windows(t, true, goInfo(t, little, 8, loadedAt)),
		"mach-o 64":        apple(t, little, true, true, goInfo(t, little, 0, loadedAt)),
		"mach-o 64 data":   apple(t, little, true, false, goInfo(t, little, 8, loadedAt)),
		"mach-o 32":        apple(t, big, false, true, goInfo(t, big, 4, loadedAt)),
		"mach-o 32 data":   apple(t, little, false, false, goInfo(t, little, 0, loadedAt)),
		"mach-o fat":       fat(t, apple(t, little, true, true, goInfo(t, little, 0, loadedAt))),
	}
}

// TestGoBuildInfo holds this package to debug/buildinfo.
func TestGoBuildInfo(t *testing.T) {
	for name, data := range goPrograms(t) {
		want, err := buildinfo.Read(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: the test is wrong: %v", name, err)
			continue
		}
		x, err := openExecutable(bytes.NewReader(data), int64(len(data)))
		if err != nil || x == nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		version, modules, err := goBuildInfo(t.Context(), x)
		if err != nil || version != "go1.16.15" || version != want.GoVersion {
			t.Errorf("%s: version %q: %v", name, version, err)
		}
		if has := strings.HasPrefix(modules, "path\texample.org/shop\n"); has != (want.Path == "example.org/shop") || strings.Contains(name, "no modules") == has {
			t.Errorf("%s: modules %q", name, modules)
		}
		got := outcome(t, "executable", "shop", data)
		lines := "gobinary shop example.org/shop 4.5.6\ngobinary shop stdlib v1.16.15\ngobinary shop example.org/a v1.2.3"
		if modules == "" {
			lines = "gobinary shop stdlib v1.16.15"
		}
		if diff := cmp.Diff(lines, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// crates is a program with cargo-auditable's list, plain.
func crates(t testing.TB, list string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zlib.NewWriter(&buf)
	if _, err := z.Write([]byte(list)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	section := append(append([]byte{byte(len(".dep-v0"))}, ".dep-v0"...), buf.Bytes()...)
	module := append(binary.AppendUvarint([]byte(wasmMagic+"\x01\x00\x00"), uint64(len(section))), section...)
	return module
}

func TestCrates(t *testing.T) {
	long := strings.Repeat("n", 2000)
	for _, c := range []struct{ name, list, want string }{
		{"of a build", `{"packages":[{"name":"a","version":"1","dependencies":[1,7]},{"name":"b","version":"2","kind":"build"}]}`, "rustbinary shop a 1"},
		{"nothing", `{"packages":[]}`, ""},
		{"no JSON", `packages`, "error its list of Rust crates cannot be read"},
		{"a bomb", strings.Repeat(" ", maxCrates+1), "error its list of Rust crates is larger than 8 MB: not looked at"},
		{"a long name", `{"packages":[{"name":"` + long + `","version":"1"}]}`, "error names a package in more than 1024 bytes: not looked at"},
		{"deep", strings.Repeat(`{"packages":[`, 100_000), "error its list of Rust crates cannot be read"},
	} {
		if diff := cmp.Diff(c.want, outcome(t, "executable", "shop", crates(t, c.list))); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
	}
}

func TestHostileHeaders(t *testing.T) {
	le := binary.LittleEndian
	change := func(data []byte, f func([]byte)) []byte {
		data = bytes.Clone(data)
		f(data)
		return data
	}
	plain := minimalELF("go1.16.15", testModules)
	section := func(i int) int { return 64 + 56 + i*64 }
	win := windows(t, true, goInfo(t, le, 0, loadedAt))
	mac := apple(t, le, true, true, goInfo(t, le, 0, loadedAt))
	const all = "gobinary shop example.org/shop 4.5.6\ngobinary shop stdlib v1.16.15\ngobinary shop example.org/a v1.2.3"
	tooMany := "error " + errHeaders.Error()
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"65,535 sections", change(plain, func(p []byte) { le.PutUint16(p[60:], 0xffff) }), tooMany},
		{"sections counted elsewhere", change(plain, func(p []byte) { le.PutUint16(p[60:], 0) }), tooMany},
		{"65,535 segments", change(plain, func(p []byte) { le.PutUint16(p[56:], 0xffff) }), tooMany},
		{"segments outside the file", change(plain, func(p []byte) { le.PutUint64(p[32:], 1<<63) }), ""},
		{"sections outside the file", change(plain, func(p []byte) { le.PutUint64(p[40:], 1<<63) }), all},
		{"names outside the file", change(plain, func(p []byte) { le.PutUint64(p[section(2)+24:], 1<<63) }), all},
		{"a name outside the names", change(plain, func(p []byte) { le.PutUint32(p[section(1):], 1<<31) }), all},
		{"a table of names as large as can be", change(plain, func(p []byte) { le.PutUint64(p[section(2)+32:], 1<<63) }), all},
		{"a section as large as can be", change(plain, func(p []byte) { le.PutUint64(p[section(1)+32:], 1<<63) }), all},
		{"a section that wraps around", change(plain, func(p []byte) { le.PutUint64(p[section(1)+32:], 1<<64-1) }), ""},
		{"a version as long as can be", change(plain, func(p []byte) { copy(p[section(3)+32:], "\xff\xff\xff\xff\xff\xff\xff\xff\x7f") }), ""},
		{"a long list of modules", minimalELF("go1.16.15", strings.Repeat(testModules, 1+maxModules/len(testModules))), "error " + errModules.Error()},
		{"long flags", minimalELF("go1.16.15", strings.Replace(testModules, "4.5.6", strings.Repeat("5", maxLdflags), 1)),
			strings.Replace(all, "4.5.6", "", 1) + "\ngap shop: its linker flags are too long to take the version of the main module from"},
		{"a list that is none", minimalELF("go1.16.15", "mod\tonly one word\nbuild\t\"\n"), "error its list of Go modules cannot be read"},
		{"a header beyond the file", change(win, func(p []byte) { le.PutUint32(p[0x3c:], 1<<31) }), ""},
		{"65,535 sections of Windows", change(win, func(p []byte) { le.PutUint16(p[64+6:], 0xffff) }), tooMany},
		{"commands of 4 GB", change(mac, func(p []byte) { le.PutUint32(p[20:], 1<<32-1) }), tooMany},
		{"a command without a length", change(mac, func(p []byte) { le.PutUint32(p[32+4:], 0) }), ""},
		{"4 G sections of Apple", change(mac, func(p []byte) { le.PutUint32(p[32+64:], 1<<32-1) }), all},
		{"a module of many sections", []byte(wasmMagic + strings.Repeat("\x01\x00", 1<<20)), tooMany},
		{"a module that ends early", []byte(wasmMagic + "\x00\x14\x07.dep-v0\x00\x00\x00"), "error its list of Rust crates cannot be read"},
		{"cut off", plain[:70], ""},
		{"letters", []byte("MZ" + strings.Repeat("x", 100)), ""},
	} {
		if diff := cmp.Diff(c.want, outcome(t, "executable", "shop", c.data)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
	}
}

// FuzzExecutable: whatever debug/buildinfo reads, this package reads.
func FuzzExecutable(f *testing.F) {
	for _, data := range goPrograms(f) {
		f.Add(data)
	}
	f.Add(crates(f, `{"packages":[{"name":"a","version":"1"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := openExecutable(bytes.NewReader(data), int64(len(data)))
		if err != nil || x == nil {
			return
		}
		_, _ = rustPackages(context.Background(), x)
		version, modules, err := goBuildInfo(context.Background(), x)
		want, wantErr := buildinfo.Read(bytes.NewReader(data))
		if wantErr != nil || err != nil {
			return
		}
		if version != want.GoVersion || (modules == "") != (want.Path == "" && len(want.Deps) == 0 && want.Main.Path == "" && len(want.Settings) == 0) && strings.Contains(modules, "mod\t") {
			t.Errorf("got %q %q, want %q %+v", version, modules, want.GoVersion, want)
		}
	})
}
