package rule

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// mix is what an application of usual kind answers: of ten answers, three are
// pages of 10 to 30 KB, three are JSON of an API, and four are assets.
func mix() []exchange.Exchange {
	var out []exchange.Exchange
	add := func(path, kind, body string) {
		u := &url.URL{Scheme: "https", Host: "a.example", Path: path, RawQuery: "v=1"}
		out = append(out, exchange.Exchange{
			Method: "GET", URL: u, Status: 200, Body: []byte(body),
			RequestHeader: exchange.Header{{Name: "User-Agent", Value: "scangate"}},
			Header: exchange.Header{{Name: "Content-Type", Value: kind}, {Name: "Server", Value: "nginx"}, {Name: "Set-Cookie", Value: "a=b; HttpOnly; Secure; SameSite=Lax"},
				{Name: "Content-Security-Policy", Value: "default-src 'self'; script-src 'self' https://cdn.example; object-src 'none'; frame-ancestors 'self'"}},
		})
	}
	for _, kb := range []int{10, 20, 30} {
		out = append(out, shop(kb<<10))
	}
	for _, n := range []int{5, 50, 150} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `{"id":%d,"name":"Item %d","price":"%d.99","tags":["a","b"],"created":"2026-01-02T03:04:05Z","text":"What people like, and more of it"},`, i*7919, i, i)
		}
		add("/api/items", "application/json", "["+b.String()+"{}]")
	}
	add("/a.js", "text/javascript", strings.Repeat("function add(a,b){if(a>1){return a+b}else{return fetch('/api/items?id='+a).then(x=>x.json())}}\n", 300))
	add("/a.css", "text/css", strings.Repeat(".row > a:hover { color: #33aaff; margin: 0 12px 4px }\n", 300))
	add("/a.png", "image/png", strings.Repeat("\x89PNG\x00\x01\x02", 3000))
	add("/a.woff2", "font/woff2", strings.Repeat("\x00\x01wOF2", 3000))
	return out
}

// BenchmarkMix judges such answers, each new, by all rules, on one core.
func BenchmarkMix(b *testing.B) {
	all, rules := mix(), All()
	n := 0
	for b.Loop() {
		for _, x := range all {
			page := exchange.New(x)
			for _, r := range rules {
				r.Judge(page)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "exchanges/s")
}
