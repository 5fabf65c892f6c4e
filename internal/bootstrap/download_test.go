package bootstrap

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDownloads is what servers may do, with each program that downloads.
func TestDownloads(t *testing.T) {
	tests := []struct {
		name     string
		answer   http.HandlerFunc
		once     bool // and then the program
		replaced [2]string
		want     []string // of what is said; nil: the program is had
		asked    map[string]int32
	}{
		{name: "good", answer: func(w http.ResponseWriter, _ *http.Request) { w.Write(program) }, asked: both(1)},
		{name: "redirected", answer: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, asked: both(1)},
		{name: "redirected for ever", answer: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, want: []string{"cannot download http://127.0.0.1:"}},
		{name: "tampered", answer: func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("#!/bin/sh\nevil\n")) },
			want: []string{"has SHA-256 " + digest([]byte("#!/bin/sh\nevil\n")), "wants " + digest(program), "deleted"}, asked: both(1)},
		{name: "empty", answer: func(http.ResponseWriter, *http.Request) {}, want: []string{"has SHA-256 " + digest(nil)}, asked: both(1)},
		{name: "truncated", answer: truncated, want: []string{"cannot download"}, asked: both(3)},
		{name: "truncated once", answer: truncated, once: true, asked: both(2)},
		{name: "missing", answer: http.NotFound, want: []string{"cannot download", asset, "download-url", "binary-path"}, asked: map[string]int32{"curl": 1, "wget": 3}},
		{name: "unavailable once", answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, once: true, asked: both(2)},
		{name: "slow", answer: hanging, replaced: [2]string{"\nmax_time=300 ", "\ntries=1 max_time=1 "}, want: []string{"cannot download"}, asked: both(1)},
		{name: "large", answer: endless, replaced: [2]string{"\nmax_mib=256 ", "\nmax_mib=1 "}, want: []string{"cannot download"}},
		{name: "large, and says so", answer: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000000000000")
			endless(w, r)
		}, replaced: [2]string{"\nmax_mib=256 ", "\nmax_mib=1 "}, want: []string{"cannot download"}},
	}
	for _, with := range downloaders(t) {
		for _, tt := range tests {
			t.Run(with+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				a := newAction(t, table(program), with, "timeout")
				if tt.replaced[0] != "" {
					a.replaced[tt.replaced[0]] = tt.replaced[1]
				}
				if tt.name == "slow" {
					a.replaced["\ntries=3\n"] = "\n"
				}
				answer := tt.answer
				if tt.once {
					answer = onlyOnce(answer)
				}
				asked := a.serve(answer)
				path, printed, err := a.run()
				if want, ok := tt.asked[with]; ok && asked.Load() != want {
					t.Errorf("asked %d times, want %d: %s", asked.Load(), want, printed)
				}
				if tt.want != nil {
					refused(t, a, path, printed, err, tt.want...)
					return
				}
				runs(t, path, printed, err)
				want := []string{"tools/scangate/1.2.3/x64/scangate", "tools/scangate/1.2.3/x64.complete"}
				if d := cmp.Diff(want, a.left()); d != "" {
					t.Errorf("files: %s", d)
				}
			})
		}
	}
}

func both(n int32) map[string]int32 { return map[string]int32{"curl": n, "wget": n} }

// truncated promises more than it gives.
func truncated(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.Write(program)
}

// onlyOnce answers with h, and then with the program.
func onlyOnce(h http.HandlerFunc) http.HandlerFunc {
	first := true
	return func(w http.ResponseWriter, r *http.Request) {
		if first {
			first = false
			h(w, r)
			return
		}
		w.Write(program)
	}
}

