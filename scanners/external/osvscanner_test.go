package external

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
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
		"api/package-lock.json": "{\n  \"lockfileVersion\": 3,\n  \"packages\": {\n    \"node_modules/leaf\": {\n      \"version\": \"0.9.1\",\n      \"dev\": true\n    }\n  }\n}\n",
		"requirements.txt":      "other==2.0\nquiet==1.0\n",
	})
}

// osvDatabase makes a directory as OSV-Scanner downloads it, of advisories in
// the format of https://ossf.github.io/osv-schema/.
func osvDatabase(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for ecosystem, entries := range map[string]map[string]string{
		"npm": {
			"GHSA-2222-3333-4444": `"aliases":["CVE-2026-30001"],"published":"2026-01-02T00:00:00Z","summary":"Prototype pollution in leaf","details":"It takes what it is given.",
"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
"affected":[{"package":{"ecosystem":"npm","name":"leaf","purl":"pkg:npm/leaf"},"ranges":[
 {"type":"SEMVER","events":[{"introduced":"1.0.0"},{"fixed":"1.2.3"}]},{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"0.9.4"}]}]}],
"references":[{"type":"WEB","url":"https://example.invalid/leaf"}],"database_specific":{"cwe_ids":["CWE-1321"],"severity":"CRITICAL","github_reviewed":true}`,
			"CVE-2026-30001": `"summary":"the same","affected":[{"package":{"ecosystem":"npm","name":"leaf"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}]`,
		},
		"PyPI": {
			"PYSEC-2026-7": `"details":"quiet tells too much","affected":[{"package":{"ecosystem":"PyPI","name":"quiet"},"versions":["1.0"],
"ranges":[{"type":"GIT","repo":"https://example.invalid/quiet","events":[{"introduced":"0"},{"fixed":"abcdef"}]}]}],"database_specific":{"severity":"MODERATE"}`,
		},
	} {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, id := range slices.Sorted(maps.Keys(entries)) {
			f := must(w.Create(id + ".json"))(t)
			must(io.WriteString(f, `{"schema_version":"1.6.0","id":"`+id+`","modified":"2026-01-03T00:00:00Z",`+entries[id]+"}"))(t)
		}
		file := filepath.Join(dir, "osv-scalibr", ecosystem, "all.zip") // as version 2.6 looks for it
		if err := errors.Join(w.Close(), os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, b.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func wantOSV() []brief {
	return []brief{
		{"GHSA-2222-3333-4444", "critical", "api/package-lock.json:4: ", "leaf@0.9.1", "0.9.4", "upgrade leaf to 0.9.4", "", "", true},
		{"PYSEC-2026-7", "medium", "requirements.txt:2: ", "quiet@1.0", "", "no fixed version is known", "", "", false},
	}
}

func TestOSVScannerRuns(t *testing.T) {
	realTool(t, "osv-scanner")
	db := osvDatabase(t)
	got := scan(t, New(osvTool(t, db), Options{Asked: true, Offline: true}), locked(t))
	if d := cmp.Diff(wantOSV(), byRule(briefs(got.Findings))); d != "" || got.Status != finding.Completed || got.Looked.Packages != 2 {
		t.Errorf("%s: %s, looked at %+v\n%s%s", got.Status, got.Reason, got.Looked, notes(got), d)
	}
	got = scan(t, New(osvTool(t, filepath.Join(db, "nothing")), Options{Asked: true, Offline: true}), locked(t))
	if got.Status != finding.Failed {
		t.Errorf("without a database: %s: %s", got.Status, got.Reason)
	}
}

// from reads a file of testdata in which /tree stands for a tree.
func from(t testing.TB, name string, tr *scanners.Tree) string {
	t.Helper()
	data := must(os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name))))(t)
	return strings.ReplaceAll(string(data), "/tree", filepath.ToSlash(tr.Dir()))
}

func TestOSVScannerReads(t *testing.T) {
	tr := locked(t)
	tool := osvTool(t, "")
	recorded(t, "osv-scanner/report.json", func() []byte {
		if !canRecord(t, "osv-scanner") {
			return nil
		}
		data, _ := output(t, osvTool(t, osvDatabase(t)), tr, Unit{Dir: "."})
		return data
	})
	data := from(t, "osv-scanner/report.json", tr)
	r, err := read(t, tool, tr, Unit{Dir: "."}, data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(wantOSV(), briefs(r.findings)); d != "" {
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

func TestOSVScannerIsRun(t *testing.T) {
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
