package secret

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/git"
)

// repo is the git repository that holds the scanned directory.
type repo struct {
	git     *git.Git
	prefix  string // the scanned directory below the top level; empty: the top level itself
	shallow bool
	partial bool   // objects may be missing, which git would fetch when they are needed
	remerge bool   // git log knows --remerge-diff, and may use it here
	why     string // why it may not

	version  string // of git
	settings string // digest of those that say how to compare
}

// openRepo finds the repository of dir, or returns nil when no directory at or
// above it has a .git. What has a .git is a repository: if git cannot read it,
// that is an error.
func openRepo(ctx context.Context, dir string) (*repo, error) {
	g, prefix, err := git.Open(dir)
	if err != nil || g == nil {
		return nil, err
	}
	r := &repo{git: g, prefix: prefix}
	if r.shallow, err = g.Shallow(ctx); err != nil {
		return nil, err
	}
	return r, r.chooseMerges(ctx)
}

// chooseMerges decides how merge commits are compared. --remerge-diff shows
// exactly what a merge adds to its parents, but git must know it (2.35), and
// it runs the merge drivers of the repository's configuration: programs that
// whoever wrote that configuration chose.
func (r *repo) chooseMerges(ctx context.Context) error {
	out, err := r.git.Output(ctx, "version")
	if err != nil {
		return err
	}
	r.version = strings.TrimSpace(string(out))
	if !atLeast(r.version, 2, 35) {
		r.why = "git is older than 2.35"
	}
	settings, err := r.git.Entries(ctx, "config", "--null", "--list", "--includes")
	if err != nil {
		return err
	}
	var compare []string
	for _, setting := range settings {
		name, _, _ := strings.Cut(setting, "\n")
		section, _, _ := strings.Cut(name, ".")
		switch {
		case section == "merge" && strings.HasSuffix(name, ".driver"):
			r.why = "the repository's configuration names a merge driver, which is not run"
		case section == "remote" && strings.HasSuffix(name, ".promisor"), name == "extensions.partialclone":
			r.partial = true
		}
		if section == "merge" || section == "diff" || section == "attr" {
			compare = append(compare, setting)
		}
	}
	r.settings = digest(compare...)
	r.remerge = r.why == ""
	return nil
}

// explain adds what to do about an error that a missing object may be behind.
func (r *repo) explain(err error) error {
	var exit *exec.ExitError
	if r.partial && errors.As(err, &exit) {
		return fmt.Errorf("%w (a partial clone, and nothing is fetched: clone it without --filter)", err)
	}
	return err
}

// atLeast compares the answer of `git version` with a version.
func atLeast(answer string, major, minor int) bool {
	var a, b int
	if _, err := fmt.Sscanf(answer, "git version %d.%d", &a, &b); err != nil {
		return false
	}
	return a > major || a == major && b >= minor
}

// countCommits counts what the revisions reach.
func (r *repo) countCommits(ctx context.Context, revisions ...string) (int, error) {
	out, err := r.git.Output(ctx, append(append([]string{"rev-list", "--count"}, revisions...), "--")...)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		return 0, errors.New("secret: git rev-list --count did not print a number")
	}
	return n, nil
}

// listFiles lists the files of the working tree that are tracked, or neither
// tracked nor ignored, and counts the repositories inside this one. Symbolic
// links are left out, as is what is tracked and not there.
func (r *repo) listFiles(ctx context.Context, tree *scanners.Tree) (files []file, nested int, err error) {
	root, err := os.OpenRoot(tree.Dir())
	if err != nil {
		return nil, 0, fmt.Errorf("secret: %w", err)
	}
	defer root.Close()
	staged, err := r.git.Entries(ctx, "ls-files", "-z", "--cached", "--stage")
	if err != nil {
		return nil, 0, err
	}
	seen := map[string]bool{}
	for _, entry := range staged {
		mode, rest, ok := strings.Cut(entry, " ")
		_, path, tab := strings.Cut(rest, "\t")
		if !ok || !tab || path == "" {
			return nil, 0, errors.New("secret: git ls-files printed an entry without a path")
		}
		if seen[path] {
			continue // several stages of a conflict
		}
		seen[path] = true
		if mode == "160000" {
			nested++
			continue
		}
		if regular(root, path) {
			files = append(files, file{path})
		}
	}
	others, err := r.git.Entries(ctx, "ls-files", "-z", "--others", "--exclude-standard")
	if err != nil {
		return nil, 0, err
	}
	for _, path := range others {
		if strings.HasSuffix(path, "/") {
			nested++
			continue
		}
		if slices.Contains(strings.Split(path, "/"), ".scangate") {
			continue // our own results
		}
		if regular(root, path) && !seen[path] {
			seen[path] = true
			files = append(files, file{path})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	return files, nested, nil
}
