package sarif

import (
	"compress/gzip"
	"errors"
	"io"
)

// faultRecorder remembers an error of the reader, to tell it from one in the
// document.
type faultRecorder struct {
	r   io.Reader
	err error
}

func (f *faultRecorder) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// gzipMeter measures what the upload would weigh, until it is too much.
type gzipMeter struct {
	zip      *gzip.Writer
	n, limit int64
}

func newGzipMeter(limit int64) *gzipMeter {
	m := &gzipMeter{limit: limit}
	m.zip = gzip.NewWriter(writerFunc(func(p []byte) (int, error) {
		m.n += int64(len(p))
		return len(p), nil
	}))
	return m
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func (m *gzipMeter) Write(p []byte) (int, error) {
	if m.n > m.limit {
		return len(p), nil
	}
	return m.zip.Write(p)
}

func (m *gzipMeter) size() int64 {
	m.zip.Close() // the writer below never fails
	return m.n
}
