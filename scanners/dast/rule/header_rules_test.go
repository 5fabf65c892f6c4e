package rule

import (
	"slices"
	"strings"
	"testing"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func TestEveryRuleExplainsItself(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range All() {
		key := r.Key()
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
		if r.Name == "" || r.CWE == 0 || r.Risk == 0 || r.Confidence == 0 || r.check == nil {
			t.Errorf("%s is not complete: %+v", key, r)
		}
		for _, s := range []string{r.Text, r.Fix} {
			if len(s) < 20 || !strings.HasSuffix(s, ".") {
				t.Errorf("%s: %q is no sentence", key, s)
			}
		}
		if len(r.References) == 0 || slices.ContainsFunc(r.References, func(s string) bool { return !strings.HasPrefix(s, "https://") }) {
			t.Errorf("%s: references %q", key, r.References)
		}
		switch page := headerAlertPage(r.ID); {
		case (r.ID == 0) == (r.Own == ""):
			t.Errorf("%s: want either ZAP's id or a name of our own", key)
		case r.ID == 0 && !strings.HasPrefix(r.Own, "scangate-"):
			t.Errorf("%s: names of our own begin with scangate-", key)
		case r.ID != 0 && !slices.Contains(r.References, page):
			t.Errorf("%s: %s is not among its references", key, page)
		}
	}
}

func TestOwnRulesComeLast(t *testing.T) {
	all := All()
	if all[0].ID == 0 || all[len(all)-1].ID != 0 {
		t.Errorf("%s … %s", all[0].Key(), all[len(all)-1].Key())
	}
	if !slices.IsSortedFunc(all, func(a, b *Rule) int {
		if a.ID == 0 || b.ID == 0 {
			return strings.Compare(a.Own, b.Own)
		}
		return a.ID - b.ID
	}) {
		t.Error("not in order")
	}
}

// benchmarkMix is what a crawl of an application sees: mostly pages of some
// 10 KiB, then scripts, data, images, redirects and errors.
func benchmarkMix(b *testing.B) (out []*exchange.Exchange) {
	text := strings.Repeat("<div class=row><a href=\"/item?id=7\">An item</a> <p>Some words about it, priced 12.50.</p></div>\n", 100)
	page := `<!doctype html><html><head><title>Shop</title><meta charset=utf-8><link rel=stylesheet href=/s.css>` +
		`<script src=https://cdn.example/x.js></script><script>var token = "abc"; go();</script></head><body>` + text +
		`<form action=/buy method=post><input name=q><input type=submit></form></body></html>`
	common := "\nServer: nginx\nDate: Thu, 01 Jan 2026 00:00:00 GMT\nVary: Accept-Encoding\nX-Content-Type-Options: nosniff\nStrict-Transport-Security: max-age=31536000"
	policy := "\nContent-Security-Policy: default-src 'self'; script-src 'self' https://cdn.example 'nonce-aaaabbbbccccdddd'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'"
	pages := []string{
		"https://a.example/ 200\nContent-Type: text/html; charset=utf-8" + common + policy + "\nSet-Cookie: sid=1; HttpOnly; Secure; SameSite=Lax; Expires=Fri, 01 Jan 2027 00:00:00 GMT\n\n" + page,
		"https://a.example/list?page=2 200\nContent-Type: text/html" + common + "\n\n" + page,
		"https://a.example/item?id=3 200\nContent-Type: text/html" + common + policy + "\n\n" + page,
		"https://a.example/item?id=4 200\nContent-Type: text/html" + common + policy + "\n\n" + page,
		"https://a.example/app.js 200\nContent-Type: text/javascript" + common + "\n\n" + strings.Repeat("function f(x) { return x + 1; } // adds\n", 250),
		"https://a.example/api/items 200\nContent-Type: application/json" + common + "\n\n[" + strings.Repeat(`{"id":1,"name":"An item","price":12.5},`, 100) + "{}]",
		"https://a.example/logo.png 200\nContent-Type: image/png" + common + "\n\n" + strings.Repeat("\x89PNG\x00", 1000),
		"https://a.example/old 301\nLocation: /new" + common,
		"https://a.example/gone 404\nContent-Type: text/html" + common + "\n\n<h1>Not found</h1>",
	}
	for _, p := range pages {
		out = append(out, headerPage(b, p))
	}
	return out
}

// BenchmarkJudge applies every rule to one exchange after the other. What an
// exchange derives from its body is derived anew each time.
func BenchmarkJudge(b *testing.B) {
	mix := benchmarkMix(b)
	rules := All()
	n := 0
	for i := 0; b.Loop(); i++ {
		x := exchange.New(*mix[i%len(mix)])
		for _, r := range rules {
			n += len(r.Judge(x))
		}
	}
	if n == 0 {
		b.Fatal("nothing was found")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "exchanges/s")
}
