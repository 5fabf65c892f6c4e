package check

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Custom is a team's own modules and data, read and parsed. See ReadCustom.
type Custom struct {
	modules map[string]*ast.Module // by their file
	files   []string               // the files of modules, in order
	data    map[string]any         // what the modules see as data
	checks  []*teamCheck           // in the order of their files and rules
}

// The bounds on a team's checks. The largest collections that are public have
// some hundred files of a few kilobytes.
const (
	maxCustomFiles   = 2000      // modules and data files
	maxCustomEntries = 50_000    // whatever is in the directories
	maxCustomDepth   = 20        // directories in directories
	maxModuleSize    = 256 << 10 // bytes
	maxDataSize      = 4 << 20
	maxCustomSize    = 16 << 20 // of all together
)

// ReadCustom reads the checks in directories of fsys, with all below them:
// *.rego are modules, but for *_test.rego, and *.yaml, *.yml and *.json are
// data, whose keys are seen below data. What starts with a dot is passed over,
// and so is whatever is neither a file nor a directory; that no link leads out
// of fsys is for the caller to see to.
//
// The error is one line that names the files at fault with line and column, up
// to five of them.
func ReadCustom(fsys fs.FS, dirs []string) (*Custom, error) {
	c := &Custom{modules: map[string]*ast.Module{}, data: map[string]any{}}
	r := &customReader{fsys: fsys, custom: c, seen: map[string]bool{}, owners: map[string]string{}}
	for _, dir := range dirs {
		if err := r.dir(dir); err != nil {
			return nil, err
		}
	}
	if len(c.files) == 0 && len(r.problems.list) == 0 {
		return nil, fmt.Errorf("no checks in %s: a check is a file *.rego, and not *_test.rego", strings.Join(dirs, ", "))
	}
	slices.Sort(c.files)
	if len(r.problems.list) == 0 {
		inspect(c, &r.problems)
	}
	if len(r.problems.list) == 0 {
		c.checks = describe(c, &r.problems)
	}
	if err := r.problems.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// Sources returns the forms of input that at least one check is for, in the
// order of their names. Checks that do not say are for documents as they are
// written and for what is read from them, but not for cloud state.
func (c *Custom) Sources() []Source {
	if c == nil {
		return nil
	}
	seen := map[Source]bool{}
	for _, t := range c.checks {
		if len(t.selectors) == 0 {
			for _, s := range unselected {
				seen[s] = true
			}
		}
		for _, s := range t.selectors {
			seen[s.source] = true
		}
	}
	var out []Source
	for s := range seen {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// Checks returns the team's checks in the order of their files.
func (c *Custom) Checks() []*Check {
	if c == nil {
		return nil
	}
	var out []*Check
	for _, t := range c.checks {
		if !slices.Contains(out, t.Check) {
			out = append(out, t.Check)
		}
	}
	return out
}

// unselected are the sources of checks without a selector.
var unselected = []Source{Dockerfile, JSON, Kubernetes, TOML, YAML}

type customReader struct {
	fsys     fs.FS
	custom   *Custom
	problems problems
	seen     map[string]bool
	owners   map[string]string // the file that a path of the data is from
	entries  int
	files    int
	size     int
}

// dir reads a directory. Errors are of the directory; those of files are
// gathered.
func (r *customReader) dir(dir string) error {
	root := path.Clean(dir)
	info, err := fs.Stat(r.fsys, root)
	if err != nil {
		return fmt.Errorf("the directory of checks %s cannot be read: %w", dir, errors.Unwrap(err))
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory: name the directory that holds the checks", dir)
	}
	return fs.WalkDir(r.fsys, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("the checks in %s cannot be read: %w", name, err)
		}
		if r.entries++; r.entries > maxCustomEntries {
			return fmt.Errorf("%s holds more than %d files: name a directory that holds checks alone", dir, maxCustomEntries)
		}
		switch {
		case name != root && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.IsDir():
			if strings.Count(name, "/")-strings.Count(root, "/") > maxCustomDepth {
				return fmt.Errorf("the checks in %s are more than %d directories deep", dir, maxCustomDepth)
			}
		case d.Type().IsRegular() && !r.seen[name]:
			r.seen[name] = true
			return r.file(name)
		}
		return nil
	})
}

// file reads a file if it is one of a kind that is wanted.
func (r *customReader) file(name string) error {
	ext := strings.ToLower(path.Ext(name))
	limit := maxDataSize
	switch {
	case ext == ".rego" && !strings.HasSuffix(name, "_test.rego"):
		limit = maxModuleSize
	case ext != ".yaml" && ext != ".yml" && ext != ".json":
		return nil
	}
	if r.files++; r.files > maxCustomFiles {
		return fmt.Errorf("there are more than %d files of checks and data", maxCustomFiles)
	}
	content, err := readBounded(r.fsys, name, limit)
	if err != nil {
		r.problems.add(name, 0, 0, err.Error())
		return nil
	}
	if r.size += len(content); r.size > maxCustomSize {
		return fmt.Errorf("the checks and their data are over %d MB", maxCustomSize>>20)
	}
	if ext != ".rego" {
		r.data(name, content)
		return nil
	}
	if m := parseCustom(name, string(content), &r.problems); m != nil {
		r.custom.modules[name] = m
		r.custom.files = append(r.custom.files, name)
	}
	return nil
}

// readBounded reads a file of at most limit bytes.
func readBounded(fsys fs.FS, name string, limit int) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, errors.New("cannot be opened")
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	switch {
	case err != nil:
		return nil, errors.New("cannot be read")
	case len(content) > limit:
		return nil, fmt.Errorf("is over %d KB", limit>>10)
	}
	return content, nil
}
