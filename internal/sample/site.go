package sample

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Site builds the web program of the sample at src as program, and writes a
// configuration that starts and scans it, at a port that is free now, to file.
func Site(ctx context.Context, src, program, file string) error {
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, filepath.Join(src, "site", "main.go"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build of the sample's site: %w: %s", err, strings.TrimSpace(string(out)))
	}
	address, err := FreePort()
	if err != nil {
		return err
	}
	return os.WriteFile(file, fmt.Appendf(nil, `version: 1
scanners:
  dast:
    targets: ["http://%s"]
    start: [%s, --listen, "%[1]s"]
    within: 10s
    rate: unlimited
`, address, strconv.Quote(program)), 0o644)
}

// FreePort returns an address of this machine that nothing listens at.
func FreePort() (address string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
