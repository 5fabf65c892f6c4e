package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/scanners/external"
)

func TestEveryToolIsListed(t *testing.T) {
	var listed, known []string
	for _, e := range tools() {
		listed = append(listed, e.name)
	}
	for _, a := range external.Known() {
		known = append(known, a.Name)
	}
	known = append(known, "dependabot") // which is no program
	if d := cmp.Diff(known, listed); d != "" {
		t.Error(d)
	}
}

func TestToolsRunOnlyWhenAskedFor(t *testing.T) {
	y := newTry(t, "secret=clean")
	y.run("plan").want(0, "secret")
	for _, name := range []string{"npm-audit", "gitleaks", "checkov", "codeql", "sarif"} {
		if strings.Contains(y.stdout, name) {
			t.Errorf("%s was not asked for:\n%s", name, y.stdout)
		}
	}
	write(t, ".scangate.yaml", "version: 1\nscanners:\n  sarif: {files: [\"*.sarif\"]}\npolicy: {thresholds: {sarif: {fail-on: any}, checkov: {terraform: {fail-on: any}}}}\n")
	y.run("scan").want(3, "no file matches *.sarif: did the tool run that was to write it?")
	write(t, "r.sarif", `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Some Tool","rules":[{"id":"R1"}]}},"results":[{"ruleId":"R1","level":"error","message":{"text":"bad"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"main.go"},"region":{"startLine":1}}}]}]}]}`)
	y.run("scan").want(1, "main.go")
	y.run("scan", "--scanners", "secret").want(0, "VERDICT: PASSED")
	write(t, "zap.sh", "") // in the tree: never run
	write(t, ".scangate.yaml", "version: 1\nscanners: {zap: {targets: [\"http://localhost:1\", \"https://example.org\"]}}\n")
	for _, message := range []string{"zap http://localhost:1/", "zap.sh is not installed", "zap https://example.org/", "needs the network, which --offline forbids"} {
		y.run("plan", "--scanners", "zap", "--offline").want(3, message)
	}
	t.Setenv("PATH", "")
	write(t, "package-lock.json", "{}")
	y.run("plan", "--scanners", "npm-audit").want(3, "npm is not installed; install it with")
	y.run("plan", "--scanners", "npm-audit", "--offline").want(3, "needs the network, which --offline forbids")
	for config, message := range map[string]string{
		"{npm-audit: {path: [a]}}":             `.scangate.yaml:2:24: unknown key "path" in scanners.npm-audit; did you mean "paths"?`,
		"{npm-audit: {paths: [../a]}}":         `"../a" is not a directory below the scanned one`,
		"{gitleaks: {x: 1}}":                   `unknown key "x"`,
		"{checkov: {frameworks: [teraform]}}":  `unknown framework "teraform"; did you mean "terraform"?`,
		"{codeql: {languages: [go]}}":          `codeql: languages: go: CodeQL would run code of the repository`,
		"{codeql: {languages: [phyton]}}":      `unknown language "phyton"; did you mean "python"?`,
		"{codeql: {sarif: x, languages: [c]}}": `keep one of them`,
		"{codeql: {sarif: ../x}}":              `"../x" is no pattern of files below the scanned directory`,
		"{sarif: {files: [\"[\"]}}":            `is no pattern of files`,
		"{zap: {image: \"zap:stable\"}}":       `image: name it by its digest`,
		"{zap: {target: a}}":                   `unknown key "target" in scanners.zap; did you mean "targets"?`,
	} {
		write(t, ".scangate.yaml", "version: 1\nscanners: "+config+"\n")
		y.run("plan").want(exitUsage, message)
	}
}

// What is only detected is skipped where it cannot run, and says why; what was
// asked for fails.
func TestToolsAreDetected(t *testing.T) {
	y := newTry(t, "secret=clean")
	t.Setenv("PATH", "")
	t.Setenv("GITHUB_TOKEN", "")
	t.Setenv("GH_TOKEN", "")
	write(t, "package-lock.json", "{}")
	y.run("plan", "--scanners", "all")
	for _, why := range []string{"npm is not installed; install it with", "gitleaks is not installed", "no targets are configured", "the configuration names no files"} {
		y.want(0, why)
	}
	for _, name := range []string{"secret", "npm-audit", "trivy", "codeql", "sarif", "nuclei", "dependabot"} {
		if !strings.Contains(y.stdout, "\n"+name+" ") && !strings.HasPrefix(y.stdout, name+" ") {
			t.Errorf("%s is not planned:\n%s", name, y.stdout)
		}
	}
	y.run("scan", "--scanners", "all", "--offline").want(0, "VERDICT: PASSED")
	y.run("plan", "--scanners", "all", "--offline").want(0, "it needs the network, which --offline forbids")
	y.run("plan", "--scanners", "npm-audit,all").want(3, "npm is not installed; install it with")
	write(t, ".scangate.yaml", "version: 1\nscanners:\n  gitleaks: {}\n")
	y.run("plan", "--scanners", "all").want(3, "failed: gitleaks is not installed")

	// One that is there runs, and that it died is a failure as ever.
	bin := t.TempDir()
	write(t, "Dockerfile", "FROM scratch\n")
	if err := os.WriteFile(filepath.Join(bin, "hadolint"), []byte("#!/bin/sh\nexit 7\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	write(t, ".scangate.yaml", "version: 1\n")
	y.run("scan", "--scanners", "all", "--offline").want(3, "hadolint does not tell its version: exit status 7")
}

func TestTrivyScansEachImageApart(t *testing.T) {
	y := newTry(t, "secret=clean")
	t.Setenv("PATH", "")
	write(t, ".scangate.yaml", "version: 1\nscanners:\n  trivy: {images: [\"oci:dist/image\", \"registry.example/shop:1\"]}\n")
	y.run("plan", "--scanners", "trivy", "--format", "json")
	for _, want := range []string{`"target": "oci:dist/image"`, `"target": "registry.example/shop:1"`, "there is no image at dist/image"} {
		y.want(3, want)
	}
	write(t, ".scangate.yaml", "version: 1\nscanners:\n  trivy: {images: [\"oci:../image\"]}\n")
	y.run("plan").want(exitUsage, "is not below the scanned directory")
}

// What a tool says never reaches the log as a command to GitHub's runner.
func TestToolsCannotCommandTheRunner(t *testing.T) {
	y := newTry(t, "secret=clean")
	bin := t.TempDir()
	write(t, "Dockerfile", "FROM scratch\n")
	body := `#!/bin/sh
if [ "$1" = --version ]; then echo 2.12.0; exit 0; fi
printf '::error::a\n##[error]b\n\r::warning::c\n' >&2
printf %s '[{"file":"Dockerfile","line":1,"column":1,"level":"error","code":"::error::d","message":"::error::e\n::set-output name=f::g\r::h ##[group]i"}]'
exit `
	t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	for _, status := range []string{"1", "7"} {
		if err := os.WriteFile(filepath.Join(bin, "hadolint"), []byte(body+status+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		y.run("scan", "--scanners", "hadolint")
		if !strings.Contains(y.stdout, "hadolint") {
			t.Fatal(y.stdout, y.stderr)
		}
		for line := range strings.Lines(y.stdout + "\n" + y.stderr) {
			if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.Contains(strings.TrimRight(line, "\r\n"), "\r") {
				t.Errorf("status %s: a workflow command: %q", status, line)
			}
		}
	}
}
