package helm

import (
	"context"
	"io/fs"
	"os"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readChart reads a chart's directory.
func readChart(t testing.TB, dir string) Chart {
	t.Helper()
	c := Chart{}
	tree := os.DirFS(dir)
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			c[path], err = fs.ReadFile(tree, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cli are the options that give what Helm's command line gives.
func cli() Options {
	return Options{Release: "release-name", Namespace: "default", KubeVersion: "1.33.0"}
}

func render(t testing.TB, c Chart, o Options) ([]Manifest, []Problem) {
	t.Helper()
	manifests, problems, err := Render(context.Background(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range manifests {
		if got, want := len(m.Lines), strings.Count(string(m.Text), "\n")+1; got != want {
			t.Errorf("%s: %d lines are mapped, there are %d", m.Source, got, want)
		}
		for i, line := range m.Lines {
			if line < 1 {
				t.Errorf("%s: line %d has no line of the template", m.Source, i)
			}
		}
	}
	return manifests, problems
}

// goldenDocuments are the documents in the output of `helm template`, by source.
func goldenDocuments(t testing.TB, file string) map[string][]string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string][]string{}
	heads := regexp.MustCompile(`(?m)^---\n# Source: (.*)\n`).FindAllStringSubmatchIndex(string(data), -1)
	for i, m := range heads {
		end := len(data)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		source := string(data[m[2]:m[3]])
		docs[source] = append(docs[source], strings.TrimSpace(string(data[m[1]:end])))
	}
	return docs
}

// bySource groups what was rendered in the same way. Helm orders documents by
// kind, so their order within a file is not compared.
func bySource(manifests []Manifest) map[string][]string {
	docs := map[string][]string{}
	for _, m := range manifests {
		docs[m.Source] = append(docs[m.Source], string(m.Text))
	}
	return docs
}

func TestRendersAsHelm(t *testing.T) {
	for _, name := range []string{"web", "family", "tools"} {
		t.Run(name, func(t *testing.T) {
			manifests, problems := render(t, readChart(t, "testdata/"+name), cli())
			if len(problems) > 0 {
				t.Errorf("problems: %v", problems)
			}
			want, got := goldenDocuments(t, "testdata/"+name+".golden"), bySource(manifests)
			for _, docs := range []map[string][]string{want, got} {
				for _, list := range docs {
					sort.Strings(list)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("differs from helm template (-helm +ours):\n%s", d)
			}
		})
	}
}
