package crawl

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHostileBodies(t *testing.T) {
	s := newSite(t, map[string]string{"/": "<a href=/slow><a href=/endless><a href=/huge><a href=/bomb><a href=/short><a href=/header><a href=/never><a href=/switch><a href=/fine>", "/fine": ""})
	write := func(w http.ResponseWriter, text string) bool {
		_, err := io.WriteString(w, text)
		w.(http.Flusher).Flush()
		return err == nil
	}
	s.handle("/slow", func(w http.ResponseWriter, r *http.Request) {
		for write(w, "<a href=/found-slow> ") {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	s.handle("/never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s.handle("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for write(w, strings.Repeat("x", 64<<10)) {
		}
	})
	s.handle("/huge", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000000000000")
		for write(w, strings.Repeat("x", 64<<10)) {
		}
	})
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 2<<20))
	z.Close()
	s.handle("/bomb", func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || strings.Contains(r.Header.Get("Accept-Encoding"), "br") {
			t.Errorf("Accept-Encoding: %s", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb.Bytes())
	})
	s.handle("/switch", func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nand then")
		io.Copy(io.Discard, conn) // until the client leaves
	})
	s.handle("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "only this")
	})
	s.handle("/header", func(w http.ResponseWriter, _ *http.Request) {
		for i := range 100 {
			w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 8<<10))
		}
	})
	o := s.options()
	o.MaxBody, o.Timeout = 100_000, 600*time.Millisecond
	sizes := map[string]int{}
	var got []string
	soon(t, func() {
		r, err := Run(context.Background(), o, func(p Page) {
			got = append(got, nameOf(p))
			sizes[p.URL.Path] = len(p.Body)
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []Problem{{s.URL + "/header", "it does not answer in HTTP that can be read"}, {s.URL + "/never", "it does not answer in time; is it up, and reachable from here?"}}
		if d := cmp.Diff(want, r.Problems); d != "" || r.Failed != 2 || !r.Incomplete() || r.CutPages != 5 {
			t.Errorf("%s %+v", d, r)
		}
	})
	if d := cmp.Diff([]string{"/", "/slow cut", "/endless cut", "/huge cut", "/bomb cut", "/short cut", "101 /switch", "/fine"}, slices.DeleteFunc(got, func(s string) bool { return strings.Contains(s, "found-slow") })); d != "" {
		t.Error(d)
	}
	if sizes["/endless"] != 100_000 || sizes["/huge"] != 100_000 || sizes["/bomb"] != 100_000 || sizes["/short"] != 9 {
		t.Errorf("%v", sizes)
	}
}

func TestBrokenPages(t *testing.T) {
	s := newSite(t, map[string]string{"/": "<a href=/latin><a href=/broken><a href=/utf16><a href=/binary><a href=/nested><a href=/large>", "/1": "", "/2": "", "/3": ""})
	page := func(path, kind, body string) {
		s.handle(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			io.WriteString(w, body)
		})
	}
	page("/latin", "text/html; charset=utf-8", "caf\xe9 \xff\xfe<a href=/1 title='\xe9'>\x80</a><a href='/caf\xe9'>")
	page("/broken", "text/html; charset=nonsense", "</html><</<a <a href='/2' href='/no'<b><![CDATA[<a href=/3>]]><p <!-- ")
	page("/utf16", "text/html; charset=utf-16", "\xff\xfe<\x00a\x00 \x00h\x00r\x00e\x00f\x00=\x00/\x00x\x00>\x00")
	page("/binary", "image/png", "<a href=/no>")
	page("/nested", "text/html", strings.Repeat("<div>", 200_000)+"<a href=/no>")
	page("/large", "text/html", strings.Repeat(" ", 2*maxEarly)+"<a href=/3>")
	got, r := crawl(t, s.options())
	if !slices.Contains(got, "/1") || !slices.Contains(got, "/3") || !slices.Contains(got, "404 /caf%E9") || slices.Contains(got, "404 /no") || r.Failed > 0 {
		t.Errorf("%v %+v", got, r)
	}
}
