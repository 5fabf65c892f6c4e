package secret

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/scanners/git"
	"github.com/scangate/scangate/text"
)

// maxShallow bounds the list of commits at which a shallow clone ends.
const maxShallow = 64 << 20

// UsageError says that what was asked for does not fit the repository: it is
// for whoever asked to mend, as opposed to a scan that failed.
type UsageError struct{ problem string }

func (e *UsageError) Error() string { return "secret: " + e.problem }

func usage(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// since is the part of the history that is new against a revision.
type since struct {
	rev         string   // as it was given
	head, other string   // ids of the commits that HEAD and rev name
	bases       []string // their merge bases; none: they share no history, or not in this clone
}

// openSince finds the commits that --since is about.
func (r *repo) openSince(ctx context.Context, rev string) (*since, error) {
	s := &since{rev: text.OneLine(rev, 80)}
	var err error
	if s.head, err = r.git.Resolve(ctx, "HEAD"); err != nil {
		return nil, err
	}
	if s.other, err = r.git.Resolve(ctx, rev); err != nil {
		return nil, err
	}
	switch {
	case s.head == "":
		return nil, usage("--since %q: there is no commit yet", s.rev)
	case s.other == "":
		return nil, usage("--since %q: this clone has no such commit; fetch it first, on GitHub by checking out with fetch-depth: 0", s.rev)
	}
	s.bases, err = r.git.MergeBases(ctx, s.head, s.other)
	return s, err
}

// revisions are the arguments of git rev-list; nil stands for all there is.
func (s *since) revisions() []string {
	if s == nil {
		return []string{"--all"}
	}
	return []string{s.head, "^" + s.other}
}

// String names the merge base.
func (s *since) String() string {
	switch len(s.bases) {
	case 0:
		return s.rev + " (no merge base)"
	case 1:
		return s.rev + " (merge base " + s.bases[0][:12] + ")"
	}
	return fmt.Sprintf("%s (%d merge bases)", s.rev, len(s.bases))
}

// boundary returns the commits at which a shallow clone ends: their parents
// exist, and are not here.
func (r *repo) boundary(ctx context.Context) (map[string]bool, error) {
	out, err := r.git.Output(ctx, "rev-parse", "--git-path", "shallow")
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(string(out), "\n")
	if !filepath.IsAbs(name) {
		name = filepath.Join(r.git.Dir, name)
	}
	f, err := openRegular(name)
	if err != nil {
		return nil, fmt.Errorf("secret: reading where the shallow clone ends: %w", err)
	}
	defer f.Close()
	ends := map[string]bool{}
	in := bufio.NewScanner(io.LimitReader(f, maxShallow))
	for in.Scan() {
		if !git.IsHash(in.Text()) {
			return nil, errors.New("secret: the list of commits at which the shallow clone ends is damaged")
		}
		ends[in.Text()] = true
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("secret: reading where the shallow clone ends: %w", fileio.Cause(err))
	}
	if len(ends) == 0 {
		return nil, errors.New("secret: git calls the clone shallow, and does not say where it ends")
	}
	return ends, nil
}
