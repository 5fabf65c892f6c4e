package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/internal/sample"
	"github.com/scangate/scangate/internal/trivycache"
	"github.com/scangate/scangate/vulndb"
)

// TestHardeningGuide runs each row of examples/hardening-guide.yaml with its
// real tool: it crosses its threshold where the guide says so, and does not
// where it does not.
func TestHardeningGuide(t *testing.T) {
	for _, row := range []struct {
		name, scanner string
		make          func(*guide)
		code          int
		says          []string // in the output
	}{
		{"a critical one", "npm-audit", func(g *guide) { g.npm("minimist=critical", "lodash=high") }, 1, []string{"npm-audit: 1 finding crosses fail-on: critical"}},
		{"only high ones", "npm-audit", func(g *guide) { g.npm("minimist=high", "lodash=high") }, 0, []string{"VERDICT: PASSED", "lodash"}},
		{"a low one", "cargo-audit", func(g *guide) { g.cargo("smallvec", `cvss = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"`) }, 1, []string{"cargo-audit: 1 finding crosses fail-on: any"}},
		{"an unmaintained crate", "cargo-audit", func(g *guide) { g.cargo("atty", `informational = "unmaintained"`) }, 1, []string{"cargo-audit: 1 finding crosses fail-on: any"}},
		{"one of another crate", "cargo-audit", func(g *guide) { g.cargo("another", `informational = "unmaintained"`) }, 0, []string{"VERDICT: PASSED"}},
		{"a critical one", "codeql", func(g *guide) { g.codeql("9.8") }, 1, []string{"codeql: 1 finding crosses fail-on: high"}},
		{"a high one", "codeql", func(g *guide) { g.codeql("7.0") }, 1, []string{"codeql: 1 finding crosses fail-on: high"}},
		{"a medium one", "codeql", func(g *guide) { g.codeql("6.9") }, 0, []string{"VERDICT: PASSED", "js/sql-injection"}},
		{"critical and high ones", "image", func(g *guide) { g.image(sample.Image) }, 1, []string{": 9 findings cross fail-on: high", "critical", "CVE-2023-4911"}},
		{"medium and low ones", "image", func(g *guide) { g.image(smallImage) }, 0, []string{"VERDICT: PASSED", "CVE-2023-45853"}},
		{"one in the history alone", "gitleaks", func(g *guide) {
			g.put("tree/leak.txt", leak)
			g.commit()
			g.must(os.Remove("tree/leak.txt"))
			g.commit()
		}, 1, []string{"gitleaks: 1 finding crosses fail-on: any"}},
		{"none", "gitleaks", func(g *guide) { g.commit() }, 0, []string{"VERDICT: PASSED"}},
		{"Terraform", "checkov", func(g *guide) { g.copy("infra") }, 1, []string{"findings cross fail-on: any"}},
		{"Terraform and Kubernetes", "checkov", func(g *guide) { g.copy("infra"); g.copy("deploy") }, 1, []string{"findings cross fail-on: any"}},
		{"Kubernetes", "checkov", func(g *guide) { g.copy("deploy") }, 0, []string{"VERDICT: PASSED", "warn", "CKV_K8S_16"}},
	} {
		t.Run(row.scanner+": "+row.name, func(t *testing.T) {
			guideNeeds(t, row.scanner)
			g := newGuide(t)
			row.make(g)
			args := append([]string{"scan", "tree", "--scanners", row.scanner, "--results", "r.json", "--config", "guide.yaml"}, g.args...)
			for _, args := range [][]string{args, {"gate", "r.json", "--config", "guide.yaml"}} {
				g.run(args...)
				for _, part := range row.says {
					g.want(row.code, part)
				}
				if row.scanner == "checkov" && row.code == 1 {
					g.want(1, fmt.Sprintf("\n  checkov: %d findings cross", g.count("checkov", "terraform"))) // and no more
				}
			}
		})
	}
}

// TestHardeningGuideOnTheSample is the whole table at once, beside scangate's
// own scanners.
func TestHardeningGuideOnTheSample(t *testing.T) {
	guideNeeds(t, "npm-audit", "cargo-audit", "gitleaks", "checkov")
	g := newGuide(t)
	g.must(os.RemoveAll("tree"))
	g.must(sample.Build(t.Context(), filepath.Join(g.testdata, "sample", "shop"), "tree"))
	g.image(sample.Image)
	g.npm("minimist=critical", "lodash=high")
	g.cargo("smallvec", `cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"`)
	g.codeql("8.8")
	g.run(append([]string{"scan", "tree", "--results", "r.json", "--output", "sarif=r.sarif", "--config", "guide.yaml"}, g.args...)...)
	for _, row := range []string{"npm-audit: critical", "cargo-audit: any", "codeql: high", "image oci:image: high", "gitleaks: any", "secret: any", "checkov: any", "iac: any"} {
		i := strings.LastIndex(row, ": ")
		crossed := regexp.MustCompile(`(?m)^  ` + row[:i] + `: \d+ findings? cross(es)? fail-on: ` + row[i+2:] + ` \(guide\.yaml:`)
		if g.code != 1 || !crossed.MatchString(g.stdout) {
			t.Errorf("exit code %d, and %s is not crossed:\n%s%s", g.code, row, g.stdout, g.stderr)
		}
	}
	if g.count("checkov", "kubernetes") == 0 {
		t.Error("Checkov did not look at Kubernetes")
	}
	g.run("sarif", "lint", "r.sarif").want(0, "")
}

