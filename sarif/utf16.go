package sarif

// replacement stands for what is not UTF-8.
const replacement = 0xFFFD

// utf16Decoder turns UTF-8 into UTF-16 code units byte by byte, as the WHATWG
// Encoding Standard's UTF-8 decoder does with "replacement" errors: each
// maximal part of a broken sequence becomes one U+FFFD. Go's own decoding
// gives one for each byte, and so another hash. A byte-order mark is kept.
type utf16Decoder struct {
	point        uint32
	needed       int
	lower, upper byte // bounds of the next continuation byte
}

// decode takes one byte and hands on the units that it completes.
func (d *utf16Decoder) decode(b byte, emit func(uint16)) {
	if d.needed > 0 {
		if b < d.lower || b > d.upper {
			// The broken sequence ends before this byte, which begins anew.
			d.needed = 0
			emit(replacement)
			d.start(b, emit)
			return
		}
		d.lower, d.upper = 0x80, 0xBF
		d.point = d.point<<6 | uint32(b&0x3F)
		if d.needed--; d.needed == 0 {
			emitPoint(d.point, emit)
		}
		return
	}
	d.start(b, emit)
}

// start takes the first byte of a sequence.
func (d *utf16Decoder) start(b byte, emit func(uint16)) {
	d.lower, d.upper = 0x80, 0xBF
	switch {
	case b < 0x80:
		emit(uint16(b))
	case b >= 0xC2 && b <= 0xDF:
		d.needed, d.point = 1, uint32(b&0x1F)
	case b >= 0xE0 && b <= 0xEF:
		switch b {
		case 0xE0:
			d.lower = 0xA0 // shorter forms exist
		case 0xED:
			d.upper = 0x9F // surrogates
		}
		d.needed, d.point = 2, uint32(b&0x0F)
	case b >= 0xF0 && b <= 0xF4:
		switch b {
		case 0xF0:
			d.lower = 0x90
		case 0xF4:
			d.upper = 0x8F // above U+10FFFF
		}
		d.needed, d.point = 3, uint32(b&0x07)
	default:
		emit(replacement)
	}
}

// flush ends the text: a sequence that is cut short is one error.
func (d *utf16Decoder) flush(emit func(uint16)) {
	if d.needed > 0 {
		d.needed = 0
		emit(replacement)
	}
}

// emitPoint writes a code point as one unit or a surrogate pair.
func emitPoint(p uint32, emit func(uint16)) {
	if p < 0x10000 {
		emit(uint16(p))
		return
	}
	p -= 0x10000
	emit(uint16(0xD800 + p>>10))
	emit(uint16(0xDC00 + p&0x3FF))
}
