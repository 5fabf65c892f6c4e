package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	// fetchTimeout bounds a fetch.
	fetchTimeout = 2 * time.Minute
	// maxFetchDepth is as much history as is ever asked for.
	maxFetchDepth = 1000
)

// fetchEnv are the variables that say how to reach a server, which a fetch
// inherits besides.
var fetchEnv = []string{"HOME", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"}

// Fetch gets commits from where the clone is from, with so many of their
// ancestors: what a shallow clone lacks. It takes the place and the login that
// the repository's configuration has, asks nobody for a password, writes no ref,
// and speaks https, or with a directory of this machine.
func (g *Git) Fetch(ctx context.Context, depth int, commits ...string) error {
	for _, c := range commits {
		if !IsHash(c) {
			return fmt.Errorf("%q is no commit", c)
		}
	}
	if len(commits) == 0 || depth < 1 || depth > maxFetchDepth {
		return errors.New("nothing to fetch")
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	var env []string
	for _, name := range fetchEnv {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	// Of a variable that is there twice the last one counts.
	env = append(env, "GIT_ALLOW_PROTOCOL=https:file")
	args := slices.Concat([]string{
		"-c", "protocol.allow=never", "-c", "protocol.https.allow=always", "-c", "protocol.file.allow=always",
		"-c", "credential.interactive=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
		"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance",
		fmt.Sprintf("--depth=%d", depth), "origin"}, commits)
	p, err := g.Start(ctx, nil, env, args...)
	if err != nil {
		return err
	}
	p.what = "fetch"
	p.Stdout.Close()
	return p.Finish()
}

// Parents are the commits that a commit names as its parents; in a shallow clone
// those that are here.
func (g *Git) Parents(ctx context.Context, commit string) ([]string, error) {
	out, err := g.Output(ctx, "rev-list", "--parents", "--max-count=1", commit, "--")
	if err != nil {
		return nil, err
	}
	ids := strings.Fields(string(out))
	if len(ids) == 0 || slices.ContainsFunc(ids, func(id string) bool { return !IsHash(id) }) {
		return nil, errors.New("git rev-list printed something else than commits")
	}
	return ids[1:], nil
}
