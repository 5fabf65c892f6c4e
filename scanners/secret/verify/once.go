package verify

import (
	"context"
	"crypto/sha256"
	"sync"
)

// once answers a question that was asked before from memory, and lets those
// who ask the same at the same time wait for one answer. The zero value works.
type once struct {
	mu    sync.Mutex
	known map[[32]byte]*entry
}

type entry struct {
	done    chan struct{}
	outcome Outcome
	final   bool // it holds for others, too
}

// fingerprint stands for a credential, so that none is kept.
func fingerprint(c *check, cred credential) [32]byte {
	return sha256.Sum256([]byte(c.base + c.path + "\x00" + cred.value + "\x00" + cred.key + "\x00" + cred.session))
}

func (o *once) do(ctx context.Context, key [32]byte, ask func() Outcome) Outcome {
	for {
		o.mu.Lock()
		e, ok := o.known[key]
		if !ok {
			e = &entry{done: make(chan struct{})}
			if o.known == nil {
				o.known = map[[32]byte]*entry{}
			}
			o.known[key] = e
		}
		o.mu.Unlock()
		if !ok {
			o.fill(ctx, key, e, ask)
			return e.outcome
		}
		select {
		case <-e.done:
			if e.final {
				return e.outcome
			}
			// Who asked first gave up; this caller has not.
		case <-ctx.Done():
			select {
			case <-e.done: // both at once: what is known counts
				if e.final {
					return e.outcome
				}
			default:
			}
			return Outcome{Reason: cancelled}
		}
	}
}

// fill asks. Nobody is left waiting, even by a panic.
func (o *once) fill(ctx context.Context, key [32]byte, e *entry, ask func() Outcome) {
	defer func() {
		if !e.final {
			o.mu.Lock()
			delete(o.known, key)
			o.mu.Unlock()
		}
		close(e.done)
	}()
	e.outcome = ask()
	// What was learnt is learnt; only a question that was given up can be asked again.
	e.final = e.outcome.Result != Unknown || ctx.Err() == nil
}
