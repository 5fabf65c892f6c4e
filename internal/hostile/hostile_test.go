package hostile

import (
	"errors"
	"testing"
)

// recorder is a test that only counts its failures.
type recorder struct {
	testing.TB
	failures int
}

func (r *recorder) Errorf(string, ...any) { r.failures++ }
func (r *recorder) Helper()               {}

func TestWhatIsWrongIsSeen(t *testing.T) {
	data := []byte("one\ntwo\r\nthree")
	for msg, ok := range map[string]bool{
		"f:3: x": true, "f:3:7: x": true, "f: no line": true, "f:4: x": false, "f:0: x": false, "f:99999999999999999999: x": false, "g:1: x": false,
		"f:1: a\nb": false, "f:1: \x1b[2J": false, "f:1: \u202e": false, "f:1: \xff": false, "f:1:  ": false,
	} {
		r := &recorder{}
		Mistake(r, errors.New(msg), "f", data)
		if (r.failures == 0) != ok {
			t.Errorf("%q: %d failures", msg, r.failures)
		}
	}
	r := &recorder{}
	Place(r, errors.New("f: no line"), "f", data)
	Mistake(r, nil, "f", data)
	if r.failures != 1 {
		t.Errorf("%d failures", r.failures)
	}
}

func TestMemoryIsCounted(t *testing.T) {
	var kept [][]byte
	take := func(n int) func() {
		return func() {
			for range n {
				kept = append(kept[:0], make([]byte, 1<<20))
			}
		}
	}
	r := &recorder{}
	Bounded(r, 1, take(4))
	if r.failures != 0 {
		t.Error("little is too much")
	}
	if Bounded(r, 1, take(64)); r.failures != 1 || len(kept) == 0 {
		t.Error("much is not too much")
	}
}
