package system

import (
	"context"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

// repositoriesReader reads which repositories apk installs from: an Alpine may
// be bound to newer ones than its release.
func repositoriesReader() installed.Reader {
	return installed.Reader{
		Name:    "apk-repositories",
		Version: 1,
		Wants:   func(path string, _ fs.FileMode, _ int64) bool { return path == "etc/apk/repositories" },
		Max:     maxRelease,
		Read:    readRepositories,
	}
}

// repositoryURL finds the distribution and the branch in an address like
// https://mirror.example/alpine/v3.22/main.
var repositoryURL = regexp.MustCompile(`(?:https*|ftp)://[0-9A-Za-z.-]+/([A-Za-z]+)/v?([0-9A-Za-z_.-]+)/`)

// readRepositories returns the newest branch of Alpine in the file, and
// nothing when another distribution is in it: then it does not say what the
// packages are of. As Trivy does, it does not pass over comments.
func readRepositories(ctx context.Context, f installed.File) (*installed.Result, error) {
	var branch string
	in := newLines(ctx, f.Content, maxRelease)
	for {
		line, ok := in.next()
		if !ok {
			break
		}
		m := repositoryURL.FindSubmatch(line)
		if m == nil {
			continue
		}
		if string(m[1]) != string(ftypes.Alpine) {
			return nil, nil
		}
		if b := string(m[2]); newerBranch(b, branch) {
			branch = b
		}
	}
	if in.fail != nil {
		return nil, in.fail
	}
	if branch == "" || len(branch) > maxName {
		return nil, nil
	}
	return &installed.Result{Repository: &ftypes.Repository{Family: ftypes.Alpine, Release: branch}}, nil
}

// newerBranch tells whether a is newer than b. What is no number is newer than
// nothing only; edge is the newest of all.
func newerBranch(a, b string) bool {
	if b == "" || a == "edge" {
		return b != a
	}
	left, right := numbers(a), numbers(b)
	return left != nil && right != nil && b != "edge" && slices.Compare(left, right) > 0
}

// numbers splits 3.22 into 3 and 22.
func numbers(s string) []int {
	var out []int
	for part := range strings.SplitSeq(s, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		out = append(out, n)
	}
	return out
}
