package language

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/scangate/scangate/scanners/installed"
)

func benchmark(b *testing.B, o Options, reader, path string, data []byte) {
	for _, r := range Readers(o) {
		if r.Name != reader {
			continue
		}
		b.ReportAllocs()
		for b.Loop() {
			res, err := r.Read(b.Context(), installed.File{Path: path, Mode: 0o755, Size: int64(len(data)), Content: bytes.NewReader(data)})
			if err != nil || res == nil || len(res.Packages) == 0 {
				b.Fatal(res, err)
			}
		}
	}
}

func noise(n int) []byte {
	p := make([]byte, n)
	r := rand.NewChaCha8([32]byte{})
	_, _ = r.Read(p) // it has no end
	return p
}

// BenchmarkJar is on an archive of 20 MB: 4,000 classes, and 20 nested archives
// as Spring Boot has them.
func BenchmarkJar(b *testing.B) {
	entries := []entry{{"META-INF/MANIFEST.MF", "Implementation-Title: shop\nImplementation-Version: 1.0\nImplementation-Vendor-Id: org.example\n"}}
	for i := range 4000 {
		entries = append(entries, entry{fmt.Sprintf("org/example/shop/Class%d.class", i), string(noise(2500))})
	}
	for i := range 20 {
		entries = append(entries, entry{fmt.Sprintf("BOOT-INF/lib/part-%d.jar", i), string(archive(b, pom("org.example", fmt.Sprint("part-", i), "1"), entry{"x", string(noise(500_000))}))})
	}
	stored, deflated := pack(b, zip.Store, entries...), archive(b, entries...)
	b.Run("stored", func(b *testing.B) { benchmark(b, Options{}, "jar", "shop.jar", stored) })
	b.Run("deflated", func(b *testing.B) { benchmark(b, Options{}, "jar", "shop.jar", deflated) })
	b.Run("index", func(b *testing.B) { benchmark(b, Options{Java: index{}}, "jar", "shop.jar", stored) })
}

// BenchmarkGoProgram is on a program of 50 MB.
func BenchmarkGoProgram(b *testing.B) {
	data := append(goProgram(b, goMain), noise(49<<20)...)
	benchmark(b, Options{}, "executable", "shop", data)
}

// BenchmarkNotGo is on a program that has to be searched.
func BenchmarkNotGo(b *testing.B) {
	data := elf32(b, binary.LittleEndian, elf.ELFDATA2LSB, noise(49<<20))
	for b.Loop() {
		if x, err := openExecutable(bytes.NewReader(data), int64(len(data))); err != nil || x == nil {
			b.Fatal(err)
		} else if version, _, err := goBuildInfo(b.Context(), x); version != "" || err != nil {
			b.Fatal(version, err)
		}
	}
}
