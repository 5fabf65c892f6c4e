package crawl

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// word spells a number in letters, so that addresses are not alike.
func word(n int) string {
	return "p" + string([]byte{byte('a' + n/100), byte('a' + n/10%10), byte('k' + n%10)})
}

// large is a site of so many pages of about 20 KB, ten links on each.
func large(pages int) *httptest.Server {
	filler := strings.Repeat(`<div class="row"><p title="x &amp; y">Lorem <b>ipsum</b> dolor <i>sit</i> amet.</p><img alt="" src="/i.png"></div>`+"\n", 170)
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := 0
		if name := strings.Trim(r.URL.Path, "/"); name != "" {
			if len(name) != 4 {
				http.NotFound(w, r)
				return
			}
			n = int(name[1]-'a')*100 + int(name[2]-'a')*10 + int(name[3]-'k')
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		var b strings.Builder
		b.WriteString("<!doctype html><title>x</title>")
		for i := 1; i <= 10; i++ {
			if next := n*10 + i; next < pages {
				b.WriteString(`<a href="/` + word(next) + `">next</a>`)
			}
		}
		io.WriteString(w, b.String()+filler)
	}))
}

// BenchmarkCrawl reports the time and the greatest heap for 1,000 pages, with
// that of the server, which is in the same process.
func BenchmarkCrawl(b *testing.B) {
	s := large(1000)
	defer s.Close()
	var peak atomic.Uint64
	stop := make(chan bool)
	go func() {
		var m runtime.MemStats
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), m.HeapInuse))
			}
		}
	}()
	for b.Loop() {
		r, err := Run(context.Background(), Options{Target: must(s.URL), Pages: 1001}, func(p Page) { p.Elements() })
		if err != nil || r.Status[200] != 1000 {
			b.Fatalf("%v %+v", err, r)
		}
	}
	close(stop)
	b.ReportMetric(float64(peak.Load())/(1<<20), "peak-MiB")
	b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}
