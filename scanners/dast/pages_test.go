package dast

import (
	"context"
	"encoding/pem"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/dast/rule"
)

// pair are two pages of the application, one that a rule finds something on
// and one that no rule does.
type pair struct {
	rule string // its Key
	on   string // the scheme that the rule is about; empty: both
	want string // what it finds on the bad page: the kinds of alerts, sorted
	bad  string // a page, see parsePage
	good string // empty: the rule has one in another pair
}

// pairs are those that are served over a scheme, or all.
func pairs(scheme string) []pair {
	return slices.DeleteFunc(slices.Concat(rulePages(), kindPages()), func(p pair) bool {
		return scheme != "" && p.on != "" && p.on != scheme
	})
}

// page is an answer: hardened, but for its own fields.
type page struct {
	address string // path and query
	status  int
	unset   []string // hardened fields that it has not
	fields  [][2]string
	body    string
}

// parsePage reads the address and the status, if it is not 200; fields in
// lines, with a minus for one that is left out; an empty line; the body.
func parsePage(t testing.TB, s string) page {
	t.Helper()
	head, body, _ := strings.Cut(s, "\n\n")
	lines := strings.Split(head, "\n")
	address, status, _ := strings.Cut(lines[0], " ")
	p := page{address: address, status: http.StatusOK, body: body}
	if status != "" {
		var err error
		if p.status, err = strconv.Atoi(status); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
	}
	for _, l := range lines[1:] {
		if name, ok := strings.CutPrefix(l, "-"); ok {
			p.unset = append(p.unset, name)
			continue
		}
		name, value, ok := strings.Cut(l, ": ")
		if !ok {
			t.Fatalf("%q: no field in %q", s, l)
		}
		p.unset = append(p.unset, name) // what it says takes the place of the hardened field
		p.fields = append(p.fields, [2]string{name, value})
	}
	return p
}

// path tells the page from others: by its words, for numbers would make it
// like them to the crawler.
func (p page) path() string {
	path, _, _ := strings.Cut(p.address, "?")
	return path
}

func (p page) serve(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	for _, name := range p.unset {
		h[http.CanonicalHeaderKey(name)] = nil // not deleted: a type that is missing would be guessed
	}
	for _, f := range p.fields {
		h.Add(f[0], f[1])
	}
	w.WriteHeader(p.status)
	io.WriteString(w, p.body)
}

// schemes are the ways to start a server.
func schemes() map[string]func(*httptest.Server) {
	return map[string]func(*httptest.Server){"http": (*httptest.Server).Start, "https": (*httptest.Server).StartTLS}
}

// gallery serves all pages of a scheme, linked from its first page.
func gallery(t *testing.T, scheme string, start func(*httptest.Server)) (s *site, pages map[string]page) {
	pages = map[string]page{}
	first := ""
	for _, p := range pairs(scheme) {
		for _, text := range []string{p.bad, p.good} {
			if text == "" {
				continue
			}
			one := parsePage(t, text)
			if _, twice := pages[one.path()]; twice {
				t.Fatalf("two pages at %s", one.path())
			}
			pages[one.path()] = one
			first += `<a href="` + html.EscapeString(one.address) + `">x</a>`
		}
	}
	s = startSite(t, map[string]string{"/": first}, start)
	for path, one := range pages {
		s.mux.HandleFunc(path, one.serve)
	}
	return s, pages
}

// galleryHost is a name, for some rules have nothing to say of a host that is
// only an address. The certificate of httptest holds for it.
const galleryHost = "www.example.com"

