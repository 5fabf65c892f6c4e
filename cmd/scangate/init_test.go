package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/config"
)

// onlyGit leaves no other program in PATH, whatever is installed here.
func onlyGit(t *testing.T) (bin string) {
	t.Helper()
	bin = t.TempDir()
	if err := os.Symlink(whichGit(t), filepath.Join(bin, "git")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	return bin
}

// whichGit is where git is.
func whichGit(t *testing.T) string {
	t.Helper()
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		name := filepath.Join(dir, "git")
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			return name
		}
	}
	t.Fatal("there is no git")
	return ""
}

// allFiles are the files and links below dir, without those of git's own.
func allFiles(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == ".git":
			return filepath.SkipDir
		case !d.IsDir() || d.Name() == ".github":
			rel, _ := filepath.Rel(dir, name)
			out = append(out, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// readText is the content of a file.
func readText(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// flow is what GitHub reads of the workflow.
type flow struct {
	On struct {
		Push struct{ Branches []string }
	}
	Jobs map[string]struct {
		Steps []struct {
			Uses string
			With map[string]string
		}
	}
}

func readFlow(t *testing.T, content string) (out flow) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(content), &out); err != nil {
		t.Fatalf("%v\n%s", err, content)
	}
	return out
}

// TestInitOfTheSample: what is written is right by those who read it, and
// changes neither the verdict nor what is found.
func TestInitOfTheSample(t *testing.T) {
	page := readText(t, "../../docs/workflows.md")
	home, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	j := newJudge(t)
	t.Chdir(home)
	y := shop(t)
	onlyGit(t)
	t.Chdir("shop")
	y.env["SCANGATE_DB"] = "../db"
	summary := func(name string) (out []string) {
		y.run("scan", "--offline", "--results", name).want(exitFailed, "VERDICT: FAILED")
		res, err := readResults(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range res.Runs {
			out = append(out, fmt.Sprintf("%s %s", run.Scanner, run.Status))
			for _, f := range run.Findings {
				out = append(out, fmt.Sprintf("%s %s %s %s:%d %s", run.Scanner, f.Severity, f.RuleID, f.Location.Path, f.Location.StartLine, f.Fingerprint))
			}
		}
		return out
	}
	before := summary("../before.json")

	y.run("init").want(0, "dependency   5 lockfiles: npm 1, go 1")
	for _, part := range []string{
		"iac          6 files: terraform 3",
		"wrote .scangate.yaml: ", "wrote .github/workflows/scangate.yml: scans pushes to main (which is checked out)",
		"put the full commit SHA of a release in place of the zeros",
		"next: scangate scan\n      git add .scangate.yaml .github/workflows/scangate.yml\n",
	} {
		if !strings.Contains(y.stdout, part) {
			t.Errorf("no %q in\n%s", part, y.stdout)
		}
	}
	conf := readText(t, config.DefaultName)
	if !strings.HasPrefix(conf, "# yaml-language-server: $schema="+config.SchemaID+"\n") {
		t.Errorf("editors are told no schema:\n%s", conf)
	}
	for _, part := range []string{"dependency: {fail-on: high}", "secret: {fail-on: high}", "iac: {fail-on: high}"} {
		if !strings.Contains(conf, part) {
			t.Errorf("no %q in\n%s", part, conf)
		}
	}
	for _, part := range []string{"image", "dast", "Tools of others"} {
		if strings.Contains(conf, part) {
			t.Errorf("%q has nothing to do, and is in\n%s", part, conf)
		}
	}
	if err := j.validator([]byte(conf)); err != nil {
		t.Errorf("the schema refuses it: %v\n%s", err, conf)
	}
	y.run("plan").want(0, "dependency   runs ")

	work := readText(t, workflowFile)
	lint(t, "scangate.yml", []byte(work))
	if !strings.Contains(page, checkoutStep) {
		t.Error("docs/workflows.md checks out in another way")
	}
	steps := readFlow(t, work).Jobs["scan"].Steps
	if d := cmp.Diff(map[string]string{"comment": "true"}, steps[1].With); len(steps) != 2 || d != "" || steps[1].Uses != "scangate/scangate@"+noCommit {
		t.Errorf("%+v", steps)
	}

	if d := cmp.Diff(before, summary("../after.json")); d != "" {
		t.Errorf("init has changed what is found: %s", d)
	}
	// What a release writes has nothing to it either.
	released, err := starterWorkflow("main", "web", pin{"1.2.3", someCommit})
	if err != nil {
		t.Fatal(err)
	}
	put(t, ".github/workflows/released.yml", released)
	y.run("scan", "--offline", "--scanners", "iac,secret", "--results", "../more.json").want(exitFailed, "")
	res, err := readResults("../more.json")
	if err != nil {
		t.Fatal(err)
	}
	if n := res.Find("iac").Looked.Files; n != 6+2 {
		t.Errorf("iac has looked at %d files", n)
	}
	for _, run := range res.Runs {
		for _, f := range run.Findings {
			if strings.HasPrefix(f.Location.Path, ".github/") || f.Location.Path == config.DefaultName {
				t.Errorf("%s:%d: %s %s: %s", f.Location.Path, f.Location.StartLine, f.Severity, f.RuleID, f.Message)
			}
		}
	}
	y.run("init").want(0, "nothing to do\n")
	if strings.Contains(y.stdout, "next:") || strings.Contains(y.stdout, "wrote") {
		t.Error(y.stdout)
	}
}

// TestInit: one table of places, and what init makes of them.
func TestInit(t *testing.T) {
	newest := func(extra ...string) []string { return append([]string{".scangate.yaml"}, extra...) }
	for name, tt := range map[string]struct {
		make  func(t *testing.T) // in the new current directory
		args  string
		code  int
		says  []string
		files []string // afterwards, that are new
		has   map[string]string
	}{
		"an empty directory": {
			says:  []string{"there is nothing to scan here yet", "no workflow: this is not in a git repository", "next: scangate scan\n      scangate explain all\n"},
			files: newest(),
			has:   map[string]string{".scangate.yaml": "version: 1\n"},
		},
		"not in git": {
			make:  func(t *testing.T) { put(t, "Dockerfile", []byte("FROM scratch\n")) },
			says:  []string{"iac          1 file: dockerfile 1", "no workflow: this is not in a git repository"},
			files: newest(),
		},
		"a new repository": {
			make:  func(t *testing.T) { gitDo(t, "init", "-q", "-b", "trunk") },
			says:  []string{"pushes to trunk (which is checked out)", "next: scangate scan\n      git add .scangate.yaml .github/workflows/scangate.yml\n"},
			files: newest(workflowFile),
			has:   map[string]string{workflowFile: "  push: {branches: [trunk]}\n"},
		},
		"origin/HEAD": {
			make: func(t *testing.T) {
				gitDo(t, "init", "-q", "-b", "feature")
				gitDo(t, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/release/2.x")
			},
			says:  []string{"pushes to release/2.x (as origin/HEAD says)"},
			files: newest(workflowFile),
			has:   map[string]string{workflowFile: "  push: {branches: [release/2.x]}\n"},
		},
		"no branch": {
			make: func(t *testing.T) {
				gitDo(t, "init", "-q", "-b", "feature")
				gitDo(t, "commit", "-q", "--allow-empty", "-m", "x")
				gitDo(t, "checkout", "-q", "--detach")
			},
			says:  []string{"pushes to main (a guess: git names no branch)"},
			files: newest(workflowFile),
		},
		"a part of a monorepo": {
			make: func(t *testing.T) {
				gitDo(t, "init", "-q", "-b", "main")
				put(t, "services/shop/go.mod", []byte("module shop\n"))
				put(t, "infra/main.tf", []byte("# nothing\n"))
			},
			args:  "services/shop",
			says:  []string{"dependency   1 lockfile: go 1", "wrote services/shop/.scangate.yaml", "next: scangate scan services/shop\n      git add services/shop/.scangate.yaml .github/workflows/scangate.yml\n"},
			files: []string{workflowFile, "services/shop/.scangate.yaml"},
			has:   map[string]string{workflowFile: "          path: services/shop\n          category: scangate/services/shop\n"},
		},
		"from within a part of it": {
			make: func(t *testing.T) {
				gitDo(t, "init", "-q", "-b", "main")
				put(t, "a b/it's/go.mod", []byte("module shop\n"))
				put(t, workflowFile, []byte("# mine\n"))
				t.Chdir("a b/it's")
			},
			says:  []string{"../../.github/workflows/scangate.yml is there already", "inputs path: a b/it's and category: scangate/a b/it's;", `git -C ../.. add 'a b/it'\''s/.scangate.yaml'` + "\n"},
			files: []string{"a b/it's/.scangate.yaml"},
			has:   map[string]string{workflowFile: "# mine\n"},
		},
		"a configuration": {
			make: func(t *testing.T) {
				gitDo(t, "init", "-q", "-b", "main")
				put(t, ".scangate.yaml", []byte("version: 1 # mine\n"))
			},
			says:  []string{".scangate.yaml is there already, and left as it is", "wrote .github/workflows/scangate.yml", "git add .github/workflows/scangate.yml\n"},
			files: []string{workflowFile},
			has:   map[string]string{".scangate.yaml": "version: 1 # mine\n"},
		},
		"a configuration that is a link to nowhere": {
			make: func(t *testing.T) {
				if err := os.Symlink("/nowhere/at/all", ".scangate.yaml"); err != nil {
					t.Fatal(err)
				}
			},
			says: []string{".scangate.yaml is there already", "nothing to do\n"},
		},
		"a configuration that is a directory": {
			make: func(t *testing.T) { put(t, ".scangate.yaml/x", nil) },
			code: exitIncomplete,
			says: []string{"cannot write .scangate.yaml: it is a directory: move it away"},
		},
		"a dry run": {
			make: func(t *testing.T) { gitDo(t, "init", "-q", "-b", "main") },
			args: "--dry-run",
			says: []string{"would write .scangate.yaml", "would write .github/workflows/scangate.yml", "\n==> .scangate.yaml <==\n# yaml-language-server", "\n==> .github/workflows/scangate.yml <==\n# A start"},
		},
		"a dry run beside a configuration": {
			make: func(t *testing.T) { put(t, ".scangate.yaml", []byte("version: 1 # mine\n")) },
			args: "--dry-run",
			says: []string{".scangate.yaml is there already", "nothing to do\n"},
		},
		"no workflow": {
			make:  func(t *testing.T) { gitDo(t, "init", "-q", "-b", "x${{github.token}}") },
			args:  "--no-workflow",
			says:  []string{"git add .scangate.yaml\n"},
			files: newest(),
		},
		"GitLab": {
			make: func(t *testing.T) {
				gitDo(t, "init", "-q", "-b", "main")
				put(t, ".gitlab-ci.yml", nil)
			},
			says:  []string{"no workflow: there is .gitlab-ci.yml and no .github; begin with examples/gitlab-ci.yml of " + projectURL},
			files: newest(),
		},
		"Azure": {
			make: func(t *testing.T) {
				gitDo(t, "init", "-q", "-b", "main")
				put(t, "azure-pipelines.yml", nil)
			},
			says:  []string{"begin with examples/azure-pipelines.yml of "},
			files: newest(),
		},
		"GitLab and GitHub": {
			make: func(t *testing.T) {
				gitDo(t, "init", "-q", "-b", "main")
				put(t, ".gitlab-ci.yml", nil)
				put(t, ".github/CODEOWNERS", nil)
			},
			says:  []string{"wrote .github/workflows/scangate.yml"},
			files: []string{workflowFile, ".scangate.yaml"},
		},
		"a branch with an expression": {
			make: func(t *testing.T) { gitDo(t, "init", "-q", "-b", "x${{github.token}}") },
			code: exitUsage,
			says: []string{`the branch "x${{github.token}}" cannot be named in a workflow: GitHub takes ${{ for an expression; rename it, or use --no-workflow`},
		},
		"a directory with an expression": {
			make: func(t *testing.T) {
				gitDo(t, "init", "-q", "-b", "main")
				put(t, "${{x}}/go.mod", nil)
			},
			args: "${{x}}",
			code: exitUsage,
			says: []string{`the directory "${{x}}" cannot be named in a workflow`},
		},
		".github leads outside": {
			make: func(t *testing.T) {
				gitDo(t, "init", "-q", "-b", "main")
				if err := os.Symlink(t.TempDir(), ".github"); err != nil {
					t.Fatal(err)
				}
			},
			code: exitIncomplete,
			says: []string{"cannot write .github/workflows/scangate.yml: .github is a link that leads to no directory of the repository: make it one"},
		},
		".github leads to a directory in the repository": {
			make: func(t *testing.T) {
				gitDo(t, "init", "-q", "-b", "main")
				put(t, "ci/x", nil)
				if err := os.Symlink("ci", ".github"); err != nil {
					t.Fatal(err)
				}
			},
			says:  []string{"wrote .github/workflows/scangate.yml"},
			files: []string{"ci/workflows/scangate.yml", ".scangate.yaml"},
		},
		".github is a file": {
			make: func(t *testing.T) {
				gitDo(t, "init", "-q", "-b", "main")
				put(t, ".github", nil)
			},
			code: exitIncomplete,
			says: []string{"cannot write .github/workflows/scangate.yml: not a directory"},
		},
		"a bare repository": {
			make: func(t *testing.T) { gitDo(t, "init", "-q", "--bare") },
			code: exitUsage,
			says: []string{"is a bare git repository: scan a clone of it"},
		},
		"nowhere":   {args: "nowhere", code: exitUsage, says: []string{"nowhere: no such directory"}},
		"two paths": {args: "a b", code: exitUsage, says: []string{"want one PATH, not 2"}},
		"a flag":    {args: "--dry", code: exitUsage, says: []string{`unknown flag --dry; did you mean "dry-run"?`}},
	} {
		t.Run(name, func(t *testing.T) {
			y := newTry(t, "unused=clean")
			y.scanners = embedded()
			onlyGit(t)
			t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
			if err := os.Remove("main.go"); err != nil {
				t.Fatal(err)
			}
			dir, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			if tt.make != nil {
				tt.make(t)
			}
			bare := name == "a bare repository" // its files are git's
			before := allFiles(t, dir)
			y.run(append([]string{"init"}, strings.Fields(tt.args)...)...).want(tt.code, "")
			for _, part := range tt.says {
				if !strings.Contains(y.stdout+y.stderr, part) {
					t.Errorf("no %q in\n%s%s", part, y.stdout, y.stderr)
				}
			}
			if n := strings.Count(y.stderr, "\n"); (n == 1) != (tt.code != 0) || n > 1 {
				t.Errorf("%d lines of errors:\n%s", n, y.stderr)
			}
			after := allFiles(t, dir)
			var fresh []string
			for _, f := range after {
				if !slices.Contains(before, f) {
					fresh = append(fresh, f)
				}
			}
			fresh = slices.DeleteFunc(fresh, func(f string) bool { return f == ".github" })
			slices.Sort(fresh)
			slices.Sort(tt.files)
			if d := cmp.Diff(tt.files, fresh); d != "" && !bare {
				t.Errorf("what is new: %s", d)
			}
			if tt.files == nil && len(before) != len(after) {
				t.Errorf("left behind: %v, before %v", after, before)
			}
			for file, part := range tt.has {
				if got := readText(t, filepath.Join(dir, file)); !strings.Contains(got, part) {
					t.Errorf("%s: no %q in\n%s", file, part, got)
				}
			}
		})
	}
}

// TestInitNamesToolsThatAreThere: as a comment, which changes nothing.
func TestInitNamesToolsThatAreThere(t *testing.T) {
	j := newJudge(t)
	y := newTry(t, "unused=clean")
	y.scanners = embedded()
	put(t, "Dockerfile", []byte("FROM scratch\n"))
	bin := onlyGit(t)
	y.run("init", "--dry-run").want(0, "iac: {fail-on: high}")
	if strings.Contains(y.stdout, "hadolint") {
		t.Error("a tool that is not there is named")
	}
	if err := os.WriteFile(filepath.Join(bin, "hadolint"), []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	y.run("init").want(0, "wrote .scangate.yaml")
	conf := readText(t, config.DefaultName)
	if !strings.Contains(conf, "\n#   hadolint: {}\n") {
		t.Errorf("no hint:\n%s", conf)
	}
	y.run("plan").want(0, "iac          runs ")
	if strings.Contains(y.stdout, "hadolint") {
		t.Errorf("the hint is in force:\n%s", y.stdout)
	}
	// Without its #, it is.
	on := strings.Replace(conf, "#   hadolint: {}", "  hadolint: {}", 1)
	if err := j.validator([]byte(on)); err != nil {
		t.Error(err)
	}
	put(t, config.DefaultName, []byte(on))
	y.run("plan").want(0, "hadolint     runs ")
}
