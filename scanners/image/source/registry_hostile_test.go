package source

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRegistryIndex(t *testing.T) {
	s := serve(t)
	amd, arm, v7 := multi(t)
	index := indexOf(t, true, amd, arm, v7)
	ref := s.push(t, "team/app:multi", index)
	got := mustOpen(t, ref, func() Options { o := s.options(t); o.Platform = "linux/arm64"; return o }())
	if c := content(t, got); !cmp.Equal(c, []string{"is=arm64"}) || got.Index != digest(t, index) || got.Digest != digest(t, arm) {
		t.Errorf("%v, %+v", c, got)
	}
}

// TestTagIsResolvedOnce: what a tag comes to mean meanwhile is another image.
func TestTagIsResolvedOnce(t *testing.T) {
	s := serve(t)
	amd, arm, _ := multi(t)
	ref := s.push(t, "team/app:1", indexOf(t, true, amd, arm))
	s.mu.Lock()
	s.seen = nil
	s.mu.Unlock()
	content(t, mustOpen(t, ref, s.options(t)))
	tags := 0
	for _, r := range s.seen {
		if strings.HasSuffix(r, "/manifests/1") {
			tags++
		} else if strings.Contains(r, "/manifests/") && !strings.Contains(r, "/manifests/sha256:") {
			t.Error(r)
		}
	}
	if tags != 1 {
		t.Errorf("the tag was asked for %d times: %q", tags, s.seen)
	}
}

func TestRegistryThatChangesContent(t *testing.T) {
	s := serve(t)
	img := imageOf(t, here(), gzLayer(t, tarOf(t, "a", strings.Repeat("one", 10000))))
	ref := s.push(t, "team/app:1", img)
	pinned := s.host + "/team/app@" + digest(t, img)
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	blob := "/blobs/" + digest(t, layers[0])
	size, err := layers[0].Size()
	if err != nil {
		t.Fatal(err)
	}
	open := func(ref string, before func(http.ResponseWriter, *http.Request) bool) error {
		s.before = before
		defer func() { s.before = nil }()
		got, err := Open(context.Background(), ref, s.options(t))
		if err != nil {
			return err
		}
		defer got.Close()
		_, err = layerContent(got.Layers[0])
		return err
	}
	write := func(path string, data []byte, length string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, path) {
				return false
			}
			if length != "" {
				w.Header().Set("Content-Length", length)
			} else {
				w.(http.Flusher).Flush()
			}
			w.Write(data)
			return true
		}
	}
	if err := open(ref, nil); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		ref    string
		before func(http.ResponseWriter, *http.Request) bool
		want   string
	}{
		"another manifest":    {pinned, write("/manifests/", []byte(`{"schemaVersion":2}`), ""), "its manifest: the content is not what its digest says"},
		"an endless manifest": {ref, write("/manifests/", make([]byte, maxManifest+1), ""), "its manifest: it is over the limit of 4 MB"},
		"another length":      {ref, write(blob, []byte("x"), "1"), "the registry has 1 bytes of its"},
		"a shorter layer":     {ref, write(blob, []byte("x"), ""), "it ends after 1 of"},
		"a longer layer":      {ref, write(blob, make([]byte, size+1), ""), "there is more than its"},
		"another layer":       {ref, write(blob, make([]byte, size), ""), "not what its digest says"},
		"a connection that ends": {ref, func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, blob) {
				return false
			}
			data, _ := layers[0].Compressed()
			io.CopyN(w, data, size/2)
			panic(http.ErrAbortHandler)
		}, "the connection to " + s.host + " was cut"},
	} {
		if err := open(tt.ref, tt.before); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}

func TestRetries(t *testing.T) {
	s := serve(t)
	ref := s.push(t, "team/app:1", sample(t))
	for name, tt := range map[string]struct {
		fails  int // in a row
		status int
		after  string
		ok     bool
		waits  int
	}{
		"too many requests for a moment":   {2, http.StatusTooManyRequests, "7", true, 2},
		"too many requests for long":       {1, http.StatusTooManyRequests, "3600", false, 0},
		"too many requests all the time":   {100, http.StatusTooManyRequests, "", false, maxTries - 1},
		"out of order for a moment":        {1, http.StatusBadGateway, "", true, 1},
		"not found does not become better": {1, http.StatusNotFound, "", false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			failed := 0
			s.before = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, "/manifests/") || failed == tt.fails {
					return false
				}
				failed++
				w.Header().Set("Retry-After", tt.after)
				w.WriteHeader(tt.status)
				return true
			}
			var waits []time.Duration
			o := s.options(t)
			o.pause = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
			_, err := Open(context.Background(), ref, o)
			if (err == nil) != tt.ok || len(waits) != tt.waits {
				t.Errorf("%v, waited %v", err, waits)
			}
			if tt.after == "7" && slices.ContainsFunc(waits, func(d time.Duration) bool { return d != 7*time.Second }) {
				t.Errorf("waited %v", waits)
			}
		})
	}
	t.Run("the context ends the waiting", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		s.before = func(w http.ResponseWriter, r *http.Request) bool {
			cancel()
			w.Header().Set("Retry-After", "20")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		o := s.options(t)
		o.pause = nil
		if _, err := Open(ctx, ref, o); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestForeignLayerOfARegistry: its address may be anything, and is never
// asked; the registry is.
func TestForeignLayerOfARegistry(t *testing.T) {
	s := serve(t)
	data := tarOf(t, "a", "one")
	elsewhere := stored{gz(t, data), hashOf(data), "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}
	ref := s.push(t, "team/app:1", imageOf(t, here(), elsewhere))
	got := mustOpen(t, ref, s.options(t))
	if len(got.Layers) != 1 || got.Layers[0].Skip != "it is a foreign layer, which the image does not hold" {
		t.Errorf("%+v", got.Layers)
	}
}
