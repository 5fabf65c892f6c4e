package sarif

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/scangate/scangate/text"
)

const (
	maxFileSize    = 1 << 30   // bytes of one SARIF file
	maxElementSize = 256 << 20 // bytes of one value that is held as a whole: a result, a rule
	maxSkipDepth   = 5_000     // below encoding/json's own limit, whose message differs by version
	byteOrderMark  = "\ufeff"  //
	maxResults     = 2_000_000 // results of one file that are kept
	maxExtensions  = 10_000    // of one tool; a hundred is what GitHub takes
)

var (
	errFileTooLarge    = fmt.Errorf("the file is over the limit of %d MiB", maxFileSize>>20)
	errElementTooLarge = fmt.Errorf("one value is over the limit of %d MiB", maxElementSize>>20)
	errTooDeep         = fmt.Errorf("values are nested more than %d deep", maxSkipDepth)
)

// bounded reads at most total bytes, and at most element bytes between two
// values. The decoder holds one value as a whole, so that this bounds memory.
type bounded struct {
	r              io.Reader
	total, element int64
	lines          lines
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.total < 0 {
		return 0, errFileTooLarge
	}
	if b.element <= 0 {
		return 0, errElementTooLarge
	}
	// One more than allowed, so that a file of just the limit ends well.
	if room := min(b.total+1, b.element); int64(len(p)) > room {
		p = p[:room]
	}
	n, err := b.r.Read(p)
	b.lines.add(p[:n])
	b.total -= int64(n)
	b.element -= int64(n)
	if b.total < 0 {
		return 0, errFileTooLarge
	}
	return n, err
}

// stream reads a JSON document member by member and element by element, so
// that only one of them is in memory at a time.
type stream struct {
	in  *bounded
	dec *json.Decoder
	bom bool // the document begins with a byte-order mark
}

func newStream(r io.Reader) (*stream, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	s := &stream{in: &bounded{r: buffered, total: maxFileSize, element: maxElementSize}}
	if start, _ := buffered.Peek(len(byteOrderMark)); string(start) == byteOrderMark {
		s.bom = true
		if _, err := buffered.Discard(len(byteOrderMark)); err != nil {
			return nil, err
		}
	}
	s.dec = json.NewDecoder(s.in)
	return s, nil
}

// kind is what a JSON value is: '{', '[', 'n' for null, or 's' for any other.
type kind byte

func (k kind) String() string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case 'n':
		return "null"
	}
	return "a plain value"
}

// wrongKind is returned where the document has another kind of value than it
// must. The value has been skipped: reading can go on.
type wrongKind struct{ want, got kind }

func (e *wrongKind) Error() string { return fmt.Sprintf("is %v where it must be %v", e.got, e.want) }

func (s *stream) token() (json.Token, error) {
	s.in.element = maxElementSize
	s.in.lines.pass(s.dec.InputOffset())
	t, err := s.dec.Token()
	return t, brief(err)
}

// value reads the next value as a whole.
func (s *stream) value(v any) error {
	s.in.element = maxElementSize
	s.in.lines.pass(s.dec.InputOffset())
	return brief(s.dec.Decode(v))
}

// brief bounds what an error quotes of a value: a number can have any length.
func brief(err error) error {
	var other *json.UnmarshalTypeError
	if errors.As(err, &other) {
		other.Value = text.Cut(other.Value, 60)
	}
	return err
}

// open reads the start of the next value, or all of it when it is plain.
func (s *stream) open() (kind, error) {
	t, err := s.token()
	if err != nil {
		return 0, err
	}
	switch t := t.(type) {
	case nil:
		return 'n', nil
	case json.Delim:
		return kind(t), nil
	}
	return 's', nil
}

// expect opens a value of the given kind.
func (s *stream) expect(want kind) error {
	got, err := s.open()
	if err != nil || got == want {
		return err
	}
	if got == '{' || got == '[' {
		if err := s.drain(1); err != nil {
			return err
		}
	}
	return &wrongKind{want, got}
}

// members calls each for every member of the object that comes next; each must
// read the member's value.
func (s *stream) members(each func(key string) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	for s.dec.More() {
		t, err := s.token()
		if err != nil {
			return err
		}
		key, ok := t.(string)
		if !ok {
			return fmt.Errorf("%v where a key must be", t)
		}
		if err := each(key); err != nil {
			return err
		}
	}
	_, err := s.token()
	return err
}

// elements calls each for every element of the array that comes next; each
// must read the element.
func (s *stream) elements(each func(i int) error) error {
	if err := s.expect('['); err != nil {
		return err
	}
	for i := 0; s.dec.More(); i++ {
		if err := each(i); err != nil {
			return err
		}
	}
	_, err := s.token()
	return err
}

// skip reads over the next value.
func (s *stream) skip() error {
	k, err := s.open()
	if err != nil || k != '{' && k != '[' {
		return err
	}
	return s.drain(1)
}

// drain reads up to the end of depth open values.
func (s *stream) drain(depth int) error {
	for depth > 0 {
		k, err := s.open()
		if err != nil {
			return err
		}
		switch k {
		case '{', '[':
			if depth++; depth > maxSkipDepth {
				return errTooDeep
			}
		case '}', ']':
			depth--
		}
	}
	return nil
}

// end checks that nothing follows the document.
func (s *stream) end() error {
	switch _, err := s.token(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	}
	return errors.New("there is something behind the end of the document")
}

// earlyEnd replaces the errors of a document that is cut short.
func earlyEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends early: it is empty or was cut short")
	}
	return err
}
