package external

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

func osvTool(t testing.TB, db string) Tool { return must(OSVScanner(OSVScannerOptions{DB: db}))(t) }

// locked has the lockfiles that recorded reports are about.
func locked(t testing.TB) *scanners.Tree {
	return tree(t, map[string]string{
		"api/package-lock.json": "{\n  \"lockfileVersion\": 3,\n  \"packages\": {\n    \"node_modules/leaf\": {\n      \"version\": \"0.9.1\"\n    }\n  }\n}\n",
		"requirements.txt":      "other==2.0\nquiet==1.0\n",
	})
}

// from reads a file of testdata in which /tree stands for a tree.
func from(t testing.TB, name string, tr *scanners.Tree) string {
	t.Helper()
	data := must(os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name))))(t)
	return strings.ReplaceAll(string(data), "/tree", filepath.ToSlash(tr.Dir()))
}

func TestOSVScannerReads(t *testing.T) {
	tr := locked(t)
	data := from(t, "osv-scanner/report.json", tr)
	tool := osvTool(t, "")
	r, err := read(t, tool, tr, Unit{Dir: "."}, data)
	if err != nil {
		t.Fatal(err)
	}
	want := []brief{
		{"GHSA-2222-3333-4444", "critical", "api/package-lock.json:4: ", "leaf@0.9.1", "0.9.4", "upgrade leaf to 0.9.4", "", "", true},
		{"PYSEC-2026-7", "medium", "requirements.txt:2: ", "quiet@1.0", "", "no fixed version is known", "", "", false},
	}
	if d := cmp.Diff(want, briefs(r.findings)); d != "" {
		t.Error(d)
	}
	f := r.findings[0]
	if f.Package.Ecosystem != "npm" || f.Package.PURL != "pkg:npm/leaf@0.9.1" || f.Score != 9.8 || f.SeveritySource != "osv" || strings.Join(f.Aliases, " ") != "CVE-2026-30001" {
		t.Errorf("%+v %+v", f, f.Package)
	}
	if p := r.findings[1].Package; p.Ecosystem != "pip" || p.PURL != "pkg:pypi/quiet@1.0" {
		t.Errorf("%+v", p)
	}
	if tags := r.rules[f.RuleID].Tags; len(tags) != 1 || r.looked.Files != 2 || r.looked.Packages != 2 {
		t.Errorf("%v, looked at %+v", tags, r.looked)
	}
	for _, cut := range []int{0, 1, 100, len(data) / 2, len(data) - 3} {
		if _, err := read(t, tool, tr, Unit{Dir: "."}, data[:cut]); err == nil {
			t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
		}
	}
}

func TestOSVScannerHostile(t *testing.T) {
	tr, tool, u := locked(t), osvTool(t, ""), Unit{Dir: "."}
	report := func(path, rest string) string {
		return `{"results":[{"source":{"path":"` + path + `"},"packages":[{"package":{"name":"leaf","version":"0.9.1","ecosystem":"npm"}` + rest + `}]}]}`
	}
	const found = `,"vulnerabilities":[{"id":"X-1"}],"groups":[{"ids":["X-1"]}]`
	for name, bad := range map[string]string{
		"not JSON":          "Scanning dir .",
		"an empty object":   `{}`,
		"a list":            `[]`,
		"results of a word": `{"results":"x"}`,
		"a nameless one":    `{"results":[{"packages":[{"package":{}}]}]}`,
		"no groups":         report("/x", `,"vulnerabilities":[{"id":"X-1"}]`),
		"an empty group":    report("/x", `,"vulnerabilities":[{"id":"X-1"}],"groups":[{"ids":[]}]`),
		"no such advisory":  report("/x", `,"vulnerabilities":[{"id":"X-1"}],"groups":[{"ids":["X-2"]}]`),
		"wrong types":       report("/x", `,"vulnerabilities":[{"id":1}]`),
		"a path of numbers": `{"results":[{"source":{"path":1}}]}`,
		"two documents":     `{"results":[]}{"results":[]}`,
	} {
		if _, err := read(t, tool, tr, u, bad); err == nil {
			t.Errorf("%s is taken for a report", name)
		}
	}
	for path, want := range map[string]string{"/etc/passwd": "", "../../etc/passwd": "", "": "", "api/package-lock.json": "api/package-lock.json", "gone/yarn.lock": "gone/yarn.lock"} {
		r, err := read(t, tool, tr, u, report(path, found))
		if err != nil || len(r.findings) != 1 || r.findings[0].Location.Path != want || want == "" && r.findings[0].Location.StartLine != 0 {
			t.Errorf("%q: %v %+v", path, err, r.findings)
		}
	}
	for _, none := range []string{`{"results":[]}`, `{"results":null}`} {
		if r, err := read(t, tool, tr, u, none); err != nil || len(r.findings) != 0 {
			t.Errorf("%s: %v", none, err)
		}
	}
	r := newReading(tr, u)
	if err := tool.Read(Output{Data: []byte(`{"results":[]}`), Stderr: []byte("Scanned x\nFiltered 2 vulnerabilities from output\n"), Unit: u}, r); err != nil || len(r.notes) != 1 || r.notes[0].Level != finding.Warning {
		t.Errorf("%v %v", err, r.notes)
	}
}

func TestOSVScannerRuns(t *testing.T) {
	tr := locked(t)
	body := "case $1 in --version) echo 'osv-scanner version: 2.6.0'; exit;; esac\ncat <<'END'\n" + from(t, "osv-scanner/report.json", tr) + "END\nexit 1\n"
	got := scan(t, New(osvTool(t, "db"), Options{Asked: true, Offline: true, Path: []string{script(t, "osv-scanner", body)}}), tr)
	if got.Status != finding.Completed || len(got.Findings) != 2 || !strings.Contains(notes(got), "ran osv-scanner 2.6.0") || strings.Contains(notes(got), "gap") {
		t.Errorf("%s: %s, %d findings\n%s", got.Status, got.Reason, len(got.Findings), notes(got))
	}
	empty := scan(t, New(osvTool(t, ""), Options{Asked: true}), tree(t, map[string]string{"a.txt": "x"}))
	if empty.Status != finding.Skipped {
		t.Errorf("%s: %s", empty.Status, empty.Reason)
	}
}
