package signature

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// maxDepth is how deep JSON may be nested. A predicate of a real attestation
// stays below 20.
const maxDepth = 64

// decode reads one JSON value of bounded depth. Its error quotes nothing of
// the input.
func decode(b []byte, into any) error {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return errors.New("nested too deeply")
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	if err := json.Unmarshal(b, into); err != nil {
		return errors.New("not valid JSON of its kind")
	}
	return nil
}

// number is an int64 of protobuf's JSON, which writes it in quotes or not.
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	i, err := strconv.ParseInt(string(bytes.Trim(b, `"`)), 10, 64)
	if err != nil {
		return errors.New("not a number")
	}
	*n = number(i)
	return nil
}
