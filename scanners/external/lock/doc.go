// Package lock keeps .scangate.lock: which version of every external tool is
// wanted, and what its program must hash to on every platform. It installs
// tools from there, checks them before they run, and proposes newer ones once
// they have been public for a while. The lock is trusted as the configuration
// is: whoever may change it decides what is run.
package lock

import "errors"

// The ways in which a tool is not what the lock asks for, for errors.Is.
var (
	// ErrNotLocked is a tool that the lock does not name for this platform.
	ErrNotLocked = errors.New("not locked")
	// ErrChanged is a program, a download or a release with another digest
	// than the one that is known.
	ErrChanged = errors.New("changed")
)

// failure is an error of one line that is one of the above.
type failure struct {
	kind error
	line string
}

func (f *failure) Error() string        { return f.line }
func (f *failure) Is(target error) bool { return target == f.kind }
