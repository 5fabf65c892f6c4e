package sarif

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// slowLineHashes is the published algorithm, word for word, over units that
// are already decoded.
func slowLineHashes(units []uint16) map[int]string {
	var (
		window    [hashWindow]uint64
		stamps    [hashWindow]int
		hash      uint64
		index     int
		line      int
		lineStart = true
		prevCR    bool
		counts    = map[uint64]int{}
		out       = map[int]string{}
		power     = uint64(1)
	)
	for range hashWindow {
		power *= hashBase
	}
	emit := func() {
		if stamps[index] == 0 {
			return
		}
		counts[hash]++
		out[stamps[index]] = fmt.Sprintf("%x:%d", hash, counts[hash])
		stamps[index] = 0
	}
	update := func(c uint64) {
		begin := window[index]
		window[index] = c
		hash = hash*hashBase + c - power*begin
		index = (index + 1) % hashWindow
	}
	process := func(c uint64) {
		if c == ' ' || c == '\t' || prevCR && c == '\n' {
			prevCR = false
			return
		}
		if c == '\r' {
			c, prevCR = '\n', true
		} else {
			prevCR = false
		}
		emit()
		if lineStart {
			lineStart = false
			line++
			stamps[index] = line
		}
		if c == '\n' {
			lineStart = true
		}
		update(c)
	}
	for _, u := range units {
		process(uint64(u))
	}
	process(endOfFile)
	for range hashWindow {
		emit()
		update(0)
	}
	return out
}

