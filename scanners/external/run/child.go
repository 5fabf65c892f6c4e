package run

import "os"

// launch is everything that a system's start needs to know.
type launch struct {
	path     string
	argv     []string
	dir      string
	env      []string
	files    []*os.File // standard input, output and error
	box      string
	writable []string
	network  bool
	limits   Limits
	without  mechanisms
}

// child is a started process, and how this system ends it.
type child struct {
	proc      *os.Process
	notes     []string                         // complete once wait has returned
	terminate func()                           // asks it to end
	kill      func()                           // ends it with all that it started
	wait      func() (*os.ProcessState, error) // also ends what it left behind
}

// markName is the variable by which the children of a tool are found, where
// there is no better way. Its value is a random one for each run.
const markName = "SCANGATE_TOOL"

// The notes about what a system does not permit.
const (
	noteNetwork  = "runs with network: this system permits neither network namespaces nor system call filters"
	noteWrite    = "may write wherever this user may, and read the environment of other processes of this user: this system has no Landlock"
	noteTruncate = "may empty files wherever this user may write: this system's Landlock is too old"
	noteLimits   = "memory, file size and open files are not limited by this system"
	noteOpen     = "a program that it started kept its output open after its end"
	noteLeft     = "a program that it started and that hides may outlive it: this system permits no process namespace"
)
