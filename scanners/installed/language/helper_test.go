package language

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scangate/scangate/scanners/installed"
)

// readOne runs a reader by name, as its caller does.
func readOne(t *testing.T, o Options, reader, path string, content []byte) (*installed.Result, error) {
	t.Helper()
	for _, r := range Readers(o) {
		if r.Name != reader {
			continue
		}
		if !r.Wants(path, 0o755, int64(len(content))) {
			t.Fatalf("%s does not want %s", reader, path)
		}
		if r.Head != nil && !r.Head(content[:min(512, len(content))]) {
			return nil, nil
		}
		return r.Read(context.Background(), installed.File{Path: path, Mode: 0o755, Size: int64(len(content)), Content: bytes.NewReader(content)})
	}
	t.Fatalf("no reader %s", reader)
	return nil, nil
}

// readTree runs all readers on a directory, and lists what they find: type,
// path, name, version, and for what it has them licences.
func readTree(t *testing.T, dir string, o Options) (lines []string) {
	t.Helper()
	readers := Readers(o)
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		for _, r := range readers {
			if !r.Wants(name, info.Mode(), info.Size()) || r.Head != nil && !r.Head(content[:min(512, len(content))]) {
				continue
			}
			res, err := r.Read(context.Background(), installed.File{Path: name, Mode: info.Mode(), Size: info.Size(), Content: bytes.NewReader(content)})
			if err != nil {
				lines = append(lines, fmt.Sprintf("error %s: %v", name, err))
			}
			lines = append(lines, describe(name, res)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

// describe has a line for each package and gap of a result.
func describe(file string, res *installed.Result) (lines []string) {
	if res == nil {
		return nil
	}
	for _, p := range res.Packages {
		where := p.FilePath
		if where == "" {
			where = file
		}
		line := fmt.Sprintf("%s %s %s %s", res.Type, where, p.Name, p.Version)
		if len(p.Licenses) > 0 {
			line += " (" + strings.Join(p.Licenses, ", ") + ")"
		}
		lines = append(lines, line)
	}
	for _, g := range res.Gaps {
		lines = append(lines, "gap "+file+": "+g)
	}
	return lines
}

// rustProgram is the program of testdata/shop-rust.gz.
func rustProgram(t testing.TB) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "shop-rust.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// goProgram builds a program of one line that imports a module beside it.
func goProgram(t testing.TB, main string, environment ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":          "module example.org/shop\n\ngo 1.24\n\nrequire example.org/greeting v1.2.3\n\nreplace example.org/greeting v1.2.3 => ./greeting\n",
		"main.go":         main,
		"greeting/go.mod": "module example.org/greeting\n\ngo 1.24\n",
		"greeting/g.go":   "package greeting\n\n// Text is a greeting.\nconst Text = \"hello\"\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-s -w -X main.version=4.5.6 -X 'main.note=two words'", "-o", "program", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append([]string{"CGO_ENABLED=0", "GOPROXY=off", "GOFLAGS=-mod=mod", "GOWORK=off", "GOTOOLCHAIN=local"}, environment...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "program"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const goMain = "package main\n\nimport \"example.org/greeting\"\n\nvar version, note string\n\nfunc main() { println(greeting.Text, version, note) }\n"
