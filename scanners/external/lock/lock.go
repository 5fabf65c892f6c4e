package lock

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/scangate/scangate/fileio"
)

// DefaultName is the file that is read when none is named.
const DefaultName = ".scangate.lock"

const (
	maxFile  = 1 << 20 // bytes of a lock
	maxTools = 500
)

// File is a lock as it stands in its file.
type File struct {
	Name   string // for messages; empty when there is no file
	tools  []Tool // by name
	source []byte
}

// Tool is what the lock says about one external tool.
type Tool struct {
	Name      string    // the scanner's: "gitleaks"
	Program   string    // the program's file name, without ".exe"; the tool's name unless the lock says otherwise
	Version   string    //
	Published time.Time // the day on which the version came out, UTC; zero: not known
	Signer    Signer    // who signs its releases; zero: not known
	Platforms map[string]Build
}

// Signer is an identity and the OpenID Connect issuer that vouches for it, as
// in the certificate of a keyless signature. It is a record for people and for
// those who check signatures: the digests are what counts here.
type Signer struct{ Identity, Issuer string }

// Build is a tool for one platform.
type Build struct {
	URL     string // where to download it; empty: it is installed by other means
	Archive string // the SHA-256 of the archive that the URL leads to; empty: it leads to the program itself
	Member  string // the exact name of the program in the archive; empty without one
	SHA256  string // of the installed program, in lower-case hexadecimal
}

// Platform is the name of the platform that this program is built for.
func Platform() string { return runtime.GOOS + "/" + runtime.GOARCH }

// Tools returns the locked tools by name. The caller must not change them.
func (f *File) Tools() []Tool { return f.tools }

// Tool returns what the lock says about the tool.
func (f *File) Tool(name string) (Tool, bool) {
	i := slices.IndexFunc(f.tools, func(t Tool) bool { return t.Name == name })
	if i < 0 {
		return Tool{}, false
	}
	return f.tools[i], true
}

// platforms lists the platforms of a tool in order.
func (t Tool) platforms() []string { return slices.Sorted(maps.Keys(t.Platforms)) }

// Read reads a lock. An empty name means DefaultName in dir, which may be
// absent and must not be a link that leads out of dir; a file that was named
// must be there. Mistakes are config.Error, with line and column.
func Read(name, dir string) (*File, error) {
	label := name
	if name == "" {
		label = DefaultName
	}
	f, err := open(name, dir)
	if errors.Is(err, os.ErrNotExist) && name == "" {
		return &File{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", label, fileio.Cause(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", label)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", label, fileio.Cause(err))
	}
	return Parse(data, label)
}

func open(name, dir string) (*os.File, error) {
	if name != "" {
		// Opening a named pipe would wait for a writer.
		if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
			return nil, errors.New("not a regular file")
		}
		return os.Open(name)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if info, err := root.Stat(DefaultName); err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	return root.Open(DefaultName)
}
