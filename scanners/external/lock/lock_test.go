package lock

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/config"
)

const (
	digestA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	digestB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	digestC = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
)

// sample has a comment in every place.
const sample = `# what we run
version: 1

tools:
  # secrets
  gitleaks:
    version: "8.30.1" # the last one
    published: 2026-01-03

    signature: {identity: release@example.com, issuer: "https://accounts.example.com"}
    platforms:
      linux/amd64: # CI
        url: https://github.com/gitleaks/gitleaks/releases/download/v8.30.1/gitleaks_8.30.1_linux_x64.tar.gz
        archive-sha256: ` + digestA + `
        member: gitleaks
        sha256: ` + digestB + `
  npm-audit: {version: 10.9.0, program: npm, platforms: {darwin/arm64: {sha256: ` + digestC + `}}}
`

func parse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse([]byte(text), "x.lock")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParse(t *testing.T) {
	want := []Tool{
		{
			Name: "gitleaks", Program: "gitleaks", Version: "8.30.1", Published: time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC),
			Signer: Signer{"release@example.com", "https://accounts.example.com"},
			Platforms: map[string]Build{"linux/amd64": {
				URL:     "https://github.com/gitleaks/gitleaks/releases/download/v8.30.1/gitleaks_8.30.1_linux_x64.tar.gz",
				Archive: digestA, Member: "gitleaks", SHA256: digestB,
			}},
		},
		{Name: "npm-audit", Program: "npm", Version: "10.9.0", Platforms: map[string]Build{"darwin/arm64": {SHA256: digestC}}},
	}
	if diff := cmp.Diff(want, parse(t, sample).Tools()); diff != "" {
		t.Error(diff)
	}
	if got := parse(t, "# nothing\n").Tools(); len(got) != 0 {
		t.Errorf("an empty lock has %v", got)
	}
}

