package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// guideNeeds ends a test of scanners whose programs are not installed: by a
// skip, loudly, on a developer's machine, and as a failure in CI, where they
// are.
func guideNeeds(t *testing.T, scanners ...string) {
	t.Helper()
	for _, name := range scanners {
		program := map[string]string{"npm-audit": "npm", "cargo-audit": name, "gitleaks": name, "checkov": name}[name]
		if program == "" {
			continue // part of scangate
		}
		if _, err := exec.LookPath(program); err == nil {
			continue
		}
		if os.Getenv("SCANGATE_CONTRACT_TESTS") == "required" {
			t.Fatalf("%s is not installed (SCANGATE_CONTRACT_TESTS=required: see `make ci-tools`)", program)
		}
		t.Skipf("NOT TESTED WITH THE REAL TOOL: %s is not installed; `make ci-tools` installs most: see CONTRIBUTING.md", program)
	}
}

func (g *guide) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// put writes a file with the directories above it.
func (g *guide) put(name, content string) {
	g.t.Helper()
	g.must(os.MkdirAll(filepath.Dir(name), 0o755))
	g.must(os.WriteFile(name, []byte(content), 0o644))
}

// copy adds a part of the sample to the tree.
func (g *guide) copy(part string) {
	g.t.Helper()
	g.must(os.CopyFS(filepath.Join("tree", part), os.DirFS(filepath.Join(g.testdata, "sample", "shop", part))))
}

// npm adds the sample's JavaScript, and a registry that knows advisories:
// package=severity. A registry tells the versions of packages, too, which
// npm asks for to find out what leads to them.
func (g *guide) npm(advisories ...string) {
	g.t.Helper()
	versions := map[string]string{"minimist": "1.2.5", "lodash": "4.17.20"} // in the sample
	answer := map[string]any{}
	for i, a := range advisories {
		name, severity, _ := strings.Cut(a, "=")
		answer[name] = []any{map[string]any{"id": i + 1, "url": fmt.Sprintf("https://example.invalid/%d", i+1), "title": "A hole in " + name, "severity": severity, "vulnerable_versions": "<=" + versions[name]}}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		name := strings.TrimPrefix(r.URL.Path, "/")
		switch version, ok := versions[name]; {
		case r.Method == http.MethodPost && r.URL.Path == "/-/npm/v1/security/advisories/bulk":
			json.NewEncoder(w).Encode(answer)
		case ok:
			dist := map[string]string{"tarball": "http://" + r.Host + "/x.tgz", "shasum": strings.Repeat("0", 40)}
			json.NewEncoder(w).Encode(map[string]any{"name": name, "dist-tags": map[string]string{}, "versions": map[string]any{version: map[string]any{"name": name, "version": version, "dist": dist}}})
		default:
			http.NotFound(w, r)
		}
	}))
	g.t.Cleanup(server.Close)
	g.copyOnce("web")
	g.put("tree/web/.npmrc", "registry="+server.URL+"/\n")
}

// cargo adds the sample's Rust, and a copy of RustSec's database with one
// advisory about a crate.
func (g *guide) cargo(crate, fields string) {
	g.t.Helper()
	g.copyOnce("worker")
	g.put("rustsec/crates/"+crate+"/RUSTSEC-2026-0001.md", "```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\npackage = \""+crate+"\"\ndate = \"2026-01-02\"\n"+fields+
		"\n\n[versions]\npatched = [\">= 99.0.0\"]\n```\n\n# A hole in "+crate+"\n\nMore of it.\n")
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "-m", "advisories"}} {
		gitDo(g.t, append([]string{"-C", "rustsec"}, args...)...)
	}
}

// copyOnce adds a part of the sample that may be there already.
func (g *guide) copyOnce(part string) {
	g.t.Helper()
	if _, err := os.Stat(filepath.Join("tree", part)); err != nil {
		g.copy(part)
	}
}

// codeql adds what CodeQL's command line writes, as its documentation of the
// SARIF output has it, with the path that the data takes.
func (g *guide) codeql(securitySeverity string) {
	g.t.Helper()
	at := func(line int, what string) string {
		return fmt.Sprintf(`{"physicalLocation":{"artifactLocation":{"uri":"web/server.js","uriBaseId":"%%SRCROOT%%","index":0},"region":{"startLine":%d,"startColumn":3,"endColumn":9}},"message":{"text":%q}}`, line, what)
	}
	g.copyOnce("web")
	g.put("tree/codeql-results/javascript.sarif", `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{
"tool":{"driver":{"name":"CodeQL","organization":"GitHub","semanticVersion":"2.23.0","rules":[]},
 "extensions":[{"name":"codeql/javascript-queries","semanticVersion":"2.1.0","rules":[{"id":"js/sql-injection","name":"js/sql-injection",
  "shortDescription":{"text":"Database query built from user-controlled sources"},"defaultConfiguration":{"enabled":true,"level":"error"},
  "properties":{"tags":["security","external/cwe/cwe-089"],"kind":"path-problem","precision":"high","problem.severity":"error","security-severity":"`+securitySeverity+`"}}]}]},
"artifacts":[{"location":{"uri":"web/server.js","uriBaseId":"%SRCROOT%","index":0}}],
"results":[{"ruleId":"js/sql-injection","ruleIndex":0,"rule":{"id":"js/sql-injection","index":0,"toolComponent":{"index":0}},
 "message":{"text":"This query string depends on a [user-provided value](1)."},
 "locations":[`+at(5, "")+`],
 "partialFingerprints":{"primaryLocationLineHash":"39fa2ee980eb94b0:1","primaryLocationStartColumnFingerprint":"4"},
 "codeFlows":[{"threadFlows":[{"locations":[{"location":`+at(2, "req.query")+`},{"location":`+at(5, "query")+`}]}]}],
 "relatedLocations":[`+at(2, "user-provided value")+`]}],
"columnKind":"utf16CodeUnits","properties":{"semmle.formatSpecifier":"sarif-latest"}}]}`)
}

// image adds an image to what is scanned.
func (g *guide) image(build func(string) error) {
	g.t.Helper()
	g.must(build("image"))
	g.args = append(g.args, "--image", "oci:image")
}

// smallImage is an image with nothing of more than medium severity.
func smallImage(dir string) error {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range [][2]string{
		{"etc/debian_version", "12.1\n"},
		{"etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"},
		{"var/lib/dpkg/status", "Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nSource: zlib\nVersion: 1:1.2.13.dfsg-1\n\n"},
	} {
		if err := w.WriteHeader(&tar.Header{Name: f[0], Mode: 0o644, Typeflag: tar.TypeReg, Size: int64(len(f[1]))}); err != nil {
			return err
		}
		if _, err := io.WriteString(w, f[1]); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		return err
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return err
	}
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	return p.AppendImage(img)
}

// count is the number of findings that a scanner has about a framework, but
// for those that the scanned files suppress.
func (g *guide) count(scanner, framework string) (n int) {
	g.t.Helper()
	res, err := readResults("r.json")
	g.must(err)
	for _, f := range res.Find(scanner).Findings {
		if f.Framework == framework && !f.Suppressed() {
			n++
		}
	}
	return n
}

// commit makes the tree a repository, if it is none, and commits what it has.
func (g *guide) commit() {
	g.t.Helper()
	gitDo(g.t, "-C", "tree", "init", "-q", "-b", "main")
	gitDo(g.t, "-C", "tree", "add", "-A")
	gitDo(g.t, "-C", "tree", "commit", "-q", "-m", "a step")
}
