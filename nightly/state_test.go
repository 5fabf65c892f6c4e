package nightly

import (
	"strings"
	"testing"
	"time"
)

// TestBrokenStates: an edited state is none.
func TestBrokenStates(t *testing.T) {
	s := State{commit: commit, day: "2026-11-19", known: map[digest]flags{{1}: asNew, {2}: fixable}}
	good := s.String()
	if p := ParseState("text\n"+good+"\r\n\n", now); p == nil || p.String() != good {
		t.Fatal("it is not read back")
	}
	for name, body := range map[string]string{
		"empty":          "",
		"not last":       good + "\ntext",
		"another number": strings.Replace(good, "state 1", "state 2", 1),
		"no such day":    strings.Replace(good, "11-19", "13-19", 1),
		"a day to come":  strings.Replace(good, "2026-11-19", "2026-11-21", 1),
		"cut":            good[:len(good)-5] + " -->",
		"flags":          "<!-- scangate:state 1 0 2026-11-19 0 AQAAAAAAAAD/ -->",
		"twice":          "<!-- scangate:state 1 0 2026-11-19 0 AQAAAAAAAAABAQAAAAAAAAAB -->",
		"in disorder":    "<!-- scangate:state 1 0 2026-11-19 0 AgAAAAAAAAABAQAAAAAAAAAB -->",
		"too long":       "<!-- scangate:state 1 0 2026-11-19 0 " + strings.Repeat("AQAAAAAAAAAB", maxKnown+1) + " -->",
	} {
		if ParseState(body, now) != nil {
			t.Errorf("%s: it is believed", name)
		}
	}
	if ParseState("<!-- scangate:state 1 0 2026-11-19 0 AQAAAAAAAAABAgAAAAAAAAAB -->", now) == nil {
		t.Error("a state of two is not read")
	}
}

// FuzzParseState: whatever somebody makes of the text of an issue, it is read
// in bounds, what is written back is the same, and looking at results with it
// does not fail.
func FuzzParseState(f *testing.F) {
	s := State{commit: commit, day: "2026-11-19", more: true, known: map[digest]flags{{1}: asNew, {2}: fixable}}
	f.Add(s.String())
	f.Add("text\n<!-- scangate:state 1 0 2026-11-19 0 AQAAAAAAAAABAgAAAAAAAAAB -->\n")
	f.Add("<!-- scangate:state 1 0 0000-00-00 1  -->")
	f.Fuzz(func(t *testing.T, body string) {
		now := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
		s := ParseState(body, now)
		if s == nil {
			return
		}
		if len(s.known) > maxKnown {
			t.Errorf("%d findings", len(s.known))
		}
		again := ParseState(s.String(), now)
		if again == nil || again.String() != s.String() || !strings.Contains(body, s.String()) {
			t.Errorf("%q becomes %q", body, s.String())
		}
		in := input(scanned(commit, vuln("A"), vuln("B", fixed, used), vuln("C", ignored)))
		in.State = s
		n := Look(in)
		if total := len(n.Exploited) + len(n.New) + len(n.Fixable) + n.Others; total != 2 {
			t.Errorf("%d of 2 findings are accounted for", total)
		}
		if ParseState(n.Markdown(60_000), now) == nil {
			t.Error("the next state is lost")
		}
	})
}
