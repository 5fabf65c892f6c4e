package language

import (
	"bytes"
	"debug/macho"
	"encoding/binary"
)

// maxProcessors is how many programs a Mach-O file may hold, one for each
// processor.
const maxProcessors = 16

func isMacho(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\xfe\xed\xfa")) || bytes.HasPrefix(head[1:], []byte("\xfa\xed\xfe"))
}

// macho reads the headers of a Mach-O file that starts at an offset. Of a file
// for several processors it reads the first program. debug/macho reads all
// symbols, whose names may each be as long as the file.
func (x *executable) macho(head []byte, offset uint64) (bool, error) {
	if head[0] == 0xca {
		offset = uint64(binary.BigEndian.Uint32(head[16:]))
		var ok bool
		if head, ok = x.table(offset, 32); !ok || !isMacho(head) {
			return false, nil
		}
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[0] == 0xfe {
		order = binary.BigEndian
	}
	wide := order.Uint32(head) == macho.Magic64
	header := uint64(28)
	if wide {
		header = 32
	}
	if len(head) < int(header) {
		return false, nil
	}
	size := order.Uint32(head[20:])
	if size > maxCommands {
		return false, errHeaders
	}
	commands, ok := x.table(offset+header, uint64(size))
	if !ok {
		return false, nil
	}
	for len(commands) >= 8 {
		length := order.Uint32(commands[4:])
		if length < 8 || uint64(length) > uint64(len(commands)) {
			return false, nil
		}
		x.machoSegment(order, commands[:length], offset)
		if len(x.segments) > maxSections {
			return false, errHeaders
		}
		commands = commands[length:]
	}
	return true, nil
}

// machoSegment notes the segment of a load command, if it is of one, and its
// sections.
func (x *executable) machoSegment(order binary.ByteOrder, c []byte, base uint64) {
	word := func(p []byte, at int) uint64 { return order.Uint64(p[at:]) }
	// Where the fields are, of either width.
	step, vmaddr, vmsize, fileoff, filesize, prot, nsects, first, section := 8, 24, 32, 40, 48, 56, 64, 72, 80
	switch macho.LoadCmd(order.Uint32(c)) {
	case macho.LoadCmdSegment64:
	case macho.LoadCmdSegment:
		step, vmaddr, vmsize, fileoff, filesize, prot, nsects, first, section = 4, 24, 28, 32, 36, 40, 48, 56, 68
		word = func(p []byte, at int) uint64 { return uint64(order.Uint32(p[at:])) }
	default:
		return
	}
	if len(c) < first {
		return
	}
	s := segment{addr: word(c, vmaddr), memory: word(c, vmsize), offset: base + word(c, fileoff), size: word(c, filesize)}
	if name, _, _ := bytes.Cut(c[8:24], []byte{0}); string(name) != "__PAGEZERO" {
		x.segments = append(x.segments, s)
	}
	const readWrite = 3
	if s.addr != 0 && s.size != 0 && order.Uint32(c[prot:]) == readWrite && order.Uint32(c[prot+4:]) == readWrite && x.data.memory == 0 {
		x.data = s
	}
	table := c[first:]
	for n := order.Uint32(c[nsects:]); n > 0 && len(table) >= section; n, table = n-1, table[section:] {
		name, _, _ := bytes.Cut(table[:16], []byte{0})
		size := word(table, 32+step)
		x.section(name, segment{addr: word(table, 32), memory: size, offset: base + uint64(order.Uint32(table[32+2*step:])), size: size})
	}
}
