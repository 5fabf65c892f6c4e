package external

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// registry speaks as much of a registry's protocol as npm audit does.
func registry(t testing.TB) *httptest.Server {
	t.Helper()
	type versions map[string]map[string]any
	packages := map[string]versions{
		"frame":        {"1.1.0": {"dependencies": map[string]string{"middle": "^2.0.0"}}},
		"middle":       {"2.0.0": {"dependencies": map[string]string{"leaf": "~0.9.0"}}},
		"leaf":         {"0.9.1": {}, "1.2.0": {}, "1.2.3": {}},
		"@team/tester": {"3.0.1": {}},
	}
	advisories := map[string]any{
		"leaf": []any{
			map[string]any{"id": 1001, "url": "https://github.com/advisories/GHSA-2222-3333-4444", "title": "Prototype pollution in leaf", "severity": "critical",
				"vulnerable_versions": "<1.2.3", "cwe": []string{"CWE-1321"}, "cvss": map[string]any{"score": 9.8, "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}},
			map[string]any{"id": 1002, "url": "https://github.com/advisories/GHSA-5555-6666-7777", "title": "Slow regular expression in leaf", "severity": "moderate",
				"vulnerable_versions": "<=0.9.1", "cwe": []string{}, "cvss": map[string]any{"score": 0, "vectorString": nil}},
		},
		"@team/tester": []any{
			map[string]any{"id": 1003, "url": "https://example.invalid/1003", "title": "Tester tells", "severity": "low", "vulnerable_versions": "*"},
		},
	}
	// The two starts of npm ask at once.
	var mu sync.Mutex
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		name := strings.ReplaceAll(strings.TrimPrefix(r.URL.Path, "/"), "%2f", "/")
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost && r.URL.Path == "/-/npm/v1/security/advisories/bulk" {
			json.NewEncoder(w).Encode(advisories)
			return
		}
		p, ok := packages[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		for v, m := range p {
			m["name"], m["version"] = name, v
			m["dist"] = map[string]string{"tarball": "http://" + r.Host + "/" + name + ".tgz", "shasum": strings.Repeat("0", 40)}
		}
		json.NewEncoder(w).Encode(map[string]any{"name": name, "versions": p, "dist-tags": map[string]string{}})
	}))
	t.Cleanup(s.Close)
	return s
}

func npmTool(t testing.TB, o NPMAuditOptions) Tool { return must(NPMAudit(o))(t) }

// brief is what of a finding about a package the tests compare.
type brief struct {
	Rule, Severity, At, Package, Fixed, Fix, Relationship, Path string
	Dev                                                         bool
}

func briefs(all []finding.Finding) (out []brief) {
	for _, f := range all {
		out = append(out, brief{f.RuleID, f.Severity.String(), finding.Note{Path: f.Location.Path, Line: f.Location.StartLine}.String(), f.Key,
			f.Package.FixedVersion, f.Fix, f.Package.Relationship, strings.Join(f.Package.Path, " > "), f.Package.Dev})
	}
	return out
}

func wantAPI() []brief {
	return []brief{
		{"npm-1003", "low", "api/package-lock.json:18: ", "@team/tester@3.0.1", "", "no fixed version is known", "direct", "", true},
		{"GHSA-2222-3333-4444", "critical", "api/package-lock.json:28: ", "leaf@1.2.0", "1.2.3", "`npm install leaf@1.2.3`", "direct", "", false},
		{"GHSA-2222-3333-4444", "critical", "api/package-lock.json:37: ", "leaf@0.9.1", "1.2.3", "override leaf with 1.2.3 or later: no version of what requires it allows that", "indirect", "frame@1.1.0 > middle@2.0.0 > leaf@0.9.1", false},
		{"GHSA-5555-6666-7777", "medium", "api/package-lock.json:37: ", "leaf@0.9.1", "", "no fixed version is known", "indirect", "frame@1.1.0 > middle@2.0.0 > leaf@0.9.1", false},
	}
}

