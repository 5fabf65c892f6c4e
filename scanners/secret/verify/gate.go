package verify

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/scangate/scangate/text"
)

const (
	cancelled = "the check was cancelled"
	// A provider that cannot be reached is not tried for every secret.
	maxFailures = 3
)

// gate lets requests through: so many at a time, so many in all, and to each
// provider with pauses between them, until it asks to be left alone.
type gate struct {
	slots chan struct{}
	every time.Duration
	total int

	mu    sync.Mutex
	sent  int
	lanes map[string]*lane
}

type lane struct {
	next     time.Time // when the next request may start
	failures int       // in a row
	closed   string    // why nothing more is sent
}

func newGate(l Limit) *gate {
	if l.InFlight <= 0 {
		l.InFlight = 4
	}
	if l.Every <= 0 {
		l.Every = 250 * time.Millisecond
	}
	if l.Total <= 0 {
		l.Total = 200
	}
	return &gate{slots: make(chan struct{}, l.InFlight), every: l.Every, total: l.Total, lanes: map[string]*lane{}}
}

// enter waits for a request's turn. It returns why the request must not be
// made, or "" and then leave must be called.
func (g *gate) enter(ctx context.Context, provider string) string {
	wait, refusal := g.reserve(provider)
	if refusal != "" {
		return refusal
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return cancelled
	}
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return cancelled
	}
	if ctx.Err() != nil { // select takes any of the ready ways
		refusal = cancelled
	} else {
		refusal = g.count(provider)
	}
	if refusal != "" {
		<-g.slots
	}
	return refusal
}

func (g *gate) leave() { <-g.slots }

// reserve gives a request its time.
func (g *gate) reserve(provider string) (time.Duration, string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lanes[provider]
	if l == nil {
		l = &lane{}
		g.lanes[provider] = l
	}
	if refusal := g.refuses(l); refusal != "" {
		return 0, refusal
	}
	now := time.Now()
	if l.next.Before(now) {
		l.next = now
	}
	wait := l.next.Sub(now)
	l.next = l.next.Add(g.every)
	return wait, ""
}

// count takes one request off the total, unless things changed while it waited.
func (g *gate) count(provider string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	refusal := g.refuses(g.lanes[provider])
	if refusal == "" {
		g.sent++
	}
	return refusal
}

func (g *gate) refuses(l *lane) string {
	switch {
	case l.closed != "":
		return l.closed
	case g.sent >= g.total:
		return fmt.Sprintf("the limit of %s is reached", text.Count(g.total, "request"))
	}
	return ""
}

// close sends nothing more to a provider.
func (g *gate) close(provider, why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lanes[provider].closed = why
}

// reached records whether there was an answer of any kind.
func (g *gate) reached(provider string, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lanes[provider]
	if ok {
		l.failures = 0
		return
	}
	if l.failures++; l.failures >= maxFailures && l.closed == "" {
		l.closed = "its provider could not be reached, several times in a row"
	}
}
