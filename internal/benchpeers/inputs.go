package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	emptyimage "github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// write makes a file and the directories above it.
func write(name, content string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(content), 0o644)
}

// npmLock is a lockfile of n packages, one of them vulnerable.
func npmLock(n int) string {
	type pkg struct {
		Version      string            `json:"version,omitempty"`
		Resolved     string            `json:"resolved,omitempty"`
		Integrity    string            `json:"integrity,omitempty"`
		License      string            `json:"license,omitempty"`
		Dependencies map[string]string `json:"dependencies,omitempty"`
	}
	packages := map[string]pkg{"": {Dependencies: map[string]string{"package-0": "^1.0.0", "minimist": "1.2.5"}}, "node_modules/minimist": {Version: "1.2.5"}}
	for i := range n {
		packages[fmt.Sprintf("node_modules/package-%d", i)] = pkg{
			Version: fmt.Sprintf("%d.%d.%d", i%9, i%31, i%17), License: "MIT",
			Resolved:     fmt.Sprintf("https://registry.example.com/package-%d/-/package-%d.tgz", i, i),
			Integrity:    "sha512-" + strings.Repeat("A", 86) + "==",
			Dependencies: map[string]string{fmt.Sprintf("package-%d", (i+1)%n): "^1.0.0", fmt.Sprintf("package-%d", (i*7+3)%n): "*"},
		}
	}
	data, err := json.MarshalIndent(map[string]any{"name": "app", "lockfileVersion": 3, "packages": packages}, "", "  ")
	if err != nil {
		panic(err) // strings and maps of strings
	}
	return string(data)
}

func makeNPM(dir string, n int) error {
	return write(filepath.Join(dir, "package-lock.json"), npmLock(n))
}

// makeMonorepo makes 20 lockfiles, four of each of the sample's, among 3,000
// files of source.
func makeMonorepo(dir string) error {
	for i := range 4 {
		if err := write(filepath.Join(dir, fmt.Sprintf("web%d", i), "package-lock.json"), npmLock(1500)); err != nil {
			return err
		}
		for _, lock := range []string{"api/go.mod", "worker/Cargo.lock", "admin/Gemfile.lock", "jobs/requirements.txt"} {
			data, err := os.ReadFile(filepath.Join("testdata/sample/shop", lock))
			if err != nil {
				return err
			}
			if err := write(filepath.Join(dir, fmt.Sprintf("service%d", i), lock), string(data)); err != nil {
				return err
			}
		}
	}
	for i := range 2980 {
		line := fmt.Sprintf("export const value%d = %d\n", i, i)
		if err := write(filepath.Join(dir, "src", fmt.Sprintf("d%d", i/60), fmt.Sprintf("f%d.js", i)), strings.Repeat(line, 20+i%400)); err != nil {
			return err
		}
	}
	return nil
}

// makeArchive makes what docker save would: a base image, programs, packages
// of two languages, and source, of that size together.
func makeArchive(file string, megabytes int) error {
	random := rand.New(rand.NewPCG(1, 2))
	img := v1.Image(emptyimage.Image)
	for i, l := range []struct {
		createdBy string
		fill      func(*layer)
	}{
		{"ADD rootfs.tar / # buildkit", func(l *layer) { l.base() }},
		{"COPY bin/ /opt/ # buildkit", func(l *layer) { l.programs(random, megabytes/2) }},
		{"RUN npm ci", func(l *layer) { l.modules(random, megabytes*5/12) }},
		{"COPY . /app # buildkit", func(l *layer) { l.source(random, megabytes/12) }},
	} {
		name := fmt.Sprintf("%s.layer%d", file, i)
		defer os.Remove(name)
		if err := fillLayer(name, l.fill); err != nil {
			return err
		}
		made, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return os.Open(name) })
		if err != nil {
			return err
		}
		if img, err = mutate.Append(img, mutate.Addendum{Layer: made, History: v1.History{CreatedBy: l.createdBy}}); err != nil {
			return err
		}
	}
	config, err := img.ConfigFile()
	if err != nil {
		return err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", "amd64"
	if img, err = mutate.ConfigFile(img, config); err != nil {
		return err
	}
	tag, err := name.NewTag("bench:1")
	if err != nil {
		return err
	}
	return tarball.WriteToFile(file, tag, img)
}