func TestNPMAuditAsks(t *testing.T) {
	realTool(t, "npm", "node")
	server := registry(t)
	tr := copied(t, "npm-audit")
	for _, dir := range []string{"api", "client"} {
		if err := os.WriteFile(filepath.Join(tr.Dir(), dir, ".npmrc"), []byte("registry="+server.URL+"/\nomit=dev\npackage-lock=false\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := scan(t, New(npmTool(t, NPMAuditOptions{}), Options{Asked: true}), tr)
	if got.Status != finding.Completed {
		t.Fatalf("%s: %s\n%s", got.Status, got.Reason, notes(got))
	}
	want := append(wantAPI(),
		brief{"GHSA-2222-3333-4444", "critical", "client/package-lock.json:13: ", "leaf@0.9.1", "1.2.3", "override leaf with 1.2.3 or later: no version of what requires it allows that", "indirect", "frame@1.1.0 > middle@2.0.0 > leaf@0.9.1", false},
		brief{"GHSA-5555-6666-7777", "medium", "client/package-lock.json:13: ", "leaf@0.9.1", "", "no fixed version is known", "indirect", "frame@1.1.0 > middle@2.0.0 > leaf@0.9.1", false})
	if d := cmp.Diff(want, briefs(got.Findings)); d != "" {
		t.Error(d)
	}
	if got.Looked.Files != 2 || got.Looked.Packages < 8 {
		t.Errorf("looked at %+v", got.Looked)
	}
	if !strings.Contains(notes(got), "info: ran npm-audit ") {
		t.Error(notes(got))
	}
	prod := false
	got = scan(t, New(npmTool(t, NPMAuditOptions{Paths: []string{"./api"}, Dev: &prod}), Options{Asked: true}), tr)
	if d := cmp.Diff(wantAPI()[1:], briefs(got.Findings)); d != "" {
		t.Error(d)
	}
	server.Close()
	got = scan(t, New(npmTool(t, NPMAuditOptions{Paths: []string{"api"}}), Options{Asked: true}), tr)
	if got.Status != finding.Failed || !strings.Contains(got.Reason, "it could not ask") {
		t.Errorf("without a registry: %s: %s", got.Status, got.Reason)
	}
}

func TestNPMAuditReads(t *testing.T) {
	tool := npmTool(t, NPMAuditOptions{})
	tr := copied(t, "npm-audit")
	u := Unit{Dir: "api", File: "api/package-lock.json"}
	data := recorded(t, "npm-audit/report.json", func() []byte {
		server := registry(t)
		if err := os.WriteFile(filepath.Join(tr.Dir(), "api", ".npmrc"), []byte("registry="+server.URL+"/\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		data, _ := output(t, tool, tr, u)
		return data
	})
	r, err := read(t, tool, tr, u, data)
	if err != nil {
		t.Fatal(err)
	}
	report := r.report()
	if len(report.Findings) != 4 || report.Looked.Packages == 0 || len(report.Rules) != 3 {
		t.Fatalf("%d findings, %d rules, looked at %+v", len(report.Findings), len(report.Rules), report.Looked)
	}
	f := report.Findings[1]
	want := finding.Rule{ID: f.RuleID, Title: "Prototype pollution in leaf", References: []string{"https://github.com/advisories/GHSA-2222-3333-4444"},
		Severity: finding.Critical, Score: 9.8, Tags: []string{"external/cwe/cwe-1321"}, Precision: "very-high"}
	if d := cmp.Diff(want, report.Rules[0]); d != "" {
		t.Error(d)
	}
	if f.Message != "leaf 0.9.1: Prototype pollution in leaf; fixed in 1.2.3" || f.Package.PURL != "pkg:npm/leaf@0.9.1" {
		t.Errorf("%q %q", f.Message, f.Package.PURL)
	}
	for _, cut := range []int{0, 1, 100, len(data) / 2, len(data) - 3} {
		if _, err := read(t, tool, tr, u, data[:cut]); err == nil {
			t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
		}
	}
	for name, bad := range map[string]string{
		"not JSON":              "npm warn something",
		"another report":        `{"auditReportVersion":1,"vulnerabilities":{},"metadata":{"dependencies":{"total":1}}}`,
		"no vulnerabilities":    `{"auditReportVersion":2,"metadata":{"dependencies":{"total":1}}}`,
		"no numbers":            `{"auditReportVersion":2,"vulnerabilities":{},"metadata":{}}`,
		"an error":              `{"error":{"code":"ENOLOCK","summary":"x"}}`,
		"an answer":             `{"message":"x","statusCode":503}`,
		"wrong types":           `{"auditReportVersion":2,"vulnerabilities":{"leaf":{"via":"x"}},"metadata":{"dependencies":{"total":1}}}`,
		"an advisory of nought": `{"auditReportVersion":2,"vulnerabilities":{"leaf":{"via":[{}]}},"metadata":{"dependencies":{"total":1}}}`,
		"two documents":         `{"auditReportVersion":2,"vulnerabilities":{},"metadata":{"dependencies":{"total":1}}} {}`,
		"a list":                `[]`,
	} {
		if _, err := read(t, tool, tr, u, bad); err == nil {
			t.Errorf("%s is taken for a report", name)
		}
	}
}

func TestNPMRoots(t *testing.T) {
	tr := tree(t, map[string]string{"a/package-lock.json": "{}", "a/npm-shrinkwrap.json": "{}", "b/c/package-lock.json": "{}", "d/package.json": "{}"})
	all := npmRoots(tr, nil)
	if d := cmp.Diff([]Unit{{Dir: "a", Name: "a/npm-shrinkwrap.json", File: "a/npm-shrinkwrap.json"}, {Dir: "b/c", Name: "b/c/package-lock.json", File: "b/c/package-lock.json"}}, all.List); d != "" {
		t.Error(d)
	}
	some := npmRoots(tr, []string{"d", "a"})
	if len(some.List) != 1 || len(some.Gaps) != 1 || some.Gaps[0].Path != "d" {
		t.Errorf("%+v", some)
	}
	for _, p := range []string{"../x", "/etc"} {
		if _, err := NPMAudit(NPMAuditOptions{Paths: []string{p}}); err == nil {
			t.Errorf("%s leads out of the tree", p)
		}
	}
}

func TestRanges(t *testing.T) {
	for _, c := range []struct {
		ranges, version string
		in              bool
		fixed           string
	}{
		{"<1.2.3", "1.2.2", true, "1.2.3"},
		{"<1.2.3", "1.2.3", false, ""},
		{"<1.2.3", "1.2.3-rc.1", true, "1.2.3"},
		{">=1.0.0 <1.2.3 || >=2.0.0 <2.0.1", "2.0.0", true, "2.0.1"},
		{">=1.0.0 <1.2.3 || >=2.0.0 <2.0.1", "1.5.0", false, ""},
		{">= 1.0.0 < 1.2.3", "1.1.0", true, "1.2.3"},
		{"<=1.2.3", "1.2.3", true, ""},
		{"*", "7.0.0", true, ""},
		{"1.2.3", "1.2.3", true, ""},
		{"=1.2.3", "1.2.4", false, ""},
		{"nonsense", "1.0.0", true, ""},
		{"<1.0.0", "not a version", true, ""},
	} {
		if in, fixed := affects(c.ranges, c.version), fixedVersion(c.ranges, c.version); in != c.in || fixed != c.fixed {
			t.Errorf("%q and %s: %v, fixed in %q", c.ranges, c.version, in, fixed)
		}
	}
}
