package git

import (
	"context"
	"errors"
	"strings"
)

// Entry is what a commit has at a path.
type Entry struct {
	Path string // below the directory that Git works in
	Mode string // as git writes it: 100644, 100755, 120000, 160000
	ID   string // of the object
}

// Regular reports that it is a file, and neither a link nor a repository.
func (e Entry) Regular() bool { return strings.HasPrefix(e.Mode, "100") }

// Link reports that it is a symbolic link.
func (e Entry) Link() bool { return e.Mode == "120000" }

// Repository reports that another repository is at its place.
func (e Entry) Repository() bool { return e.Mode == "160000" }

// ListTree lists what a commit has below the directory that g works in, sorted
// as git sorts; nothing, when the commit has no such directory.
func (g *Git) ListTree(ctx context.Context, commit string) ([]Entry, error) {
	lines, err := g.Entries(ctx, "ls-tree", "-r", "-z", commit, "--")
	if err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(lines))
	for _, line := range lines {
		about, path, ok := strings.Cut(line, "\t")
		words := strings.Fields(about)
		if !ok || len(words) != 3 || !IsHash(words[2]) {
			return nil, errors.New("git ls-tree printed an entry that is not one")
		}
		out = append(out, Entry{Path: path, Mode: words[0], ID: words[2]})
	}
	return out, nil
}

// Renames lists the files that were moved between two commits, old name by new
// one, as far as git recognises them by their content. Only paths below the
// directory that g works in are listed.
func (g *Git) Renames(ctx context.Context, from, to string) (map[string]string, error) {
	fields, err := g.Entries(ctx, "diff-tree", "-r", "-z", "--find-renames", "--name-status", "--diff-filter=R", "--relative",
		"--no-ext-diff", "--no-textconv", from, to, "--")
	if err != nil {
		return nil, err
	}
	moved := map[string]string{}
	for len(fields) > 0 {
		if len(fields) < 3 || !strings.HasPrefix(fields[0], "R") {
			return nil, errors.New("git diff-tree printed something else than renames")
		}
		moved[fields[2]] = fields[1]
		fields = fields[3:]
	}
	return moved, nil
}
