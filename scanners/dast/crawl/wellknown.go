package crawl

import (
	"fmt"
	"net/url"
)

// maxRobotsRedirects is how many redirects lead to a robots.txt: RFC 9309,
// section 2.3.1.2.
const maxRobotsRedirects = 5

// readRobots asks for robots.txt. One that is not there allows everything, one
// that the server fails to give forbids everything: RFC 9309, section 2.3.1.
// A server that does not answer at all is an error.
func (c *crawler) readRobots() error {
	u := c.root("/robots.txt")
	for hops := 0; hops <= maxRobotsRedirects; hops++ {
		c.first(u.String())
		r := c.fetch(u)
		if r.err != nil {
			if c.options.IgnoreRobots || c.ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("cannot reach %s: %s", shown(u), explain(r.err))
		}
		c.visitFound(r)
		next, ok := c.redirectsTo(r)
		switch {
		case ok:
			u = next
			continue
		case r.page.Status/100 == 2:
			c.robots = parseRobots(r.page.Body)
		case r.page.ServerError():
			c.robots.refuses = true
		}
		break
	}
	if c.options.IgnoreRobots {
		c.robots = robots{sitemaps: c.robots.sitemaps}
	}
	return nil
}

// redirectsTo returns where a robots.txt is really: within the origin, or it
// counts as not there.
func (c *crawler) redirectsTo(r response) (*url.URL, bool) {
	r.look()
	for _, l := range r.links {
		if !l.redirect {
			continue
		}
		u, why := resolve(r.base, l.ref)
		if why == "" && origin(u) == c.client.origin && !harmful(u) && !c.client.secrets.in(u.String()) && !c.outOfScope(u.String()) {
			return u, true
		}
	}
	return nil, false
}

// readSitemaps asks for /sitemap.xml and the sitemaps that robots.txt names,
// and puts the pages that they name into the queue, as if the target linked to
// them. They are a public list of pages, unlike what robots.txt forbids.
func (c *crawler) readSitemaps() {
	type file struct {
		ref     string
		inIndex bool
	}
	files := []file{{ref: "/sitemap.xml"}}
	for _, ref := range c.robots.sitemaps {
		files = append(files, file{ref: ref})
	}
	for n := 0; n < len(files) && n < maxSitemaps && c.ctx.Err() == nil; n++ {
		u, why := resolve(c.options.Target, files[n].ref)
		if why != "" || origin(u) != c.client.origin || c.refusal(place{url: u}, u.String()) != "" || !c.first(u.String()) {
			continue
		}
		r := c.fetch(u)
		if r.err != nil {
			if c.ctx.Err() == nil {
				c.report.fail(shown(u), r.err)
			}
			continue
		}
		c.visitFound(r)
		if r.page.Status/100 != 2 {
			continue
		}
		pages, more := parseSitemap(r.page.Body, c.options.MaxBody)
		for _, ref := range pages {
			if c.report.Sitemap >= (c.options.Pages+1)/2 { // the rest is for what pages link to
				c.report.limit(TooMany)
				continue
			}
			if c.consider(u, link{ref: ref}, place{depth: 1}) {
				c.report.Sitemap++
			}
		}
		for _, ref := range more {
			if !files[n].inIndex && len(files) <= maxSitemaps { // an index of indexes is none
				files = append(files, file{ref: ref, inIndex: true})
			}
		}
	}
	if len(files) > maxSitemaps {
		c.report.limit(TooMany)
	}
}

// visitFound hands on an answer to what nobody has linked to, unless it says
// that there is nothing: that is no page of the application.
func (c *crawler) visitFound(r response) {
	if !r.page.ClientError() {
		c.visit(r.page)
	}
}

// root returns the address of a file at the root of the target's origin.
func (c *crawler) root(path string) *url.URL {
	return &url.URL{Scheme: c.options.Target.Scheme, Host: c.options.Target.Host, Path: path}
}
