package system

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
)

// The format of rpm's own "new" database, as in SUSE: a header of 32 bytes,
// pages of 4096 with slots of 16 bytes (magic, number of the package, where
// its header is in blocks of 16 bytes, how many), then the package headers,
// each after 16 bytes (magic, number of the package, generation, length). All
// is little-endian.
const (
	ndbMagic     = "RpmP"
	ndbSlotMagic = "Slot"
	ndbBlobMagic = "BlbS"
	ndbPage      = 4096
	ndbBlock     = 16

	// maxSlotPages is room for 500,000 packages.
	maxSlotPages = 2048
)

var errNDB = errors.New("it is damaged: it is not a whole ndb database of rpm")

type ndb struct {
	f     io.ReaderAt
	size  int64
	slots []byte
}

func openNDB(f io.ReaderAt, size int64, head []byte) (*ndb, error) {
	version, pages := binary.LittleEndian.Uint32(head[4:]), binary.LittleEndian.Uint32(head[12:])
	if version != 0 || pages == 0 || pages > maxSlotPages || int64(pages)*ndbPage > size {
		return nil, errNDB
	}
	slots := make([]byte, pages*ndbPage)
	if n, _ := f.ReadAt(slots, 0); n < len(slots) {
		return nil, errNDB
	}
	return &ndb{f, size, slots[2*ndbBlock:]}, nil
}

func (db *ndb) each(ctx context.Context, visit func([]byte) error) error {
	unread := db.size // no header is part of another, so all are no more than this
	for slots := db.slots; len(slots) > 0; slots = slots[16:] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if string(slots[:4]) != ndbSlotMagic {
			return errNDB
		}
		number := binary.LittleEndian.Uint32(slots[4:])
		if number == 0 { // a free slot
			continue
		}
		start := int64(binary.LittleEndian.Uint32(slots[8:])) * ndbBlock
		var head [16]byte
		if n, _ := db.f.ReadAt(head[:], start); n < len(head) {
			return errNDB
		}
		length := int64(binary.LittleEndian.Uint32(head[12:]))
		unread -= length
		if string(head[:4]) != ndbBlobMagic || binary.LittleEndian.Uint32(head[4:]) != number ||
			length > maxHeader || start+ndbBlock+length > db.size || unread < 0 {
			return errNDB
		}
		header := make([]byte, length)
		if n, _ := db.f.ReadAt(header, start+ndbBlock); n < len(header) {
			return errNDB
		}
		if err := visit(header); err != nil {
			return err
		}
	}
	return nil
}
