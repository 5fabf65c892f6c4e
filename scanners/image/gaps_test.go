package image

import (
	"bytes"
	"context"
	"errors"
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
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/image/layer"
	"github.com/scangate/scangate/scanners/installed"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/vulndb"
)

func gaps(run finding.Run) []string {
	return slices.DeleteFunc(notes(run), func(s string) bool { return !strings.HasPrefix(s, "gap ") })
}

// TestGaps: what could not be looked at is never clean.
func TestGaps(t *testing.T) {
	node := entry{"app/node_modules/minimist/package.json", nodeApp}
	for _, tt := range []struct {
		name    string
		entries []entry
		want    string // part of the one gap
	}{
		{"package database without an operating system", []entry{node, {"lib/apk/db/installed", apk("a", "1-r0")}}, "1 package of an operating system that is not known"},
		{"system without advisories", []entry{node, {"etc/debian_version", "3.1\n"}, {"var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"}},
			"no advisories for debian 3.1, so 1 package could not be matched"},
		{"unknown system", []entry{node, {"etc/os-release", "ID=plan9\nVERSION_ID=4\n"}, {"lib/apk/db/installed", apk("a", "1-r0")}}, "1 package of an operating system that is not known"},
		{"damaged jar", []entry{node, {"app/a.jar", "PK\x03\x04 damaged"}}, "layer 1: app/a.jar"},
		{"hard link to what was not read", []entry{node, {"app/x", "{}"}, {"b/node_modules/b/package.json", hard + "app/x"}}, "another name of app/x"},
		{"hard link out of the image", []entry{node, {"b/node_modules/b/package.json", hard + "../../../etc/passwd"}}, "package.json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := scan(t, Options{}, layoutOf(t, t.TempDir(), imageOf(t, v1.Config{}, madeStep{"COPY . /", tt.entries})), nil)
			got := gaps(run)
			if run.Status != finding.Partial || len(got) != 1 || !strings.Contains(got[0], tt.want) {
				t.Errorf("%s: %q, want %q", run.Status, got, tt.want)
			}
			if !slices.ContainsFunc(run.Findings, func(f finding.Finding) bool { return f.RuleID == "CVE-2021-44906" }) {
				t.Error("the rest was not looked at")
			}
		})
	}
}

// TestBrokenLayer: the other layers are looked at, and the run says what is
// missing.
func TestBrokenLayer(t *testing.T) {
	dir := t.TempDir()
	img := imageOf(t, v1.Config{}, madeStep{"COPY a /", []entry{{"app/node_modules/minimist/package.json", nodeApp}}}, madeStep{"COPY b /", []entry{{"b", strings.Repeat("b", 9999)}}})
	ref := layoutOf(t, dir, img)
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	digest, err := layers[1].Digest()
	if err != nil {
		t.Fatal(err)
	}
	blob := filepath.Join(dir, "app", "blobs", "sha256", digest.Hex)
	data, err := os.ReadFile(blob)
	if err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string][]byte{
		"cut short":       data[:len(data)/2],
		"another content": bytes.Replace(data, data[20:24], []byte("xxxx"), 1),
		"gone":            nil,
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(blob, broken, 0o644); err != nil {
				t.Fatal(err)
			}
			if broken == nil {
				os.Remove(blob)
			}
			cache := t.TempDir()
			for range 2 { // what is broken is not kept
				run := scan(t, Options{Cache: cache}, ref, nil)
				if got := gaps(run); run.Status != finding.Partial || len(got) != 1 || !strings.Contains(got[0], "layer 2") {
					t.Errorf("%s: %q", run.Status, got)
				}
				if len(plain(run)) == 0 {
					t.Error("the other layer was not looked at")
				}
			}
		})
	}
}

