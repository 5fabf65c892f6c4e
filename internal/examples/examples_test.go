// Package examples holds the examples for other systems to what scangate knows:
// a flag that it does not have would fail in the pipelines of those who copy it.
package examples

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/report"
)

var (
	files      = []string{".pre-commit-hooks.yaml", "examples/gitlab-ci.yml", "examples/azure-pipelines.yml"}
	setWords   = regexp.MustCompile(`\bset -- (.*)`)
	scanWords  = regexp.MustCompile(`/?scangate"? scan (.*)`)
	flagWord   = regexp.MustCompile(`^--([a-z-]+)$`)
	outputWord = regexp.MustCompile(`--output "?([a-z-]+=[^ "]+)`)
)

// texts returns all that the file has: commands are among it.
func texts(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var out []string
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode {
			out = append(out, n.Value)
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(&doc)
	return out
}

func lines(t *testing.T, name string) []string {
	t.Helper()
	return strings.Split(strings.Join(texts(t, name), "\n"), "\n")
}

// knownFlags are those that the sources of the program define.
func knownFlags(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("../../cmd/scangate/*.go")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		flagsIn(file, known)
	}
	return known
}

// flagsIn adds the flags that a file defines.
func flagsIn(file *ast.File, known map[string]bool) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) < 3 {
			return true
		}
		if f, ok := call.Fun.(*ast.SelectorExpr); !ok || !strings.HasSuffix(f.Sel.Name, "Var") && f.Sel.Name != "Func" {
			return true
		}
		for _, arg := range call.Args[:2] {
			if l, ok := arg.(*ast.BasicLit); ok && l.Kind == token.STRING {
				name, _ := strconv.Unquote(l.Value)
				known[name] = true
			}
		}
		return true
	})
}

func TestFlags(t *testing.T) {
	known := knownFlags(t)
	if !known["staged"] || !known["since"] || known["stagd"] {
		t.Fatalf("the flags of the program are not found: %v", known)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			scans, flags, outputs := 0, 0, 0
			for _, line := range lines(t, file) {
				words := scanWords.FindStringSubmatch(line)
				if words != nil {
					scans++
				} else if words = setWords.FindStringSubmatch(line); words == nil {
					continue
				}
				for _, word := range strings.Fields(words[1]) {
					if m := flagWord.FindStringSubmatch(word); m != nil {
						flags++
						if !known[m[1]] {
							t.Errorf("there is no flag --%s: %s", m[1], line)
						}
					}
				}
				for _, m := range outputWord.FindAllStringSubmatch(line, -1) {
					outputs++
					if _, err := report.ParseOutput(m[1]); err != nil {
						t.Errorf("%v: %s", err, line)
					}
				}
			}
			if scans == 0 || flags == 0 || outputs == 0 && !strings.HasPrefix(file, ".") {
				t.Errorf("%d scans, %d flags and %d outputs were found", scans, flags, outputs)
			}
		})
	}
}

// TestScripts has a shell read what the pipelines run.
func TestScripts(t *testing.T) {
	for _, file := range files[1:] {
		scripts := 0
		for _, text := range texts(t, file) {
			if !strings.Contains(text, "sha256sum") && !setWords.MatchString(text) {
				continue
			}
			scripts++
			if out, err := exec.Command("sh", "-n", "-c", text).CombinedOutput(); err != nil {
				t.Errorf("%s: %s: %s", file, text, out)
			}
		}
		if scripts < 2 {
			t.Errorf("%s: %d scripts were found", file, scripts)
		}
	}
}

// TestDigestsAreChecked holds the examples to running nothing that was not
// verified before.
func TestDigestsAreChecked(t *testing.T) {
	for _, file := range files[1:] {
		all := strings.Join(texts(t, file), "\n")
		checked, executable := strings.Index(all, "sha256sum --check --strict"), strings.Index(all, "chmod +x")
		if checked < 0 || executable < checked {
			t.Errorf("%s: what is downloaded is made executable before it is checked", file)
		}
	}
}
