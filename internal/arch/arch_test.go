// Package arch holds the code to the picture in docs/architecture.md.
package arch

import (
	"bufio"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/scangate/scangate/"
)

var tableRow = regexp.MustCompile("^\\| `([^`]+)` \\|.*\\|([^|]*)\\|$")

// picture reads the table of packages: each with what it may import. "all of
// these" is nil.
func picture(t *testing.T) map[string][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	allowed := map[string][]string{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		m := tableRow.FindStringSubmatch(sc.Text())
		if m == nil {
			continue
		}
		if strings.Contains(m[2], "all of these") {
			allowed[m[1]] = nil
			continue
		}
		allowed[m[1]] = strings.Fields(strings.ReplaceAll(m[2], "`", ""))
		if allowed[m[1]] == nil {
			allowed[m[1]] = []string{}
		}
	}
	if len(allowed) < 10 {
		t.Fatalf("only %d packages in the table", len(allowed))
	}
	return allowed
}

// imports lists, for each package with Go files, what it imports of ours,
// leaving tests out.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if name != root && (strings.HasPrefix(base, ".") || slices.Contains([]string{"testdata", "build", "bin"}, base)) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		out[pkg] = append(out[pkg], []string{}...)
		for _, imp := range file.Imports {
			p, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			if ours, ok := strings.CutPrefix(p, module); ok {
				out[pkg] = append(out[pkg], ours)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestImportsGoDownOnly(t *testing.T) {
	allowed := picture(t)
	for pkg, deps := range imports(t) {
		entry := pkg
		if strings.HasPrefix(pkg, "internal/") {
			entry = "internal/…"
		}
		may, ok := allowed[entry]
		if !ok {
			t.Errorf("package %s is not in the table of docs/architecture.md", pkg)
			continue
		}
		for _, dep := range deps {
			if strings.HasPrefix(dep, "internal/") && entry != "internal/…" {
				t.Errorf("%s imports %s, which is not part of the program", pkg, dep)
			}
			if may != nil && !slices.ContainsFunc(may, func(m string) bool {
				below, all := strings.CutSuffix(m, "…") // everything below a folder
				return m == dep || all && strings.HasPrefix(dep, below)
			}) {
				t.Errorf("%s imports %s: the table of docs/architecture.md allows %v", pkg, dep, may)
			}
		}
	}
}

func TestThePictureIsOfToday(t *testing.T) {
	have := imports(t)
	for pkg := range picture(t) {
		if _, ok := have[pkg]; !ok && pkg != "internal/…" {
			t.Errorf("docs/architecture.md has package %s, and the code has not", pkg)
		}
	}
}

// TestEnginesStayWhereTheyAre: Trivy's and Gitleaks' packages are imported in
// few places, so that moving to another version stays a small change.
func TestEnginesStayWhereTheyAre(t *testing.T) {
	mayImport := []string{"internal/trivycache", "scanners/iac/check", "scanners/iac/azure", "scanners/iac/cloudformation", "scanners/iac/dockerfile", "scanners/iac/kubernetes", "scanners/iac/suppress", "scanners/iac/terraform", "scanners/dependency", "scanners/image", "scanners/installed", "scanners/installed/language", "scanners/installed/system",
		"scanners/match", "scanners/secret", "vulndb"}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != root {
			return fs.SkipDir // tools, and what git keeps
		}
		if err != nil || d.IsDir() || path.Ext(name) != ".go" {
			return err
		}
		rel, _ := filepath.Rel(root, filepath.Dir(name))
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return nil // test data may hold what is no Go
		}
		for _, imp := range file.Imports {
			engine := strings.Contains(imp.Path.Value, "aquasecurity/trivy") || strings.Contains(imp.Path.Value, "gitleaks/v8")
			if engine && !slices.Contains(mayImport, filepath.ToSlash(rel)) {
				t.Errorf("%s imports %s", name, imp.Path.Value)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
