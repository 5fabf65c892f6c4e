package layer

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestSpool(t *testing.T) {
	dir := t.TempDir()
	s := Spool{Memory: 1000, Dir: dir}
	for _, size := range []int{0, 10, 1000, 1001, 300_000, 5, 2000, 1500} {
		data := noise(size)
		// What follows belongs to somebody else.
		r := bytes.NewReader(append(bytes.Clone(data), "more"...))
		c, err := s.Fill(r, int64(size))
		if err != nil {
			t.Fatal(err)
		}
		if r.Len() != 4 {
			t.Errorf("size %d: %d bytes left, want 4", size, r.Len())
		}
		for range 2 {
			if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, data) {
				t.Errorf("size %d: %d bytes, %v", size, len(got), err)
			}
			if _, err := c.Seek(0, io.SeekStart); err != nil {
				t.Error(err)
			}
		}
		if size > 7 {
			got := make([]byte, 3)
			if _, err := c.ReadAt(got, int64(size)-3); err != nil || !bytes.Equal(got, data[size-3:]) {
				t.Errorf("size %d: %v", size, err)
			}
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("size %d: %v, %v in the directory", size, err, left)
		}
	}
	if s.file == nil {
		t.Fatal("there is no temporary file")
	}
	if err := s.Reset(); err != nil {
		t.Error(err)
	}
	if info, err := s.file.Stat(); err != nil || info.Size() != 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("the file keeps its space, or is not private: %v, %v", info, err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if _, err := s.Fill(strings.NewReader("x"), 1); err != nil {
		t.Errorf("after Close: %v", err)
	}
}

func TestSpoolErrors(t *testing.T) {
	s := Spool{Memory: 10, Dir: t.TempDir()}
	defer s.Close()
	for _, size := range []int64{4, 10, 100} {
		_, err := s.Fill(strings.NewReader("abc"), size)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "the file ends after 3 of") {
			t.Errorf("size %d: %v", size, err)
		}
	}
	gone := Spool{Memory: 1, Dir: "no-such-directory"}
	_, err := gone.Fill(strings.NewReader("abc"), 3)
	if err == nil || err.Error() != "no temporary file can be made: no such file or directory" {
		t.Error(err)
	}
}

// TestSpoolReusesMemory: a layer of many small files costs one buffer.
func TestSpoolReusesMemory(t *testing.T) {
	var s Spool
	defer s.Close()
	data := bytes.Repeat([]byte("x"), 100_000)
	if _, err := s.Fill(bytes.NewReader(data), int64(len(data))); err != nil {
		t.Fatal(err)
	}
	before := &s.buf[0]
	if _, err := s.Fill(bytes.NewReader(data), 1000); err != nil {
		t.Fatal(err)
	}
	if &s.buf[0] != before {
		t.Error("the buffer was made anew")
	}
}
