package rule

import (
	"bytes"
	"regexp"
	"strings"
)

// signature is a piece of text that gives something away.
type signature struct {
	text string         // in lower case; it is found in any case
	also string         // if set, must follow before the next tag, in lower case: cheaper than re
	re   *regexp.Regexp // if set, must match where text begins, too
	name string         // what it shows, where a rule tells kinds apart
}

// finder looks for many signatures at once. It reads a page once and leaps
// over most of its bytes (Wu and Manber, 1994): the last blockLen bytes of a
// window tell how far the window can be moved without missing anything.
type finder struct {
	signatures []signature
	window     int // length of the shortest signature
	shift      [1 << finderBits]uint8
	buckets    map[uint32][]int // signatures by the last block of their window
}

const (
	finderBits = 13
	blockLen   = 3

	// maxConfirm bounds what a signature's expression is shown, in bytes.
	maxConfirm = 300
)

// newFinder prepares signatures, each of at least blockLen bytes.
func newFinder(signatures ...signature) *finder {
	f := &finder{signatures: signatures, window: 255, buckets: map[uint32][]int{}}
	for _, s := range signatures {
		f.window = min(f.window, len(s.text))
	}
	for i := range f.shift {
		f.shift[i] = uint8(f.window - blockLen + 1)
	}
	for n, s := range signatures {
		for end := blockLen; end <= f.window; end++ {
			h := foldHash(s.text[end-3], s.text[end-2], s.text[end-1])
			f.shift[h] = min(f.shift[h], uint8(f.window-end))
			if end == f.window {
				f.buckets[h] = append(f.buckets[h], n)
			}
		}
	}
	return f
}

// each calls found with every occurrence of a signature, in the order of their
// places, until it returns false. text is what matched.
func (f *finder) each(b []byte, found func(s *signature, at int, text []byte) bool) {
	for end := f.window - 1; end < len(b); {
		h := foldHash(b[end-2], b[end-1], b[end])
		if skip := f.shift[h]; skip > 0 {
			end += int(skip)
			continue
		}
		at := end - f.window + 1
		for _, n := range f.buckets[h] {
			s := &f.signatures[n]
			if !hasPrefixFold(b[at:], s.text) {
				continue
			}
			text := b[at : at+len(s.text)]
			window := b[at:min(len(b), at+maxConfirm)]
			if s.also != "" {
				near := window
				if tag := bytes.IndexByte(near, '<'); tag >= 0 {
					near = near[:tag]
				}
				if !containsFold(near, s.also) {
					continue
				}
			}
			if s.re != nil {
				if text = s.re.Find(window); text == nil {
					continue
				}
			}
			if !found(s, at, text) {
				return
			}
		}
		end++
	}
}

// first returns the first signature in b and what matched, or nil.
func (f *finder) first(b []byte) (*signature, string) {
	var sig *signature
	var what string
	f.each(b, func(s *signature, _ int, text []byte) bool {
		sig, what = s, string(text)
		return false
	})
	return sig, what
}

// foldHash is the hash of a block, the same for upper and lower case: the bit
// between them is left out.
func foldHash(a, b, c byte) uint32 {
	return (uint32(a|0x20)<<8 ^ uint32(b|0x20)<<4 ^ uint32(c|0x20)) & (1<<finderBits - 1)
}

// lowerASCII maps the letters A to Z to lower case, other bytes to themselves.
var lowerASCII = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	return t
}()

// hasPrefixFold reports whether b begins with prefix, which is in lower case.
func hasPrefixFold(b []byte, prefix string) bool {
	if len(b) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if lowerASCII[b[i]] != prefix[i] {
			return false
		}
	}
	return true
}

// containsFold reports whether b, which is short, has text in any case.
func containsFold(b []byte, text string) bool {
	for at := range len(b) - len(text) + 1 {
		if hasPrefixFold(b[at:], text) {
			return true
		}
	}
	return false
}

// literals makes signatures of plain texts.
func literals(texts ...string) []signature {
	out := make([]signature, len(texts))
	for i, t := range texts {
		out[i] = signature{text: strings.ToLower(t)}
	}
	return out
}

// binaryBody reports a body that is not text although it may be called so:
// one with control characters.
func binaryBody(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' || c == 0x7f {
			return true
		}
	}
	return false
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isWord reports a letter, a digit or an underscore of ASCII.
func isWord(c byte) bool {
	return isDigit(c) || c == '_' || 'a' <= lowerASCII[c] && lowerASCII[c] <= 'z'
}
