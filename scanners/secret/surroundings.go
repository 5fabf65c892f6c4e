package secret

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scangate/scangate/scanners"
)

// maxAttributes bounds a file of attributes, in bytes. git reads no larger one
// than 100 MiB, and none that people write comes near this.
const maxAttributes = 1 << 20

// surroundings names everything outside of the commits that the reading of
// them depends on: git itself, the settings that say how it compares, and the
// attributes, which it takes from the working tree whatever the commit. It is
// empty when that cannot be told.
func (r *repo) surroundings(ctx context.Context, tree *scanners.Tree, files []file) (string, error) {
	parts := []string{r.version, r.settings, r.why, r.prefix}
	out, err := r.git.Output(ctx, "rev-parse", "--git-path", "info/attributes")
	if err != nil {
		return "", err
	}
	info := strings.TrimSuffix(string(out), "\n")
	if !filepath.IsAbs(info) {
		info = filepath.Join(r.git.Dir, info)
	}
	above := []string{info}
	for dir := r.git.Dir; dir != r.git.Top; dir = filepath.Dir(dir) {
		above = append(above, filepath.Join(filepath.Dir(dir), ".gitattributes"))
	}
	for _, name := range above {
		content, ok := readAttributes(openRegular(name))
		if !ok {
			return "", nil
		}
		parts = append(parts, content)
	}
	names := map[string]bool{}
	for _, f := range files {
		names[f.path] = true
	}
	for _, f := range tree.Files() {
		names[f.Path] = true
	}
	var inside []string
	for name := range names {
		if path.Base(name) == ".gitattributes" {
			inside = append(inside, name)
		}
	}
	slices.Sort(inside)
	for _, name := range inside {
		content, ok := readAttributes(tree.Open(name))
		if !ok {
			return "", nil
		}
		parts = append(parts, name, content)
	}
	return digest(parts...), nil
}

// readAttributes reads a file of attributes, which need not be there.
func readAttributes(f *os.File, err error) (content string, ok bool) {
	if errors.Is(err, fs.ErrNotExist) {
		return "", true
	}
	if err != nil {
		return "", false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxAttributes+1))
	return string(data), err == nil && len(data) <= maxAttributes
}