// TestHardeningGuideElsewhere judges what tools wrote in other jobs.
func TestHardeningGuideElsewhere(t *testing.T) {
	g := newGuide(t)
	for _, row := range []struct {
		driver, securitySeverity string
		code                     int
		says                     string
	}{
		{"Trivy", "9.8", 1, "trivy: 1 finding crosses fail-on: high"},
		{"Trivy", "7.5", 1, "trivy: 1 finding crosses fail-on: high"},
		{"Trivy", "5.5", 0, "VERDICT: PASSED"},
		{"CodeQL", "8.8", 1, "codeql: 1 finding crosses fail-on: high"},
		{"CodeQL", "5.9", 0, "VERDICT: PASSED"},
		{"gitleaks", "1.0", 1, "gitleaks: 1 finding crosses fail-on: any"},
		{"cargo-audit", "1.0", 1, "cargo-audit: 1 finding crosses fail-on: any"},
	} {
		g.put("x.sarif", `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"`+row.driver+`","version":"1.0.0","rules":[{"id":"R-1","properties":{"security-severity":"`+row.securitySeverity+`"}}]}},
"results":[{"ruleId":"R-1","ruleIndex":0,"level":"error","message":{"text":"it is so"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a"},"region":{"startLine":1}}}]}]}]}`)
		g.run("gate", "x.sarif", "--config", "guide.yaml").want(row.code, row.says)
	}
}

// TestHardeningGuideTrivy judges what the real Trivy says of images, where it
// is installed: it is too heavy to be built for every run.
func TestHardeningGuideTrivy(t *testing.T) {
	trivy, err := exec.LookPath("trivy")
	if err != nil {
		t.Skip("NOT TESTED WITH THE REAL TOOL: trivy is not installed; `make record-tools` builds and runs it")
	}
	g := newGuide(t)
	here, cache := mustGetwd(t), t.TempDir()
	t.Chdir(filepath.Dir(g.testdata))
	if _, err := trivycache.Fill(cache); err != nil {
		t.Fatal(err)
	}
	t.Chdir(here)
	for _, row := range []struct {
		name  string
		image func(string) error
		code  int
		says  []string
	}{
		{"critical and high", sample.Image, 1, []string{"trivy: 8 findings cross fail-on: high", "CVE-2023-4911"}},
		{"low", smallImage, 0, []string{"VERDICT: PASSED", "CVE-2023-45853"}},
	} {
		g.must(row.image(row.name))
		out, err := exec.CommandContext(t.Context(), trivy, "image", "--input", row.name, "--format", "sarif", "--output", "trivy.sarif", "--scanners", "vuln",
			"--cache-dir", cache, "--skip-db-update", "--skip-java-db-update", "--skip-version-check", "--offline-scan", "--quiet").CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", row.name, err, out)
		}
		g.run("gate", "trivy.sarif", "--config", "guide.yaml")
		for _, part := range row.says {
			g.want(row.code, part)
		}
	}
}

// guide is a directory with a tree to be scanned, and the hardening guide's
// configuration with what is only here: copies of what is asked elsewhere.
type guide struct {
	*try
	testdata string
	args     []string
}

func newGuide(t *testing.T) *guide {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(root, "examples", "hardening-guide.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	g := &guide{try: newTry(t, "unused=clean"), testdata: filepath.Join(root, "testdata")}
	g.scanners, g.env = embedded(), map[string]string{"SCANGATE_DB": "db"}
	if text := strings.Replace(string(config), "  cargo-audit: {} ", "  cargo-audit: {db: "+filepath.Join(mustGetwd(t), "rustsec")+"} ", 1); text != string(config) {
		config = []byte(text)
	} else {
		t.Fatal("the example has no section cargo-audit")
	}
	g.must(os.WriteFile("guide.yaml", config, 0o644))
	g.must(os.MkdirAll("tree", 0o755))
	g.must(os.WriteFile("tree/main.go", []byte("package main\n"), 0o644))
	g.must(vulndb.Build(filepath.Join(g.testdata, "advisories"), "db", time.Now()))
	return g
}
