package secret

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/scanners"
)

// generate makes a repository of n commits through git fast-import, each of
// which writes three files of so many lines; every 50th adds a key and the next
// one takes it away. It returns the number of keys.
func generate(t testing.TB, dir string, n, lines int) (keys int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	words := []string{"func", "return", "value", "token", "range", "err", "client", "password", "config", "secret", "handler", "request", "nil", "string", "api"}
	source := func() []byte {
		var b bytes.Buffer
		for range lines {
			for range 4 + rng.IntN(6) {
				fmt.Fprintf(&b, "%s%s ", words[rng.IntN(len(words))], []string{"", "(", " =", ".x", ","}[rng.IntN(5)])
			}
			fmt.Fprintf(&b, "%x\n", rng.Uint32())
		}
		return b.Bytes()
	}
	var in bytes.Buffer
	for i := range n {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter A <a@example.invalid> %d +0000\ndata 1\nx\n", 1_700_000_000+60*i)
		for range 3 {
			data := source()
			fmt.Fprintf(&in, "M 100644 inline pkg%d/file%d.go\ndata %d\n%s\n", rng.IntN(10), rng.IntN(20), len(data), data)
		}
		switch {
		case i%50 == 0:
			data := "key = " + nthKey(i) + "\n"
			fmt.Fprintf(&in, "M 100644 inline key.txt\ndata %d\n%s\n", len(data), data)
			keys++
		case i%50 == 1:
			fmt.Fprint(&in, "D key.txt\n")
		}
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"fast-import", "--quiet"}, {"reset", "-q", "--hard", "main"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Stdin = dir, nil
		if args[0] == "fast-import" {
			cmd.Stdin = &in
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return keys
}

// TestJobs asserts that the number of goroutines changes nothing.
func TestJobs(t *testing.T) {
	dir := t.TempDir()
	keys := generate(t, dir, 52, 5)
	s := newScanner(t, Options{})
	want, err := scan(t.Context(), t, s, dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	if want.Looked.Commits != 52 || len(want.Findings) < keys {
		t.Fatalf("looked %+v, %d findings", want.Looked, len(want.Findings))
	}
	for _, jobs := range []int{0, 9} {
		got, err := scan(t.Context(), t, s, dir, jobs)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d jobs (-want +got):\n%s", jobs, diff)
		}
	}
}

func BenchmarkFullHistory(b *testing.B) {
	dir, err := os.MkdirTemp(b.TempDir(), "")
	if err != nil {
		b.Fatal(err)
	}
	keys := generate(b, dir, 500, 100)
	s := newScanner(b, Options{})
	tree, err := scanners.Walk(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer tree.Close()
	target := scanners.Target{Tree: tree, Jobs: 2}
	for b.Loop() {
		work, err := s.Plan(b.Context(), target)
		if err != nil {
			b.Fatal(err)
		}
		r, err := s.Scan(b.Context(), target, work)
		if err != nil || len(r.Findings) < keys {
			b.Fatalf("%d findings, %v", len(r.Findings), err)
		}
		b.SetBytes(r.Looked.Bytes)
	}
}

// BenchmarkFragment measures a text in which keywords are common and little
// is found, with and without the prefilter.
func BenchmarkFragment(b *testing.B) {
	sifted, plain := engines(b)
	text := maker{rand.New(rand.NewPCG(9, 9))}.filler(2000)
	for _, bb := range []struct {
		name string
		e    *gitleaksEngine
	}{{"sifted", sifted}, {"plain", plain}} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := bb.e.detect(b.Context(), fragment{path: "a.txt", text: text, line: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNewEngine(b *testing.B) {
	for name, prefiltered := range map[string]bool{"sifted": true, "plain": false} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := newGitleaks(prefiltered); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
