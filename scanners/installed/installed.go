// Package installed is the vocabulary of the readers of what is installed in an
// image or a directory: package databases, package metadata, binaries. Below
// it are the readers, by kind.
package installed

import (
	"context"
	"io"
	"io/fs"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// File is a regular file of an image layer or a directory.
type File struct {
	Path string      // clean, relative to the root, with forward slashes
	Mode fs.FileMode // as stored in the layer
	Size int64       // in bytes
	// Content is positioned at the start. It is valid during Read only.
	Content Content
}

// Content gives access to the bytes of a file, at random.
type Content interface {
	io.Reader
	io.ReaderAt
	io.Seeker
}

// Result is what one file says.
type Result struct {
	OS         *ftypes.OS         `json:"os,omitempty"`         // which operating system this is
	Repository *ftypes.Repository `json:"repository,omitempty"` // the package repository it is bound to
	BuildInfo  *ftypes.BuildInfo  `json:"buildInfo,omitempty"`  // Red Hat's content sets, or name, version and architecture of a layer
	// Type is the language of the packages, as ftypes.NodePkg; empty for
	// packages of the operating system.
	Type     ftypes.LangType  `json:"type,omitempty"`
	Packages []ftypes.Package `json:"packages,omitempty"`
	// Owns are the files that packages of the operating system brought along:
	// packages of a language in them are the system's to patch, and known by
	// its advisories.
	Owns []string `json:"owns,omitempty"`
	// Gaps say what could not be read of this file, in a sentence each; the
	// rest of the result stands.
	Gaps []string `json:"gaps,omitempty"`
}

// Reader reads one kind of file.
type Reader struct {
	Name string // "dpkg", "jar": for messages and the key of caches
	// Version changes when the same file may give another result, so that
	// what was cached before is not used.
	Version int
	// Wants tells from the name, the mode and the size alone whether Read is
	// to be called. It is called for every file of an image, so it is cheap.
	Wants func(path string, mode fs.FileMode, size int64) bool
	// Head, if not nil, tells from the first bytes of a file (512, fewer of a
	// shorter file) whether Read is to be called.
	Head func(head []byte) bool
	// Max is the largest file that is read, in bytes; a larger one is a gap.
	Max int64
	// Read returns nil without an error for a file that is not of its kind
	// after all. An error means that the file is of its kind and cannot be
	// read; it says why in general words, and quotes nothing of the content.
	// It does not panic, and ends soon after ctx does.
	Read func(ctx context.Context, f File) (*Result, error)
}
