package vex

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/scangate/scangate/text"
)

const (
	maxDepth  = 64        // levels of objects and lists
	maxValues = 2_000_000 // values
)

// level is an object or a list that is being read.
type level struct {
	object bool
	key    string          // the key that its next value has
	value  bool            // a value comes next
	seen   map[string]bool // keys of an object, in one case
}

// inspect sees that the data is one JSON object within bounds, whose keys are
// not given twice: readers differ in which of two they take. It returns the
// lines on which the elements of the object's lists begin. The error begins
// with the line.
func inspect(data []byte) (map[string][]int, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	lines := map[string][]int{}
	var stack []level
	line, at := 1, int64(0)
	for values := 0; ; values++ {
		tok, err := dec.Token()
		end := min(dec.InputOffset(), int64(len(data)))
		line += bytes.Count(data[at:end], []byte("\n"))
		at = end
		fail := func(format string, args ...any) error {
			return fmt.Errorf("%d: "+format, append([]any{line}, args...)...)
		}
		var syntax *json.SyntaxError
		switch {
		case errors.As(err, &syntax):
			return nil, fmt.Errorf("%d: not valid JSON: %s", lineAt(data, syntax.Offset), text.OneLine(syntax.Error(), maxWord))
		case err != nil:
			return nil, fail("not valid JSON: it ends too early")
		case len(stack) == 0 && tok != json.Delim('{'):
			return nil, fail("not a JSON object")
		case values > maxValues:
			return nil, fail("over the limit of %s", text.Count(maxValues, "value"))
		}
		if end := tok == json.Delim('}') || tok == json.Delim(']'); end {
			stack = stack[:len(stack)-1]
			if len(stack) > 0 {
				continue
			}
			if _, err := dec.Token(); !errors.Is(err, io.EOF) {
				line = lineAt(data, dec.InputOffset())
				return nil, fail("something follows the end of the document")
			}
			return lines, nil
		}
		if n := len(stack); n > 0 {
			top := &stack[n-1]
			if top.object && !top.value {
				key, _ := tok.(string)
				fold := foldCase(key)
				if top.seen[fold] {
					return nil, fail("key %q is given twice", text.OneLine(key, 60))
				}
				top.seen[fold] = true
				top.key, top.value = key, true
				continue
			}
			top.value = false
			if n == 2 && !top.object {
				lines[stack[0].key] = append(lines[stack[0].key], line)
			}
		}
		switch tok {
		case json.Delim('{'):
			stack = append(stack, level{object: true, seen: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, level{})
		}
		if len(stack) > maxDepth {
			return nil, fail("nested too deep")
		}
	}
}

// foldCase brings a key into one case, as the decoder of JSON does.
func foldCase(key string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, key)
}
