package image

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/vulndb"
)

var _ interface {
	scanners.Scanner
	scanners.Versioned
	scanners.Targeted
} = (*Scanner)(nil)

// entry is an entry of a layer: a file, unless its content says otherwise.
type entry struct{ path, content string }

const (
	isDir   = "\x00dir"
	symlink = "\x00symlink "
	hard    = "\x00hard "
	program = "\x00program "
)

// step is an instruction of a history, with the layer it made, if any.
type madeStep struct {
	createdBy string
	entries   []entry // nil: no layer
}

func tarOf(t testing.TB, entries []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.path, Mode: 0o644, Typeflag: tar.TypeReg, Size: int64(len(e.content))}
		content := e.content
		switch {
		case e.content == isDir:
			h.Typeflag, h.Size, content = tar.TypeDir, 0, ""
		case strings.HasPrefix(e.content, symlink):
			h.Typeflag, h.Linkname, h.Size, content = tar.TypeSymlink, e.content[len(symlink):], 0, ""
		case strings.HasPrefix(e.content, hard):
			h.Typeflag, h.Linkname, h.Size, content = tar.TypeLink, e.content[len(hard):], 0, ""
		case strings.HasPrefix(e.content, program):
			content = e.content[len(program):]
			h.Mode, h.Size = 0o755, int64(len(content))
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// imageOf makes an image of its history.
func imageOf(t testing.TB, config v1.Config, steps ...madeStep) v1.Image {
	t.Helper()
	var adds []mutate.Addendum
	for _, s := range steps {
		add := mutate.Addendum{History: v1.History{CreatedBy: s.createdBy, EmptyLayer: s.entries == nil}}
		if s.entries != nil {
			data := tarOf(t, s.entries)
			l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil })
			if err != nil {
				t.Fatal(err)
			}
			add.Layer = l
		}
		adds = append(adds, add)
	}
	img, err := mutate.Append(empty.Image, adds...)
	if err != nil {
		t.Fatal(err)
	}
	file, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	file = file.DeepCopy()
	file.Architecture, file.OS, file.Config = "amd64", "linux", config
	if img, err = mutate.ConfigFile(img, file); err != nil {
		t.Fatal(err)
	}
	return img
}

// layoutOf writes an image as an OCI layout into dir/app.
func layoutOf(t testing.TB, dir string, img v1.Image) Reference {
	t.Helper()
	p, err := layout.Write(filepath.Join(dir, "app"), empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AppendImage(img); err != nil {
		t.Fatal(err)
	}
	return Reference{Name: "oci:app", Dir: dir, Within: true}
}

func advisories(t testing.TB) match.Database {
	t.Helper()
	dir := t.TempDir()
	if err := vulndb.Build("../../testdata/advisories", dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	return match.Database{Dir: dir}
}

func treeOf(t testing.TB, files map[string]string) *scanners.Tree {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := scanners.Walk(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return tree
}

// scan scans one image through the fan-out, as the program does.
func scan(t testing.TB, o Options, ref Reference, tree *scanners.Tree) finding.Run {
	t.Helper()
	if tree == nil {
		tree = treeOf(t, nil)
	}
	if o.DB.Dir == "" {
		o.DB = advisories(t)
	}
	all, err := New(o, []Reference{ref})
	if err != nil {
		t.Fatal(err)
	}
	target := scanners.Target{Tree: tree, Jobs: 2}
	runs := scanners.Run(t.Context(), scanners.Plan(t.Context(), []scanners.Scanner{all[0]}, target), target, scanners.Options{})
	return runs[0]
}

// summaries are findings in a form that can be compared at a glance: place,
// rule, package, layer.
func summaries(run finding.Run) []string {
	var out []string
	for _, f := range run.Findings {
		s := fmt.Sprintf("%s:%d %s", f.Location.Path, f.Location.StartLine, f.RuleID)
		if f.Package != nil {
			s += " " + f.Package.Name + "@" + f.Package.Version
		}
		if f.Layer != nil {
			s += " " + f.Layer.File
			if f.Layer.Base {
				s += " base"
			}
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

func notes(run finding.Run) []string {
	var out []string
	for _, n := range run.Notes {
		out = append(out, string(n.Level)+" "+n.String())
	}
	return out
}

const (
	alpine = "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.20.0\n"

	nodeApp = `{"name": "minimist", "version": "1.2.5"}`
)

// apk is an installed database with one package.
func apk(name, version string) string {
	return fmt.Sprintf("P:%s\nV:%s\nA:x86_64\nL:MIT\no:%s\n\n", name, version, name)
}

func plain(run finding.Run) []string {
	return slices.DeleteFunc(summaries(run), func(s string) bool { return strings.Contains(s, " image-") })
}

// TestLayersOnTopOfEachOther: what counts is what a container would see.
func TestLayersOnTopOfEachOther(t *testing.T) {
	const app, other = "app/node_modules/minimist/package.json", "srv/node_modules/minimist/package.json"
	for _, tt := range []struct {
		name  string
		upper []entry
		want  []string
	}{
		{"nothing", []entry{{"etc/x", ""}}, []string{app, other}},
		{"whiteout of the file", []entry{{"app/node_modules/minimist/.wh.package.json", ""}}, []string{other}},
		{"whiteout of a directory above", []entry{{".wh.app", ""}}, []string{other}},
		{"opaque directory", []entry{{"app/.wh..wh..opq", ""}}, []string{other}},
		{"opaque directory with new content", []entry{{"app/.wh..wh..opq", ""}, {app, nodeApp}}, []string{app, other}},
		{"opaque root", []entry{{".wh..wh..opq", ""}}, nil},
		{"whiteout and new content", []entry{{".wh.app", ""}, {app, nodeApp}}, []string{app, other}},
		{"replaced by a fixed version", []entry{{app, `{"name": "minimist", "version": "1.2.8"}`}}, []string{other}},
		{"replaced by something else", []entry{{app, "{}"}}, []string{other}},
		{"a file takes the place of a directory", []entry{{"app", "x"}}, []string{other}},
		{"a link takes the place of a directory", []entry{{"app/node_modules", symlink + "/elsewhere"}}, []string{other}},
		{"a directory again", []entry{{"app", isDir}}, []string{app, other}},
		{"whiteout of something of the same beginning", []entry{{".wh.ap", ""}, {"srv/.wh.node", ""}}, []string{app, other}},
		{"hard link", []entry{{"opt/node_modules/m/package.json", nodeApp}, {"opt/node_modules/n/package.json", hard + "opt/node_modules/m/package.json"}},
			[]string{app, "opt/node_modules/m/package.json", "opt/node_modules/n/package.json", other}},
		{"twice in one layer", []entry{{app, nodeApp}, {app, `{"name": "minimist", "version": "1.2.8"}`}}, []string{other}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ref := layoutOf(t, t.TempDir(), imageOf(t, v1.Config{}, madeStep{"COPY . /", []entry{{app, nodeApp}, {other, nodeApp}}}, madeStep{"RUN x", tt.upper}))
			run := scan(t, Options{}, ref, nil)
			if run.Status != finding.Completed {
				t.Fatalf("%s: %s", run.Status, run.Reason)
			}
			var got []string
			for _, f := range run.Findings {
				if f.RuleID == "CVE-2021-44906" {
					got = append(got, f.Layer.File)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
