package dast

import (
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/scanners/dast/alert"
	"github.com/scangate/scangate/scanners/dast/crawl"
	"github.com/scangate/scangate/scanners/dast/exchange"
	"github.com/scangate/scangate/scanners/dast/rule"
)

// much is an answer that is as much of something as the crawler takes.
func much(header exchange.Header, body string) exchange.Exchange {
	u := &url.URL{Scheme: "https", Host: "a.example", Path: "/", RawQuery: strings.Repeat("token=1&", 250)}
	return exchange.Exchange{Method: "GET", URL: u, Status: 200, Header: append(header, exchange.Field{Name: "Content-Type", Value: "text/html"}), Body: []byte(body[:min(len(body), exchange.MaxBody)])}
}

func fieldsOf(n int, name, value string) exchange.Header {
	var h exchange.Header
	for i := range n {
		h = append(h, exchange.Field{Name: name, Value: fmt.Sprintf(value, i)})
	}
	return h
}

// hostile are the worst answers: they take long, or much memory, or give many
// alerts, each within what the crawler receives.
var hostile = map[string]func() exchange.Exchange{
	"1.2 million attributes": func() exchange.Exchange { return much(nil, "<p "+strings.Repeat("a ", 1_250_000)) },
	"attributes in elements": func() exchange.Exchange { return much(nil, strings.Repeat("<p "+strings.Repeat("a ", 990)+">", 2000)) },
	"different attributes": func() exchange.Exchange {
		var b strings.Builder
		for i := 0; b.Len() < exchange.MaxBody; i++ {
			fmt.Fprintf(&b, "<a b%x=&amp;%x>", i, i)
		}
		return much(nil, b.String())
	},
	"elements": func() exchange.Exchange { return much(nil, strings.Repeat("<a><b>", 1_000_000)) },
	"comments": func() exchange.Exchange { return much(nil, strings.Repeat("<!--x-->", 1_000_000)) },
	"foreign scripts": func() exchange.Exchange {
		return much(nil, strings.Repeat("<script src=//b.example/x.js?a=1></script>", 60_000))
	},
	"forms": func() exchange.Exchange { return much(nil, strings.Repeat("<form method=post><input name=a>", 80_000)) },
	"bases": func() exchange.Exchange {
		return much(nil, strings.Repeat("<base href=/x><a target=x rel=opener href=//b>", 60_000))
	},
	"openers": func() exchange.Exchange { return much(nil, strings.Repeat("<a target=x rel=opener href=/a>", 80_000)) },
	"hosts": func() exchange.Exchange {
		return much(nil, strings.Repeat("<a href='//b.example/?jsessionid=1'>", 70_000))
	},
	"images": func() exchange.Exchange { return much(nil, strings.Repeat("<img src=http://b.example>", 90_000)) },
	"links": func() exchange.Exchange {
		return much(nil, strings.Repeat("<link rel=stylesheet href=//b.example/x>", 60_000))
	},
	"referrers": func() exchange.Exchange {
		return much(fieldsOf(9000, "Referrer-Policy", "x%d"), strings.Repeat("<meta name=referrer content=x>", 80_000))
	},
	"scripts with text": func() exchange.Exchange {
		return much(nil, strings.Repeat("<script>4111111111111111 x.polyfill.io 10.0.0.1</script>", 40_000))
	},
	"cookies": func() exchange.Exchange { return much(fieldsOf(20_000, "Set-Cookie", "c%d=1"), "<p>") },
	"one cookie": func() exchange.Exchange {
		return much(fieldsOf(1, "Set-Cookie", "c%d=1"+strings.Repeat(";a", 120_000)), "<p>")
	},
	"policies": func() exchange.Exchange { return much(fieldsOf(9000, "Content-Security-Policy", "img-src x%d"), "<p>") },
	"a policy": func() exchange.Exchange {
		return much(fieldsOf(1, "Content-Security-Policy", "%d "+strings.Repeat("a b;", 60_000)), "<p>")
	},
	"a policy's sources": func() exchange.Exchange {
		return much(fieldsOf(1, "Content-Security-Policy", "script-src%d "+strings.Repeat("* ", 120_000)), "<p>")
	},
	"fields":    func() exchange.Exchange { return much(fieldsOf(20_000, "X-Powered-By", "x%d"), "<p>") },
	"addresses": func() exchange.Exchange { return much(nil, strings.Repeat("10.0.0.1 ip-10-0-0-1 ", 120_000)) },
	"cards":     func() exchange.Exchange { return much(nil, strings.Repeat("4111 1111 1111 1111 ", 120_000)) },
	"digits":    func() exchange.Exchange { return much(nil, strings.Repeat("4111111111111111", 160_000)) },
	"errors": func() exchange.Exchange {
		return much(nil, strings.Repeat("Warning: mysql_ <b>Fatal error</b> ", 80_000))
	},
	"source": func() exchange.Exchange {
		return much(nil, strings.Repeat("<?php $a = 1; ?> #include <a> def a(b): ", 60_000))
	},
	"hashes":   func() exchange.Exchange { return much(nil, strings.Repeat("$2a$10$$1$aaaaaaaa$", 130_000)) },
	"brackets": func() exchange.Exchange { return much(nil, strings.Repeat("<", 2_600_000)) },
	"meta": func() exchange.Exchange {
		return much(nil, strings.Repeat("<meta http-equiv=content-security-policy content='a b'>", 50_000))
	},
	"a script": func() exchange.Exchange { return much(nil, "<script>"+strings.Repeat("polyfill.io.", 200_000)) },
}

