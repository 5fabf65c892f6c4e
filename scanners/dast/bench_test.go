package dast

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// large is an application of so many pages of about 20 KB, ten links on each.
func large(pages int) *httptest.Server {
	word := func(n int) string {
		return "p" + string([]byte{byte('a' + n/100), byte('a' + n/10%10), byte('k' + n%10)})
	}
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
		w.Header().Set("Server", "web/1.2")
		w.Header().Set("Set-Cookie", "id=1; Path=/")
		fmt.Fprintf(w, `<!doctype html><title>x</title><script src="https://cdn.example/x.js"></script><form method="post"><input name="q"></form>`)
		for i := 1; i <= 10; i++ {
			if next := n*10 + i; next < pages {
				fmt.Fprintf(w, `<a href="/%s">next</a>`, word(next))
			}
		}
		fmt.Fprint(w, filler)
	}))
}

// BenchmarkScan crawls and judges 1,000 pages, and reports the greatest heap,
// with that of the server, which is in the same process.
func BenchmarkScan(b *testing.B) {
	s := large(1000)
	defer s.Close()
	all, target, err := bench{targets: []string{s.URL}}.make(b, "pages: 1001")
	if err != nil {
		b.Fatal(err)
	}
	peak, stop := watchHeap()
	for b.Loop() {
		run := scanners.Run(b.Context(), scanners.Plan(b.Context(), []scanners.Scanner{all[0]}, target), target, scanners.Options{})[0]
		if run.Status != finding.Completed || run.Looked.URLs < 1000 {
			b.Fatal(run.Status, run.Reason, run.Looked.URLs, run.Notes)
		}
	}
	stop()
	b.ReportMetric(float64(peak.Load())/(1<<20), "peak-MiB")
	b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}

// watchHeap keeps the greatest size of the heap until it is stopped.
func watchHeap() (peak *atomic.Uint64, stop func()) {
	peak = new(atomic.Uint64)
	over, gone := make(chan bool), make(chan bool)
	go func() {
		defer close(gone)
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse))
			select {
			case <-over:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	return peak, func() { close(over); <-gone }
}

// BenchmarkHostileScan has every page as large as is read, of many elements,
// attributes, links and alerts.
func BenchmarkHostileScan(b *testing.B) {
	var page strings.Builder
	for i := 0; page.Len() < 5<<19; i++ {
		name := []byte{byte('a' + i/676%26), byte('a' + i/26%26), byte('a' + i%26)}
		fmt.Fprintf(&page, `<a href="/%s" b c d e f target=x rel=opener><script src=//b.example/%d.js></script><form method=post>`, name, i)
	}
	body := page.String()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for i := range 5000 {
			w.Header().Add("Set-Cookie", fmt.Sprintf("c%d%s=1", i, strings.Repeat("x", 30)))
		}
		fmt.Fprint(w, body)
	}))
	defer s.Close()
	all, target, err := bench{targets: []string{s.URL}}.make(b, "pages: 40, exclude: ['.*/robots']")
	if err != nil {
		b.Fatal(err)
	}
	peak, stop := watchHeap()
	for b.Loop() {
		run := scanners.Run(b.Context(), scanners.Plan(b.Context(), []scanners.Scanner{all[0]}, target), target, scanners.Options{})[0]
		if run.Looked.URLs < 40 {
			b.Fatal(run.Status, run.Reason, run.Looked.URLs, run.Notes)
		}
		b.ReportMetric(float64(run.Looked.URLs), "pages")
	}
	stop()
	b.ReportMetric(float64(peak.Load())/(1<<20), "peak-MiB")
}
