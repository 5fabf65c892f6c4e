//go:build !linux

package start

// noteLeft is for systems on which a program can get away.
const noteLeft = "programs that the scanned one started may outlive it: this system only knows its process group"
