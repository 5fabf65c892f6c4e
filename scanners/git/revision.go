package git

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"unicode"
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

// MergeBases returns the best common ancestors of two commits; none: they share
// no history, or not in this clone.
func (g *Git) MergeBases(ctx context.Context, a, b string) ([]string, error) {
	out, err := g.Output(ctx, "merge-base", "--all", a, b)
	if err != nil && !Exited(err, 1) {
		return nil, err
	}
	bases := strings.Fields(string(out))
	for _, base := range bases {
		if err != nil || !IsHash(base) {
			return nil, errors.New("git merge-base printed something else than commits")
		}
	}
	return bases, nil
}

// maxRevision bounds the name of a revision, in bytes.
const maxRevision = 1000

// CheckRevision refuses what git could take for an option, and what is no
// revision in any case.
func CheckRevision(rev string) error {
	switch {
	case strings.HasPrefix(rev, "-"):
		return errors.New("a revision does not begin with a dash")
	case len(rev) > maxRevision, strings.ContainsFunc(rev, unicode.IsControl):
		return errors.New("not the name of a revision")
	}
	return nil
}
