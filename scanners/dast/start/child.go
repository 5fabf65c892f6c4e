package start

import "os"

// child is a started process, and how this system ends it.
type child struct {
	notes     []string
	terminate func()                           // asks it and what it started to end
	kill      func()                           // ends them
	wait      func() (*os.ProcessState, error) // also ends what it leaves behind
}
