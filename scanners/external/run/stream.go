package run

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// lastLook is how long a stream is read after its deadline, to take what is in
// the pipe already.
const lastLook = 20 * time.Millisecond

// stream reads what a tool prints and keeps it up to a limit. It reads on
// beyond that, so that the tool does not hang while it is ended.
type stream struct {
	r     *os.File
	limit int64
	full  func() // called once, when the limit is passed
	done  chan struct{}

	mu    sync.Mutex
	kept  []byte
	cut   bool
	ended bool // the end was seen
}

// read starts to read r to its end.
func read(r *os.File, limit int64, full func()) *stream {
	s := &stream{r: r, limit: limit, full: full, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		buf := make([]byte, 64<<10)
		late := false
		for {
			n, err := r.Read(buf)
			s.keep(buf[:n])
			switch {
			case n > 0 && err == nil:
				late = false
			case errors.Is(err, os.ErrDeadlineExceeded) && !late:
				// On a machine that has no time for this goroutine, there is
				// something in the pipe when the deadline is over: a read
				// with a new one takes it.
				late = true
				r.SetReadDeadline(time.Now().Add(lastLook))
			case err != nil:
				s.mu.Lock()
				s.ended = errors.Is(err, io.EOF)
				s.mu.Unlock()
				return
			}
		}
	}()
	return s
}

func (s *stream) keep(p []byte) {
	s.mu.Lock()
	room := s.limit - int64(len(s.kept))
	first := !s.cut && int64(len(p)) > room
	s.cut = s.cut || first
	s.kept = append(s.kept, p[:min(int64(len(p)), room)]...)
	s.mu.Unlock()
	if first {
		s.full()
	}
}

// close waits a little for what is still in the pipe, closes it, and tells
// whether its end was seen. Someone else may hold the other end for ever.
func (s *stream) close(wait time.Duration) (ended bool) {
	s.r.SetReadDeadline(time.Now().Add(wait)) // where it has no effect, the timer ends the waiting
	select {
	case <-s.done:
	case <-time.After(wait + wait/2 + lastLook):
	}
	go s.r.Close() // may wait for a read that nothing interrupts
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// result is what was kept, and whether more came.
func (s *stream) result() ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[:len(s.kept):len(s.kept)], s.cut
}
