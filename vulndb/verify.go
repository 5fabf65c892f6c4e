package vulndb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// The file format of bolt, as far as it is needed to tell that reading through
// it ends, and stays within the file. Bolt itself trusts every page: a short
// file is a fault of mapped memory, and a page that contains itself a stack
// overflow, which no program survives.
const (
	boltMagic   = 0xED0CDAED
	boltVersion = 2

	metaSize    = 64
	pageHeader  = 16
	elementSize = 16
	bucketSize  = 16

	branchPage = 0x01
	leafPage   = 0x02

	bucketElement = 0x01

	maxBoltDepth = 64        // of pages and buckets below each other; real ones have some 10
	maxPageSpan  = 256 << 20 // bytes of one page with its overflow
)

// verify reads the structure of the bolt file at path: its header, its size,
// and every page that can be reached from its root.
func verify(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("vulnerability database: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("vulnerability database: %w", err)
	}
	meta, err := readMeta(f, info.Size())
	if err != nil {
		return corrupt(path, "%v", err)
	}
	if want := meta.pages * meta.pageSize; uint64(info.Size()) < want {
		return fmt.Errorf("vulnerability database %s is truncated: it has %d of at least %d bytes: replace it with `scangate db update`", path, info.Size(), want)
	}
	v := verifier{file: f, meta: meta, seen: make([]uint64, meta.pages/64+1), buf: make([]byte, meta.pageSize)}
	if err := v.tree(meta.root, 0); err != nil {
		return corrupt(path, "%v", err)
	}
	return nil
}

type boltMeta struct{ pageSize, root, pages, tx uint64 }

// readMeta finds the current of the two meta pages. The second one's place
// depends on the page size, which only the first one tells.
func readMeta(f io.ReaderAt, size int64) (boltMeta, error) {
	at := []int64{0}
	for shift := 10; shift <= 16; shift++ {
		at = append(at, 1<<shift)
	}
	best, found := boltMeta{}, false
	for _, offset := range at {
		b := make([]byte, pageHeader+metaSize)
		if offset+int64(len(b)) > size {
			break
		}
		if _, err := f.ReadAt(b, offset); err != nil {
			return best, err
		}
		m, ok := parseMeta(b[pageHeader:])
		if ok && (offset == 0 || uint64(offset) == m.pageSize) && (!found || m.tx > best.tx) {
			best, found = m, true
		}
	}
	if !found {
		return best, errors.New("it has no valid header")
	}
	return best, nil
}

func parseMeta(b []byte) (boltMeta, bool) {
	order := binary.NativeEndian
	sum := fnv.New64a()
	sum.Write(b[:56])
	m := boltMeta{pageSize: uint64(order.Uint32(b[8:])), root: order.Uint64(b[16:]), pages: order.Uint64(b[40:]), tx: order.Uint64(b[48:])}
	ok := order.Uint32(b) == boltMagic && order.Uint32(b[4:]) == boltVersion && order.Uint64(b[56:]) == sum.Sum64() &&
		m.pageSize >= 1<<10 && m.pageSize <= 1<<16 && m.pages < 1<<40
	return m, ok
}

// verifier walks the pages of a bolt file.
type verifier struct {
	file io.ReaderAt
	meta boltMeta
	seen []uint64 // a bit per page: a tree has each once
	buf  []byte
}

// tree checks the page id and everything below it.
func (v *verifier) tree(id uint64, depth int) error {
	if depth > maxBoltDepth {
		return fmt.Errorf("pages are nested more than %d deep", maxBoltDepth)
	}
	if id < 2 || id >= v.meta.pages {
		return fmt.Errorf("page %d is outside the file", id)
	}
	if v.seen[id/64]&(1<<(id%64)) != 0 {
		return fmt.Errorf("page %d is reached twice", id)
	}
	v.seen[id/64] |= 1 << (id % 64)
	page, err := v.read(id)
	if err != nil {
		return err
	}
	below, err := children(page, branchPage|leafPage, depth)
	if err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	for _, child := range below {
		if err := v.tree(child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// read returns a page with its overflow, in a buffer that the next read uses
// again.
func (v *verifier) read(id uint64) ([]byte, error) {
	order := binary.NativeEndian
	offset := int64(id * v.meta.pageSize)
	page := v.buf[:v.meta.pageSize]
	if _, err := v.file.ReadAt(page, offset); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	if got := order.Uint64(page); got != id {
		return nil, fmt.Errorf("page %d calls itself %d", id, got)
	}
	span := (uint64(order.Uint32(page[12:])) + 1) * v.meta.pageSize
	if id+span/v.meta.pageSize > v.meta.pages || span > maxPageSpan {
		return nil, fmt.Errorf("page %d ends outside the file", id)
	}
	if span > uint64(len(page)) {
		if span > uint64(len(v.buf)) {
			v.buf = make([]byte, span)
		}
		page = v.buf[:span]
		if _, err := v.file.ReadAt(page, offset); err != nil {
			return nil, fmt.Errorf("page %d: %w", id, err)
		}
	}
	return page, nil
}

// children checks the elements of a page and returns the pages right below
// it: of a branch its children, of a leaf the roots of the buckets in it.
func children(page []byte, kinds uint16, depth int) ([]uint64, error) {
	order := binary.NativeEndian
	kind, count := order.Uint16(page[8:]), uint64(order.Uint16(page[10:]))
	if kind != branchPage && kind != leafPage || kind&kinds == 0 {
		return nil, fmt.Errorf("unexpected kind %#x", kind)
	}
	if kind == branchPage && count == 0 {
		return nil, errors.New("a branch without children")
	}
	size := uint64(len(page))
	if pageHeader+count*elementSize > size {
		return nil, errors.New("more elements than fit")
	}
	var below []uint64
	for i := range count {
		at := pageHeader + i*elementSize
		element := page[at : at+elementSize]
		if kind == branchPage {
			if at+uint64(order.Uint32(element))+uint64(order.Uint32(element[4:])) > size {
				return nil, errors.New("a key ends outside the page")
			}
			below = append(below, order.Uint64(element[8:]))
			continue
		}
		key := at + uint64(order.Uint32(element[4:]))
		value := key + uint64(order.Uint32(element[8:]))
		end := value + uint64(order.Uint32(element[12:]))
		if end > size {
			return nil, errors.New("a value ends outside the page")
		}
		if order.Uint32(element)&bucketElement == 0 {
			continue
		}
		inner, err := bucket(page[value:end], depth+1)
		if err != nil {
			return nil, err
		}
		below = append(below, inner...)
	}
	return below, nil
}

// bucket checks the header of a nested bucket and, where it is small enough to
// be stored in place, its only page, which is a leaf.
func bucket(b []byte, depth int) ([]uint64, error) {
	if depth > maxBoltDepth {
		return nil, fmt.Errorf("buckets are nested more than %d deep", maxBoltDepth)
	}
	if len(b) < bucketSize {
		return nil, errors.New("a bucket is too short")
	}
	if root := binary.NativeEndian.Uint64(b); root != 0 {
		return []uint64{root}, nil
	}
	if len(b) < bucketSize+pageHeader {
		return nil, errors.New("a bucket is too short")
	}
	return children(b[bucketSize:], leafPage, depth)
}
