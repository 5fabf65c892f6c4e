package run

import "errors"

// The ways in which a run fails, for errors.Is. An exit status other than zero
// is not among them: what it means depends on the tool.
var (
	ErrNotFound      = errors.New("not found")
	ErrNotExecutable = errors.New("not executable")
	ErrInTree        = errors.New("inside the scanned tree")
	ErrChanged       = errors.New("changed")
	ErrDeadline      = errors.New("deadline")
	ErrCut           = errors.New("output cut")
	ErrSignal        = errors.New("ended by a signal")
)

// failure is an error of one line that is one of the above.
type failure struct {
	kind error
	line string
}

func (f *failure) Error() string        { return f.line }
func (f *failure) Is(target error) bool { return target == f.kind }
