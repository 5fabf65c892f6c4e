package external

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// document reads JSON piece by piece, so that what is hostile about it is
// noticed before it is in memory several times over.
type document struct{ *json.Decoder }

func newDocument(data []byte) (*document, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errEmpty
	}
	return &document{json.NewDecoder(bytes.NewReader(data))}, nil
}

// members calls f with every key of an object; f reads the value.
func (d *document) members(f func(key string) error) error {
	if err := d.open('{'); err != nil {
		return err
	}
	for n := 0; d.More(); n++ {
		if n == maxResults {
			return fmt.Errorf("an object has more than %d members", maxResults)
		}
		t, err := d.Token()
		if err != nil {
			return early(err)
		}
		key, ok := t.(string)
		if !ok {
			return errors.New("a key is no text")
		}
		if err := f(key); err != nil {
			return inKey(key, err)
		}
	}
	_, err := d.Token()
	return early(err)
}

// elements calls f for every element of an array; f reads it. There is no
// limit: f is to count what it keeps.
func (d *document) elements(f func() error) error {
	if err := d.open('['); err != nil {
		return err
	}
	for d.More() {
		if err := f(); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return early(err)
}

// value reads one value into a Go value.
func (d *document) value(into any) error { return early(d.Decode(into)) }

// skip passes over one value.
func (d *document) skip() error {
	var raw json.RawMessage
	return d.value(&raw)
}

// end makes sure that nothing follows what was read, unless that failed.
func (d *document) end(err error) error {
	if err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the end of its JSON")
	}
	return nil
}

// eachDocument calls f with every one of several documents.
func eachDocument(data []byte, f func(json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(data))
	for n := 0; ; n++ {
		var raw json.RawMessage
		switch err := d.Decode(&raw); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return early(err)
		case n == maxResults:
			return fmt.Errorf("it has more than %d documents", maxResults)
		}
		if err := f(raw); err != nil {
			return err
		}
	}
}

// next is the first byte of the value that follows, 0 at the end.
func (d *document) next(data []byte) byte {
	for _, c := range data[min(int(d.InputOffset()), len(data)):] {
		switch c {
		case ' ', '\t', '\r', '\n', ',', ':':
			continue
		}
		return c
	}
	return 0
}

func (d *document) open(want json.Delim) error {
	t, err := d.Token()
	if err != nil {
		return early(err)
	}
	if t != want {
		kind := "a list"
		if want == '{' {
			kind = "an object"
		}
		return fmt.Errorf("want %s where something else stands", kind)
	}
	return nil
}

// early words the errors of the decoder. Those about syntax quote single
// characters of the document only.
func early(err error) error {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends early")
	case errors.As(err, &kind):
		got, _, _ := strings.Cut(kind.Value, " ") // behind it may stand a number
		return fmt.Errorf("%s: is a %s, not a %s", line(kind.Field, maxID), got, kind.Type.Kind())
	case err != nil:
		return fmt.Errorf("no JSON: %w", err)
	}
	return nil
}

func inKey(key string, err error) error { return fmt.Errorf("%s: %w", line(key, 60), err) }
