package system

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
)

// The format of Berkeley DB's hash tables, as in RHEL up to 8: pages of one
// size, the first of which describes the table, in the byte order of the
// machine that wrote it. Pages of the table have pairs of a key, which is the
// number of the package, and a value, which is its header. A large value is
// on a chain of pages of its own.
const (
	bdbMagic      = 0x00061561
	bdbPageHeader = 26

	// Types of pages.
	bdbOverflow     = 7
	bdbMeta         = 8
	bdbHashUnsorted = 2 // before version 4.6
	bdbHash         = 13

	// Types of values.
	bdbInPage  = 1
	bdbOffPage = 3
)

var errBDB = errors.New("it is damaged, or no database of rpm: it is not a whole hash table of Berkeley DB")

type bdb struct {
	f      io.ReaderAt
	order  binary.ByteOrder
	page   int64 // the size of a page, in bytes
	pages  int64 // the number of pages
	unread int64 // overflow pages that can follow: each is in one chain
}

func openBDB(f io.ReaderAt, size int64, head []byte) (*bdb, error) {
	var order binary.ByteOrder = binary.LittleEndian
	if binary.BigEndian.Uint32(head[12:]) == bdbMagic {
		order = binary.BigEndian
	}
	page := int64(order.Uint32(head[20:]))
	if order.Uint32(head[12:]) != bdbMagic || head[25] != bdbMeta || page < 512 || page > 64<<10 || page&(page-1) != 0 {
		return nil, errBDB
	}
	if head[24] != 0 {
		return nil, errors.New("it is encrypted")
	}
	pages := int64(order.Uint32(head[32:])) + 1
	if pages*page > size {
		return nil, errBDB
	}
	return &bdb{f, order, page, pages, pages}, nil
}

func (db *bdb) each(ctx context.Context, visit func([]byte) error) error {
	page := make([]byte, db.page)
	for n := int64(1); n < db.pages; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !db.read(page, n) {
			return errBDB
		}
		if kind := page[25]; kind != bdbHash && kind != bdbHashUnsorted {
			continue
		}
		if err := db.values(ctx, page, visit); err != nil {
			return err
		}
	}
	return nil
}

// values visits the values of a page of the table. The places of its keys and
// values are after the page's header, and they fill the page from its end.
func (db *bdb) values(ctx context.Context, page []byte, visit func([]byte) error) error {
	entries := int(db.order.Uint16(page[20:]))
	if entries%2 != 0 || bdbPageHeader+2*entries > len(page) {
		return errBDB
	}
	place := func(i int) int { return int(db.order.Uint16(page[bdbPageHeader+2*i:])) }
	for i := 1; i < entries; i += 2 {
		start, end := place(i), place(i-1)
		if start >= len(page) || end > len(page) {
			return errBDB
		}
		var header []byte
		switch {
		case page[start] == bdbOffPage && start+12 <= len(page):
			var err error
			if header, err = db.chain(ctx, db.order.Uint32(page[start+4:]), db.order.Uint32(page[start+8:])); err != nil {
				return err
			}
		case page[start] == bdbInPage && end-start > 16: // else it is the count of packages
			header = page[start+1 : end]
		default:
			continue
		}
		if err := visit(header); err != nil {
			return err
		}
	}
	return nil
}

// chain reads a value of a length from the pages that begin with number.
func (db *bdb) chain(ctx context.Context, number, length uint32) ([]byte, error) {
	if length > maxHeader || int64(length) > db.pages*db.page {
		return nil, errBDB
	}
	var out []byte
	page := make([]byte, db.page)
	for step := 1; number != 0; step++ {
		if err := ended(ctx, step); err != nil {
			return nil, err
		}
		db.unread--
		if db.unread < 0 || int64(number) >= db.pages || !db.read(page, int64(number)) || page[25] != bdbOverflow {
			return nil, errBDB
		}
		used := int(db.order.Uint16(page[22:]))
		if bdbPageHeader+used > len(page) {
			return nil, errBDB
		}
		out = append(out, page[bdbPageHeader:bdbPageHeader+used]...)
		if len(out) > int(length) {
			return nil, errBDB
		}
		number = db.order.Uint32(page[16:])
	}
	if len(out) != int(length) {
		return nil, errBDB
	}
	return out, nil
}

func (db *bdb) read(page []byte, number int64) bool {
	n, _ := db.f.ReadAt(page, number*db.page)
	return n == len(page)
}
