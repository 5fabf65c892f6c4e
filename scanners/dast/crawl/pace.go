package crawl

import (
	"context"
	"sync"
	"time"
)

// pace spreads requests evenly.
type pace struct {
	every time.Duration // 0: no limit
	mu    sync.Mutex
	next  time.Time
}

func newPace(perSecond float64) *pace {
	if perSecond == 0 {
		return &pace{}
	}
	return &pace{every: time.Duration(float64(time.Second) / perSecond)}
}

// wait returns when the next request may be made, or with the context's error.
func (p *pace) wait(ctx context.Context) error {
	if p.every == 0 {
		return ctx.Err()
	}
	p.mu.Lock()
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	until := p.next.Sub(now)
	p.next = p.next.Add(p.every)
	p.mu.Unlock()
	t := time.NewTimer(until)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return ctx.Err()
	}
}
