package images

import (
	"archive/tar"
	"bufio"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Big builds an image of about that many megabytes (of 10⁶ bytes, as a tar), as
// large ones are: a Debian with hundreds of packages, tens of thousands of
// small files, archives of Java, programs and libraries. It is the same each
// time. The layers are written to files in dir, which the image reads: dir must
// outlive it.
func Big(dir string, megabytes int) (Named, error) {
	if megabytes < 4 {
		return Named{}, errors.New("a big image has 4 MB or more")
	}
	size := int64(megabytes) * 1_000_000
	var steps []Step
	for _, l := range []struct {
		name  string
		share int64 // of the size, in percent
		fill  func(*filler, int64) error
	}{
		{"debian", 20, (*filler).debian},
		{"node", 35, (*filler).node},
		{"java", 15, (*filler).java},
		{"programs", 30, (*filler).programs},
	} {
		name := filepath.Join(dir, l.name+".tar")
		if err := fillLayer(name, l.fill, size*l.share/100); err != nil {
			return Named{}, err
		}
		layer, err := tarball.LayerFromFile(name)
		if err != nil {
			return Named{}, err
		}
		steps = append(steps, Step{CreatedBy: "COPY " + l.name + " / # buildkit", Layer: layer})
	}
	img, err := New("amd64", steps...)
	return Named{Name: fmt.Sprintf("big-%d", megabytes), Image: img}, err
}

func fillLayer(name string, fill func(*filler, int64) error, size int64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	b := bufio.NewWriterSize(f, 1<<20)
	w := &filler{tar: tar.NewWriter(b), random: rand.New(rand.NewPCG(uint64(size), 1))}
	if err := fill(w, size); err != nil {
		return err
	}
	return errors.Join(w.tar.Close(), b.Flush(), f.Close())
}

// filler writes files into a layer until it is full.
type filler struct {
	tar     *tar.Writer
	random  *rand.Rand
	written int64
}

const tarBlock = 512

func (w *filler) add(f File) error {
	w.written += tarBlock + (int64(len(f.Content))+tarBlock-1)/tarBlock*tarBlock
	return f.write(w.tar)
}

// prose is text that compresses as source code does: about to a third.
func (w *filler) prose(size int) string {
	var b strings.Builder
	for b.Len() < size {
		fmt.Fprintf(&b, "const value%d = require('./part-%x').map(x => x + %d)\n", w.random.IntN(50), w.random.Uint32(), w.random.IntN(1000))
	}
	return b.String()[:size]
}

// noise is content that does not compress.
func (w *filler) noise(size int) string {
	b := make([]byte, (size+7)/8*8)
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], w.random.Uint64())
	}
	return string(b[:size])
}

// debian is a system of 400 packages with their lists of files, and the files.
func (w *filler) debian(size int64) error {
	for _, f := range append(osRelease("Debian GNU/Linux", "debian", "12"), File{Path: "etc/debian_version", Content: "12.1\n"}) {
		if err := w.add(f); err != nil {
			return err
		}
	}
	pkgs := []pkg{{"libssl3", "openssl", "3.0.9-1"}, {"libc6", "glibc", "2.36-9+deb12u1"}, {"zlib1g", "zlib", "1:1.2.13.dfsg-1"}}
	for i := len(pkgs); i < 400; i++ {
		name := fmt.Sprintf("fixture-%d", i)
		pkgs = append(pkgs, pkg{name, name, fmt.Sprintf("%d.%d-1", i/10, i%10)})
	}
	if err := w.add(dpkgDatabase("amd64", pkgs)); err != nil {
		return err
	}
	for i := 0; w.written < size; i++ {
		p := pkgs[i%len(pkgs)]
		var sums strings.Builder
		for j := range 25 {
			path := fmt.Sprintf("usr/share/%s/%d/file-%d.txt", p.name, i, j)
			fmt.Fprintf(&sums, "%032x  %s\n", w.random.Uint64(), path)
			if err := w.add(File{Path: path, Content: w.prose(200 + w.random.IntN(6000))}); err != nil {
				return err
			}
		}
		if i < len(pkgs) {
			if err := w.add(File{Path: "var/lib/dpkg/info/" + p.name + ".md5sums", Content: sums.String()}); err != nil {
				return err
			}
		}
	}
	return nil
}

// node is an application with the modules that it requires.
func (w *filler) node(size int64) error {
	for i := 0; w.written < size; i++ {
		name, version := fmt.Sprintf("module-%d", i), fmt.Sprintf("%d.%d.%d", i%7, i%13, i%5)
		if i == 0 {
			name, version = "minimist", "1.2.5"
		}
		dir := "app/node_modules/" + name
		if err := w.add(File{Path: dir + "/package.json", Content: fmt.Sprintf("{\"name\": %q, \"version\": %q, \"license\": \"MIT\"}\n", name, version)}); err != nil {
			return err
		}
		for j := range 10 + w.random.IntN(20) {
			if err := w.add(File{Path: fmt.Sprintf("%s/lib/part-%d.js", dir, j), Content: w.prose(300 + w.random.IntN(8000))}); err != nil {
				return err
			}
		}
	}
	return nil
}

// java are archives, of classes that do not compress.
func (w *filler) java(size int64) error {
	for i := 0; w.written < size; i++ {
		artifact := fmt.Sprintf("library-%d", i)
		if i == 0 {
			artifact = "log4j-core"
		}
		content := map[string]string{"META-INF/maven/org.apache.logging.log4j/" + artifact + "/pom.properties": "groupId=org.apache.logging.log4j\nartifactId=" + artifact + "\nversion=2.14.1\n"}
		order := []string{"META-INF/maven/org.apache.logging.log4j/" + artifact + "/pom.properties"}
		for j := range 40 {
			class := fmt.Sprintf("org/example/Class%d.class", j)
			content[class] = w.noise(1000 + w.random.IntN(int(min(20_000, size/100))))
			order = append(order, class)
		}
		jar, err := zipped(content, order...)
		if err != nil {
			return err
		}
		if err := w.add(File{Path: "opt/java/" + artifact + "-2.14.1.jar", Content: string(jar)}); err != nil {
			return err
		}
	}
	return nil
}

// programs are executables and libraries of which nothing is known.
func (w *filler) programs(size int64) error {
	for i := 0; w.written < size; i++ {
		payload := w.noise(int(min(size, int64(200_000+w.random.IntN(4_000_000)))) / 2)
		payload += strings.Repeat("\x00\x48\x89\xe5", len(payload)/4)
		header := elf.Header64{Type: uint16(elf.ET_DYN), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Phentsize: 56, Shentsize: 64}
		copy(header.Ident[:], elf.ELFMAG)
		header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA], header.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
		var b strings.Builder
		if err := binary.Write(&b, binary.LittleEndian, header); err != nil {
			return err
		}
		b.WriteString(payload)
		if err := w.add(File{Path: fmt.Sprintf("usr/local/lib/program-%d", i), Content: b.String(), Mode: 0o755}); err != nil {
			return err
		}
	}
	return nil
}
