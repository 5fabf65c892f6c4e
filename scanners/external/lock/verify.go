package lock

import (
	"fmt"
	"os"

	"github.com/scangate/scangate/scanners/external/run"
	"github.com/scangate/scangate/text"
)

// shortDigest is how much of a digest messages show, in characters.
const shortDigest = 12

// Verify hashes a tool's program, given without links, and compares it with
// the lock. It returns the digest, for run.Command to hold the program to. A
// tool that is not in the lock for this platform is ErrNotLocked, a program
// with another digest ErrChanged.
func (f *File) Verify(tool, program string) (sha256 string, err error) {
	return f.verify(tool, program, Platform())
}

func (f *File) verify(tool, program, platform string) (string, error) {
	t, ok := f.Tool(tool)
	if !ok {
		return "", &failure{ErrNotLocked, fmt.Sprintf("%s is not in %s", text.OneLine(tool, 80), f.label())}
	}
	b, ok := t.Platforms[platform]
	if !ok {
		return "", &failure{ErrNotLocked, fmt.Sprintf("%s has no entry for %s in %s", tool, platform, f.label())}
	}
	got, err := digestOf(program)
	if err != nil {
		return "", fmt.Errorf("%s cannot be verified: %w", tool, err)
	}
	if got != b.SHA256 {
		return "", &failure{ErrChanged, fmt.Sprintf("%s: %s has SHA-256 %s…, but %s has %s… for %s: it is not run; restore it with `scangate tools install %s`, or correct the lock if the change is yours",
			tool, text.OneLine(program, 300), got[:shortDigest], f.label(), b.SHA256[:shortDigest], t.Version, tool)}
	}
	return got, nil
}

// label is how messages call the file.
func (f *File) label() string {
	if f.Name == "" {
		return DefaultName
	}
	return f.Name
}

// digestOf hashes a file. It does not open what is no regular file, as that
// may wait for ever.
func digestOf(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a regular file", text.OneLine(path, 300))
	}
	return run.Hash(path)
}
