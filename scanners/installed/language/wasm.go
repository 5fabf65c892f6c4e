package language

import "encoding/binary"

const wasmMagic = "\x00asm\x01\x00\x00\x00"

// wasm notes the custom sections of a WebAssembly module.
func (x *executable) wasm() (bool, error) {
	at := uint64(len(wasmMagic))
	head := make([]byte, 1+2*binary.MaxVarintLen32+16)
	for range maxSections {
		n, err := x.readAt(head, at)
		if err != nil {
			return true, nil // the end
		}
		rest := head[1:n]
		size, used := binary.Uvarint(rest)
		if used <= 0 || size > uint64(x.size) {
			return true, nil
		}
		start := at + 1 + uint64(used)
		if head[0] == 0 { // custom: a name, and what it is of
			rest = rest[used:]
			length, used := binary.Uvarint(rest)
			if used > 0 && length <= uint64(len(rest)-used) && uint64(used)+length <= size {
				skip := uint64(used) + length
				x.section(rest[used:skip], segment{offset: start + skip, size: size - skip})
			}
		}
		at = start + size
	}
	return false, errHeaders
}
