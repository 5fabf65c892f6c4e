package lock

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/fileio"
)

// Bytes is the lock as it is to be written.
func (f *File) Bytes() []byte { return slices.Clone(f.source) }

// Write replaces the file of the name with the lock, whole or not at all.
func (f *File) Write(name string) error {
	err := fileio.Replace(name, func(w io.Writer) error { _, err := w.Write(f.source); return err })
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, fileio.Cause(err))
	}
	return nil
}

// Set adds a tool, or changes what the lock says about it. Comments stay where
// they are, and where only values change, everything else does, too. The
// digest of a version that is locked already is never changed: that is
// ErrChanged, and for people to look into.
func (f *File) Set(t Tool) error {
	t.Program = cmp.Or(t.Program, t.Name)
	if old, ok := f.Tool(t.Name); ok {
		if err := unchanged(old, Release{Version: t.Version, Platforms: t.Platforms}); err != nil {
			return err
		}
	}
	source := f.source
	doc, err := document(source, f.label())
	if err == nil && doc == nil {
		source = append(bytes.TrimLeft(append(f.Bytes(), '\n'), "\n"), "version: 1\n"...) // behind comments, if any
		doc, err = document(source, f.label())
	}
	if err != nil {
		return err
	}
	if doc == nil {
		return fmt.Errorf("%s: %s cannot be put into the lock", f.label(), t.Name)
	}
	e := &editor{}
	e.tool(e.child(e.child(doc.Content[0], "tools"), t.Name), t)
	if !e.grown {
		if next, ok := e.splice(source); ok && f.become(next, t) == nil {
			return nil
		}
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("%s: %w", f.label(), err)
	}
	if err := enc.Close(); err != nil {
		return fmt.Errorf("%s: %w", f.label(), err)
	}
	return f.become(out.Bytes(), t)
}

// become takes over an edited lock if it says what was meant.
func (f *File) become(source []byte, t Tool) error {
	next, err := Parse(source, f.label())
	if err != nil {
		return fmt.Errorf("cannot be put into the lock: %w", err)
	}
	if got, ok := next.Tool(t.Name); !ok || !reflect.DeepEqual(got, t) {
		return fmt.Errorf("%s: %s cannot be put into the lock", f.label(), t.Name)
	}
	*f = *next
	return nil
}

// editor changes a tree of YAML, and remembers how.
type editor struct {
	changed []change
	grown   bool // keys came or went, for which values alone cannot be replaced
}

// change is a new value for a scalar that is there.
type change struct {
	line, column int
	old, value   string
}

func (e *editor) tool(n *yaml.Node, t Tool) {
	program, published := t.Program, ""
	if program == t.Name {
		program = ""
	}
	if !t.Published.IsZero() {
		published = t.Published.Format(time.DateOnly)
	}
	e.set(n, "version", t.Version)
	e.set(n, "program", program)
	e.set(n, "published", published)
	if t.Signer == (Signer{}) {
		e.remove(n, "signature")
	} else {
		s := e.child(n, "signature")
		e.set(s, "identity", t.Signer.Identity)
		e.set(s, "issuer", t.Signer.Issuer)
	}
	platforms := e.child(n, "platforms")
	for i := 0; i+1 < len(platforms.Content); {
		if _, ok := t.Platforms[platforms.Content[i].Value]; !ok {
			e.remove(platforms, platforms.Content[i].Value)
			continue
		}
		i += 2
	}
	for _, name := range slices.Sorted(maps.Keys(t.Platforms)) {
		b, to := t.Platforms[name], e.child(platforms, name)
		e.set(to, "url", b.URL)
		e.set(to, "archive-sha256", b.Archive)
		e.set(to, "member", b.Member)
		e.set(to, "sha256", b.SHA256)
	}
}

// find returns the place of a key in a mapping, or -1.
func find(n *yaml.Node, key string) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// child returns the mapping under a key, and makes it if need be.
func (e *editor) child(n *yaml.Node, key string) *yaml.Node {
	i := find(n, key)
	if i >= 0 && n.Content[i+1].Kind == yaml.MappingNode {
		return n.Content[i+1]
	}
	e.grown = true
	child := &yaml.Node{Kind: yaml.MappingNode}
	if i >= 0 { // the key with nothing behind it
		n.Content[i+1] = child
	} else {
		n.Content = append(n.Content, scalar(key), child)
	}
	return child
}

// scalar is a word in quotes if it would be something else without.
func scalar(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

// set gives a key a value, and removes it for none.
func (e *editor) set(n *yaml.Node, key, value string) {
	i := find(n, key)
	switch {
	case value == "":
		e.remove(n, key)
	case i < 0:
		e.grown = true
		n.Content = append(n.Content, scalar(key), scalar(value))
	case n.Content[i+1].Value != value:
		v := n.Content[i+1]
		e.changed = append(e.changed, change{v.Line, v.Column, v.Value, value})
		v.SetString(value)
	}
}

func (e *editor) remove(n *yaml.Node, key string) {
	if i := find(n, key); i >= 0 {
		e.grown = true
		n.Content = slices.Delete(n.Content, i, i+2)
	}
}

// splice replaces the values in the text itself. It gives up where a value is
// not written as it reads.
func (e *editor) splice(source []byte) ([]byte, bool) {
	lines := strings.SplitAfter(string(source), "\n")
	// From the end, so that what is to be changed yet stays where it is.
	slices.SortFunc(e.changed, func(a, b change) int {
		return cmp.Or(cmp.Compare(b.line, a.line), cmp.Compare(b.column, a.column))
	})
	for _, c := range e.changed {
		if c.line < 1 || c.line > len(lines) || c.column < 1 || c.column > len(lines[c.line-1]) {
			return nil, false
		}
		line, at := lines[c.line-1], c.column-1
		if q := line[at]; q == '"' || q == '\'' {
			at++
		}
		if !strings.HasPrefix(line[at:], c.old) {
			return nil, false
		}
		lines[c.line-1] = line[:at] + c.value + line[at+len(c.old):]
	}
	return []byte(strings.Join(lines, "")), true
}
