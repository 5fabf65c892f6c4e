package secret

import (
	"context"

	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/git"
)

// changedFiles returns those of files that are not the same in each of the
// commits: all of them, when there are no commits. It goes by content alone: the index
// knows which files were touched, but can be told to look away, and asking git
// to compare runs the filters that the repository's configuration names.
func (r *repo) changedFiles(ctx context.Context, tree *scanners.Tree, files []file, commits []string) ([]file, error) {
	if len(commits) == 0 {
		return files, nil
	}
	changed := map[string]bool{}
	for _, commit := range commits {
		ids, err := r.blobIDs(ctx, commit)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if !changed[f.path] {
				changed[f.path] = !unchanged(tree, f.path, ids[f.path])
			}
		}
	}
	var out []file
	for _, f := range files {
		if changed[f.path] {
			out = append(out, f)
		}
	}
	return out, nil
}

// blobIDs returns the ids of the regular files of a commit, by their path below
// the scanned directory.
func (r *repo) blobIDs(ctx context.Context, commit string) (map[string]string, error) {
	entries, err := r.git.ListTree(ctx, commit)
	if err != nil {
		return nil, err
	}
	ids := make(map[string]string, len(entries))
	for _, e := range entries {
		if e.Regular() {
			ids[e.Path] = e.ID
		}
	}
	return ids, nil
}

// unchanged reports whether a file has the content of a blob, as it is or with the
// line ends that a checkout may give it. What cannot be read is not the same,
// and whoever scans it says why.
func unchanged(tree *scanners.Tree, path, id string) bool {
	if id == "" {
		return false
	}
	f, err := tree.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false
	}
	same, err := git.IsBlob(f, info.Size(), id)
	return err == nil && same
}
