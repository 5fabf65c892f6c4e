package main

import (
	"os/exec"
	"testing"
)

// BenchmarkStartup is the whole process of `scangate version`, as `make build`
// makes it: what every run pays before it does anything.
func BenchmarkStartup(b *testing.B) {
	for b.Loop() {
		if out, err := exec.Command("../../bin/scangate", "version").CombinedOutput(); err != nil {
			b.Fatalf("%v: %s (make build first)", err, out)
		}
	}
}
