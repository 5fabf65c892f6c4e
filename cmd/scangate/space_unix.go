//go:build linux || darwin

package main

import "syscall"

// freeSpace is what is free where a directory is, in bytes, for those without
// special rights.
func freeSpace(dir string) (bytes uint64, known bool) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil || fs.Bsize <= 0 {
		return 0, false
	}
	return fs.Bavail * uint64(fs.Bsize), true
}
