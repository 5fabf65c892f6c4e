package external

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func grypeTool(t testing.TB, db string) Tool { return must(Grype(GrypeOptions{DB: db}))(t) }

func TestGrypeReads(t *testing.T) {
	tr := locked(t)
	data := from(t, "grype/report.json", tr)
	r, err := read(t, grypeTool(t, ""), tr, Unit{Dir: "."}, data)
	if err != nil {
		t.Fatal(err)
	}
	want := []brief{
		{"GHSA-2222-3333-4444", "critical", "api/package-lock.json:4: ", "leaf@0.9.1", "0.9.4", "upgrade leaf to 0.9.4", "", "", false},
		{"CVE-2026-30002", "medium", "requirements.txt:2: ", "quiet@1.0", "", "no fixed version is known", "", "", false},
	}
	if d := cmp.Diff(want, briefs(r.findings)); d != "" {
		t.Error(d)
	}
	f, ignored := r.findings[0], r.findings[1]
	if f.Score != 9.8 || f.SeveritySource != "ghsa" || strings.Join(f.Aliases, " ") != "CVE-2026-30001" || f.Package.Status != "fixed" || f.Package.Ecosystem != "npm" || f.Suppressed() {
		t.Errorf("%+v %+v", f, f.Package)
	}
	if d := cmp.Diff([]finding.Suppression{{Source: "grype ignore rule", Reason: "not reachable"}}, ignored.Suppressions); d != "" || ignored.Package.Ecosystem != "pip" || ignored.Package.Status != "will-not-fix" {
		t.Errorf("%s %+v", d, ignored.Package)
	}
	if r.rules[f.RuleID].Precision != "very-high" || r.rules[ignored.RuleID].Precision != "high" {
		t.Error("what was found by a product's name is as certain as what was found by a package's")
	}
	for _, cut := range []int{0, 1, 100, len(data) / 2, len(data) - 3} {
		if _, err := read(t, grypeTool(t, ""), tr, Unit{Dir: "."}, data[:cut]); err == nil {
			t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
		}
	}
}

func TestGrypeHostile(t *testing.T) {
	tr, tool := locked(t), grypeTool(t, "")
	report := func(match string) string {
		return `{"matches":[` + match + `],"descriptor":{"name":"grype"}}`
	}
	for name, bad := range map[string]string{
		"not JSON":         "1 error occurred",
		"an empty object":  `{}`,
		"a list":           `[]`,
		"another's report": `{"matches":[],"descriptor":{"name":"syft"}}`,
		"no matches":       `{"descriptor":{"name":"grype"}}`,
		"matches: null":    `{"matches":null,"descriptor":{"name":"grype"}}`,
		"no advisory":      report(`{"artifact":{"name":"a"}}`),
		"no package":       report(`{"vulnerability":{"id":"CVE-2026-1"}}`),
		"wrong types":      report(`{"vulnerability":{"id":1},"artifact":{"name":"a"}}`),
		"a score of words": report(`{"vulnerability":{"id":"X","cvss":[{"metrics":{"baseScore":"9"}}]},"artifact":{"name":"a"}}`),
		"locations: words": report(`{"vulnerability":{"id":"X"},"artifact":{"name":"a","locations":["/x"]}}`),
		"two documents":    report("") + report(""),
	} {
		if _, err := read(t, tool, tr, Unit{Dir: "."}, bad); err == nil {
			t.Errorf("%s is taken for a report", name)
		}
	}
	for path, want := range map[string]string{"/etc/passwd": "", "/../../etc/passwd": "", "../x": "", "": "", "/requirements.txt": "requirements.txt", "requirements.txt": "requirements.txt", "//requirements.txt": ""} {
		r, err := read(t, tool, tr, Unit{Dir: "."}, report(`{"vulnerability":{"id":"CVE-2026-1","severity":"::error::","cvss":[{"version":"3.1","metrics":{"baseScore":99}}]},"artifact":{"name":"a","version":"1","type":"new","purl":"javascript:x","locations":[{"path":"`+path+`"}]}}`))
		if err != nil || len(r.findings) != 1 {
			t.Fatal(err)
		}
		f := r.findings[0]
		if f.Location.Path != want || f.Severity != finding.Unknown || f.Score != 0 || f.Package.PURL != "" || f.Package.Ecosystem != "new" {
			t.Errorf("%q: %+v %+v", path, f, f.Package)
		}
	}
}

func TestGrypeRuns(t *testing.T) {
	tr := locked(t)
	body := "case $1 in --version) echo 'grype 0.90.0'; exit;; esac\ntest \"$GRYPE_DB_AUTO_UPDATE\" = false || exit 7\ncat <<'END'\n" + from(t, "grype/report.json", tr) + "END\n"
	got := scan(t, New(grypeTool(t, "db"), Options{Asked: true, Offline: true, Path: []string{script(t, "grype", body)}}), tr)
	if got.Status != finding.Completed || len(got.Findings) != 2 || !strings.Contains(notes(got), "ran grype 0.90.0") || got.Looked.Files != 2 {
		t.Errorf("%s: %s, %d findings\n%s", got.Status, got.Reason, len(got.Findings), notes(got))
	}
}
