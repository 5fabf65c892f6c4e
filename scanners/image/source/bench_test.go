package source

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/scangate/scangate/scanners/image/layer"
)

// bigLayer has files of which half compresses, as in real layers.
func bigLayer(b *testing.B, seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, seed))
	noise := make([]byte, 1<<20)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	var pairs []string
	for n := 0; n < size; {
		at := r.IntN(1 << 19)
		body := string(noise[at:at+r.IntN(16<<10)]) + strings.Repeat("return fmt.Errorf(name)\n", r.IntN(700))
		pairs = append(pairs, fmt.Sprintf("usr/share/%d/%d/file-%d", seed, len(pairs)/200, len(pairs)), body)
		n += len(body) + 1024
	}
	return tarOf(b, pairs...)
}

// BenchmarkArchive reads an archive of 500 MB to the end, with its layers
// uncompressed, as Docker before 25 saves them, and compressed by gzip.
// SCANGATE_BENCH_KEEP names a directory that the archives are kept in, for
// measuring other tools on the same.
func BenchmarkArchive(b *testing.B) {
	const total, layers = 500 << 20, 4
	for _, compressed := range []bool{false, true} {
		var stack []v1.Layer
		for i := range layers {
			data := bigLayer(b, uint64(i), total/layers)
			if compressed {
				stack = append(stack, gzLayer(b, data))
			} else {
				stack = append(stack, plainLayer(data))
			}
		}
		file := saveArchive(b, map[string]v1.Image{"app:1": imageOf(b, here(), stack...)})
		if dir := os.Getenv("SCANGATE_BENCH_KEEP"); dir != "" {
			if err := os.Link(file, fmt.Sprintf("%s/compressed-%t.tar", dir, compressed)); err != nil {
				b.Fatal(err)
			}
		}
		for _, atOnce := range []int{1, 2} {
			b.Run(fmt.Sprintf("compressed=%t/atOnce=%d", compressed, atOnce), func(b *testing.B) {
				b.SetBytes(total)
				b.ReportAllocs()
				for b.Loop() {
					readAll(b, file, atOnce)
				}
			})
		}
	}
}

func readAll(b *testing.B, file string, atOnce int) {
	img := mustOpen(b, "docker-archive:"+file, Options{})
	var wg sync.WaitGroup
	next := make(chan Layer)
	for range atOnce {
		wg.Go(func() {
			for l := range next {
				r, err := l.Open(context.Background())
				if err != nil {
					b.Error(err)
					continue
				}
				if _, _, err := layer.Walk(context.Background(), r, layer.DefaultLimits(), func(layer.Entry, io.Reader) error { return nil }); err != nil {
					b.Error(err)
				}
				r.Close()
			}
		})
	}
	for _, l := range img.Layers {
		next <- l
	}
	close(next)
	wg.Wait()
}