// TestHostileAnswers judges the worst answers in bounds of time and memory.
func TestHostileAnswers(t *testing.T) {
	for name, answer := range hostile {
		t.Run(name, func(t *testing.T) {
			x := answer()
			j := newJudge(&Scanner{common: common{rules: rule.All()}})
			runtime.GC()
			peak, stop := watchHeap()
			before := peak.Load()
			began := time.Now()
			j.page(crawl.Page{Exchange: exchange.New(x)})
			took := time.Since(began)
			stop()
			used := float64(peak.Load()-before) / (1 << 20)
			t.Logf("%s, %.0f MiB", took.Round(time.Millisecond), used)
			if took > 30*time.Second || used > 250 {
				t.Errorf("it takes %s and %.0f MiB", took, used)
			}
		})
	}
}

// TestManyAlerts are kept in bounds: findings, the addresses that they
// list, and what is said of them.
func TestManyAlerts(t *testing.T) {
	j := newJudge(&Scanner{common: common{rules: rule.All()}})
	peak, stop := watchHeap()
	began := time.Now()
	for i := range 300 {
		u := &url.URL{Scheme: "http", Host: "a.example", Path: "/" + strings.Repeat("x", 300), RawQuery: fmt.Sprintf("%d=1", i)}
		for k := range 1000 {
			j.add(alert.Alert{Ref: "10010", Name: "n", Risk: rule.Low, Confidence: rule.LowConfidence, Method: "GET", URL: u, Param: fmt.Sprint("p", k, "-", i/10), Evidence: strings.Repeat("e", 200)})
		}
	}
	findings, rules := j.groups.Findings()
	took := time.Since(began)
	stop()
	listed := 0
	for _, f := range findings {
		listed += len(f.Related)
	}
	t.Logf("%s, %d MiB at most, %d findings, %d addresses", took.Round(time.Millisecond), peak.Load()>>20, len(findings), listed)
	if len(findings) != 20_000 || len(rules) != 1 || j.groups.Left == 0 || listed != 50_000 || peak.Load() > 250<<20 {
		t.Errorf("%d findings, %d rules, %d left, %d addresses, %d MiB, %s", len(findings), len(rules), j.groups.Left, listed, peak.Load()>>20, took)
	}
}
