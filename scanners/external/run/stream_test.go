package run

import (
	"os"
	"testing"
	"time"
)

// A machine may have no time for the reader until its deadline is over.
func TestStreamTakesWhatIsThereAfterItsDeadline(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteString("findings"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	r.SetReadDeadline(time.Now().Add(-time.Second)) // where it has an effect
	s := read(r, 100, func() {})
	if ended := s.close(time.Second); !ended {
		t.Error("the end was not seen")
	}
	if got, cut := s.result(); string(got) != "findings" || cut {
		t.Errorf("%q, cut: %t", got, cut)
	}
}

// Who holds a pipe open is not waited for.
func TestStreamThatDoesNotEnd(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.WriteString("findings"); err != nil {
		t.Fatal(err)
	}
	s := read(r, 100, func() {})
	if s.close(100 * time.Millisecond) {
		t.Error("an end was seen")
	}
	if got, _ := s.result(); string(got) != "findings" {
		t.Errorf("%q", got)
	}
}
