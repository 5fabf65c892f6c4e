//go:build !unix

package run

import (
	"os"
	"os/exec"
)

// What only Unix has is not tested elsewhere.

func ignoreTerm() {}

func onTerm(ready func()) <-chan os.Signal {
	ready()
	return make(chan os.Signal)
}

func leaveSession(*exec.Cmd) {}

func isOpen(int) bool { return false }

func makeFIFO(string) {}

func dig(string, int) bool { return false }
