// Package layer reads the layers of container images, one entry after the
// other, in one pass and without unpacking anything. Layers are hostile input:
// what is read of them, and kept while reading, has limits.
package layer

import (
	"context"
	"errors"
	"io"
	"io/fs"
)

// Kind is what an entry of a layer is.
type Kind int

const (
	File     Kind = iota // a regular file
	Dir                  // a directory
	Symlink              // a symbolic link; Link is where it leads
	Hardlink             // another name of a file; Link is the earlier name
	Device               // a device, a named pipe or a socket
	Whiteout             // hides Path, and all below it, of the layers beneath
	Opaque               // hides what the layers beneath have in the directory Path
)

// String returns what people call it.
func (k Kind) String() string {
	switch k {
	case File:
		return "file"
	case Dir:
		return "directory"
	case Symlink:
		return "symbolic link"
	case Hardlink:
		return "hard link"
	case Device:
		return "device"
	case Whiteout:
		return "whiteout"
	case Opaque:
		return "opaque directory"
	}
	return "unknown"
}

// Entry is one entry of a layer. A path that occurs twice is visited twice;
// the later entry counts. Whiteout and Opaque hide what the layers beneath
// hold and never what the same layer holds, wherever in it they stand.
type Entry struct {
	// Path is clean, relative to the root, with forward slashes; "." is the
	// root. It never leads out of the root, but it may name a link of this or
	// another layer on its way.
	Path string
	Kind Kind
	Mode fs.FileMode // with the type bits
	// Size is that of a File, in bytes, as the layer claims. Content may turn
	// out shorter, with an error.
	Size int64
	// Link is the cleaned target of a Symlink or Hardlink, relative to the
	// root; empty if it has none or leads out of the root.
	Link string
}

// Limits bound one pass.
type Limits struct {
	Entries int   // that are looked at
	Bytes   int64 // of the stream, uncompressed
	// Sparse is how many bytes of sparse files may be read in total. A few
	// bytes of a layer can stand for terabytes of holes.
	Sparse int64
}

// DefaultLimits are those for one layer of any real image.
func DefaultLimits() Limits {
	return Limits{Entries: 2_000_000, Bytes: 32 << 30, Sparse: 1 << 30}
}

// Stats are what a pass looked at.
type Stats struct {
	Entries int   // of every kind
	Files   int   // regular files
	Bytes   int64 // of the stream; of a directory, the sizes of its files
}

// ErrTooLarge is wrapped by the errors of whatever goes over a limit. What was
// visited before is as good as without it.
var ErrTooLarge = errors.New("over the size limit")

// Visit is called for each entry, with the content of a File. It is valid
// during the call only, and need not be read. An error ends the pass.
type Visit = func(Entry, io.Reader) error

// bounded is a stream that ends with its context, and counts against a limit.
type bounded struct {
	ctx  context.Context
	r    io.Reader
	read int64
	max  int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.ctx.Err() != nil {
		return 0, context.Cause(b.ctx)
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	if b.read > b.max {
		return 0, ErrTooLarge
	}
	return n, err
}
