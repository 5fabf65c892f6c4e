package git

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
)

// Resolve returns the id of the commit that rev names, or nothing when it
// names none that is here.
func (g *Git) Resolve(ctx context.Context, rev string) (string, error) {
	out, err := g.Output(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if Exited(err, 1) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	// "^main" and the like give more than an id.
	if hash := strings.TrimSuffix(string(out), "\n"); IsHash(hash) {
		return hash, nil
	}
	return "", nil
}

// Exited reports whether a git process ended by itself, with a status.
func Exited(err error, status int) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == status
}

// IsHash reports whether s is an object id in full.
func IsHash(s string) bool {
	return (len(s) == 40 || len(s) == 64) && len(bytes.Trim([]byte(s), "0123456789abcdef")) == 0
}
