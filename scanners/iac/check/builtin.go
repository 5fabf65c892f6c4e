package check

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	checks "github.com/aquasecurity/trivy-checks"
)

// EngineVersion is the version of the Trivy that the adapters come from.
// Checks that ask for a newer one are left out: its adapters do not fill in
// what they look at.
const EngineVersion = "0.66.0"

// unfit are checks that do not ask for a newer engine, but report what this
// one's adapters do not tell them. They are left out, by their file.
var unfit = map[string]string{
	// The azurerm provider's default is TLS 1.2 since version 4; the adapter
	// reports the empty string, and every server is called insecure.
	"checks/cloud/azure/database/secure_tls_policy.rego": "AZU-0026",
}

// shelf is the built-in checks of one directory, read when they are needed.
type shelf struct {
	dir  string
	read func() ([]*Check, error)
}

// library is all built-in checks, by directory. Reading the metadata of all
// costs some 40 ms, so only those that the input may need are read.
type library struct {
	shelves map[string]*shelf
	dirs    []string // in order
}

// builtin returns the built-in checks. Nothing of it depends on a scan, so
// that it is made once.
var builtin = sync.OnceValues(func() (*library, error) {
	l := &library{shelves: map[string]*shelf{}}
	entries, err := checks.EmbeddedPolicyFileSystem.ReadDir("checks/cloud")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		l.dirs = append(l.dirs, "checks/cloud/"+e.Name())
	}
	l.dirs = append(l.dirs, "checks/docker", "checks/kubernetes")
	for _, dir := range l.dirs {
		l.shelves[dir] = &shelf{dir: dir, read: sync.OnceValues(func() ([]*Check, error) { return readShelf(dir) })}
	}
	return l, nil
})

// forInput returns the checks that may be for an input.
func (l *library) forInput(in Input) ([]*Check, error) {
	var dirs []string
	switch in.Source {
	case Kubernetes:
		dirs = []string{"checks/kubernetes"}
	case Dockerfile:
		dirs = []string{"checks/docker"}
	case Cloud:
		services, _ := in.Value.(map[string]any)
		for _, dir := range l.dirs {
			if provider, ok := strings.CutPrefix(dir, "checks/cloud/"); ok && services[provider] != nil {
				dirs = append(dirs, dir)
			}
		}
	}
	var out []*Check
	for _, dir := range dirs {
		found, err := l.shelves[dir].read()
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// readShelf reads the metadata of the checks below dir, in the order of their
// files.
func readShelf(dir string) ([]*Check, error) {
	var out []*Check
	err := fs.WalkDir(checks.EmbeddedPolicyFileSystem, dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".rego") || strings.HasSuffix(file, "_test.rego") ||
			strings.Contains(file, "/advanced/optional/") || unfit[file] != "" {
			return err
		}
		text, err := checks.EmbeddedPolicyFileSystem.ReadFile(file)
		if err != nil {
			return err
		}
		h, err := readHeader(text)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if h != nil && h.standard() && !tooNew(h.Custom.Minimum) {
			out = append(out, h.check(file))
		}
		return nil
	})
	return out, err
}

// tooNew reports whether a check asks for a newer engine.
func tooNew(minimum string) bool {
	if minimum == "" {
		return false
	}
	have, want := strings.Split(EngineVersion, "."), strings.Split(strings.TrimPrefix(minimum, "v"), ".")
	for i := range min(len(want), 2) {
		w, err1 := strconv.Atoi(want[i])
		h, err2 := strconv.Atoi(have[i])
		if err1 != nil || err2 != nil || w != h {
			return err1 != nil || err2 != nil || w > h
		}
	}
	return false
}

// Builtin returns every built-in check that can be reported, in the order of
// their ids.
func Builtin() ([]*Check, error) {
	l, err := builtin()
	if err != nil {
		return nil, err
	}
	var out []*Check
	for _, dir := range l.dirs {
		found, err := l.shelves[dir].read()
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.SortFunc(out, func(a, b *Check) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}
