package terraform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aquasecurity/trivy/pkg/iac/scanners/terraform/parser"
)

const (
	maxModuleLoads = 1_000    // directories that one root module may load, counting every call
	maxParsedBytes = 64 << 20 // bytes that one root module may parse, counting every call
)

// errBudget is what a root module reads when it has loaded too much.
var errBudget = errors.New("the module calls load too much")

// sources is the Terraform code of the tree, by directory. It does not change
// once it is made.
type sources struct {
	files map[string][]byte
	dirs  map[string][]fs.DirEntry
	key   string // no others have it
}

func newSources(files map[string][]byte) *sources {
	s := &sources{files: files, dirs: map[string][]fs.DirEntry{".": nil}}
	s.key = fmt.Sprintf("moduleFS:%p", s)
	seen := map[string]bool{".": true}
	for name, data := range files {
		info := fileInfo{name: path.Base(name), size: int64(len(data))}
		for p := name; ; {
			dir := path.Dir(p)
			s.dirs[dir] = append(s.dirs[dir], fs.FileInfoToDirEntry(info))
			if seen[dir] {
				break
			}
			seen[dir] = true
			p, info = dir, fileInfo{name: path.Base(dir), dir: true}
		}
	}
	for _, entries := range s.dirs {
		slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	}
	return s
}

// moduleFS shows the sources to the evaluation of one root module. It is where
// that evaluation is held to its limits: the engine reads every directory and
// file anew for each call of a module, so a module that calls itself, or calls
// that multiply, run into the budget here; and a scan that is over (ctx) finds
// nothing more to read.
//
// There is nothing in it but Terraform code. file() and its kin find no other
// file, as in Trivy itself; what they return is then not known.
type moduleFS struct {
	ctx context.Context
	*sources
	modules map[string]*tfModule
	reader  *parser.Parser // the last one that was made: the one that reads next

	mu    sync.Mutex
	loads int
	bytes int64
	spent bool
}

var (
	_ fs.ReadDirFS  = (*moduleFS)(nil)
	_ fs.ReadFileFS = (*moduleFS)(nil)
	_ fs.StatFS     = (*moduleFS)(nil)
)

// Format makes the engine's key of a file system cheap: it hashes the %#v of
// the whole file system for every range it makes. The key must differ between
// file systems, and the address does.
func (m *moduleFS) Format(s fmt.State, _ rune) { io.WriteString(s, m.key) }

// spend charges the budget.
func (m *moduleFS) spend(loads int, size int64) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads += loads
	m.bytes += size
	if m.loads > maxModuleLoads || m.bytes > maxParsedBytes {
		m.spent = true
		return errBudget
	}
	return nil
}

// overdrawn reports whether the evaluation wanted more than its budget.
func (m *moduleFS) overdrawn() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spent
}

// content returns a file's bytes.
func (m *moduleFS) content(op, name string) ([]byte, error) {
	data, ok := m.files[name]
	if !ok {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	if err := m.spend(0, int64(len(data))); err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	return data, nil
}

// ReadFile implements fs.ReadFileFS.
func (m *moduleFS) ReadFile(name string) ([]byte, error) {
	data, err := m.content("read", name)
	return bytes.Clone(data), err
}

// ReadDir implements fs.ReadDirFS.
func (m *moduleFS) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, ok := m.dirs[name]
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	if err := m.spend(1, 0); err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	if mod := m.modules[name]; mod != nil && mod.overrides && m.reader != nil {
		// The parser asks its list of files before it parses one; there is no
		// other way to hand it a file that is not what is written.
		maps.Copy(m.reader.Files(), mod.merged(func(name string) []byte { return m.files[name] }))
	}
	return slices.Clone(entries), nil
}

// Stat implements fs.StatFS.
func (m *moduleFS) Stat(name string) (fs.FileInfo, error) {
	if _, ok := m.dirs[name]; ok {
		return fileInfo{name: path.Base(name), dir: true}, nil
	}
	data, err := m.content("stat", name)
	if err != nil {
		return nil, err
	}
	return fileInfo{name: path.Base(name), size: int64(len(data))}, nil
}

// Open implements fs.FS.
func (m *moduleFS) Open(name string) (fs.File, error) {
	if entries, ok := m.dirs[name]; ok {
		return &openDir{info: fileInfo{name: path.Base(name), dir: true}, rest: entries}, nil
	}
	data, err := m.content("open", name)
	if err != nil {
		return nil, err
	}
	return &openFile{bytes.NewReader(data), fileInfo{name: path.Base(name), size: int64(len(data))}}, nil
}

// fileInfo is a name and a size; nothing asks for more.
type fileInfo struct {
	name string
	size int64
	dir  bool
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.size }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return i.dir }
func (i fileInfo) Sys() any           { return nil }
func (i fileInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

type openFile struct {
	*bytes.Reader
	info fileInfo
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

type openDir struct {
	info fileInfo
	rest []fs.DirEntry
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.name, Err: errors.New("is a directory")}
}

// ReadDir implements fs.ReadDirFile.
func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	return readEntries(&d.rest, n)
}

// readEntries takes the next n entries, as fs.ReadDirFile describes it.
func readEntries(rest *[]fs.DirEntry, n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		out := *rest
		*rest = nil
		return out, nil
	}
	if len(*rest) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(*rest))
	out := (*rest)[:n]
	*rest = (*rest)[n:]
	return out, nil
}
