package layer

import (
	"bytes"
	"fmt"
	"io"

	"github.com/scangate/scangate/fileio"
)

// Content gives access to the bytes of a file, at random.
type Content interface {
	io.Reader
	io.ReaderAt
	io.Seeker
}

// DefaultSpoolMemory is how much of a file a Spool keeps in memory, in bytes.
const DefaultSpoolMemory = 16 << 20

// Spool holds the content of one file at a time: in memory, which is used
// again, up to a limit, and beyond it in one private temporary file. The zero
// value is ready to use; Close is to be called after the last use. It is not
// for several goroutines.
type Spool struct {
	Memory int64  // bytes held in memory; 0 is DefaultSpoolMemory
	Dir    string // where the temporary file is; empty is the system's place

	buf  []byte
	file *TempFile
}

// Fill reads the content of a file of size bytes, which it replaces what was
// held before with. Content that ends before is an error, which wraps
// io.ErrUnexpectedEOF; what follows is not read. The result is valid until the
// next call.
func (s *Spool) Fill(r io.Reader, size int64) (Content, error) {
	memory := s.Memory
	if memory == 0 {
		memory = DefaultSpoolMemory
	}
	if err := s.Reset(); err != nil {
		return nil, err
	}
	if size <= memory {
		if int64(cap(s.buf)) < size {
			s.buf = make([]byte, max(size, min(2*int64(cap(s.buf)), memory)))
		}
		s.buf = s.buf[:size]
		if n, err := io.ReadFull(r, s.buf); err != nil {
			return nil, short(err, int64(n), size)
		}
		return bytes.NewReader(s.buf), nil
	}
	if s.file == nil {
		f, err := NewTempFile(s.Dir)
		if err != nil {
			return nil, err
		}
		s.file = f
	}
	n, err := io.CopyN(s.file, r, size)
	if err != nil {
		return nil, short(err, n, size)
	}
	return io.NewSectionReader(s.file, 0, size), nil
}

func short(err error, n, size int64) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("the file ends after %d of %d bytes: %w", n, size, io.ErrUnexpectedEOF)
	}
	return fileio.Cause(err)
}

// Reset lets go of the content. The memory and the file are kept, the space
// of the file is not.
func (s *Spool) Reset() error {
	s.buf = s.buf[:0]
	if s.file == nil {
		return nil
	}
	if err := s.file.Truncate(0); err != nil {
		return fileio.Cause(err)
	}
	_, err := s.file.Seek(0, io.SeekStart)
	return err
}

// Close removes the temporary file and lets go of the memory.
func (s *Spool) Close() error {
	s.buf = nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}
