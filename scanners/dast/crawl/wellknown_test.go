package crawl

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRobotsObeyed(t *testing.T) {
	pages := map[string]string{
		"/": `<a href=/open><a href=/closed/x><a href=/robots.txt>`, "/open": "", "/closed/x": "", "/secretplace": "",
		"/robots.txt": "User-agent: *\nDisallow: /closed\nDisallow: /secretplace\n",
	}
	s := newSite(t, pages)
	got, r := crawl(t, s.options())
	if d := cmp.Diff([]string{"/robots.txt", "/", "/open"}, got); d != "" || r.Skipped[Robots] != 1 || r.Fetched != 2 {
		t.Errorf("%s %+v", d, r)
	}
	if s.times("GET /secretplace") > 0 {
		t.Error("robots.txt is no list of places to go to")
	}
	o := s.options()
	o.IgnoreRobots = true
	if got, _ := crawl(t, o); cmp.Diff([]string{"/robots.txt", "/", "/open", "/closed/x"}, got) != "" {
		t.Errorf("ignored: %v", got)
	}
	pages["/robots.txt"] = "User-agent: *\nDisallow: /"
	fails(t, s.options(), "robots.txt forbids", "ignore robots.txt")
	if got, _ := crawl(t, o); len(got) != 4 {
		t.Errorf("ignored: %v", got)
	}
}

func TestRobotsElsewhere(t *testing.T) {
	other := newSite(t, nil)
	other.trap(t, "/robots.txt")
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   []string // none: an error
	}{
		"broken": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, nil},
		"moved": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/real.txt", http.StatusMovedPermanently)
		}, []string{"301 /robots.txt", "/real.txt", "/"}},
		"away": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/robots.txt", http.StatusMovedPermanently)
		}, []string{"301 /robots.txt", "/", "/no"}},
		"in HTML": {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<!doctype html><title>x</title>") }, []string{"/robots.txt", "/", "/no"}},
		"refused": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, []string{"/", "/no"}},
	} {
		s := newSite(t, map[string]string{"/": "<a href=/no>", "/no": "", "/real.txt": "User-agent: *\nDisallow: /no"})
		s.handle("/robots.txt", test.answer)
		if test.want == nil {
			fails(t, s.options(), "robots.txt cannot be had", "RFC 9309")
			if s.times("GET /") > 0 {
				t.Errorf("%s: asked all the same", name)
			}
			continue
		}
		if got, _ := crawl(t, s.options()); cmp.Diff(test.want, got) != "" {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestRobotsHangs(t *testing.T) {
	s := newSite(t, map[string]string{"/": ""})
	s.handle("/robots.txt", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	o := s.options()
	o.Timeout = 50 * time.Millisecond
	fails(t, o, s.URL+"/robots.txt", "in time")
	o.IgnoreRobots = true
	if got, _ := crawl(t, o); cmp.Diff([]string{"/"}, got) != "" {
		t.Errorf("%v", got)
	}
}

func TestSitemaps(t *testing.T) {
	pages := map[string]string{
		"/": "<a href=/linked>", "/linked": "", "/listed": "", "/more": "", "/robots.txt": "Sitemap: /index.xml\nSitemap: http://other.test/map.xml",
		"/sitemap.xml": "<urlset><url><loc>/listed</loc></url><url><loc>/logout</loc></url><url><loc>http://other.test/</loc></url></urlset>",
		"/index.xml":   "<sitemapindex><sitemap><loc>/two.xml</loc></sitemap><sitemap><loc>/index.xml</loc></sitemap></sitemapindex>",
		"/two.xml":     "<urlset><url><loc>/more</loc></url><url><loc>/linked</loc></url></urlset><sitemap><loc>/three.xml</loc></sitemap>",
	}
	s := newSite(t, pages)
	s.trap(t, "/logout")
	s.trap(t, "/three.xml")
	got, r := crawl(t, s.options())
	if d := cmp.Diff([]string{"/robots.txt", "/sitemap.xml", "/index.xml", "/two.xml", "/", "/listed", "/more", "/linked"}, got); d != "" {
		t.Error(d)
	}
	if r.Sitemap != 3 || r.Skipped[Harmful] != 1 || r.Skipped[OffScope] != 1 || r.Fetched != 4 {
		t.Errorf("%+v", r)
	}
	pages["/sitemap.xml"] = "<urlset>" + strings.Repeat("<url><loc>/x", 1) + "</loc></url>"
	for _, a := range "abcdefghijkl" {
		pages["/sitemap.xml"] += "<url><loc>/map" + string(a) + "</loc></url>"
	}
	o := s.options()
	o.Pages = 6
	got, r = crawl(t, o)
	if !slices.Contains(got, "/linked") || r.Sitemap != 3 || !slices.Contains(r.Cut, TooMany) {
		t.Errorf("a long sitemap keeps out what is linked: %v %+v", got, r)
	}
}
