package image

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/fnv"
	"slices"
)

// hashes is a set of names, of which only hashes are kept: a layer can have
// millions.
type hashes []uint64

func hashOf(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}

// sorted brings the set into the form that has relies on.
func (h hashes) sorted() hashes {
	slices.Sort(h)
	return slices.Compact(h)
}

func (h hashes) has(name string) bool {
	_, ok := slices.BinarySearch(h, hashOf(name))
	return ok
}

// MarshalJSON writes eight bytes for each name.
func (h hashes) MarshalJSON() ([]byte, error) {
	raw := make([]byte, 0, 8*len(h))
	for _, n := range h {
		raw = binary.LittleEndian.AppendUint64(raw, n)
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(raw))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (h *hashes) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw)%8 != 0 {
		return errors.New("not a set of names")
	}
	*h = make(hashes, 0, len(raw)/8)
	for ; len(raw) > 0; raw = raw[8:] {
		*h = append(*h, binary.LittleEndian.Uint64(raw))
	}
	return nil
}
