package layer

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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

// TestWalkManyEntries: a layer of so many entries is walked whole.
func TestWalkManyEntries(t *testing.T) {
	items := make([]item, 100_000)
	for i := range items {
		items[i] = file(fmt.Sprintf("d/%d/%d", i/1000, i), "")
	}
	stats, problems, err := Walk(context.Background(), bytes.NewReader(archive(t, items...)), DefaultLimits(), func(Entry, io.Reader) error { return nil })
	if err != nil || len(problems) > 0 || stats.Files != len(items) {
		t.Error(stats, problems, err)
	}
}