func hashAll(t *testing.T, content string) map[int]string {
	t.Helper()
	want := map[int]bool{}
	for i := range strings.Count(content, "\n") + strings.Count(content, "\r") + 2 {
		want[i] = true
	}
	got, err := LineHashes(strings.NewReader(content), want)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestLineHashesPublishedVectors(t *testing.T) {
	tests := []struct {
		name, content string
		want          map[int]string
	}{
		{"blanks are skipped", " a\nb\n  \t\tc\n d", map[int]string{
			1: "271789c17abda88f:1", 2: "54703d4cd895b18:1", 3: "180aee12dab6264:1", 4: "a23a3dc5e078b07b:1",
		}},
		{"empty", "", map[int]string{1: "c129715d7a2bc9a3:1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, hashAll(t, tt.content)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLineHashesAgainstSlow(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"a", "b", " ", "\t", "\n", "\r", "\r\n", "é", "漢", "🙂", "\ufeff", "func main() {", "}"}
	for round := range 200 {
		var sb strings.Builder
		for range rnd.IntN(2000) {
			sb.WriteString(alphabet[rnd.IntN(len(alphabet))])
		}
		text := sb.String()
		want := slowLineHashes(utf16.Encode([]rune(text)))
		if diff := cmp.Diff(want, hashAll(t, text)); diff != "" {
			t.Fatalf("round %d, %q:\n%s", round, text, diff)
		}
	}
}

func TestLineHashesLineEnds(t *testing.T) {
	lf := "one\ntwo\n\n  three\nfour"
	for _, end := range []string{"\r\n", "\r"} {
		if diff := cmp.Diff(hashAll(t, lf), hashAll(t, strings.ReplaceAll(lf, "\n", end))); diff != "" {
			t.Errorf("%q differs from LF:\n%s", end, diff)
		}
	}
}

func TestLineHashesByteOrderMark(t *testing.T) {
	body := "first\n" + strings.Repeat("x", 200) + "\nlast\n"
	plain, marked := hashAll(t, body), hashAll(t, "\ufeff"+body)
	if plain[1] == marked[1] {
		t.Error("line 1 has the same hash with and without a byte-order mark")
	}
	delete(plain, 1)
	delete(marked, 1)
	if diff := cmp.Diff(plain, marked); diff != "" {
		t.Errorf("other lines differ:\n%s", diff)
	}
}

func TestLineHashesInvalidUTF8(t *testing.T) {
	const r = 0xFFFD
	tests := []struct {
		name  string
		bytes string
		units []uint16
	}{
		{"lone continuation", "a\x80b", []uint16{'a', r, 'b'}},
		{"truncated three bytes", "\xe2\x82\n", []uint16{r, '\n'}},
		{"truncated four bytes", "\xf0\x9f\x99a", []uint16{r, 'a'}},
		{"overlong", "\xc0\xaf", []uint16{r, r}},
		{"overlong three bytes", "\xe0\x80\xaf", []uint16{r, r, r}},
		{"surrogate", "\xed\xa0\x80", []uint16{r, r, r}},
		{"too large", "\xf4\x90\x80\x80", []uint16{r, r, r, r}},
		{"never a byte of UTF-8", "\xff\xfe", []uint16{r, r}},
		{"broken by a good sequence", "\xe2\x82\xc3\xa9", []uint16{r, 0xe9}},
		{"cut by the end", "ab\xf0\x9f", []uint16{'a', 'b', r}},
		{"last valid", "\xf4\x8f\xbf\xbf", []uint16{0xdbff, 0xdfff}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(slowLineHashes(tt.units), hashAll(t, tt.bytes)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLineHashesOccurrencesCountAllLines(t *testing.T) {
	// Lines 1 to 399 of 500 equal long lines hash the same.
	content := strings.Repeat(strings.Repeat("x", 150)+"\n", 500)
	got, err := LineHashes(strings.NewReader(content), map[int]bool{1: true, 7: true, 400: true, 9: false})
	if err != nil {
		t.Fatal(err)
	}
	all := hashAll(t, content)
	want := map[int]string{1: all[1], 7: all[7], 400: all[400]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.HasSuffix(got[400], ":400") {
		t.Errorf("line 400: %q is not the 400th occurrence", got[400])
	}
}

func TestLineHashesLargeFile(t *testing.T) {
	var sb strings.Builder
	rnd := rand.New(rand.NewPCG(3, 4))
	for i := range 60_000 {
		fmt.Fprintf(&sb, "  line %d of äöü 🙂 %d\r\n", i%977, rnd.IntN(3))
	}
	text := sb.String()
	if diff := cmp.Diff(slowLineHashes(utf16.Encode([]rune(text))), hashAll(t, text)); diff != "" {
		t.Error(diff[:min(len(diff), 2000)])
	}
}

func TestLineHashesReader(t *testing.T) {
	want := map[int]bool{1: true, 2: true}
	got, err := LineHashes(iotest.OneByteReader(strings.NewReader("ä\nb\n")), want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(2, len(got)); diff != "" {
		t.Error(diff)
	}
	broken := errors.New("disk gone")
	if _, err := LineHashes(iotest.ErrReader(broken), want); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
	// What lies behind the last wanted line and its window is not read.
	endless := io.MultiReader(strings.NewReader("a\n"), strings.NewReader(strings.Repeat("b", 1<<20)), iotest.ErrReader(broken))
	if got, err := LineHashes(endless, map[int]bool{1: true}); err != nil || len(got) != 1 {
		t.Errorf("got %v, %v: read on behind the last wanted line", got, err)
	}
	for _, none := range []map[int]bool{nil, {0: true}, {-3: true}, {5: false}} {
		if got, err := LineHashes(iotest.ErrReader(broken), none); err != nil || len(got) != 0 {
			t.Errorf("nothing wanted (%v): got %v, %v", none, got, err)
		}
	}
}

func BenchmarkLineHashes(b *testing.B) {
	line := []byte("    \"resolved\": \"https://registry.npmjs.org/lodash/-/lodash-4.17.21.tgz\",\n")
	content := bytes.Repeat(line, 200_000)
	lines := map[int]bool{1: true, 200_000: true}
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := LineHashes(bytes.NewReader(content), lines); err != nil {
			b.Fatal(err)
		}
	}
}
