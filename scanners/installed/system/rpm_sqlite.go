package system

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
)

// The format of SQLite, as in Fedora and RHEL from 9: pages of one size, and
// tables that are trees of pages. The table Packages has a number and a header
// in each row. Only what is needed of https://www.sqlite.org/fileformat.html is
// here: it runs no statement, so that nothing in the file is ever executed,
// neither a view nor a trigger.
const (
	sqliteMagic    = "SQLite format 3\x00"
	sqliteHeader   = 100 // before the first page's own header
	sqliteLeaf     = 0x0d
	sqliteInterior = 0x05

	// maxTree bounds the levels of a tree; SQLite's own limit is 20.
	maxTree = 20
)

var errSQLite = errors.New("it is damaged: it is not a whole SQLite database of rpm")

type sqlite struct {
	f      io.ReaderAt
	page   int64 // the size of a page, in bytes
	usable int64 // of them in use
	pages  int64 // the number of pages
	unread int64 // pages that can follow: each is in one place
}

func openSQLite(f io.ReaderAt, size int64, head []byte) (*sqlite, error) {
	page := int64(binary.BigEndian.Uint16(head[16:]))
	if page == 1 {
		page = 64 << 10
	}
	usable := page - int64(head[20])
	if page < 512 || page&(page-1) != 0 || usable < 480 || size < page {
		return nil, errSQLite
	}
	// The number of pages in the header counts when the last to write the file
	// knew of it.
	if pages := int64(binary.BigEndian.Uint32(head[28:])); bytes.Equal(head[24:28], head[92:96]) && pages > size/page {
		return nil, errSQLite
	}
	if binary.BigEndian.Uint32(head[56:]) > 1 {
		return nil, errors.New("its text is not in UTF-8, as rpm's is")
	}
	return &sqlite{f, page, usable, size / page, size / page}, nil
}

func (db *sqlite) each(ctx context.Context, visit func([]byte) error) error {
	var root uint64
	err := db.rows(ctx, 1, 0, func(row [][]byte, kinds []uint64) error {
		// type, name, tbl_name, rootpage, sql
		if len(row) >= 4 && string(row[0]) == "table" && strings.EqualFold(string(row[1]), "Packages") && isInteger(kinds[3]) {
			root = bigEndian(row[3])
		}
		return nil
	})
	if err != nil {
		return err
	}
	if root == 0 {
		return errors.New("it has no table of packages")
	}
	db.unread = db.pages
	return db.rows(ctx, root, 0, func(row [][]byte, kinds []uint64) error {
		// hnum, blob
		if len(row) < 2 || isInteger(kinds[1]) {
			return errSQLite
		}
		return visit(row[1])
	})
}

// isInteger tells the types of values that are numbers, or nothing.
func isInteger(kind uint64) bool { return kind < 12 }

// rows calls visit with the values and their types of every row of a table, in
// order. Its tree begins at the page root.
func (db *sqlite) rows(ctx context.Context, root uint64, level int, visit func([][]byte, []uint64) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	page, err := db.read(root)
	if err != nil || level > maxTree {
		return errSQLite
	}
	head := page
	if root == 1 {
		head = page[sqliteHeader:]
	}
	kind, cells := head[0], int(binary.BigEndian.Uint16(head[3:]))
	places := head[8:]
	if kind == sqliteInterior {
		places = head[12:]
	}
	if kind != sqliteLeaf && kind != sqliteInterior || 2*cells > len(places) {
		return errSQLite
	}
	for i := range cells {
		place := int(binary.BigEndian.Uint16(places[2*i:]))
		if place+4 > len(page) {
			return errSQLite
		}
		if kind == sqliteInterior {
			err = db.rows(ctx, uint64(binary.BigEndian.Uint32(page[place:])), level+1, visit)
		} else {
			err = db.row(ctx, page[place:], visit)
		}
		if err != nil {
			return err
		}
	}
	if kind == sqliteInterior {
		return db.rows(ctx, uint64(binary.BigEndian.Uint32(head[8:])), level+1, visit)
	}
	return nil
}

