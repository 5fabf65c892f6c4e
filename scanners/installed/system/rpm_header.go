package system

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
)

// rpmHeader is what matters of the header of a package.
type rpmHeader struct {
	name, version, release, arch, source, licence, vendor, module string
	epoch                                                         int
	provides, requires                                            []string
	baseNames, dirNames                                           []string
	dirIndexes                                                    []int32
}

// The tags and types of rpm's header, by the numbers in its rpmtag.h.
const (
	tagName        = 1000
	tagVersion     = 1001
	tagRelease     = 1002
	tagEpoch       = 1003
	tagVendor      = 1011
	tagLicence     = 1014
	tagArch        = 1022
	tagSourceRPM   = 1044
	tagProvides    = 1047
	tagRequires    = 1049
	tagDirIndexes  = 1116
	tagBaseNames   = 1117
	tagDirNames    = 1118
	tagModuleLabel = 5096

	typeInt32       = 4
	typeString      = 6
	typeStringArray = 8
	typeI18NString  = 9

	// maxTags is the limit of rpm itself.
	maxTags = 0xffff
)

var errHeader = errors.New("the header is damaged")

// parseHeader reads a header: two counts, an index of 16 bytes for each tag
// (tag, type, offset, count), and the data, all in network order. A tag that
// occurs again was added on installation, and replaces the earlier one.
func parseHeader(b []byte) (*rpmHeader, error) {
	if len(b) < 8 {
		return nil, errHeader
	}
	tags, size := int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:]))
	if tags == 0 || tags > maxTags || 8+16*tags+size > int64(len(b)) {
		return nil, errHeader
	}
	index, data := b[8:8+16*tags], b[8+16*tags:8+16*tags+size]
	var h rpmHeader
	last := map[uint32][]byte{} // tags are read once each, whatever the index says
	for ; len(index) > 0; index = index[16:] {
		if tag := binary.BigEndian.Uint32(index); h.field(tag) != nil {
			last[tag] = index[:16]
		}
	}
	for tag, entry := range last {
		offset := binary.BigEndian.Uint32(entry[8:])
		if uint64(offset) > uint64(len(data)) {
			return nil, errHeader
		}
		if err := readValue(h.field(tag), binary.BigEndian.Uint32(entry[4:]), binary.BigEndian.Uint32(entry[12:]), data[offset:]); err != nil {
			return nil, err
		}
	}
	for _, s := range []*string{&h.source, &h.licence, &h.vendor} {
		if *s == "(none)" {
			*s = ""
		}
	}
	return &h, nil
}

// field returns where the value of a tag belongs, nil for one that does not
// matter.
func (h *rpmHeader) field(tag uint32) any {
	switch tag {
	case tagName:
		return &h.name
	case tagVersion:
		return &h.version
	case tagRelease:
		return &h.release
	case tagArch:
		return &h.arch
	case tagSourceRPM:
		return &h.source
	case tagLicence:
		return &h.licence
	case tagVendor:
		return &h.vendor
	case tagModuleLabel:
		return &h.module
	case tagEpoch:
		return &h.epoch
	case tagProvides:
		return &h.provides
	case tagRequires:
		return &h.requires
	case tagBaseNames:
		return &h.baseNames
	case tagDirNames:
		return &h.dirNames
	case tagDirIndexes:
		return &h.dirIndexes
	}
	return nil
}

// readValue reads the value of a tag from the start of data.
func readValue(field any, kind, count uint32, data []byte) error {
	text := kind == typeString || kind == typeStringArray || kind == typeI18NString
	switch to := field.(type) {
	case *string:
		end := bytes.IndexByte(data, 0)
		if !text || end < 0 {
			return errHeader
		}
		*to = string(data[:end])
	case *[]string:
		// Every string has a byte at least, so a count says no more than the data.
		if !text || uint64(count) > uint64(len(data)) || count > maxOwned {
			return errHeader
		}
		for range count {
			end := bytes.IndexByte(data, 0)
			if end < 0 {
				return errHeader
			}
			*to = append(*to, string(data[:end]))
			data = data[end+1:]
		}
	case *int:
		if kind != typeInt32 || len(data) < 4 || binary.BigEndian.Uint32(data) > math.MaxInt32 {
			return errHeader
		}
		*to = int(binary.BigEndian.Uint32(data))
	case *[]int32:
		if kind != typeInt32 || uint64(count)*4 > uint64(len(data)) {
			return errHeader
		}
		for i := range int(count) {
			*to = append(*to, int32(binary.BigEndian.Uint32(data[4*i:])))
		}
	}
	return nil
}
