package check

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"

	checks "github.com/aquasecurity/trivy-checks"
	"github.com/open-policy-agent/opa/v1/ast"
)

// parse reads a module. Metadata is not parsed with it, which would take more
// time than the rest: see readHeader.
func parse(file, text string) (*ast.Module, error) {
	return ast.ParseModuleWithOpts(file, text, ast.ParserOptions{RegoVersion: ast.RegoV0})
}

// parseBuiltin reads a module of trivy-checks.
func parseBuiltin(fsys fs.ReadFileFS, file string) (*ast.Module, error) {
	text, err := fsys.ReadFile(file)
	if err != nil {
		return nil, err
	}
	m, err := parse(file, string(text))
	if err != nil {
		return nil, fmt.Errorf("the built-in check %s cannot be parsed: %w", file, err)
	}
	return m, nil
}

// libraryFiles are the modules that checks import, by their package.
var libraryFiles = sync.OnceValues(func() (map[string]string, error) {
	files := map[string]string{}
	err := fs.WalkDir(checks.EmbeddedLibraryFileSystem, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".rego") || strings.HasSuffix(file, "_test.rego") {
			return err
		}
		text, err := checks.EmbeddedLibraryFileSystem.ReadFile(file)
		if err != nil {
			return err
		}
		if m := packageLine.FindSubmatch(text); m != nil {
			files["data."+string(m[1])] = file
		}
		return nil
	})
	return files, err
})

var packageLine = regexp.MustCompile(`(?m)^package[ \t]+([A-Za-z0-9_.]+)`)

// addLibraries adds the modules that others import, and those that they
// import in turn.
func addLibraries(modules map[string]*ast.Module) error {
	files, err := libraryFiles()
	if err != nil {
		return err
	}
	pending := make([]*ast.Module, 0, len(modules))
	for _, m := range modules {
		pending = append(pending, m)
	}
	for len(pending) > 0 {
		m := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		for _, i := range m.Imports {
			file := files[i.Path.String()]
			if file == "" || modules[file] != nil {
				continue
			}
			lib, err := parseBuiltin(checks.EmbeddedLibraryFileSystem, file)
			if err != nil {
				return err
			}
			modules[file] = lib
			pending = append(pending, lib)
		}
	}
	return nil
}
