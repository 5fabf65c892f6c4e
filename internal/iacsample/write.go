// Package iacsample writes large repositories of infrastructure code, and one
// without any, for benchmarks. The same call writes the same bytes on every
// machine. The code is made up: nothing in it is taken from a real repository.
package iacsample

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// tree maps paths with slashes to contents.
type tree map[string]string

// add puts text at path. In text, each of the pairs' first strings is replaced
// by its second, so that HCL and YAML are written here without escapes.
func (t tree) add(path, text string, pairs ...string) {
	t[path] = strings.NewReplacer(pairs...).Replace(strings.TrimPrefix(text, "\n"))
}

// write puts the files below dir, which must be absent or empty, so that a
// benchmark never measures what an earlier one left.
func (t tree) write(dir string) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: remove it first", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range slices.Sorted(maps.Keys(t)) {
		name, text := filepath.FromSlash(name), t[name]
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := root.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
