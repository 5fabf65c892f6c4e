// Package hostile has what the fuzz tests of all parsers assert beside that
// nothing panics: what is said of a mistake can be shown to people and leads
// them to its place, and no input takes more memory or time than its size
// allows.
package hostile

import (
	"bytes"
	"flag"
	"regexp"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is done with one input.
const (
	freeMemory    = 24 << 20 // bytes that any input may take
	memoryPerByte = 8 << 10  // and so many more for each of its bytes
	maxTime       = 8 * time.Second
	maxMessage    = 4000 // bytes of a message
)

// Seeds are documents that have broken parsers: of YAML, JSON and TOML, and of
// formats with an entry in each line. While inputs are made of them there are
// no large ones, which would be all that is done.
func Seeds() []string {
	n := 10
	if f := flag.Lookup("test.fuzz"); f == nil || f.Value.String() == "" {
		n = 1000
	}
	bomb := "a0: &a0 [x]\n"
	for i := range 9 {
		n := strconv.Itoa(i)
		ref := "*a" + n
		bomb += "a" + strconv.Itoa(i+1) + ": &a" + strconv.Itoa(i+1) + " [" + strings.Repeat(ref+", ", 8) + ref + "]\n"
	}
	return []string{
		"", "\n", "\x00", "\xff\xfe\x00", "\xff\xfea\x00:\x00b\x00", "\xef\xbb\xbf", "\xef\xbb\xbf{}", "a: \x00\n", "a: \xff\n", "a: \u2028b\n c: \u0085d: e\n",
		"a: 1\r\nb: 2\r\n", "a: 1\rb: 2\r", "a:\n\t- b\n", "---\na: 1\n---\nb: 2\n", "a: b\n...\nc", "%YAML 9.9\n---\na: b\n", "!!binary a: b", "? [a]\n: b\n", "? ? a\n",
		bomb, "a: &a [*a]\n", "a: &a {<<: *a}\n", "<<: [{a: b}, {a: c}]\n", "a: *b\n",
		strings.Repeat("[", 20*n), strings.Repeat("{", 20*n), strings.Repeat("- ", 5*n), strings.Repeat("a:\n ", 50), "a: " + strings.Repeat("[", n/2) + strings.Repeat("]", n/2) + "\n",
		"a: 1e999999999\n", "a: 0x" + strings.Repeat("f", n/2) + "\n", "a: -9223372036854775809\n", "a: .inf\n", `{"a": 1e999999999, "b": -0}`, `{"a": ` + strings.Repeat("9", 2*n) + `}`,
		`{"a": "\ud800"}`, `{"a": "\u0000\u001b[31m"}`, `{"a": 1, "A": 2, "a": 3}`, `{"a": 1} {"b": 2}`, "[[a]]\n[[a]]\nb = 1\nb = 2\n", "a = 1e400\n", "a.b.c = 1\na.b = 2\n", "a = '''\n\x00'''\n",
		strings.Repeat("a", 100*n), strings.Repeat("a\n", 5*n), "# only a comment", "\x1b[2J\x07 \u202e exp:2027-13-45 # \x00\n",
	}
}

var place = regexp.MustCompile(`^:(\d+)(:\d+)?: `)

// Mistake asserts of the error of a parser that it is one line that is fit for
// a terminal and says something, that it begins with the name of the file, and
// that the line behind that, if there is one, is a line of the data.
func Mistake(t testing.TB, err error, name string, data []byte) {
	t.Helper()
	if err == nil {
		return
	}
	msg := err.Error()
	OneLine(t, msg)
	rest, named := strings.CutPrefix(msg, name)
	if !named || !strings.HasPrefix(rest, ":") {
		t.Errorf("the error does not begin with the file: %q", msg)
		return
	}
	at := place.FindStringSubmatch(rest)
	if at == nil {
		return
	}
	if line, err := strconv.Atoi(at[1]); err != nil || line < 1 || line > Lines(data) {
		t.Errorf("there are %d lines, and the error is about line %s: %q", Lines(data), at[1], msg)
	}
	if strings.TrimSpace(rest[len(at[0]):]) == "" {
		t.Errorf("the error says nothing: %q", msg)
	}
}

// Place is Mistake for parsers that always know the line.
func Place(t testing.TB, err error, name string, data []byte) {
	t.Helper()
	Mistake(t, err, name, data)
	if err != nil && place.FindString(strings.TrimPrefix(err.Error(), name)) == "" {
		t.Errorf("the error names no line: %q", err)
	}
}

// OneLine asserts that a text can be shown as a line: no control characters,
// not too long.
func OneLine(t testing.TB, s string) {
	t.Helper()
	if !utf8.ValidString(s) || len(s) > maxMessage || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
	}) {
		t.Errorf("not a line that can be shown: %.5000q", s)
	}
}

// Lines is how many lines there are, the last one being what follows the last
// line end. Line ends are those of YAML, which knows more of them than others.
func Lines(data []byte) int {
	n := 1 + bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) - bytes.Count(data, []byte("\r\n"))
	for _, end := range []string{"\u0085", "\u2028", "\u2029"} {
		n += bytes.Count(data, []byte(end))
	}
	return n
}

// Bounded does something with an input of so many bytes, and asserts that the
// memory and the time that it takes are bounded by them. The memory is all that
// was asked for, what was given back included.
func Bounded(t testing.TB, size int, do func()) {
	t.Helper()
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	before, start := sample[0].Value.Uint64(), time.Now()
	do()
	took := time.Since(start)
	metrics.Read(sample)
	if got, most := sample[0].Value.Uint64()-before, uint64(freeMemory+memoryPerByte*size); got > most {
		t.Errorf("%d bytes of input took %d KiB of memory, more than %d", size, got>>10, most>>10)
	}
	if took > maxTime {
		t.Errorf("%d bytes of input took %s", size, took)
	}
}
