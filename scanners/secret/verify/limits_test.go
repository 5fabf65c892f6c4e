package verify

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func accepts(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"login":"x","username":"x"}`) }

// TestAskedOnce: by many at once, and again later, by whatever rule.
func TestAskedOnce(t *testing.T) {
	s := newStandIn(t, accepts)
	v := s.verifier(t, Options{})
	secret := gitHubPAT(80)
	var wg sync.WaitGroup
	for i := range 60 {
		rule := []string{"github-pat", "github-oauth"}[i%2]
		wg.Go(func() {
			if o := v.Check(t.Context(), rule, secret, fmt.Sprint("line ", i)); o.Result != Active {
				t.Errorf("outcome %+v", o)
			}
		})
	}
	wg.Wait()
	if v.Check(t.Context(), "github-pat", gitHubPAT(81), ""); s.requests() != 2 {
		t.Errorf("%d requests for two secrets", s.requests())
	}
	// Nothing that is remembered has the secret in it.
	if said := fmt.Sprintf("%+v", v.once.known); strings.Contains(said, secret[4:]) {
		t.Error("the secret is remembered")
	}
}

func TestLimits(t *testing.T) {
	var all, now, most atomic.Int32
	var first sync.WaitGroup // the first three are there together, or never
	first.Add(3)
	s := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		if all.Add(1) <= 3 {
			first.Done()
			first.Wait()
		}
		for {
			m := most.Load()
			if n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		time.Sleep(2 * time.Millisecond) // for a fourth to show itself
		now.Add(-1)
		accepts(w, r)
	})
	v := s.verifier(t, Options{Limit: Limit{InFlight: 3, Total: 20}})
	var active, refused atomic.Int32
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			o := v.Check(t.Context(), "github-pat", gitHubPAT(uint64(100+i)), "")
			switch {
			case o.Result == Active:
				active.Add(1)
			case o.Reason == "the limit of 20 requests is reached":
				refused.Add(1)
			default:
				t.Errorf("outcome %+v", o)
			}
		})
	}
	wg.Wait()
	if active.Load() != 20 || refused.Load() != 30 || s.requests() != 20 {
		t.Errorf("%d active, %d refused, %d requests", active.Load(), refused.Load(), s.requests())
	}
	if m := most.Load(); m != 3 {
		t.Errorf("%d requests at a time", m)
	}
}

// TestPauses are per provider: a second one need not wait for the first.
func TestPauses(t *testing.T) {
	s := newStandIn(t, accepts)
	v := s.verifier(t, Options{Limit: Limit{Every: 40 * time.Millisecond}})
	begun := time.Now()
	for i := range 4 {
		v.Check(t.Context(), "github-pat", gitHubPAT(uint64(200+i)), "")
	}
	if took := time.Since(begun); took < 120*time.Millisecond {
		t.Errorf("four requests in %s", took)
	}
	g := newGate(Limit{Every: time.Hour})
	for _, provider := range []string{"a", "b"} {
		if wait, refusal := g.reserve(provider); wait != 0 || refusal != "" {
			t.Errorf("the first request to %s waits %s, %s", provider, wait, refusal)
		}
	}
	if wait, _ := g.reserve("a"); wait < 59*time.Minute {
		t.Errorf("the second one waits %s", wait)
	}
}

// TestAProviderIsLeftAlone: when it asks for it, or cannot be reached.
func TestAProviderIsLeftAlone(t *testing.T) {
	t.Run("slow down", func(t *testing.T) {
		s := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Host == "api.github.com" {
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			accepts(w, r)
		})
		v := s.verifier(t, Options{})
		for i := range 3 {
			if o := v.Check(t.Context(), "github-pat", gitHubPAT(uint64(300+i)), ""); o.Reason != "api.github.com asked to slow down, and is asked nothing more" {
				t.Errorf("outcome %+v", o)
			}
		}
		if o := v.Check(t.Context(), "npm-access-token", "npm_"+random(310, 36, alnum), ""); o.Result != Active || s.requests() != 2 {
			t.Errorf("outcome %+v after %d requests", o, s.requests())
		}
	})
	t.Run("now and then out of reach", func(t *testing.T) {
		n := 0
		s := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; n%3 != 0 {
				panic(http.ErrAbortHandler)
			}
			accepts(w, r)
		})
		v := s.verifier(t, Options{})
		for i := range 9 {
			want := Unknown
			if i%3 == 2 {
				want = Active
			}
			if o := v.Check(t.Context(), "github-pat", gitHubPAT(uint64(340+i)), ""); o.Result != want {
				t.Errorf("outcome %+v", o)
			}
		}
	})
	t.Run("out of reach", func(t *testing.T) {
		s := newStandIn(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		v := s.verifier(t, Options{})
		var got []string
		for i := range 5 {
			got = append(got, v.Check(t.Context(), "github-pat", gitHubPAT(uint64(320+i)), "").Reason)
		}
		fails, gone := "the connection to api.github.com failed", "its provider could not be reached, several times in a row"
		if diff := cmp.Diff([]string{fails, fails, fails, gone, gone}, got); diff != "" || s.requests() != 3 {
			t.Errorf("%d requests %s", s.requests(), diff)
		}
	})
}

// TestCancelling one caller takes nothing from another.
func TestCancelling(t *testing.T) {
	asked, release := make(chan struct{}, 9), make(chan struct{})
	s := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-release:
			accepts(w, r)
		case <-r.Context().Done():
		}
	})
	v := s.verifier(t, Options{})
	secret := gitHubPAT(400)
	first, cancel := context.WithCancel(t.Context())
	outcomes := make(chan Outcome, 2)
	go func() { outcomes <- v.Check(first, "github-pat", secret, "") }()
	<-asked
	second, waiting := make(chan Outcome, 1), make(chan struct{})
	go func() { close(waiting); second <- v.Check(t.Context(), "github-pat", secret, "") }()
	<-waiting
	cancel()
	want := Outcome{Reason: cancelled, Endpoint: "https://api.github.com/user"}
	if o := <-outcomes; o != want {
		t.Errorf("the one who gave up: %+v", o)
	}
	<-asked // the second asks itself
	third, cancel := context.WithCancel(t.Context())
	go func() { outcomes <- v.Check(third, "github-pat", secret, "") }()
	cancel() // while it waits for the second's answer
	if o := <-outcomes; o != want {
		t.Errorf("the one who waited in vain: %+v", o)
	}
	close(release)
	if o := <-second; o.Result != Active {
		t.Errorf("the one who stayed: %+v", o)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		if o := v.Check(done, "github-pat", gitHubPAT(401), ""); o != want || s.requests() != 2 {
			t.Errorf("cancelled before: %+v, %d requests", o, s.requests())
		}
	}
	if v.gate.sent != 2 || len(v.gate.slots) != 0 {
		t.Errorf("%d requests are counted, %d are under way", v.gate.sent, len(v.gate.slots))
	}
	if o := v.Check(done, "github-pat", secret, ""); o.Result != Active {
		t.Errorf("what is known is known: %+v", o)
	}
}
