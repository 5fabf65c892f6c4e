package layer

import (
	"errors"
	"io"
)

const (
	aheadBuffers    = 4
	aheadBufferSize = 256 << 10
)

// ahead reads a stream in a goroutine of its own, a little ahead of who reads
// it: decompressing on one core while another looks at what came out.
type ahead struct {
	full    chan chunk
	free    chan []byte
	stop    chan struct{}
	stopped chan struct{}
	current chunk
	rest    []byte
}

type chunk struct {
	data []byte
	err  error // after the data
}

func readAhead(r io.Reader) *ahead {
	a := &ahead{
		full:    make(chan chunk, aheadBuffers),
		free:    make(chan []byte, aheadBuffers),
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
	for range aheadBuffers {
		a.free <- nil
	}
	go func() {
		defer close(a.stopped)
		a.run(r)
	}()
	return a
}

func (a *ahead) run(r io.Reader) {
	for {
		var buf []byte
		select {
		case <-a.stop:
			return
		case buf = <-a.free:
		}
		if buf == nil {
			buf = make([]byte, aheadBufferSize) // small layers need no more than one
		}
		n, err := fill(r, buf)
		a.full <- chunk{buf[:n], err} // never waits: there are no more buffers than places
		if err != nil {
			return
		}
	}
}

// fill reads until the buffer is full. What a decompressor panics about, in a
// goroutine that nobody else can guard, is an error of the stream.
func fill(r io.Reader, buf []byte) (n int, err error) {
	defer func() {
		if recover() != nil {
			err = errDamaged
		}
	}()
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

var errDamaged = errors.New("the compressed content is damaged")

func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.current.err != nil {
			return 0, a.current.err
		}
		if a.current.data != nil {
			a.free <- a.current.data[:cap(a.current.data)]
		}
		a.current = <-a.full
		a.rest = a.current.data
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// close waits for the read that is under way.
func (a *ahead) close() {
	close(a.stop)
	<-a.stopped
}
