package bootstrap

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkActionStart is what a job waits for until the first scanner runs,
// once the binary is in the tool cache: it is verified, starts, reads inputs and
// event, walks the tree and plans. The binary is that of `make build`.
func BenchmarkActionStart(b *testing.B) {
	binary, err := os.ReadFile("../../bin/scangate")
	if err != nil {
		b.Fatalf("%v (make build first)", err)
	}
	a := newAction(b, table(binary), "openssl")
	cached := a.write("tools/scangate/1.2.3/x64/scangate", string(binary))
	if err := os.Chmod(cached, 0o755); err != nil {
		b.Fatal(err)
	}
	a.write("tools/scangate/1.2.3/x64.complete", "")
	repo := filepath.Join(a.dir, "repository")
	if err := os.CopyFS(repo, os.DirFS("../../testdata/sample/shop")); err != nil {
		b.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=A", "-c", "user.email=a@example.invalid", "commit", "-q", "-m", "all"}} {
		if out, err := exec.Command("git", append([]string{"-C", repo}, args...)...).CombinedOutput(); err != nil {
			b.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	var installed, started time.Duration
	for b.Loop() {
		from := time.Now()
		path, printed, err := a.run()
		if err != nil || path != cached {
			b.Fatalf("%q, %v: %s", path, err, printed)
		}
		installed += time.Since(from)
		untilFirstScanner(b, path, repo)
		started += time.Since(from)
	}
	b.ReportMetric(float64(installed.Milliseconds())/float64(b.N), "ms/install")
	b.ReportMetric(float64(started.Milliseconds())/float64(b.N), "ms/first-scanner")
}

// untilFirstScanner runs the action until a scanner has started.
func untilFirstScanner(b *testing.B, program, repo string) {
	b.Helper()
	cmd := exec.Command(program, "action")
	cmd.Dir = repo
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.TempDir(), "SCANGATE_LOG_FORMAT=json", "SCANGATE_DB=none", "GITHUB_EVENT_NAME=push", "CI=true"}
	log, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(log)
	seen := false
	for lines.Scan() && !seen {
		seen = strings.Contains(lines.Text(), `"msg":"scanner started"`)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if !seen {
		b.Fatal("no scanner was started")
	}
}
