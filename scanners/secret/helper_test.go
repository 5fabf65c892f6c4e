package secret

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// Secrets are put together here so that none stands in this file.
var (
	awsKey    = "AK" + "IA" + "QZ4XWT7NB" + "2LKVM5J"
	awsKey2   = "AK" + "IA" + "3TR6YHPLW" + "MZ7QXVC"
	githubPAT = "gh" + "p_" + "x9Kq2LmV7RtB4nZs" + "W8yHc1JdF6gPe3TuA0oN"
	pem       = "-----BEGIN RSA PRIV" + "ATE KEY-----\n" +
		"MIIBOgIBAAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu\n" +
		"KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQJAIJLixBy2qpFoS4DSmoEm\n" +
		"-----END RSA PRIV" + "ATE KEY-----\n"
)

// world is a git repository made for one test.
type world struct {
	t   *testing.T
	dir string
	now int // seconds of the commit clock
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	w.git("init", "-q", "-b", "main")
	return w
}

// git runs git with a fixed author and a clock of its own.
func (w *world) git(args ...string) string {
	w.t.Helper()
	out, err := w.try(args...)
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(out)
}

func (w *world) try(args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"-c", "commit.gpgsign=false", "-c", "gc.auto=0", "-c", "advice.detachedHead=false"}, args...)...)
	cmd.Dir = w.dir
	date := fmt.Sprintf("%d +0000", 1_700_000_000+w.now)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ann Author", "GIT_AUTHOR_EMAIL=ann@example.invalid", "GIT_AUTHOR_DATE="+date,
		"GIT_COMMITTER_NAME=Ann Author", "GIT_COMMITTER_EMAIL=ann@example.invalid", "GIT_COMMITTER_DATE="+date)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (w *world) write(path, content string) {
	w.t.Helper()
	full := filepath.Join(w.dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// commit commits everything, a day after the last one, and returns its id.
func (w *world) commit() string {
	w.t.Helper()
	w.now += 86400
	w.git("add", "-A")
	w.git("commit", "-q", "--allow-empty", "-m", "change")
	return w.git("rev-parse", "HEAD")
}

// put writes a file and commits it.
func (w *world) put(path, content string) string {
	w.t.Helper()
	w.write(path, content)
	return w.commit()
}

// remove deletes a file and commits that.
func (w *world) remove(path string) {
	w.t.Helper()
	w.git("rm", "-q", "--", path)
	w.commit()
}

// target walks a directory.
func target(t *testing.T, dir string, jobs int) scanners.Target {
	t.Helper()
	tree, err := scanners.Walk(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return scanners.Target{Tree: tree, Jobs: jobs}
}

// compiled is the engine of all tests: compiling the rules takes a while.
var compiled = sync.OnceValues(func() (*gitleaksEngine, error) { return newGitleaks(true) })

func newScanner(t testing.TB, o Options) *Scanner {
	t.Helper()
	e, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	return &Scanner{engine: e, Options: o}
}

// scan plans and scans a directory.
func scan(ctx context.Context, t *testing.T, s *Scanner, dir string, jobs int) (scanners.Report, error) {
	t.Helper()
	target := target(t, dir, jobs)
	work, err := s.Plan(ctx, target)
	if err != nil {
		return scanners.Report{}, err
	}
	if work.Skip != "" {
		t.Fatalf("skipped: %s", work.Skip)
	}
	return s.Scan(ctx, target, work)
}

// mustScan scans the whole history and the tree.
func mustScan(t *testing.T, dir string) scanners.Report {
	t.Helper()
	r, err := scan(t.Context(), t, newScanner(t, Options{}), dir, 2)
	if err != nil {
		t.Fatal(err)
	}
	noSecrets(t, r)
	return r
}

// noSecrets asserts that no test secret, and no author, is anywhere in r.
func noSecrets(t *testing.T, r any) {
	t.Helper()
	all := fmt.Sprintf("%+v", r)
	for _, s := range []string{awsKey, awsKey2, githubPAT, "KUpRKfFLfRYC9AIKjbJTWit", "Ann Author", "ann@example"} {
		if strings.Contains(all, s) {
			t.Errorf("%.4s… leaks into the report", s)
		}
	}
}

// brief writes findings as "rule path:line [commit]".
func brief(fs []finding.Finding) []string {
	var out []string
	for _, f := range fs {
		s := fmt.Sprintf("%s %s:%d", f.RuleID, f.Location.Path, f.Location.StartLine)
		if f.Location.Commit != "" {
			s += " " + f.Location.Commit
		}
		if f.Suppressed() {
			s += " suppressed"
		}
		out = append(out, s)
	}
	return out
}

// sites writes the places of findings as brief does, for each rule and file the
// best of them.
func sites(fs []finding.Finding) []string {
	type site struct{ rule, path string }
	lines := map[site]string{}
	for _, f := range fs {
		for _, l := range append([]finding.Location{f.Location}, f.Related...) {
			id := site{f.RuleID, l.Path}
			if lines[id] != "" {
				continue
			}
			one := finding.Finding{RuleID: f.RuleID, Location: l, Suppressions: f.Suppressions}
			if strings.Contains(l.Message, "(") {
				one.Suppressions = []finding.Suppression{{}}
			}
			lines[id] = brief([]finding.Finding{one})[0]
		}
	}
	ids := slices.SortedFunc(maps.Keys(lines), func(a, b site) int {
		return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(a.rule, b.rule))
	})
	var out []string
	for _, id := range ids {
		out = append(out, lines[id])
	}
	return out
}

// notes returns the notes of a level that contain a text.
func notes(r scanners.Report, level finding.NoteLevel, text string) int {
	n := 0
	for _, note := range r.Notes {
		if note.Level == level && strings.Contains(note.String(), text) {
			n++
		}
	}
	return n
}

// utf16Of encodes in little endian, with a byte order mark.
func utf16Of(s string) string {
	out := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(s)) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return string(out)
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
