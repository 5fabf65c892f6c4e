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
	mute bool           // show text alone: what re matches may hold a secret
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

	// maxConfirm bounds what a signature's expression is shown, in bytes, and
	// maxTries how often that is done for a page: nobody but an attacker
	// writes more that is nearly an error.
	maxConfirm = 300
	maxTries   = 1000
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

// hit is an occurrence of a signature's text.
type hit struct{ at, signature int }

// lanes is how many parts of a page are searched at the same time: a step has
// to wait for memory, and steps of several parts wait together.
const lanes = 4

// hits returns the places of signatures' texts, part by part in their order.
func (f *finder) hits(b []byte) (out [lanes][]hit) {
	var end, stop [lanes]int
	starts := len(b) - f.window + 1 // places where a window fits
	if starts <= 0 {
		return out
	}
	for i := range lanes {
		end[i] = starts*i/lanes + f.window - 1
		stop[i] = starts*(i+1)/lanes + f.window - 1
	}
	e0, e1, e2, e3 := end[0], end[1], end[2], end[3]
	for e0 < stop[0] && e1 < stop[1] && e2 < stop[2] && e3 < stop[3] {
		s0, s1, s2, s3 := f.leap(b, e0), f.leap(b, e1), f.leap(b, e2), f.leap(b, e3)
		if s0 == 0 || s1 == 0 || s2 == 0 || s3 == 0 {
			out[0], s0 = f.look(b, e0, s0, out[0])
			out[1], s1 = f.look(b, e1, s1, out[1])
			out[2], s2 = f.look(b, e2, s2, out[2])
			out[3], s3 = f.look(b, e3, s3, out[3])
		}
		e0, e1, e2, e3 = e0+s0, e1+s1, e2+s2, e3+s3
	}
	end = [lanes]int{e0, e1, e2, e3}
	for i, e := range end {
		for e < stop[i] {
			s := f.leap(b, e)
			out[i], s = f.look(b, e, s, out[i])
			e += s
		}
	}
	return out
}

// leap tells how far the window that ends with b[end] can be moved. It stays
// if a signature may begin with it.
func (f *finder) leap(b []byte, end int) int {
	block := b[end-2 : end+1 : end+1]
	return int(f.shift[foldHash(block[0], block[1], block[2])])
}

// look adds the signatures that begin with the window that ends with b[end],
// if its leap is 0, and returns the leap to take.
func (f *finder) look(b []byte, end, leap int, out []hit) ([]hit, int) {
	if leap > 0 {
		return out, leap
	}
	at := end - f.window + 1
	for _, n := range f.buckets[foldHash(b[end-2], b[end-1], b[end])] {
		if hasPrefixFold(b[at:], f.signatures[n].text) {
			out = append(out, hit{at, n})
		}
	}
	return out, 1
}

// each calls found with every occurrence of a signature, in the order of their
// places, until it returns false. text is what matched.
func (f *finder) each(b []byte, found func(s *signature, at int, text []byte) bool) {
	tries := 0
	for _, part := range f.hits(b) {
		for _, h := range part {
			s := &f.signatures[h.signature]
			if s.re != nil {
				if tries++; tries > maxTries {
					return
				}
			}
			if text := s.confirm(b, h.at); text != nil && !found(s, h.at, text) {
				return
			}
		}
	}
}

// confirm returns what matches where the text of a signature was found, or nil.
func (s *signature) confirm(b []byte, at int) []byte {
	window := b[at:min(len(b), at+maxConfirm)]
	if s.also != "" {
		near := window
		if tag := bytes.IndexByte(near, '<'); tag >= 0 {
			near = near[:tag]
		}
		if !containsFold(near, s.also) {
			return nil
		}
	}
	if s.re == nil || s.mute && s.re.Match(window) {
		return window[:len(s.text)]
	}
	if s.mute {
		return nil
	}
	return s.re.Find(window)
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