// layer writes a layer; its first error ends it.
type layer struct {
	w   *tar.Writer
	err error
}

func fillLayer(name string, fill func(*layer)) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, 1<<20)
	l := &layer{w: tar.NewWriter(b)}
	fill(l)
	for _, end := range []func() error{l.w.Close, b.Flush, f.Close} {
		if err := end(); l.err == nil {
			l.err = err
		}
	}
	return l.err
}

func (l *layer) file(name string, mode int64, content []byte) {
	if l.err == nil {
		l.err = l.w.WriteHeader(&tar.Header{Name: name, Mode: mode, Typeflag: tar.TypeReg, Size: int64(len(content))})
	}
	if l.err == nil {
		_, l.err = l.w.Write(content)
	}
}

func (l *layer) base() {
	l.file("etc/debian_version", 0o644, []byte("12.1\n"))
	l.file("etc/os-release", 0o644, []byte("ID=debian\nVERSION_ID=\"12\"\n"))
	var status bytes.Buffer
	for i := range 400 {
		fmt.Fprintf(&status, "Package: package%d\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.%d-1\n\n", i, i)
	}
	status.WriteString("Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 3.0.9-1\n\n")
	l.file("var/lib/dpkg/status", 0o644, status.Bytes())
}

// programs are ELF files without anything of Go or Rust in them, of 2 MiB.
func (l *layer) programs(random *rand.Rand, megabytes int) {
	block := make([]byte, 2<<20)
	for i := range megabytes / 2 {
		for j := range block { // as compressible as machine code is
			block[j] = byte(random.Uint32() & 0x3f)
		}
		copy(block, "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x3e\x00\x01\x00\x00\x00")
		clear(block[24:64])
		l.file(fmt.Sprintf("opt/bin/program%d", i), 0o755, block)
	}
}

// modules are packages of npm: many small files.
func (l *layer) modules(random *rand.Rand, megabytes int) {
	written := 0
	for i := 0; written < megabytes<<20; i++ {
		dir := fmt.Sprintf("app/node_modules/package-%d/", i)
		l.file(dir+"package.json", 0o644, fmt.Appendf(nil, "{\"name\": \"package-%d\", \"version\": \"1.%d.0\", \"license\": \"MIT\"}\n", i, i%30))
		for j := range 8 {
			text := javascript(random, 2000+random.IntN(12000))
			written += len(text)
			l.file(fmt.Sprintf("%slib/file%d.js", dir, j), 0o644, text)
		}
	}
}

// source is what a team writes.
func (l *layer) source(random *rand.Rand, megabytes int) {
	written := 0
	for i := 0; written < megabytes<<20; i++ {
		text := javascript(random, 4000+random.IntN(60000))
		written += len(text)
		l.file(fmt.Sprintf("app/src/d%d/file%d.js", i/50, i), 0o644, text)
	}
}

// words make lines that look like source.
var words = strings.Fields("const let function return if else for while import from export default async await new this value result item index total price order user account session request response handler error message config options callback promise array object string number count name path file line text user client server request list map set get find make read write open close start stop begin end first last next check test build parse format print token key")

func javascript(random *rand.Rand, size int) []byte {
	var b bytes.Buffer
	for b.Len() < size {
		for range 3 + random.IntN(6) {
			b.WriteString(words[random.IntN(len(words))])
			b.WriteByte(" .(=)"[random.IntN(5)])
		}
		fmt.Fprintf(&b, "%d;\n", random.IntN(1000))
	}
	return b.Bytes()
}
