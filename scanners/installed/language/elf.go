package language

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// elf reads the headers of an ELF file. debug/elf makes a value and a name for
// every section that a file claims to have, and each name may be as long as the
// file.
func (x *executable) elf(head []byte) (bool, error) {
	if len(head) < 52 {
		return false, nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	if elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	wide := elf.Class(head[elf.EI_CLASS]) == elf.ELFCLASS64
	if wide && len(head) < 64 {
		return false, nil
	}
	// word reads a number that is as wide as addresses are, at one offset or
	// the other; the classes differ in little else.
	word := func(p []byte, at32, at64 int) uint64 {
		if wide {
			return order.Uint64(p[at64:])
		}
		return uint64(order.Uint32(p[at32:]))
	}
	programs, sections := word(head, 28, 32), word(head, 32, 40)
	counts, programSize, sectionSize := head[42:], 32, 40
	if wide {
		counts, programSize, sectionSize = head[54:], 56, 64
	}
	nPrograms, nSections := int(order.Uint16(counts[2:])), int(order.Uint16(counts[6:]))
	names := int(order.Uint16(counts[8:]))
	if order.Uint16(counts) != uint16(programSize) && nPrograms > 0 || order.Uint16(counts[4:]) != uint16(sectionSize) && nSections > 0 {
		return false, nil
	}
	// A file with 0xffff segments, or with sections and the number 0, keeps the
	// true number elsewhere: it has more than this.
	if nPrograms > maxSections || nSections > maxSections || nSections == 0 && sections != 0 {
		return false, errHeaders
	}
	table, ok := x.table(programs, uint64(nPrograms*programSize))
	if !ok && nPrograms > 0 {
		return false, nil
	}
	for ; len(table) >= programSize; table = table[programSize:] {
		flags := order.Uint32(table[24:])
		if wide {
			flags = order.Uint32(table[4:])
		}
		s := segment{addr: word(table, 8, 16), memory: word(table, 20, 40), offset: word(table, 4, 8), size: word(table, 16, 32)}
		x.segments = append(x.segments, s)
		if elf.ProgType(order.Uint32(table)) == elf.PT_LOAD && elf.ProgFlag(flags)&(elf.PF_X|elf.PF_W) == elf.PF_W && x.data.memory == 0 {
			x.data = s
		}
	}
	table, ok = x.table(sections, uint64(nSections*sectionSize))
	if !ok || names >= nSections {
		return true, nil // sections can be stripped
	}
	strings, _ := x.table(word(table[names*sectionSize:], 16, 24), min(word(table[names*sectionSize:], 20, 32), maxNames))
	for ; len(table) >= sectionSize; table = table[sectionSize:] {
		at := order.Uint32(table)
		if uint64(at) >= uint64(len(strings)) || elf.SectionType(order.Uint32(table[4:])) == elf.SHT_NOBITS {
			continue
		}
		name, _, _ := bytes.Cut(strings[at:min(int(at)+32, len(strings))], []byte{0})
		size := word(table, 20, 32)
		x.section(name, segment{addr: word(table, 12, 16), memory: size, offset: word(table, 16, 24), size: size,
			packed: elf.SectionFlag(word(table, 8, 8))&elf.SHF_COMPRESSED != 0})
	}
	return true, nil
}
