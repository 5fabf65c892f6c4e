package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// lines is a scanner that finds "bad NAME" in any line of any file, and "pkg
// NAME VERSION" as a hole in a package. A file called dead makes it fail.
type lines struct{}

func (lines) Name() string { return "iac" }

func (lines) Plan(context.Context, scanners.Target) (scanners.Work, error) {
	return scanners.Work{What: "lines"}, nil
}

func (lines) Scan(_ context.Context, t scanners.Target, _ scanners.Work) (scanners.Report, error) {
	r := scanners.Report{Rules: []finding.Rule{{ID: "BAD", Title: "bad"}, {ID: "PKG", Title: "hole"}}}
	for _, f := range t.Tree.Files() {
		if f.Path == "dead" {
			return r, errors.New("a file called dead")
		}
		data, err := t.Tree.Read(f.Path, 1<<20)
		if err != nil {
			return r, err
		}
		r.Looked.Files++
		for n, line := range strings.Split(string(data), "\n") {
			words := strings.Fields(line)
			at := finding.Location{Path: f.Path, StartLine: n + 1}
			switch {
			case len(words) >= 2 && words[0] == "bad":
				r.Findings = append(r.Findings, finding.Finding{RuleID: "BAD", Severity: finding.High, Message: "bad " + words[1], Key: words[1], Resource: resourceOf(words), Location: at})
			case len(words) == 3 && words[0] == "pkg":
				r.Findings = append(r.Findings, finding.Finding{RuleID: "PKG", Severity: finding.High, Message: "hole", Key: words[1] + "@" + words[2], Location: at,
					Package: &finding.Package{Ecosystem: "npm", Name: words[1], Version: words[2]}})
			}
		}
	}
	return r, nil
}

// resourceOf is what follows "at".
func resourceOf(words []string) string {
	if i := slices.Index(words, "at"); i > 0 && i+1 < len(words) {
		return words[i+1]
	}
	return ""
}

// scanner is the list's entry for lines.
func lineScanner() entry {
	return entry{name: "iac", make: func(s config.Section, _ settings) ([]scanners.Scanner, error) {
		return build(s, &struct {
			Checks []string `yaml:"checks"`
		}{}, func(struct {
			Checks []string `yaml:"checks"`
		}) (lines, error) {
			return lines{}, nil
		})
	}}
}

// newPull makes a repository with a branch main and a branch pull, which is
// checked out. Files of the base are written and committed; more is for change
// to do, and is committed, too.
func newPull(t *testing.T, base map[string]string, change func()) *try {
	t.Helper()
	y := newTry(t, "unused=clean")
	y.env = map[string]string{}
	for _, e := range embedded() {
		if e.name == "secret" {
			y.scanners = []entry{lineScanner(), e}
		}
	}
	if err := os.Remove("main.go"); err != nil {
		t.Fatal(err)
	}
	gitDo(t, "init", "-q", "-b", "main")
	writeAll(t, base)
	commitAll(t, "base")
	gitDo(t, "checkout", "-q", "-b", "pull")
	change()
	commitAll(t, "pull")
	return y
}

func writeAll(t *testing.T, files map[string]string) {
	t.Helper()
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, name, content)
	}
}

func commitAll(t *testing.T, message string) {
	t.Helper()
	gitDo(t, "add", "-A")
	gitDo(t, "commit", "-q", "--allow-empty", "-m", message)
}

func move(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	gitDo(t, "mv", from, to)
}

