package layer

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type item struct {
	tar.Header
	body string
}

func file(name, body string) item {
	return item{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(body))}, body}
}

func entry(kind byte, name, link string) item {
	return item{tar.Header{Typeflag: kind, Name: name, Linkname: link, Mode: 0o777}, ""}
}

func archive(t testing.TB, items ...item) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, i := range items {
		if err := w.WriteHeader(&i.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, i.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// walked is what a pass saw, a line per entry.
func walked(t testing.TB, stream io.Reader, lim Limits) ([]string, Stats, []string, error) {
	t.Helper()
	var seen []string
	stats, problems, err := Walk(context.Background(), stream, lim, func(e Entry, r io.Reader) error {
		body, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		seen = append(seen, line(e, body))
		return nil
	})
	return seen, stats, problems, err
}

func line(e Entry, body []byte) string {
	s := e.Kind.String() + " " + e.Path
	if e.Link != "" {
		s += " -> " + e.Link
	}
	if e.Kind == File {
		s += fmt.Sprintf(" %d %q", e.Size, body)
	}
	return s
}

func TestWalk(t *testing.T) {
	long := strings.Repeat("d/", 300) + "f"
	tests := []struct {
		name     string
		items    []item
		want     []string
		problems []string
	}{
		{name: "nothing"},
		{name: "kinds", items: []item{
			entry(tar.TypeDir, "etc/", ""), file("etc/a", "one"), entry(tar.TypeSymlink, "etc/b", "a"),
			entry(tar.TypeLink, "etc/c", "etc/a"), entry(tar.TypeChar, "dev/null", ""), entry(tar.TypeBlock, "dev/sda", ""),
			entry(tar.TypeFifo, "run/pipe", ""), file("./etc/./d", ""), entry(tar.TypeDir, "./", ""), file(long, "x"),
		}, want: []string{
			`directory etc`, `file etc/a 3 "one"`, `symbolic link etc/b -> etc/a`, `hard link etc/c -> etc/a`, `device dev/null`,
			`device dev/sda`, `device run/pipe`, `file etc/d 0 ""`, `directory .`, `file ` + long + ` 1 "x"`,
		}},
		{name: "duplicates stay in order", items: []item{file("a", "1"), file("a", "2")},
			want: []string{`file a 1 "1"`, `file a 1 "2"`}},
		{name: "names stay below the root", items: []item{
			file("/etc/passwd", "a"), file("../../etc/shadow", "b"), file("a/../../b", "c"), file("a/../c", "d"), file("..", "e"), file("//x", "f"), file("..x", "g"),
		}, want: []string{
			`file etc/passwd 1 "a"`, `file etc/shadow 1 "b"`, `file b 1 "c"`, `file c 1 "d"`, `file x 1 "f"`, `file ..x 1 "g"`,
		}, problems: []string{
			`"../../etc/shadow" has a name that leads out of the root, and was looked at as "etc/shadow"`,
			`"a/../../b" has a name that leads out of the root, and was looked at as "b"`,
			`".." has a name that leads out of the root, and was looked at as "."`,
			`".." takes the place of the root, and was left out`,
		}},
		{name: "targets of links", items: []item{
			entry(tar.TypeSymlink, "usr/bin/x", "../lib/y"), entry(tar.TypeSymlink, "usr/x", "/etc/y"), entry(tar.TypeSymlink, "usr/o", "../../etc"),
			entry(tar.TypeSymlink, "r", "/"), entry(tar.TypeSymlink, "s", "/../etc"), entry(tar.TypeLink, "h", "../a"), entry(tar.TypeLink, "i", "/a/b"),
			entry(tar.TypeLink, "j", ""),
		}, want: []string{
			`symbolic link usr/bin/x -> usr/lib/y`, `symbolic link usr/x -> etc/y`, `symbolic link usr/o`,
			`symbolic link r -> .`, `symbolic link s`, `hard link h`, `hard link i -> a/b`, `hard link j`,
		}},
		{name: "whiteouts", items: []item{
			file("a/.wh.b", ""), file(".wh.c", ""), file("d/.wh..wh..opq", ""), file(".wh..wh..opq", ""), file(".wh..wh.plnk/1.2", "x"),
			entry(tar.TypeDir, ".wh..wh.orph", ""), file("x/.wh..wh.aufs", ""), file(".wh.d/f", "x"), file("a.wh.b", "x"),
			file("y/.wh.", ""), file("y/.wh..", ""), file("y/.wh...", ""), file("../.wh.e", ""),
		}, want: []string{
			`whiteout a/b`, `whiteout c`, `opaque directory d`, `opaque directory .`, `file .wh.d/f 1 "x"`, `file a.wh.b 1 "x"`, `whiteout e`,
		}, problems: []string{
			`"y/.wh." hides nothing that can be named, and was left out`,
			`"y/.wh.." hides nothing that can be named, and was left out`,
			`"y/.wh..." hides nothing that can be named, and was left out`,
			`"../.wh.e" has a name that leads out of the root, and was looked at as ".wh.e"`,
		}},
		{name: "of no or an unknown type", items: []item{
			{tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "g", PAXRecords: map[string]string{"comment": "x"}}, ""},
			entry('Z', "odd", ""), file("a", ""),
		}, want: []string{`file a 0 ""`}, problems: []string{`"odd" is of the unknown type 'Z', and was left out`}},
		{name: "a name no file system holds", items: []item{file(strings.Repeat("a/", 3000)+"a", "x"), file("b", "")},
			want:     []string{`file b 0 ""`},
			problems: []string{`"` + strings.Repeat("a/", 99) + `a…" has a name of more than 4096 bytes, and was left out`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data := archive(t, tt.items...)
			seen, stats, problems, err := walked(t, bytes.NewReader(data), DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, seen); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if stats.Bytes != int64(len(data)) {
				t.Errorf("%d bytes counted of %d", stats.Bytes, len(data))
			}
		})
	}
}

func TestWalkReadsToTheEnd(t *testing.T) {
	data := append(archive(t, file("a", "x")), bytes.Repeat([]byte("junk"), 100_000)...)
	r := bytes.NewReader(data)
	if _, stats, _, err := walked(t, r, DefaultLimits()); err != nil || r.Len() != 0 || stats.Bytes != int64(len(data)) {
		t.Errorf("%v, %d bytes left, %d counted", err, r.Len(), stats.Bytes)
	}
}

func TestWalkContentIsForTheCallOnly(t *testing.T) {
	var kept io.Reader
	_, _, err := Walk(context.Background(), bytes.NewReader(archive(t, file("a", "one"), entry(tar.TypeDir, "b", ""))), DefaultLimits(), func(e Entry, r io.Reader) error {
		if e.Kind == File {
			kept = r
			return nil
		}
		if n, _ := io.ReadFull(kept, make([]byte, 3)); n != 0 {
			t.Errorf("read %d bytes of a file that is over", n)
		}
		return nil
	})
	if err != nil || kept == nil {
		t.Error(err)
	}
}

func TestModes(t *testing.T) {
	items := []item{{tar.Header{Typeflag: tar.TypeReg, Name: "a", Mode: 0o4755}, ""}, entry(tar.TypeDir, "b", "")}
	var modes []fs.FileMode
	if _, _, err := Walk(context.Background(), bytes.NewReader(archive(t, items...)), DefaultLimits(), func(e Entry, _ io.Reader) error {
		modes = append(modes, e.Mode)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]fs.FileMode{fs.ModeSetuid | 0o755, fs.ModeDir | 0o777}, modes); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkWalk has 100,000 files of 2 KB that nobody reads.
func BenchmarkWalk(b *testing.B) {
	items := make([]item, 100_000)
	body := strings.Repeat("x", 2048)
	for i := range items {
		items[i] = file(fmt.Sprintf("usr/share/directory-%d/file-%d", i/100, i), body)
	}
	data := archive(b, items...)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		// Not a Seeker, as no layer is.
		if _, _, err := Walk(context.Background(), io.MultiReader(bytes.NewReader(data)), DefaultLimits(), func(Entry, io.Reader) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
