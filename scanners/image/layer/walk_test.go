package layer

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
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

func TestWalkLimits(t *testing.T) {
	many := make([]item, 100)
	for i := range many {
		many[i] = file(fmt.Sprintf("../%d", i), "x")
	}
	data := archive(t, many...)

	t.Run("problems", func(t *testing.T) {
		_, _, problems, err := walked(t, bytes.NewReader(data), DefaultLimits())
		if err != nil || len(problems) != maxProblems+1 || problems[maxProblems] != "80 further entries had such a problem" {
			t.Errorf("%v, %q", err, problems)
		}
	})
	t.Run("entries", func(t *testing.T) {
		lim := DefaultLimits()
		lim.Entries = 3
		r := bytes.NewReader(data)
		seen, stats, problems, err := walked(t, r, lim)
		if err != nil || len(seen) != 3 || stats.Entries != 3 || r.Len() != 0 {
			t.Errorf("%v, %q, %+v, %d bytes left", err, seen, stats, r.Len())
		}
		if last := problems[len(problems)-1]; last != "only the first 3 entries were looked at" {
			t.Errorf("%q", last)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		lim := DefaultLimits()
		lim.Bytes = 40_000
		_, _, _, err := walked(t, bytes.NewReader(data), lim)
		if !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "more than 40000 bytes") {
			t.Error(err)
		}
	})
	t.Run("bytes are those of the stream, whoever reads it", func(t *testing.T) {
		lim := DefaultLimits()
		lim.Bytes = 2_000_000
		stats, _, err := Walk(context.Background(), io.MultiReader(bytes.NewReader(archive(t, file("a", "x"))), endless{}), lim,
			func(Entry, io.Reader) error { return nil })
		if !errors.Is(err, ErrTooLarge) || stats.Files != 1 {
			t.Error(stats, err)
		}
	})
	t.Run("context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		_, _, err := Walk(ctx, io.MultiReader(bytes.NewReader(data), endless{}), DefaultLimits(), func(Entry, io.Reader) error {
			n++
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("visitor", func(t *testing.T) {
		stop := errors.New("stop")
		n := 0
		_, _, err := Walk(context.Background(), bytes.NewReader(data), DefaultLimits(), func(Entry, io.Reader) error { n++; return stop })
		if err != stop || n != 1 {
			t.Error(err, n)
		}
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestWalkDamaged(t *testing.T) {
	good := archive(t, file("a", strings.Repeat("x", 2000)), file("b", "y"))
	huge := archive(t, item{tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: 1 << 10, PAXRecords: map[string]string{"comment": "9999"}}, strings.Repeat("x", 1<<10)})
	// The size in the header is what the next record replaces it with.
	huge = bytes.Replace(huge, []byte("16 comment=9999\n"), []byte("16 size=9999999\n"), 1)
	badSize := bytes.Replace(bytes.Clone(huge), []byte("16 size=9999999\n"), []byte("16 size=-999999\n"), 1)
	tests := map[string]struct {
		data []byte
		want string
	}{
		"cut in a file":          {good[:1500], "cut short"},
		"cut in a header":        {good[:2700], "cut short"},
		"no tar":                 {bytes.Repeat([]byte("no tar at all. "), 100), "no tar archive"},
		"a size beyond the end":  {huge, "cut short"},
		"a negative size":        {badSize, "no tar archive"},
		"a name without an end":  {longName(2 << 20), "no tar archive"},
		"records without an end": {paxRecords(2 << 20), "no tar archive"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := Walk(context.Background(), bytes.NewReader(tt.data), DefaultLimits(), func(Entry, io.Reader) error { return nil })
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// header is one that the writer of archive/tar would refuse to write.
func header(kind byte, name string, size int64) []byte {
	h := make([]byte, 512)
	copy(h, name)
	copy(h[100:], "0000644\x000000000\x000000000\x00")
	copy(h[124:], fmt.Sprintf("%011o\x00", size))
	copy(h[136:], "00000000000\x00        ")
	h[156] = kind
	copy(h[257:], "ustar  \x00")
	return sum(h)
}

func sum(h []byte) []byte {
	copy(h[148:], "        ")
	n := 0
	for _, b := range h {
		n += int(b)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", n))
	return h
}

func longName(size int) []byte {
	return append(header(tar.TypeGNULongName, "././@LongLink", int64(size)), bytes.Repeat([]byte("a"), size)...)
}

func paxRecords(size int) []byte {
	return append(header(tar.TypeXHeader, "x", int64(size)), bytes.Repeat([]byte("a"), size)...)
}

// terabyte is an old GNU sparse file: a terabyte of holes and one block.
func terabyte() []byte {
	h := header(tar.TypeGNUSparse, "hole", 512)
	copy(h[386:], fmt.Sprintf("%011o\x00%011o\x00", 0, 512))
	copy(h[483:], append([]byte{0x80, 0, 0, 0, 0, 0, 1}, 0, 0, 0, 0, 0)) // 1 << 40, in base 256
	return append(sum(h), append(bytes.Repeat([]byte("x"), 512), make([]byte, 1024)...)...)
}

func TestWalkSparse(t *testing.T) {
	data := terabyte()
	lim := DefaultLimits()
	lim.Sparse = 1 << 20
	var sizes []int64
	stats, problems, err := Walk(context.Background(), bytes.NewReader(data), lim, func(e Entry, _ io.Reader) error {
		sizes = append(sizes, e.Size)
		return nil
	})
	if err != nil || len(problems) > 0 || stats.Bytes != int64(len(data)) || !cmp.Equal(sizes, []int64{1 << 40}) {
		t.Errorf("unread: %v, %q, %+v, sizes %d", err, problems, stats, sizes)
	}
	var read int64
	_, _, err = Walk(context.Background(), bytes.NewReader(data), lim, func(_ Entry, r io.Reader) error {
		var err error
		read, err = io.Copy(io.Discard, r)
		return err
	})
	if !errors.Is(err, ErrTooLarge) || read > lim.Sparse {
		t.Errorf("read %d bytes: %v", read, err)
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
