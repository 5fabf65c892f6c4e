// Package crawl walks through a running application and hands on what it
// answers. It only ever asks, with GET: forms are not sent, and links that log
// out or delete are left alone. It asks one origin (scheme, host and port),
// which is checked again for every redirect and, by address, for every
// connection; proxies of the environment are not used. What the application
// sends is hostile: sizes, counts, depth and time are bounded.
package crawl

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
)

const (
	// ahead is for how many requests per worker answers may wait until those
	// to earlier requests are there.
	ahead = 4
	// maxEarly bounds the pages that are looked through before it is their
	// turn, in bytes.
	maxEarly = 256 << 10
	// maxSilent is after how many requests without an answer, one after the
	// other, the application is taken to be gone.
	maxSilent = 10
)

// Run crawls breadth first, and calls visit with each answer: from the
// goroutine of the caller, one at a time, in an order that depends on the
// application alone. A page is not kept after that.
//
// It is an error when the target cannot be reached, when no page is served
// with a status of 2xx, and when ctx ends; what the report holds by then may
// be shown. Limits that ended the crawl, and requests without an answer, are
// in the report.
func Run(ctx context.Context, o Options, visit func(Page)) (Report, error) {
	report := Report{Status: map[int]int{}, Skipped: map[Reason]int{}}
	o, err := o.complete()
	if err != nil {
		return report, err
	}
	limited, cancel := context.WithTimeout(ctx, o.Time)
	defer cancel()
	c := newCrawler(limited, o, report, visit)
	c.stop = cancel
	guard, err := NewGuard(limited, o.Target.Hostname(), o.Lookup)
	if err != nil {
		return report, fmt.Errorf("cannot reach %s: %s", origin(o.Target), explain(err))
	}
	if o.dial != nil {
		guard.dial = o.dial
	}
	c.client = newClient(o, guard)
	defer c.client.transport.CloseIdleConnections()

	err = c.run()
	c.report.sort()
	switch {
	case ctx.Err() != nil:
		return c.report, fmt.Errorf("the crawl of %s was ended: %w", origin(o.Target), ctx.Err())
	case err != nil:
		return c.report, err
	case c.served == 0:
		return c.report, c.fruitless()
	}
	return c.report, nil
}

// job is a request on its way.
type job struct {
	place
	response response
	done     chan struct{}
}

func (c *crawler) run() error {
	if err := c.readRobots(); err != nil {
		return err
	}
	c.begin()
	c.readSitemaps()

	// What is asked for next is decided when the answer to the request so many
	// places before has been looked at, no sooner and no later. So the order
	// does not depend on which answer is faster.
	window := c.options.Workers * ahead
	jobs := make(chan *job, window)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer close(jobs)
	defer c.stop() // should visit panic, nobody waits for answers
	for range c.options.Workers {
		workers.Go(func() {
			for j := range jobs {
				j.response = c.fetch(j.url)
				close(j.done)
			}
		})
	}
	var flying []*job
	for {
		for len(flying) < window {
			p, ok := c.next()
			if !ok {
				break
			}
			j := &job{place: p, done: make(chan struct{})}
			jobs <- j
			flying = append(flying, j)
		}
		if len(flying) == 0 {
			break
		}
		j := flying[0]
		flying = slices.Delete(flying, 0, 1)
		<-j.done
		c.handle(j)
	}
	c.leave()
	return nil
}

// fetch asks for an address, and looks through a page of usual size at once.
// Like look, it lets no panic over what a server sent end the program.
// What a large one is parsed into may be many times larger, so those are looked
// at one at a time.
func (c *crawler) fetch(u *url.URL) (r response) {
	defer func() {
		if recover() != nil {
			r = response{err: errUnreadable}
		}
	}()
	r = c.client.get(c.ctx, u)
	if r.err == nil && len(r.page.Body) <= maxEarly {
		r.look()
	}
	return r
}

// handle looks at what came of a request.
func (c *crawler) handle(j *job) {
	r := j.response
	r.look()
	if r.err != nil {
		if c.ctx.Err() != nil {
			c.report.limit(TimeUp)
			return
		}
		if c.firstErr == nil {
			c.firstErr = r.err
		}
		c.report.fail(shown(j.url), r.err)
		if c.silent++; c.silent >= maxSilent {
			c.report.cut(Gone)
			c.gone = true
		}
		return
	}
	c.silent = 0
	r.page.Depth = j.depth
	c.report.Fetched++
	c.report.Status[r.page.Status]++
	if r.page.Status/100 == 2 {
		c.served++
	}
	kind, _ := r.page.Header.Get("Content-Type")
	if r.page.Cut && !media(kind) {
		c.report.CutPages++
	}
	if r.page.Redirect() {
		c.redirected[keyOf(j.url.String())] = true
	}
	c.visit(r.page)
	if r.more {
		c.report.limit(TooMany)
	}
	for _, l := range r.links {
		if c.ctx.Err() != nil { // a page may have many links, and robots.txt many rules
			c.report.limit(TimeUp)
			return
		}
		to := place{depth: j.depth + 1, part: l.resource}
		if l.redirect {
			to = place{depth: j.depth, part: j.part, hops: j.hops + 1}
		}
		c.consider(r.base, l, to)
	}
}
