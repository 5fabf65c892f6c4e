package language

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/scangate/scangate/scanners/installed"
)

// FuzzReaders: no content crashes a reader or makes a package without a name.
func FuzzReaders(f *testing.F) {
	paths := []string{"package.json", "a.dist-info/METADATA", "a.egg", "a/specifications/a.gemspec", "a.jar", "composer/installed.json",
		"a.deps.json", "packages.lock.json", "packages.config", "packages.props", "a/envs/a/conda-meta/a-1-0.json"}
	for i, pattern := range []string{"app/package.json", "usr/lib/python3.11/site-packages/*/METADATA", "usr/lib/python3.11/site-packages/*.egg",
		"var/lib/gems/*/specifications/*", "opt/java/*", "app/vendor/composer/*", "opt/dotnet/*.deps.json", "opt/dotnet/packages.lock.json",
		"opt/dotnet/packages.config", "opt/dotnet/*.props", "opt/conda/envs/*/conda-meta/*"} {
		files, err := filepath.Glob(filepath.Join("testdata", "root", filepath.FromSlash(pattern)))
		if err != nil || len(files) == 0 {
			f.Fatal(pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(i, data)
		}
	}
	readers := Readers(Options{Java: index{}})
	f.Fuzz(func(t *testing.T, i int, data []byte) {
		path := paths[uint(i)%uint(len(paths))]
		for _, r := range readers {
			if !r.Wants(path, 0o644, int64(len(data))) {
				continue
			}
			res, err := r.Read(context.Background(), installed.File{Path: path, Size: int64(len(data)), Content: bytes.NewReader(data)})
			if err != nil && err.Error() == errCrashed.Error() {
				t.Error(err)
			}
			if res == nil {
				continue
			}
			for _, p := range res.Packages {
				if p.Name == "" || res.Type == "" {
					t.Errorf("%+v", p)
				}
			}
		}
	})
}