// TestPullRequests is the table of what pull requests do: which findings count
// as new, by the verdict and the line that sums them up.
func TestPullRequests(t *testing.T) {
	const policy = "version: 1\npolicy: {thresholds: {iac: {fail-on: high}, secret: {fail-on: any}}}\n"
	plain := map[string]string{"a.tf": "bad one\nfine\n", "b/c.tf": "bad two\n", ".scangate.yaml": policy}
	for _, tt := range []struct {
		name   string
		base   map[string]string
		change func(t *testing.T)
		code   int
		part   string // of what is printed
	}{
		{"nothing", plain, func(*testing.T) {}, 0, "0 findings new, 2 known, 0 fixed"},
		{"a new finding", plain, func(t *testing.T) { write(t, "new.tf", "bad three\n") }, 1, "1 finding new, 2 known, 0 fixed"},
		{"a new finding in a known file", plain, func(t *testing.T) { write(t, "a.tf", "bad one\nbad three\n") }, 1, "1 finding new, 2 known"},
		{"a finding is fixed", plain, func(t *testing.T) { write(t, "a.tf", "fine\n") }, 0, "0 findings new, 1 known, 1 fixed"},
		{"a file is moved", plain, func(t *testing.T) { move(t, "a.tf", "z.tf") }, 0, "0 findings new, 2 known, 0 fixed"},
		{"a file is moved and rewritten", plain, func(t *testing.T) {
			gitDo(t, "rm", "-q", "a.tf")
			write(t, "other.tf", strings.Repeat("something else\n", 50)+"bad one\n")
		}, 0, "0 findings new, 2 known, 0 fixed"},
		{"a directory is renamed", plain, func(t *testing.T) { move(t, "b", "d") }, 0, "0 findings new, 2 known, 0 fixed"},
		{"a directory is renamed, and its files are changed", plain, func(t *testing.T) {
			move(t, "b", "d")
			write(t, "d/c.tf", strings.Repeat("# new\n", 30)+"bad two\nbad four\n")
		}, 1, "1 finding new, 2 known, 0 fixed"},
		{"a file is copied", plain, func(t *testing.T) { write(t, "copy.tf", "bad one\nfine\n") }, 1, "1 finding new, 2 known"},
		{"a file is copied and the first is moved", plain, func(t *testing.T) {
			move(t, "a.tf", "z.tf")
			write(t, "copy.tf", "bad one\nfine\n")
		}, 1, "1 finding new, 2 known, 0 fixed"},
		{"lines drift", plain, func(t *testing.T) { write(t, "a.tf", strings.Repeat("fine\n", 40)+"bad one\n") }, 0, "0 findings new, 2 known"},
		{"a second occurrence in the same file", plain, func(t *testing.T) { write(t, "a.tf", "bad one\nfine\nbad one\n") }, 1, "1 finding new, 2 known"},
		{"one of two occurrences is fixed", map[string]string{"a.tf": "bad one\nbad one\n"}, func(t *testing.T) { write(t, "a.tf", "bad one\n") }, 0, "0 findings new, 1 known, 1 fixed"},
		{"a finding goes from one file to another", plain, func(t *testing.T) {
			write(t, "a.tf", "fine\n")
			write(t, "b/c.tf", "bad two\nbad one\n")
		}, 1, "1 finding new, 1 known, 1 fixed"},
		{"a resource goes from one file to another", map[string]string{"a.tf": "bad one at aws_s3_bucket.logs\n", "b.tf": "fine\n"}, func(t *testing.T) {
			write(t, "a.tf", "fine\n")
			write(t, "b.tf", "bad one at aws_s3_bucket.logs\n")
		}, 0, "0 findings new, 1 known, 0 fixed"},

		{"a secret is moved", map[string]string{"a.env": leak}, func(t *testing.T) { move(t, "a.env", "conf/b.env") }, 0, "0 findings new, 1 known, 0 fixed"},
		{"a secret moves within its file", map[string]string{"a.env": leak}, func(t *testing.T) { write(t, "a.env", strings.Repeat("x = 1\n", 9)+leak) }, 0, "0 findings new, 1 known, 0 fixed"},
		{"a second occurrence of the same secret", map[string]string{"a.env": leak}, func(t *testing.T) { write(t, "b.env", leak) }, 1, "1 finding new, 0 known"},
		{"a second occurrence of the same secret in its file", map[string]string{"a.env": leak}, func(t *testing.T) { write(t, "a.env", leak+"x = 1\n"+leak) }, 1, "1 finding new, 0 known"},
		{"a secret is taken out", map[string]string{"a.env": leak}, func(t *testing.T) { write(t, "a.env", "x = 1\n") }, 0, "0 findings new, 0 known, 1 fixed"},
		{"a new secret", plain, func(t *testing.T) { write(t, "a.env", leak) }, 1, "1 finding new"},
		{"a secret comes and goes", plain, func(t *testing.T) {
			write(t, "a.env", leak)
			commitAll(t, "oops")
			gitDo(t, "rm", "-q", "a.env")
		}, 1, "1 finding new, 2 known"},

		{"the head's scanner dies", plain, func(t *testing.T) { write(t, "dead", "x\n"); write(t, "a.tf", "fine\n") }, 3, "0 fixed"},
		{"the base's scanner dies", map[string]string{"a.tf": "bad one\n", "dead": "x\n"}, func(t *testing.T) { gitDo(t, "rm", "-q", "dead") }, 1,
			"iac: all that it found counts as new: its scan of the base has failed: a file called dead"},

		{"the policy is weakened", plain, func(t *testing.T) {
			write(t, "new.tf", "bad three\n")
			write(t, ".scangate.yaml", "version: 1\npolicy: {thresholds: {iac: {fail-on: none}}}\n")
		}, 1, ".scangate.yaml (modified): that of main counts"},
		{"an ignore is added", plain, func(t *testing.T) {
			write(t, "new.tf", "bad three\n")
			write(t, ".scangate.yaml", policy+"ignore: [{rule: BAD, reason: because, permanent: true}]\n")
		}, 1, ".scangate.yaml (modified)"},
		{"the policy is removed", map[string]string{"a.tf": "bad one\n", ".scangate.yaml": "version: 1\npolicy: {rules: [{match: {rule: BAD}, action: fail, because: we say so}], thresholds: {iac: {fail-on: none}}}\n"}, func(t *testing.T) {
			gitDo(t, "rm", "-q", ".scangate.yaml")
			write(t, "new.tf", "bad three\n")
		}, 1, ".scangate.yaml (removed): that of main counts"},
		{"a policy is added", map[string]string{"a.tf": "bad one\n"}, func(t *testing.T) {
			write(t, ".scangate.yaml", "version: 1\npolicy: {thresholds: {iac: {fail-on: none}}}\n")
			write(t, "new.tf", "bad three\n")
		}, 1, ".scangate.yaml (added): it counts once it is merged"},
		{"a file of ignores is added", map[string]string{"a.tf": "bad one\n"}, func(t *testing.T) {
			write(t, ".trivyignore", "BAD\n")
			write(t, "new.tf", "bad three\n")
		}, 1, ".trivyignore (added): it counts once it is merged"},
		{"the baseline is edited", map[string]string{"a.tf": "bad one\n", ".scangate.yaml": "version: 1\npolicy: {baseline: known.json}\n", "known.json": "{\"version\": 1, \"findings\": []}\n"}, func(t *testing.T) {
			write(t, "new.tf", "bad three\n")
			run := finding.Run{Scanner: "iac"}
			f := finding.Finding{RuleID: "BAD", Key: "three", Location: finding.Location{Path: "new.tf"}}
			write(t, "known.json", fmt.Sprintf("{\"version\": 1, \"findings\": [\n{\"scanner\": \"iac\", \"path\": \"new.tf\", \"rule\": \"BAD\", \"count\": 1, \"fingerprint\": %q}]}\n", finding.FingerprintOf(run.Scanner, f)))
		}, 1, "known.json (modified): that of main counts"},
		{"settings of the scanner for secrets are added", plain, func(t *testing.T) {
			write(t, ".gitleaks.toml", "[extend]\nuseDefault = true\n[allowlist]\npaths = ['''.*''']\n")
			write(t, "a.env", leak)
		}, 1, ".gitleaks.toml (added): it counts once it is merged"},
		{"a mark is put beside a new secret", plain, func(t *testing.T) {
			write(t, "a.env", strings.TrimSuffix(leak, "\n")+" # gitleaks:allow\n")
		}, 0, "warn"},
		{"a mark is put beside a new secret, and does not count", map[string]string{".scangate.yaml": policy[:len(policy)-2] + ", added-marks: fail}\n", "a": "x\n"}, func(t *testing.T) {
			write(t, "a.env", strings.TrimSuffix(leak, "\n")+" # gitleaks:allow\n")
		}, 1, "VERDICT: FAILED"},

		{"a lockfile is regenerated", map[string]string{"lock": "pkg left 1.0.0\npkg right 2.0.0\n"}, func(t *testing.T) {
			write(t, "lock", "version 2\npkg right 2.0.0\npkg left 1.0.1\n")
		}, 0, "0 findings new, 2 known, 0 fixed"},
		{"a lockfile is regenerated with another hole", map[string]string{"lock": "pkg left 1.0.0\n"}, func(t *testing.T) {
			write(t, "lock", "pkg left 1.0.1\npkg right 2.0.0\n")
		}, 1, "1 finding new, 1 known, 0 fixed"},
		{"the same package in a second version", map[string]string{"lock": "pkg left 1.0.0\n"}, func(t *testing.T) {
			write(t, "lock", "pkg left 1.0.0\npkg left 0.9.0\n")
		}, 1, "1 finding new, 1 known, 0 fixed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			y := newPull(t, tt.base, func() { tt.change(t) })
			before := snapshot(t)
			y.run("scan", "--since", "main").want(tt.code, tt.part)
			if d := before.difference(snapshot(t)); d != "" {
				t.Errorf("the scan changed the repository: %s", d)
			}
			// What was saved is judged alike, without the repository's own policy.
			y.run("gate", ".scangate/results.json").want(tt.code, tt.part)
			if t.Failed() {
				t.Log(y.stdout)
			}
		})
	}
}

// files are those of the working tree and of the repository, with their sizes
// and times.
type files map[string]string

func snapshot(t *testing.T) files {
	t.Helper()
	out := files{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || strings.HasPrefix(name, ".scangate/") || name == ".scangate" || name == "." {
			return err
		}
		info, err := d.Info()
		if err == nil {
			out[name] = fmt.Sprint(info.Size(), info.ModTime(), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (a files) difference(b files) string {
	for name, about := range b {
		if a[name] != about {
			return fmt.Sprintf("%s: %q became %q", name, a[name], about)
		}
	}
	if len(a) != len(b) {
		return "a file is gone"
	}
	return ""
}
