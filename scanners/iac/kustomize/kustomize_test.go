package kustomize

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// tree is a tree of files, by path.
type tree map[string]string

func (t tree) read(p string) ([]byte, error) {
	if s, ok := t[p]; ok {
		return []byte(s), nil
	}
	return nil, &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
}

// build builds all kustomizations of a tree.
func (t tree) build(tb testing.TB) Result {
	tb.Helper()
	r, err := Build(context.Background(), t.kustomizations(), t.read)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// load loads a tree of testdata.
func load(tb testing.TB, name string) tree {
	tb.Helper()
	t := tree{}
	err := filepath.WalkDir("testdata/"+name, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		t[strings.TrimPrefix(filepath.ToSlash(p), "testdata/"+name+"/")] = string(data)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// objects decodes documents, by kind and name, without the values of
// ConfigMaps and Secrets that a generator made.
func objects(tb testing.TB, text []byte) map[string]any {
	tb.Helper()
	out := map[string]any{}
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var o map[string]any
		err := d.Decode(&o)
		if err == io.EOF {
			return out
		}
		if err != nil {
			tb.Fatalf("%v in:\n%s", err, text)
		}
		name := fmt.Sprint(o["metadata"].(map[string]any)["name"])
		if strings.Contains(name, "settings") || strings.Contains(name, "login") {
			for key := range o["data"].(map[string]any) {
				o["data"].(map[string]any)[key] = ""
			}
			delete(o, "type")
		}
		out[fmt.Sprintf("%v/%v", o["kind"], name)] = o
	}
}

// TestGolden compares what is rendered with what kustomize itself renders.
func TestGolden(t *testing.T) {
	for _, c := range []struct{ tree, root, golden string }{
		{"shop", "overlays/prod/kustomization.yaml", "prod"},
		{"shop", "overlays/dev/kustomization.yml", "dev"},
		{"corners", "top/kustomization.yaml", "corners"},
	} {
		r := load(t, c.tree).build(t)
		if len(r.Problems) > 0 {
			t.Errorf("%s: problems: %v", c.tree, r.Problems)
		}
		var all []byte
		for _, res := range r.Resources {
			if res.Kustomization == c.root {
				all = append(append(all, "---\n"...), res.Text...)
			}
		}
		want, err := os.ReadFile("testdata/golden/" + c.golden + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(objects(t, want), objects(t, all)); diff != "" {
			t.Errorf("%s, kustomize's (-) and ours (+):\n%s", c.golden, diff)
		}
	}
}

// TestCovered holds which files need not be judged by themselves, and that the
// order in which kustomizations are found does not matter.
func TestCovered(t *testing.T) {
	files := load(t, "shop")
	r := files.build(t)
	found := files.kustomizations()
	slices.Reverse(found)
	again, err := Build(context.Background(), found, files.read)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, again); diff != "" {
		t.Errorf("another order gives another result:\n%s", diff)
	}
	var covered []string
	for p := range r.Covered {
		covered = append(covered, p)
	}
	slices.Sort(covered)
	want := []string{
		"base/deployment.yaml", "base/kustomization.yaml", "base/more.yaml", "base/service.yaml",
		"components/hardened/account.yaml", "components/hardened/kustomization.yaml",
		"overlays/dev/kustomization.yml",
		"overlays/prod/all.yaml", "overlays/prod/drop.yaml", "overlays/prod/kustomization.yaml",
		"overlays/prod/namespace.yaml", "overlays/prod/service.json", "overlays/prod/web.yaml",
	}
	if diff := cmp.Diff(want, covered); diff != "" {
		t.Errorf("covered (-want +got):\n%s", diff)
	}
}
