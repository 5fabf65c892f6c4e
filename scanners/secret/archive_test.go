package secret

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/finding"
)

// member is a file to pack.
type member struct{ name, content string }

func zipped(t testing.TB, members ...member) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.Create(m.name)
		if err == nil {
			_, err = w.Write([]byte(m.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tarred(t testing.TB, members ...member) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Mode: 0o644, Typeflag: tar.TypeReg, Size: int64(len(m.content)), Format: tar.FormatUSTAR}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(m.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestArchives: they are looked into as deep as is asked for, in the tree, in
// the history and in what is staged.
func TestArchives(t *testing.T) {
	key := "one\nkey = " + awsKey + "\n"
	inner := zipped(t, member{"b/c.env", key})
	for _, tt := range []struct {
		name, file, content string
		depth               int
		want                string
	}{
		{"not asked for", "a.zip", inner, 0, ""},
		{"zip", "a.zip", inner, 1, "a.zip!b/c.env:2"},
		{"whatever it is called", "a.dat", inner, 1, "a.dat!b/c.env:2"},
		{"tar", "a.tar", tarred(t, member{"./b/c.env", key}), 1, "a.tar!b/c.env:2"},
		{"compressed tar", "a.tgz", gzipped(t, tarred(t, member{"c.env", key})), 1, "a.tgz!c.env:2"},
		{"compressed file", "c.env.gz", gzipped(t, key), 1, "c.env.gz!c.env:2"},
		{"too deep", "a.tar", tarred(t, member{"i.zip", inner}), 1, ""},
		{"deep", "a.tar", tarred(t, member{"i.zip", inner}), 2, "a.tar!i.zip!b/c.env:2"},
		{"names that lead out", "a.zip", zipped(t, member{"../../etc/c.env", key}), 1, "a.zip!etc/c.env:2"},
		{"passed over by name", "a.zip", zipped(t, member{"node_modules/x/package-lock.json", key}), 1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want []string
			if tt.want != "" {
				want = []string{"aws-access-token " + tt.want}
			}
			w := newWorld(t)
			w.put(tt.file, tt.content)
			for name, o := range map[string]Options{"tree and history": {Archives: tt.depth}, "cached": {Archives: tt.depth, CacheDir: t.TempDir()}} {
				for range 2 {
					r, err := scan(t.Context(), t, newScanner(t, o), w.dir, 2)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(want, brief(r.Findings)); diff != "" {
						t.Errorf("%s: %s", name, diff)
					}
					for _, f := range r.Findings {
						if !strings.Contains(f.Message, "working tree") || !strings.Contains(f.Message, "1 commit") {
							t.Errorf("%s: %s", name, f.Message)
						}
					}
				}
			}
			w.git("rm", "-q", "--cached", tt.file)
			w.git("commit", "-q", "-m", "without")
			w.git("add", tt.file)
			_, r := sinceScan(t, Options{Staged: true, Archives: tt.depth}, w.dir, 2)
			if diff := cmp.Diff(want, brief(r.Findings)); diff != "" {
				t.Errorf("staged: %s", diff)
			}
		})
	}
}

// TestHostileArchives: each is a gap, and the rest is scanned.
func TestHostileArchives(t *testing.T) {
	many := make([]member, maxMembers+1)
	for i := range many {
		many[i] = member{fmt.Sprint(i), ""}
	}
	nested := zipped(t, member{"x", "y"})
	for range 20 {
		nested = zipped(t, member{"n.zip", nested})
	}
	bomb := zipped(t, member{"a", strings.Repeat("zero ", (maxUnpacked/8)/5)})
	bombs := make([]member, 12)
	for i := range bombs {
		bombs[i] = member{fmt.Sprintf("%d.zip", i), bomb}
	}
	for name, tt := range map[string]struct {
		content, want string
	}{
		"damaged zip":   {zipped(t, member{"a", "b"})[:30], "archive is damaged"},
		"damaged gzip":  {gzipped(t, strings.Repeat("text ", 1000))[:30], "archive is damaged"},
		"many members":  {zipped(t, many...), "archive with more than"},
		"bombs":         {zipped(t, bombs...), "only the beginning was scanned"},
		"nested deeply": {nested, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write("bad.zip", tt.content)
			w.write("good.txt", "key = "+awsKey+"\n")
			r, err := scan(t.Context(), t, newScanner(t, Options{Archives: maxArchives}), w.dir, 2)
			if err != nil {
				t.Fatal(err)
			}
			if got := notes(r, finding.Gap, tt.want); (got == 1) != (tt.want != "") {
				t.Errorf("%d gaps: %v", got, r.Notes)
			}
			if len(r.Findings) != 1 {
				t.Errorf("%d findings", len(r.Findings))
			}
		})
	}
}
