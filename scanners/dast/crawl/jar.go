package crawl

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

const (
	maxCookies = 50   // kept at the same time; browsers keep about as many of a site
	maxCookie  = 4096 // bytes of a name and its value
)

// jar keeps the cookies of one origin, within bounds.
type jar struct {
	inner *cookiejar.Jar
	mu    sync.Mutex
	known map[[3]string]bool // name, domain and path
}

func newJar(target *url.URL, cookies []exchange.Field) *jar {
	inner, _ := cookiejar.New(nil) // never fails
	j := &jar{inner: inner, known: map[[3]string]bool{}}
	var given []*http.Cookie
	for _, c := range cookies {
		given = append(given, &http.Cookie{Name: c.Name, Value: c.Value, Path: "/"})
	}
	inner.SetCookies(target, given)
	return j
}

// keep takes over what a response sets.
func (j *jar) keep(u *url.URL, cookies []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var kept []*http.Cookie
	for _, c := range cookies {
		id := [3]string{c.Name, c.Domain, c.Path}
		if len(c.Name)+len(c.Value) > maxCookie || !j.known[id] && len(j.known) >= maxCookies {
			continue
		}
		j.known[id] = true
		kept = append(kept, c)
	}
	j.inner.SetCookies(u, kept)
}

func (j *jar) cookies(u *url.URL) []*http.Cookie { return j.inner.Cookies(u) }

// empty reports that no response has set anything.
func (j *jar) empty() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.known) == 0
}
