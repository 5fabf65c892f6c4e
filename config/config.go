// Package config reads .scangate.yaml. It is strict: what it does not
// understand is an error that names file, line, column and the nearest right
// word, because a misspelt threshold that is passed over in silence is a hole
// in the gate. It knows the shape of the file, and leaves the sections of
// scanners and policy to those who own them.
package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"time"

	"go.yaml.in/yaml/v3"
)

// DefaultName is the file that is read when none is named.
const DefaultName = ".scangate.yaml"

// MaxSize bounds the file, in bytes.
const MaxSize = 1 << 20

// File is a configuration as it stands in the file.
type File struct {
	Name     string             // for messages; empty when there is no file
	Dir      string             // where what it names is looked for; empty: beside Name
	Digest   string             // SHA-256 of its bytes, in hex
	Scanners map[string]Section // by scanner name
	Policy   Section
	Ignore   Section   // findings that do not count
	Plugins  Section   // scanners of the user's own
	VEX      []Section // patterns of VEX documents below the scanned directory: words
	DB       DB
}

// sections are the keys of the file.
type sections struct {
	Version  Section            `yaml:"version"`
	Scanners map[string]Section `yaml:"scanners"`
	Policy   Section            `yaml:"policy"`
	Ignore   Section            `yaml:"ignore"`
	Plugins  Section            `yaml:"plugins"`
	VEX      []Section          `yaml:"vex"`
	DB       DB                 `yaml:"db"`
}

// DB is the section about the vulnerability database.
type DB struct {
	MaxAge time.Duration `yaml:"max-age"` // older than this is incomplete; 0: no limit

	// Where the databases come from, in the order to try: words, which whoever
	// downloads them checks. None: the public mirrors.
	Repositories     []Section `yaml:"repository"`
	JavaRepositories []Section `yaml:"java-repository"`

	// Where the feeds come from: an address each, which whoever downloads them
	// checks. None: the public one.
	KEV  Section `yaml:"kev"`
	EPSS Section `yaml:"epss"`
}

// Section is a part of the file that somebody else decodes.
type Section struct {
	file  string
	name  string
	node  *yaml.Node
	asked *reflect.Type // by TypeOf
}

// Error is a mistake in a configuration file.
type Error struct {
	File         string
	Line, Column int
	Message      string
}

// Error formats the mistake as file:line:column: message.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Load reads the configuration. An empty name means DefaultName in dir, which
// may be absent; a file that was named must be there.
func Load(name, dir string) (*File, error) {
	named := name != ""
	f, err := open(name, dir)
	if errors.Is(err, os.ErrNotExist) && !named {
		return &File{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	defer f.Close()
	label := name
	if !named {
		label = DefaultName
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("configuration: %s is not a regular file", label)
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%s: over the limit of %d KiB for a configuration", label, MaxSize>>10)
	}
	return Parse(data, label)
}

// open opens the named file, or the default one in dir. The default one
// belongs to the scanned repository: a link there must not lead out of it.
func open(name, dir string) (*os.File, error) {
	if name != "" {
		return os.Open(name)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.Open(DefaultName)
}

// Parse reads the configuration in data. The name is for messages.
func Parse(data []byte, name string) (*File, error) {
	digest := sha256.Sum256(data)
	out := &File{Name: name, Digest: hex.EncodeToString(digest[:])}
	root, err := read(data, name)
	if err != nil || root == nil { // an empty file is an empty configuration
		return out, err
	}
	if root.Tag == "!!null" {
		return out, nil // the same, written out
	}
	var top sections
	d := decoder{file: name}
	if err := d.fields(root, addressable(&top), "", 0); err != nil {
		return nil, err
	}
	version := 1
	if err := top.Version.Decode(&version); err != nil {
		return nil, err
	}
	if version != 1 {
		return nil, top.Version.Errorf("version %d is not known: this scangate reads version 1", version)
	}
	out.Scanners, out.Policy, out.Ignore, out.Plugins, out.VEX, out.DB = top.Scanners, top.Policy, top.Ignore, top.Plugins, top.VEX, top.DB
	return out, nil
}
