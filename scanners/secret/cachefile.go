package secret

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/scangate/scangate/fileio"
)

const (
	// cacheVersion is to be raised when what is kept of a commit changes, or how
	// commits are read.
	cacheVersion = 1

	maxCacheFile = 64 << 20  // bytes of one repository's file, unpacked
	maxCaches    = 256 << 20 // bytes of all files; the oldest go first
	maxKept      = 200_000   // places in one file
)

// memory is what is kept of the scanned commits of a repository: never a
// secret, only the hash that makes it a finding.
type memory struct {
	Version int    `json:"version"`
	Rules   string `json:"rules"` // with which rules the commits were scanned
	Git     string `json:"git"`   // and in which surroundings they were read

	IDs   []byte   `json:"ids"`   // of the commits, in ascending order, end to end
	Bytes []int64  `json:"bytes"` // how much each of them adds
	Found []sight  `json:"found"` // in commits
	Paths [][]byte `json:"paths"` // bytes, as a name need not be UTF-8

	Files   []seenFile `json:"files"`   // of the working tree
	InFiles []sight    `json:"inFiles"` // what was found there

	width int // of an id, in bytes
}

// seenFile is a file of the working tree that was scanned to its end.
type seenFile struct {
	Path  int    `json:"p"` // index into Paths
	Hash  []byte `json:"h"` // SHA-256 of the content
	Bytes int64  `json:"b"` // of text
}

// sight is a hit in a commit or a file.
type sight struct {
	In      int    `json:"c"`           // index of the commit, or into Files
	Time    int64  `json:"t,omitempty"` // of the commit
	Path    int    `json:"p"`           // index into Paths
	Rule    string `json:"r"`
	Key     string `json:"k"`
	Line    int    `json:"l,omitempty"`
	Col     int    `json:"o,omitempty"`
	EndLine int    `json:"m,omitempty"`
	EndCol  int    `json:"q,omitempty"`
	Allowed bool   `json:"a,omitempty"`

	Start    int    `json:"s,omitempty"`
	HiddenBy string `json:"h,omitempty"`
	Reason   string `json:"w,omitempty"`
	Doubt    string `json:"d,omitempty"`
}

func (s sight) hit() hit {
	return hit{rule: s.Rule, key: s.Key, line: s.Line, col: s.Col, endLine: s.EndLine, endCol: s.EndCol, allowed: s.Allowed,
		start: s.Start, hiddenBy: s.HiddenBy, reason: s.Reason, doubt: s.Doubt}
}

var errNoMemory = errors.New("it is damaged")

// openRegular opens a file outside of the tree. Opening a pipe would wait for
// whoever writes to it.
func openRegular(name string) (*os.File, error) {
	info, err := os.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return nil, fileio.Cause(err)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fileio.Cause(err)
	}
	return f, nil
}

// readMemory reads a file whose ids have so many bytes. Of what is not there
// it returns nil. The file can come from anywhere: what does not hold together
// is an error.
func readMemory(name string, width int) (*memory, error) {
	f, err := openRegular(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, errNoMemory
	}
	data, err := io.ReadAll(io.LimitReader(z, maxCacheFile+1))
	if err != nil || len(data) > maxCacheFile {
		return nil, errNoMemory
	}
	m := &memory{}
	if json.Unmarshal(data, m) != nil {
		return nil, errNoMemory
	}
	m.width = width
	if m.Version == cacheVersion && !m.sound() {
		return nil, errNoMemory
	}
	return m, nil
}

// sound reports whether every part refers to what is there.
func (m *memory) sound() bool {
	n := len(m.IDs) / m.width
	if len(m.IDs) != n*m.width || len(m.Bytes) != n {
		return false
	}
	for i := range n {
		if i > 0 && bytes.Compare(m.id(i-1), m.id(i)) >= 0 || m.Bytes[i] < 0 || m.Bytes[i] > 1<<40 {
			return false
		}
	}
	for _, p := range m.Paths {
		if len(p) == 0 || len(p) > maxHeader || bytes.IndexByte(p, 0) >= 0 {
			return false
		}
	}
	for _, f := range m.Files {
		if f.Path < 0 || f.Path >= len(m.Paths) || len(f.Hash) != sha256.Size || f.Bytes < 0 || f.Bytes > maxText {
			return false
		}
	}
	return m.sights(m.Found, n) && m.sights(m.InFiles, len(m.Files))
}

// sights reports whether a list of hits in so many commits or files is sound.
func (m *memory) sights(list []sight, n int) bool {
	if len(list) > maxKept {
		return false
	}
	for _, s := range list {
		if s.In < 0 || s.In >= n || s.Path < 0 || s.Path >= len(m.Paths) || s.Time < -1<<40 || s.Time > 1<<40 ||
			!plainWord(s.Rule) || len(s.Key) != 16 || strings.Trim(s.Key, "0123456789"+"abcdef") != "" {
			return false
		}
		for _, number := range [...]int{s.Line, s.Col, s.EndLine, s.EndCol} {
			if number < 0 || number > 1<<40 {
				return false
			}
		}
	}
	return true
}

// plainWord reports whether s can be the id of a rule.
func plainWord(s string) bool {
	return s != "" && len(s) <= 500 && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

func (m *memory) id(i int) []byte { return m.IDs[i*m.width : (i+1)*m.width] }

// find returns the index of a commit, or -1.
func (m *memory) find(id []byte) int {
	lo, hi := 0, len(m.Bytes)
	for lo < hi {
		mid := (lo + hi) / 2
		switch c := bytes.Compare(m.id(mid), id); {
		case c == 0:
			return mid
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return -1
}