// row reads a row: its length, its number, the beginning of its record, and
// the page that has more of it.
func (db *sqlite) row(ctx context.Context, cell []byte, visit func([][]byte, []uint64) error) error {
	length, cell, ok := varint(cell)
	if !ok || length > maxHeader {
		return errSQLite
	}
	if _, cell, ok = varint(cell); !ok {
		return errSQLite
	}
	local := db.local(int64(length))
	if local > int64(len(cell)) {
		return errSQLite
	}
	record, rest := cell[:local], cell[local:]
	if local < int64(length) {
		if len(rest) < 4 || int64(length) > db.pages*db.page {
			return errSQLite
		}
		var err error
		if record, err = db.overflow(ctx, record, int(length), binary.BigEndian.Uint32(rest)); err != nil {
			return err
		}
	}
	values, kinds, err := splitRecord(record)
	if err != nil {
		return err
	}
	return visit(values, kinds)
}

// local is how much of a record is in its cell, by SQLite's formula.
func (db *sqlite) local(length int64) int64 {
	most, least := db.usable-35, (db.usable-12)*32/255-23
	if length <= most {
		return length
	}
	if n := least + (length-least)%(db.usable-4); n <= most {
		return n
	}
	return least
}

// overflow adds what is on the chain of pages that begins with number.
func (db *sqlite) overflow(ctx context.Context, local []byte, length int, number uint32) ([]byte, error) {
	record := append(make([]byte, 0, length), local...)
	for step := 1; len(record) < length; step++ {
		if err := ended(ctx, step); err != nil {
			return nil, err
		}
		page, err := db.read(uint64(number))
		if err != nil {
			return nil, err
		}
		record = append(record, page[4:min(int(db.usable), 4+length-len(record))]...)
		number = binary.BigEndian.Uint32(page)
	}
	return record, nil
}

// read reads a page; the first is 1.
func (db *sqlite) read(number uint64) ([]byte, error) {
	db.unread--
	if number == 0 || number > uint64(db.pages) || db.unread < 0 {
		return nil, errSQLite
	}
	page := make([]byte, db.page)
	if n, _ := db.f.ReadAt(page, int64(number-1)*db.page); n < len(page) {
		return nil, errSQLite
	}
	return page, nil
}

// splitRecord splits a record, which begins with the types of its values, into
// the values.
func splitRecord(record []byte) (values [][]byte, kinds []uint64, err error) {
	length, head, ok := varint(record)
	if !ok || length > uint64(len(record)) || length < uint64(len(record)-len(head)) {
		return nil, nil, errSQLite
	}
	head, body := head[:length-uint64(len(record)-len(head))], record[length:]
	for len(head) > 0 {
		var kind uint64
		if kind, head, ok = varint(head); !ok || len(kinds) == 16 { // rpm's tables have 2 columns, the schema 5
			return nil, nil, errSQLite
		}
		size := valueSize(kind)
		if size > uint64(len(body)) {
			return nil, nil, errSQLite
		}
		values, kinds, body = append(values, body[:size]), append(kinds, kind), body[size:]
	}
	return values, kinds, nil
}

// valueSize is how many bytes a value of a type has.
func valueSize(kind uint64) uint64 {
	switch {
	case kind >= 12:
		return (kind - 12) / 2
	case kind == 5:
		return 6
	case kind == 6, kind == 7:
		return 8
	case kind <= 4:
		return kind
	}
	return 0 // the constants 0 and 1
}

// varint reads a number of one to nine bytes, and returns what follows it.
func varint(b []byte) (uint64, []byte, bool) {
	var n uint64
	for i := range min(len(b), 9) {
		if i == 8 {
			return n<<8 | uint64(b[i]), b[9:], true
		}
		n = n<<7 | uint64(b[i]&0x7f)
		if b[i] < 0x80 {
			return n, b[i+1:], true
		}
	}
	return 0, nil, false
}

// bigEndian reads the number in an integer of up to eight bytes.
func bigEndian(b []byte) uint64 {
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}
