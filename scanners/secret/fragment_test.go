package secret

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestChunker cuts texts of several shapes, written in pieces of several
// sizes, and asserts that each word is whole in some fragment, that nothing
// else is made of it, and that each fragment knows its line.
func TestChunker(t *testing.T) {
	texts := map[string]func(i int) string{
		"lines":      func(i int) string { return fmt.Sprintf("word%06d filler filler\n", i) },
		"one line":   func(i int) string { return fmt.Sprintf("word%06d,", i) },
		"long lines": func(i int) string { return fmt.Sprintf("word%06d %s", i, []string{"", "\n"}[i%9000/8999]) },
		"CRLF":       func(i int) string { return fmt.Sprintf("word%06d\r\n", i) },
	}
	for name, word := range texts {
		for _, piece := range []int{100, 4096, 1 << 20} {
			var text strings.Builder
			words := 0
			for ; text.Len() < 3*chunkSize; words++ {
				text.WriteString(word(words))
			}
			seen := map[string]bool{}
			c := &chunker{yield: func(f fragment) error {
				if len(f.text) > chunkSize {
					t.Fatalf("%s: a fragment of %d bytes", name, len(f.text))
				}
				at := strings.Index(text.String(), f.text)
				if want := 7 + strings.Count(text.String()[:max(at, 0)], "\n"); at < 0 || f.line != want {
					t.Errorf("%s: a fragment at %d says line %d, want %d", name, at, f.line, want)
				}
				if starts := at == 0 || text.String()[max(at, 1)-1] == '\n'; starts == f.cut {
					t.Errorf("%s: a fragment at %d says cut %v", name, at, f.cut)
				}
				for _, w := range strings.FieldsFunc(f.text, notToken) {
					if strings.HasPrefix(w, "word") {
						seen[w] = true
					}
				}
				return nil
			}}
			c.start(7)
			for rest := text.String(); rest != ""; {
				n := min(piece, len(rest))
				if err := c.write([]byte(rest[:n])); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if err := c.flush(); err != nil {
				t.Fatal(err)
			}
			if len(seen) != words || c.total != int64(text.Len()) {
				t.Errorf("%s in pieces of %d: %d words of %d, %d bytes of %d", name, piece, len(seen), words, c.total, text.Len())
			}
		}
	}
}

// TestChunkerWithoutWords asserts that a text without any border still ends.
func TestChunkerWithoutWords(t *testing.T) {
	total := 0
	c := &chunker{yield: func(f fragment) error { total += len(f.text); return nil }}
	c.start(1)
	if err := c.write([]byte(strings.Repeat("x", 5*chunkSize))); err != nil {
		t.Fatal(err)
	}
	if err := c.flush(); err != nil || total < 5*chunkSize || total > 6*chunkSize {
		t.Errorf("%d bytes in all, %v", total, err)
	}
	stop := errors.New("stop")
	c.yield = func(fragment) error { return stop }
	if err := c.write(make([]byte, 2*chunkSize)); err != stop {
		t.Errorf("got %v", err)
	}
}