// scanGallery scans under that name, which only this scan can look up.
func scanGallery(t *testing.T, s *site, scheme, also string) finding.Run {
	t.Helper()
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	b := bench{targets: []string{scheme + "://" + galleryHost + ":" + at.Port()}, env: map[string]string{"AUTH": "Basic " + sessionValue}}
	section := "robots: ignore, pages: 1000" + also
	if cert := s.Certificate(); cert != nil {
		b.files = map[string]string{"ca.pem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))}
		section += ", ca: ca.pem"
	}
	all, target, err := b.make(t, section)
	if err != nil {
		t.Fatal(err)
	}
	all[0].crawl.Lookup = func(_ context.Context, host string) ([]netip.Addr, error) {
		if host != galleryHost {
			return nil, fmt.Errorf("%s is looked up", host)
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	return scanners.Run(t.Context(), scanners.Plan(t.Context(), []scanners.Scanner{all[0]}, target), target, scanners.Options{})[0]
}

// ruleOfKind returns the key of the rule that a kind of alert belongs to:
// 10020 of 10020-1.
func ruleOfKind(ref string) string {
	if at := strings.LastIndexByte(ref, '-'); at >= 0 {
		if _, err := strconv.Atoi(ref[at+1:]); err == nil {
			return ref[:at]
		}
	}
	return ref
}

// TestEveryRuleHasPages keeps the list of pages complete.
func TestEveryRuleHasPages(t *testing.T) {
	both := map[string]bool{}
	for _, p := range pairs("") {
		both[p.rule] = both[p.rule] || p.good != ""
		if p.want == "" {
			t.Errorf("rule %s is to find nothing on its bad page", p.rule)
		}
		for _, kind := range strings.Fields(p.want) {
			if ruleOfKind(kind) != p.rule {
				t.Errorf("%s is no alert of rule %s", kind, p.rule)
			}
		}
	}
	for _, r := range rule.All() {
		if !both[r.Key()] {
			t.Errorf("rule %s (%s) has no bad and good page", r.Key(), r.Name)
		}
		delete(both, r.Key())
	}
	for key := range both {
		t.Errorf("there is no rule %s", key)
	}
}

// TestPagesOfEveryRule scans an application that has a bad and a good page for
// every rule, over HTTP and over TLS. Of a bad page its own rule's alerts are
// compared, as others may have their say, too; of all other pages, all alerts.
func TestPagesOfEveryRule(t *testing.T) {
	for scheme, start := range schemes() {
		t.Run(scheme, func(t *testing.T) {
			s, pages := gallery(t, scheme, start)
			owner, want := map[string]string{}, map[string][]string{}
			for _, p := range pairs(scheme) {
				path := strings.ReplaceAll(parsePage(t, p.bad).path(), sessionValue, "")
				owner[path], want[path] = p.rule, strings.Fields(p.want)
			}
			r := scanGallery(t, s, scheme, "")
			if r.Status != finding.Completed {
				t.Fatal(r.Status, r.Reason, r.Notes)
			}
			got := map[string][]string{}
			for _, f := range r.Findings {
				path, isPage := strings.CutPrefix(f.Resource, "GET ")
				if !isPage { // the front door, which is no page
					continue
				}
				if key, bad := owner[path]; !bad || key == ruleOfKind(f.RuleID) {
					got[path] = append(got[path], f.RuleID)
				}
			}
			for _, kinds := range got {
				slices.Sort(kinds)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("want -, got +:\n%s", d)
			}
			for _, p := range pages {
				if !s.wasAsked(p.address) {
					t.Errorf("%s was not asked for", p.address)
				}
			}
		})
	}
}

// A password that the scan itself sends unencrypted is an alert on every page,
// so it has an application of its own.
func TestPagesAskedForWithAPassword(t *testing.T) {
	for scheme, want := range map[string][]string{"http": {"10105-1 GET /"}, "https": nil} {
		s := startSite(t, map[string]string{"/": "<p>x"}, schemes()[scheme])
		r := scanGallery(t, s, scheme, ", headers: [{name: Authorization, from: AUTH}]")
		var got []string
		for _, f := range r.Findings {
			if f.RuleID == "10105-1" {
				got = append(got, f.RuleID+" "+f.Resource)
			}
		}
		if d := cmp.Diff(want, got); d != "" || r.Status != finding.Completed || strings.Contains(asJSON(t, r), sessionValue) {
			t.Errorf("%s: %s\n%s", scheme, d, asJSON(t, r))
		}
	}
}
