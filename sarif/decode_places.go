package sarif

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// maxPlaces bounds the locations that are kept of a result; a thousand is where
// GitHub refuses it.
const maxPlaces = 10_000

// places are locations of a result. Of a list as long as a file can be, with
// nothing in its elements, hardly anything is held: three bytes of it would be
// a hundred times as many in memory.
type places []location

// UnmarshalJSON keeps the first location, which counts, and the others that say
// something.
func (p *places) UnmarshalJSON(data []byte) error {
	*p = nil
	d := json.NewDecoder(bytes.NewReader(data))
	start, err := d.Token()
	if err != nil {
		return err
	}
	switch start {
	case nil:
		return nil
	case json.Delim('['):
	default:
		return fmt.Errorf("is %.20v where an array of locations must be", start)
	}
	var l location
	for d.More() && len(*p) < maxPlaces {
		l = location{}
		if err := d.Decode(&l); err != nil {
			return err
		}
		at := l.PhysicalLocation.ArtifactLocation
		if len(*p) == 0 || at.URI != "" || at.Index != nil {
			*p = append(*p, l)
		}
	}
	return nil
}
