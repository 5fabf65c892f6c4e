package rule

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// shop is a page of about n bytes as shops and portals have them.
func shop(n int) exchange.Exchange {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>` +
		`<link rel="stylesheet" href="/a.css"><link rel="canonical" href="https://a.example/"><script src="https://cdn.example/x.js"></script>` +
		`<script>window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments)};gtag('config','G-12345');</script></head><body>`)
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `<div class="item" id="item-%d"><a href="/items/%d?ref=list" title="Item %d"><img src="/i/%d.jpg" alt="" width="200" height="150"></a>`+
			`<h3>An item that people may like, number %d</h3><p>It comes in many colours &amp; sizes, at a price of $%d.%02d only while stock lasts. Select one to see more.</p>`+
			`<form action="/cart" method="post"><input type="hidden" name="_csrf" value="abc"><button>Add</button></form></div>`+"\n", i, i, i, i, i, i, i%100)
	}
	b.WriteString(`</body></html>`)
	u := &url.URL{Scheme: "https", Host: "a.example", Path: "/items", RawQuery: "page=2&sort=price"}
	return exchange.Exchange{
		Method: "GET", URL: u, Status: 200, Body: []byte(b.String()),
		RequestHeader: exchange.Header{{Name: "User-Agent", Value: "scangate"}, {Name: "Accept", Value: "*/*"}},
		Header:        exchange.Header{{Name: "Content-Type", Value: "text/html; charset=utf-8"}, {Name: "Server", Value: "nginx"}},
	}
}

// BenchmarkRules judges pages whose elements are known (rules) and pages that
// are new (parse).
func BenchmarkRules(b *testing.B) {
	for _, kb := range []int{10, 30, 50} {
		page := shop(kb << 10)
		rules := mine()
		b.Run(fmt.Sprintf("rules/%dKB", kb), func(b *testing.B) {
			x := exchange.New(page)
			x.Elements()
			for b.Loop() {
				for _, r := range rules {
					r.Judge(x)
				}
			}
		})
		b.Run(fmt.Sprintf("parse/%dKB", kb), func(b *testing.B) {
			for b.Loop() {
				x := exchange.New(page)
				for _, r := range rules {
					r.Judge(x)
				}
			}
		})
	}
}

func BenchmarkEachRule(b *testing.B) {
	x := exchange.New(shop(30 << 10))
	x.Elements()
	for _, r := range mine() {
		b.Run(fmt.Sprint(r.ID), func(b *testing.B) {
			for b.Loop() {
				r.Judge(x)
			}
		})
	}
}
