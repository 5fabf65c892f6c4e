package language

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// minimalELF makes an executable that holds build information of Go and
// nothing else. binary.Write does not fail on a buffer and these types.
func minimalELF(version, modules string) []byte {
	if modules != "" { // between marks, which nobody looks at
		modules = string(make([]byte, 16)) + modules + string(make([]byte, 16))
	}
	// A length is read as if it had as many bytes as it may have.
	const padding = binary.MaxVarintLen64
	info := make([]byte, goHeader, goHeader+2*binary.MaxVarintLen64+padding+len(version)+len(modules))
	copy(info, goMagic)
	info[14], info[15] = 8, goInline
	for _, s := range []string{version, modules} {
		info = binary.AppendUvarint(info, uint64(len(s)))
		info = append(info, s...)
	}
	info = append(info, make([]byte, padding)...)
	const (
		address = 1 << 20
		names   = "\x00.go.buildinfo\x00.shstrtab\x00"
		headers = 64 + 56 + 3*64
	)
	h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Phoff: 64, Shoff: 64 + 56, Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64, Shnum: 3, Shstrndx: 2}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	size := uint64(len(info))
	var out bytes.Buffer
	for _, v := range []any{
		h,
		elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W), Off: headers, Vaddr: address, Filesz: size, Memsz: size},
		elf.Section64{},
		elf.Section64{Name: 1, Type: uint32(elf.SHT_PROGBITS), Addr: address, Off: headers, Size: size},
		elf.Section64{Name: 15, Type: uint32(elf.SHT_STRTAB), Off: headers + size, Size: uint64(len(names))},
	} {
		_ = binary.Write(&out, binary.LittleEndian, v)
	}
	out.Write(info)
	out.WriteString(names)
	return out.Bytes()
}
