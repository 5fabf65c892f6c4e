package language

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
)

// pe reads the headers of a Windows program. debug/pe reads all its symbols,
// whose names may each be as long as the file.
func (x *executable) pe(head []byte) (bool, error) {
	if len(head) < 64 {
		return false, nil
	}
	at := uint64(binary.LittleEndian.Uint32(head[0x3c:]))
	h, ok := x.table(at, 24)
	if !ok || string(h[:4]) != "PE\x00\x00" {
		return false, nil
	}
	sections := int(binary.LittleEndian.Uint16(h[6:]))
	optional := uint64(binary.LittleEndian.Uint16(h[20:]))
	if sections > maxSections {
		return false, errHeaders
	}
	o, ok := x.table(at+24, optional)
	if !ok {
		return false, nil
	}
	var base uint64
	switch {
	case len(o) >= 32 && binary.LittleEndian.Uint16(o) == 0x20b: // 64 bits wide
		base = binary.LittleEndian.Uint64(o[24:])
	case len(o) >= 32 && binary.LittleEndian.Uint16(o) == 0x10b:
		base = uint64(binary.LittleEndian.Uint32(o[28:]))
	}
	table, ok := x.table(at+24+optional, uint64(sections*40))
	if !ok {
		return false, nil
	}
	const (
		alignment = 0x600000 // the only one Go's linker asks for
		writable  = pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ | pe.IMAGE_SCN_MEM_WRITE
	)
	for ; len(table) >= 40; table = table[40:] {
		addr := uint64(binary.LittleEndian.Uint32(table[12:]))
		s := segment{addr: base + addr, memory: uint64(binary.LittleEndian.Uint32(table[8:])),
			offset: uint64(binary.LittleEndian.Uint32(table[20:])), size: uint64(binary.LittleEndian.Uint32(table[16:]))}
		x.segments = append(x.segments, s)
		name, _, _ := bytes.Cut(table[:8], []byte{0})
		x.section(name, s)
		if addr != 0 && s.size != 0 && binary.LittleEndian.Uint32(table[36:])&^alignment == writable && x.data.memory == 0 {
			x.data = s
		}
	}
	return true, nil
}
