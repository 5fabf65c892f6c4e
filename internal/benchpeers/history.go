package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
)

// commits is how long the history is.
const commits = 5_000

// makeHistory makes a git repository as a team leaves it: a thousand files of
// source that are changed a few lines at a time, a lockfile now and then, and a
// secret every hundred commits.
func makeHistory(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if out, err := exec.Command("git", "init", "--quiet", "--initial-branch=main", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("git init: %w: %s", err, out)
	}
	cmd := exec.Command("git", "-C", dir, "fast-import", "--quiet")
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	var problems bytes.Buffer
	cmd.Stderr = &problems
	if err := cmd.Start(); err != nil {
		return err
	}
	w := bufio.NewWriterSize(in, 1<<20)
	writeHistory(w)
	for _, end := range []func() error{w.Flush, in.Close, cmd.Wait} {
		if e := end(); err == nil {
			err = e
		}
	}
	if err != nil {
		return fmt.Errorf("git fast-import: %w: %s", err, problems.Bytes())
	}
	if out, err := exec.Command("git", "-C", dir, "reset", "--quiet", "--hard", "main").CombinedOutput(); err != nil {
		return fmt.Errorf("git reset: %w: %s", err, out)
	}
	return nil
}

func writeHistory(w io.Writer) {
	random := rand.New(rand.NewPCG(3, 4))
	files := make([][]string, 1000)
	for n := range commits {
		fmt.Fprintf(w, "commit refs/heads/main\ncommitter Team <team@example.invalid> %d +0000\ndata 6\nchange\n", 1_600_000_000+n*3600)
		for range 1 + random.IntN(5) {
			i := random.IntN(len(files))
			if files[i] == nil {
				files[i] = lines(random, 100+random.IntN(500))
			} else {
				at := random.IntN(len(files[i]))
				files[i] = append(files[i][:at:at], append(lines(random, 1+random.IntN(30)), files[i][min(at+random.IntN(10), len(files[i])):]...)...)
			}
			if n%100 == 0 {
				files[i] = append(files[i], "const "+"key = \"AK"+"IA"+letters(random, 16)+"\"")
			}
			blob := strings.Join(files[i], "\n") + "\n"
			fmt.Fprintf(w, "M 100644 inline src/d%d/file%d.js\ndata %d\n%s\n", i/40, i, len(blob), blob)
		}
		if n%200 == 0 {
			lock := npmLock(200 + n/10)
			fmt.Fprintf(w, "M 100644 inline package-lock.json\ndata %d\n%s\n", len(lock), lock)
		}
		io.WriteString(w, "\n")
	}
}

// words make lines that look like source.
var words = strings.Fields("const let function return if else for while import from export default async await new this value result item index total price order user account session request response handler error message config options callback promise array object string number count name path file line text server client list map set get find make read write open close start stop begin end first last next check test build parse format print")

func lines(random *rand.Rand, n int) []string {
	out := make([]string, n)
	for i := range out {
		var b strings.Builder
		for range 3 + random.IntN(6) {
			b.WriteString(words[random.IntN(len(words))])
			b.WriteByte(" .(=)"[random.IntN(5)])
		}
		// In source, one line in fifty has a word that secrets stand behind.
		if random.IntN(50) == 0 {
			b.WriteString("token = ")
		}
		fmt.Fprintf(&b, "%d;", random.IntN(1000))
		out[i] = b.String()
	}
	return out
}

func letters(random *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[random.IntN(32)]
	}
	return string(b)
}
