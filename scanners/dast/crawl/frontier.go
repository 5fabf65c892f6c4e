package crawl

import (
	"context"
	"crypto/sha256"
	"net/url"
	"strings"
)

const (
	maxRedirects = 10
	// maxSeen bounds how many addresses are remembered. A site of more could
	// not be crawled within the greatest number of pages.
	maxSeen = 200_000
	// coarser is how many times Options.Alike addresses may share their path
	// and the names of their parameters.
	coarser = 3
)

// crawler is one crawl. All of it but the client belongs to one goroutine.
type crawler struct {
	ctx     context.Context
	stop    func() // ends ctx
	options Options
	client  *client
	visit   func(Page)
	report  Report
	robots  robots

	seen         map[key]bool
	alike        map[key]int
	redirected   map[key]bool // addresses that answered with a redirect
	again        map[key]bool // those that were asked for once more
	pages, parts queue
	started      int
	served       int    // answers of status 2xx
	silent       int    // requests without an answer since the last with one
	gone         bool   // the application has stopped to answer
	leaves       string // the first other origin that a redirect led to
	firstErr     error
}

func newCrawler(ctx context.Context, o Options, r Report, visit func(Page)) *crawler {
	return &crawler{
		ctx: ctx, options: o, report: r, visit: visit,
		seen: map[key]bool{}, alike: map[key]int{}, redirected: map[key]bool{}, again: map[key]bool{},
	}
}

// place is an address to ask for.
type place struct {
	url   *url.URL
	depth int
	hops  int  // redirects that led to it
	part  bool // belongs to a page
}

// key stands for an address, which may be long.
type key [16]byte

func keyOf(s string) key {
	sum := sha256.Sum256([]byte(s))
	return key(sum[:16])
}

// queue is in the order of depth, then of arrival.
type queue struct {
	levels [][]place
	n      int
}

func (q *queue) push(p place) {
	for len(q.levels) <= p.depth {
		q.levels = append(q.levels, nil)
	}
	q.levels[p.depth] = append(q.levels[p.depth], p)
	q.n++
}

func (q *queue) pop() (place, bool) {
	for i, level := range q.levels {
		if len(level) > 0 {
			q.levels[i] = level[1:]
			q.n--
			return level[0], true
		}
	}
	return place{}, false
}

// next returns what to ask for next: pages, and where there are none at the
// moment, parts of pages.
func (c *crawler) next() (place, bool) {
	if c.gone || c.ctx.Err() != nil || c.started >= c.options.Pages {
		return place{}, false
	}
	p, ok := c.pages.pop()
	if !ok {
		p, ok = c.parts.pop()
	}
	if ok {
		c.started++
	}
	return p, ok
}

// leave accounts for what was not asked for any more.
func (c *crawler) leave() {
	rest := c.pages.n + c.parts.n
	if rest == 0 {
		return
	}
	why := TooMany
	switch {
	case c.gone:
		why = Gone
	case c.ctx.Err() != nil:
		why = TimeUp
	}
	c.report.cut(why)
	c.report.Skipped[why] += rest
}

// begin puts the target and the seeds into the queue. The target is what it
// is: somebody has named it, so neither its words nor its form matter.
func (c *crawler) begin() {
	target := c.options.Target
	c.first(target.String())
	c.report.Seen++
	switch {
	case c.outOfScope(target.String()):
		c.report.skip(OutOfScope)
	case !c.robots.allows(target):
		c.report.skip(Robots)
	default:
		c.pages.push(place{url: target})
	}
	for _, s := range c.options.Seeds {
		if s != nil {
			c.consider(target, link{ref: s.String()}, place{})
		}
	}
}

// consider puts what a link leads to into the queue, or records why not. to
// holds all of the place but its address. It reports whether the address is
// new and will be asked for.
func (c *crawler) consider(base *url.URL, l link, to place) bool {
	u, why := resolve(base, l.ref)
	if strings.Contains(l.ref, redacted) { // a secret stood there
		why = Secret
	}
	if why != "" {
		c.skipOnce(why, l.ref)
		return false
	}
	address := u.String()
	if origin(u) != c.client.origin {
		if l.redirect && c.leaves == "" {
			c.leaves = origin(u)
		}
		c.skipOnce(OffScope, address)
		return false
	}
	if l.refused != "" { // a plain link to the same address may follow
		c.skipOnce(l.refused, address)
		return false
	}
	to.url = u
	if !c.first(address) {
		if l.redirect && c.returns(address) && c.refusal(to, address) == "" {
			c.pages.push(to)
		}
		return false
	}
	c.report.Seen++
	switch why := c.refusal(to, address); why {
	case "":
	case TooDeep, TooMany:
		c.report.limit(why)
		return false
	default:
		c.report.skip(why)
		return false
	}
	if !c.count(u) {
		c.report.skip(Alike)
		return false
	}
	if to.part {
		c.parts.push(to)
	} else {
		c.pages.push(to)
	}
	return true
}

// refusal tells why an address of the origin is not asked for.
func (c *crawler) refusal(p place, address string) Reason {
	queued := c.pages.n
	if p.part {
		queued = c.parts.n // pages go first, however many parts are waiting
	}
	switch {
	case p.hops > maxRedirects:
		return Redirects
	case c.outOfScope(address):
		return OutOfScope
	case harmful(p.url):
		return Harmful
	case c.client.secrets.in(address):
		return Secret
	case !c.robots.allows(p.url):
		return Robots
	case p.depth > max(c.options.Depth, 0):
		return TooDeep
	case endless(p.url):
		return Endless
	case c.started+queued >= c.options.Pages:
		return TooMany
	}
	return ""
}

func (c *crawler) outOfScope(address string) bool {
	for _, re := range c.options.OutOfScope {
		if at := re.FindStringIndex(address); at != nil && at[0] == 0 {
			return true
		}
	}
	return false
}

// count tells whether there are few enough addresses of this form, and counts
// this one.
func (c *crawler) count(u *url.URL) bool {
	fine, coarse := forms(u)
	f, s := keyOf(fine), keyOf(coarse)
	if c.alike[f] >= c.options.Alike || c.alike[s] >= c.options.Alike*coarser {
		return false
	}
	c.alike[f]++
	if f != s {
		c.alike[s]++
	}
	return true
}

// returns tells whether a redirect back to an address that redirected is to be
// followed: once, when there are cookies that may make a difference.
func (c *crawler) returns(address string) bool {
	k := keyOf(address)
	if !c.redirected[k] || c.again[k] || c.client.jar.empty() {
		return false
	}
	c.again[k] = true
	return true
}

// first tells whether an address has not been seen yet. When too many have
// been, none counts as new.
func (c *crawler) first(address string) bool {
	k := keyOf(address)
	if c.seen[k] {
		return false
	}
	if len(c.seen) >= maxSeen {
		c.report.limit(TooMany)
		return false
	}
	c.seen[k] = true
	return true
}

func (c *crawler) skipOnce(why Reason, ref string) {
	if c.first(string(why) + " " + ref) {
		c.report.skip(why)
	}
}