// TestReadersThatMisbehave cost the one file only.
func TestReadersThatMisbehave(t *testing.T) {
	bad := func(name string, read func(context.Context, installed.File) (*installed.Result, error)) installed.Reader {
		return installed.Reader{Name: name, Max: 10, Read: read, Wants: func(p string, _ os.FileMode, _ int64) bool { return strings.HasSuffix(p, name) }}
	}
	readers := []installed.Reader{
		bad("panics", func(context.Context, installed.File) (*installed.Result, error) { panic("no") }),
		bad("fails", func(context.Context, installed.File) (*installed.Result, error) { return nil, errors.New("not\nso") }),
		bad("gaps", func(context.Context, installed.File) (*installed.Result, error) {
			return &installed.Result{Gaps: []string{"half of it"}}, nil
		}),
		bad("large", func(context.Context, installed.File) (*installed.Result, error) { return nil, errors.New("was called") }),
	}
	data := tarOf(t, []entry{{"a/panics", "x"}, {"a/fails", "x"}, {"a/gaps", "x"}, {"a/large", strings.Repeat("x", 11)}})
	c, err := analyse(readers, nil, func(a *analyst) (layer.Stats, []string, error) {
		return layer.Walk(t.Context(), bytes.NewReader(data), layer.DefaultLimits(), func(e layer.Entry, r io.Reader) error { return a.visit(t.Context(), e, r) })
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a/panics: cannot be read by panics: the reader failed", "a/fails: cannot be read by fails: not so", "a/gaps: half of it", "a/large: not looked at: it is over 0 MiB"}
	if diff := cmp.Diff(want, c.Problems); diff != "" {
		t.Error(diff)
	}
}

// TestManyProblems: a hostile layer cannot fill the notes.
func TestManyProblems(t *testing.T) {
	var entries []entry
	for i := range 1000 {
		entries = append(entries, entry{fmt.Sprintf("app/%d.jar", i), "PK\x03\x04 damaged"})
	}
	run := scan(t, Options{}, layoutOf(t, t.TempDir(), imageOf(t, v1.Config{}, madeStep{"COPY . /", entries})), nil)
	got := gaps(run)
	if len(got) != maxLayerProblems+1 || !strings.Contains(got[maxLayerProblems], "and 980 more problems") {
		t.Errorf("%d: %q", len(got), got[len(got)-1])
	}
}

// TestCache: the second scan gives the same and reads nothing anew.
func TestCache(t *testing.T) {
	dir, cache := t.TempDir(), filepath.Join(t.TempDir(), "layers")
	img := imageOf(t, v1.Config{}, shop()...)
	ref := layoutOf(t, dir, img)
	o := Options{Cache: cache, DB: advisories(t)}
	first := scan(t, o, ref, nil)
	kept, err := os.ReadDir(cache)
	if err != nil || len(kept) != 5 {
		t.Fatalf("%d kept: %v", len(kept), err)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		digest, err := l.Digest()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, "app", "blobs", "sha256", digest.Hex), 0); err != nil {
			t.Fatal(err)
		}
	}
	second := scan(t, o, ref, nil)
	first.Duration, second.Duration = 0, 0
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
	// What is damaged is not used.
	for _, k := range kept {
		if err := os.WriteFile(filepath.Join(cache, k.Name()), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if run := scan(t, o, ref, nil); run.Status == finding.Completed {
		t.Error("completed without layers and without what was kept of them")
	}
	for _, digest := range []string{"", "sha256:x", "sha512:" + strings.Repeat("a", 64), "sha256:../../" + strings.Repeat("a", 58)} {
		if name := newCache(cache, nil, false, "").name(digest); name != "" {
			t.Errorf("%s has the entry %s", digest, name)
		}
	}
}

func TestDatabaseProblems(t *testing.T) {
	ref := layoutOf(t, t.TempDir(), imageOf(t, v1.Config{}, shop()...))
	if run := scan(t, Options{DB: match.Database{Dir: "does/not/exist"}}, ref, nil); run.Status != finding.Failed || !strings.Contains(run.Reason, "scangate db update") {
		t.Errorf("%s: %s", run.Status, run.Reason)
	}
	facts, dir := t.TempDir(), t.TempDir()
	data, err := os.ReadFile("../../testdata/advisories/cargo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(facts, "cargo.yaml"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := vulndb.Build(facts, dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	run := scan(t, Options{DB: match.Database{Dir: dir}}, ref, nil)
	got := strings.Join(gaps(run), "\n")
	if run.Status != finding.Partial || !strings.Contains(got, "no advisories for npm, so 1 package could not be matched") || !strings.Contains(got, "no advisories for alpine 3.20.0, so 2 packages") {
		t.Errorf("%s: %s", run.Status, got)
	}
}

func TestPlan(t *testing.T) {
	none, err := New(Options{}, nil)
	if err != nil || len(none) != 1 {
		t.Fatal(len(none), err)
	}
	run := scan(t, Options{DB: match.Database{Dir: "x"}}, Reference{}, nil)
	if run.Status != finding.Skipped || !strings.Contains(run.Reason, "--image REF") {
		t.Errorf("%s: %s", run.Status, run.Reason)
	}
	if _, err := New(Options{}, []Reference{{Name: "oci:a"}, {Name: "oci:a"}}); err == nil {
		t.Error("the same image twice is no error")
	}
	for _, ref := range []string{"oci:", "nonsense:x:y", "https://example.com/app", "docker-daemon:", "Team/App"} {
		if _, err := New(Options{}, []Reference{{Name: ref}}); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", ref, err)
		}
	}
	for _, ref := range []string{"oci:nothing", "docker-archive:../x.tar", "registry.example.com/app:1"} {
		run := scan(t, Options{Offline: true}, Reference{Name: ref, Dir: t.TempDir(), Within: true}, nil)
		if run.Status != finding.Failed || run.Reason == "" || strings.Contains(run.Reason, "\n") {
			t.Errorf("%s: %s: %s", ref, run.Status, run.Reason)
		}
	}
}