// hanging gives a little and then nothing.
func hanging(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.Write(program)
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// endless goes on until nobody listens, or for 64 MiB.
func endless(w http.ResponseWriter, _ *http.Request) {
	block := make([]byte, 1<<20)
	for range 64 {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// TestNothingIsExecutableBeforeItIsVerified looks at the download while it
// is under way.
func TestNothingIsExecutableBeforeItIsVerified(t *testing.T) {
	padded := append(bytes.Clone(program), bytes.Repeat([]byte("# what curl does not keep in its memory\n"), 1<<13)...)
	a := newAction(t, table(padded), "curl")
	var modes []string
	a.serve(func(w http.ResponseWriter, _ *http.Request) {
		w.Write(padded[:len(padded)-1])
		w.(http.Flusher).Flush()
		for end := time.Now().Add(5 * time.Second); len(modes) == 0 && time.Now().Before(end); { // it takes a moment to arrive
			for _, f := range a.left() {
				if info, err := os.Stat(filepath.Join(a.dir, f)); err == nil && info.Size() > 0 {
					modes = append(modes, info.Mode().String()+" "+filepath.Base(f))
				}
			}
		}
		w.Write(padded[len(padded)-1:])
	})
	path, printed, err := a.run()
	runs(t, path, printed, err)
	if d := cmp.Diff([]string{"-rw-r--r-- scangate"}, modes); d != "" {
		t.Error(d)
	}
}

func TestDownloadURL(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"a mirror", "SERVER/acme/scangate/releases/download/v1.2.3", ""},
		{"with a slash", "SERVER/acme/scangate/releases/download/v1.2.3/", ""},
		{"a file", "file:///etc", "must begin with https:// or http://"},
		{"an option", "--config=x", "must begin with https:// or http://"},
		{"no host", "https://", "must begin with https:// or http://"},
		{"a query", "https://mirror.example/?x", "without spaces, quotes, ? and #"},
		{"a line break", "https://mirror.example/\n::warning::x", "without spaces"},
		{"an expansion", "https://mirror.example/$(touch work)", "without spaces"},
		{"credentials stay hidden", "http://user:password@127.0.0.1:1", "cannot download http://127.0.0.1:1/" + asset},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAction(t, table(program), "curl")
			a.serve(func(w http.ResponseWriter, _ *http.Request) { w.Write(program) })
			a.env["DOWNLOAD_URL"] = strings.Replace(tt.url, "SERVER", a.env["GITHUB_SERVER_URL"], 1)
			a.env["GITHUB_SERVER_URL"] = "http://127.0.0.1:1"
			path, printed, err := a.run()
			if strings.Contains(printed, "password") || strings.HasPrefix(printed, "::") || strings.Contains(printed, "\n::") {
				t.Errorf("it says too much: %s", printed)
			}
			if tt.want != "" {
				refused(t, a, path, printed, err, tt.want)
				return
			}
			runs(t, path, printed, err)
		})
	}
}

// TestServerWithoutReleases: an Enterprise Server may have the action from the
// public one. What comes from there is verified in the same way.
func TestServerWithoutReleases(t *testing.T) {
	for _, tt := range []struct {
		name, repository, url string
		content               []byte
		asked                 int32
		want                  string
	}{
		{"had from the public one", "scangate/scangate", "", program, 1, ""},
		{"tampered there", "scangate/scangate", "", []byte("evil"), 1, "it was deleted, not run"},
		{"a copy of the action", "team/scangate", "", program, 0, "download-url names another place"},
		{"a place that is given", "scangate/scangate", "http://127.0.0.1:1/mirror", program, 0, "cannot download http://127.0.0.1:1/mirror/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAction(t, table(program), "curl")
			var asked atomic.Int32
			public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				w.Write(tt.content)
			}))
			t.Cleanup(public.Close)
			a.replaced[publicLine] = "\npublic=" + public.URL + "\n"
			a.serve(http.NotFound)
			a.env["ACTION_REPOSITORY"], a.env["DOWNLOAD_URL"] = tt.repository, tt.url
			path, printed, err := a.run()
			if asked.Load() != tt.asked {
				t.Errorf("the public server was asked %d times, want %d: %s", asked.Load(), tt.asked, printed)
			}
			if tt.want != "" {
				refused(t, a, path, printed, err, tt.want)
				return
			}
			runs(t, path, printed, err)
		})
	}
}

func TestNoDownloader(t *testing.T) {
	a := newAction(t, table(program))
	path, printed, err := a.run()
	refused(t, a, path, printed, err, "neither curl nor wget", "binary-path")
}

func TestNothingToVerifyWith(t *testing.T) {
	a := newAction(t, table(program), "curl")
	must(t, os.Remove(filepath.Join(a.path, "sha256sum")))
	asked := a.serve(func(w http.ResponseWriter, _ *http.Request) { w.Write(program) })
	path, printed, err := a.run()
	refused(t, a, path, printed, err, "neither sha256sum nor shasum")
	if asked.Load() != 0 {
		t.Error("something was downloaded that cannot be verified")
	}
}