func TestParseErrors(t *testing.T) {
	tool := func(s string) string { return "version: 1\ntools:\n  x:\n    " + s + "\n" }
	build := func(s string) string { return tool("version: 1.0\n    platforms:\n      linux/amd64: " + s) }
	tests := []struct{ name, text, want string }{
		{"not YAML", "version: [", "x.lock:1:1: not valid YAML"},
		{"two documents", "version: 1\n---\nversion: 1\n", "more than one YAML document"},
		{"a list", "- a\n", "x.lock:1:1: the lock: want keys and values"},
		{"no version", "tools: {}\n", "x.lock:1:1: the lock: version is missing"},
		{"version 2", "version: 2\n", `x.lock:1:10: version: "2" is not known`},
		{"unknown key", "version: 1\ntool: {}\n", `x.lock:2:1: the lock: unknown key "tool"; did you mean "tools"?`},
		{"key twice", "version: 1\nversion: 1\n", "x.lock:2:1: "},
		{"alias", "version: &a 1\n", "x.lock:1:10: version: want a word"},
		{"merge", "version: 1\ntools:\n  <<: {}\n", "x.lock:3:3: tools: a key must be a plain word"},
		{"name", "version: 1\ntools:\n  ../x: {}\n", `x.lock:3:3: the tool's name "../x" is not of the form`},
		{"no platforms", tool("version: 1.0"), "x.lock:4:5: x: platforms is missing"},
		{"version that is a path", tool("version: ../../y"), `x.lock:4:14: version: "../../y" is not of the form`},
		{"program that is a path", tool("program: a/b"), "x.lock:4:14: program"},
		{"published", tool("published: yesterday"), "x.lock:4:16: published: \"yesterday\" is not a day"},
		{"half a signer", tool("signature: {identity: a}"), "signature: issuer is missing"},
		{"platform", tool("platforms: {linux: {}}"), `the platform "linux" is not of the form`},
		{"no digest", build("{url: https://a.test/x}"), "x.lock:6:20: x linux/amd64: sha256 is missing"},
		{"short digest", build("{sha256: abc}"), "sha256: \"abc\" is not of the form"},
		{"upper-case digest", build("{sha256: " + strings.ToUpper(digestA) + "}"), "is not of the form"},
		{"null", build("{sha256: }"), "sha256: want a word"},
		{"http", build("{url: http://a.test/x, sha256: " + digestA + "}"), "is not an https address"},
		{"file", build("{url: file:///etc/passwd, sha256: " + digestA + "}"), "is not the address of a file"},
		{"login", build("{url: https://u:p@a.test/x, sha256: " + digestA + "}"), "holds a login"},
		{"member without a digest", build("{url: https://a.test/x, member: x, sha256: " + digestA + "}"), "member and archive-sha256 belong together"},
		{"archive from nowhere", build("{archive-sha256: " + digestA + ", member: x, sha256: " + digestA + "}"), "url is missing"},
		{"member out of the archive", build("{member: ../x}"), "is not the name of a file in an archive"},
		{"control characters", build("{member: \"a\\nb\"}"), "is not the name of a file in an archive"},
		{"deep", strings.Repeat("[", 20000), "not valid YAML"},
		{"UTF-16", "\xff\xfe#\x00", "is not UTF-8 text"},
		{"too large", strings.Repeat("#\n", maxFile), "over the limit of 1024 KiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text), "x.lock")
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	_, err := Parse([]byte("version: 2"), "x.lock")
	var e *config.Error
	if !errors.As(err, &e) || e.Line != 1 || e.Column != 10 {
		t.Errorf("%v is no config.Error with a position", err)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	if f, err := Read("", dir); err != nil || len(f.Tools()) != 0 {
		t.Errorf("an absent lock: %v, %v", f, err)
	}
	if _, err := Read(filepath.Join(dir, "named.lock"), dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a named lock that is absent: %v", err)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, DefaultName)); err != nil {
		t.Fatal(err)
	}
	if f, err := Read("", dir); err == nil {
		t.Errorf("a link out of the directory was followed: %v", f)
	}
	if f, err := Read(outside, dir); err != nil || len(f.Tools()) != 2 {
		t.Errorf("a named lock: %v, %v", f, err)
	}
	if _, err := Read(dir, dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
}

func TestVerifyHere(t *testing.T) {
	program := filepath.Join(t.TempDir(), "tool")
	if err := os.WriteFile(program, []byte("program"), 0o755); err != nil {
		t.Fatal(err)
	}
	f := parse(t, "version: 1\ntools:\n  tool: {version: 1.0.0, platforms: {"+Platform()+": {sha256: "+digest([]byte("program"))+"}}}\n")
	if got, err := f.Verify("tool", program); err != nil || got != digest([]byte("program")) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := (&File{}).Verify("tool", program); !errors.Is(err, ErrNotLocked) || err.Error() != "tool is not in .scangate.lock" {
		t.Error(err)
	}
}

func TestVerify(t *testing.T) {
	program := filepath.Join(t.TempDir(), "gitleaks")
	if err := os.WriteFile(program, []byte("program"), 0o755); err != nil {
		t.Fatal(err)
	}
	sum := digest([]byte("program"))
	f := parse(t, "version: 1\ntools:\n  gitleaks: {version: 1.0.0, platforms: {linux/amd64: {sha256: "+sum+"}}}\n")
	if got, err := f.verify("gitleaks", program, "linux/amd64"); err != nil || got != sum {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := f.verify("gitleaks", program, "plan9/arm"); !errors.Is(err, ErrNotLocked) {
		t.Errorf("another platform: %v", err)
	}
	if _, err := f.verify("trivy", program, "linux/amd64"); !errors.Is(err, ErrNotLocked) {
		t.Errorf("another tool: %v", err)
	}
	if _, err := f.verify("gitleaks", filepath.Dir(program), "linux/amd64"); err == nil || errors.Is(err, ErrChanged) {
		t.Errorf("a directory: %v", err)
	}
	if err := os.WriteFile(program, []byte("changed"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := f.verify("gitleaks", program, "linux/amd64")
	want := "gitleaks: " + program + " has SHA-256 " + digest([]byte("changed"))[:12] + "…, but x.lock has " + sum[:12] +
		"… for 1.0.0: it is not run; restore it with `scangate tools install gitleaks`, or correct the lock if the change is yours"
	if !errors.Is(err, ErrChanged) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// The lock of the documentation is one.
func TestDocumentation(t *testing.T) {
	b, err := os.ReadFile("../../../docs/tool-lock.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "```yaml\n")
	body, _, _ := strings.Cut(rest, "```\n")
	f := parse(t, body)
	if len(f.Tools()) != 2 {
		t.Errorf("tools: %+v", f.Tools())
	}
	locked, _ := f.Tool("gitleaks")
	if r, err := locked.repository(); err != nil || r != "gitleaks/gitleaks" {
		t.Errorf("%q, %v", r, err)
	}
}
