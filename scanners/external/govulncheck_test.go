package external

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func vulncheckTool(t testing.TB, db string) Tool {
	return must(Govulncheck(GovulncheckOptions{DB: db}))(t)
}

// goDatabase is the address of the database in testdata.
func goDatabase(t testing.TB) string {
	return "file://" + filepath.ToSlash(must(filepath.Abs("testdata/govulncheck/db"))(t))
}

func wantModules() []brief {
	return []brief{
		{"GO-2026-0001", "high", "app/go.mod:5: ", "example.invalid/leaf@v0.9.1", "v0.9.4", "upgrade example.invalid/leaf to v0.9.4: `go get example.invalid/leaf@v0.9.4`", "direct", "", false},
		{"GO-2026-0002", "low", "app/go.mod:7: ", "example.invalid/quiet@v1.0.0", "", "no fixed version is known", "indirect", "", false},
	}
}

func TestGovulncheckRuns(t *testing.T) {
	realTool(t, "govulncheck", "go")
	got := scan(t, New(vulncheckTool(t, goDatabase(t)), Options{Asked: true, Offline: true}), copied(t, "govulncheck"))
	if got.Status != finding.Completed || got.Looked.Files != 1 || !strings.Contains(notes(got), "ran govulncheck 1.1.") {
		t.Fatalf("%s: %s, looked at %+v\n%s", got.Status, got.Reason, got.Looked, notes(got))
	}
	if d := cmp.Diff(wantModules(), byRule(briefs(got.Findings))); d != "" {
		t.Error(d)
	}
	// What this test is built of is in the module cache, with which no network
	// is needed.
	required := scan(t, New(vulncheckTool(t, goDatabase(t)), Options{Asked: true, Offline: true}), tree(t, map[string]string{
		"go.mod": "module m\n\ngo 1.21\n\nrequire github.com/google/go-cmp v0.7.0\n", "go.sum": string(must(os.ReadFile("../../go.sum"))(t)),
		"a.go": "package a\n\nimport _ \"github.com/google/go-cmp/cmp\"\n",
	}))
	if required.Status != finding.Completed || required.Looked.Packages < 2 {
		t.Errorf("%s: %s\n%s", required.Status, required.Reason, notes(required))
	}
	broken := scan(t, New(vulncheckTool(t, goDatabase(t)), Options{Asked: true}), tree(t, map[string]string{"go.mod": "module m\n\ngo 1.21\n", "a.go": "package a\n\nfunc f() { g() }\n"}))
	if broken.Status != finding.Failed {
		t.Errorf("code that does not compile: %s: %s", broken.Status, broken.Reason)
	}
}

func TestGovulncheckReads(t *testing.T) {
	tr := copied(t, "govulncheck")
	u := Unit{Dir: "app", File: "app/go.mod"}
	data := recorded(t, "govulncheck/report.json", func() []byte {
		if !canRecord(t, "govulncheck", "go") {
			return nil
		}
		data, _ := output(t, vulncheckTool(t, goDatabase(t)), tr, u)
		return []byte(strings.ReplaceAll(string(data), strings.TrimSuffix(goDatabase(t), "/testdata/govulncheck/db"), "file:///scanner"))
	})
	tool := vulncheckTool(t, "")
	r, err := read(t, tool, tr, u, data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(wantModules(), byRule(briefs(r.findings))); d != "" {
		t.Error(d)
	}
	f := r.findings[0]
	if f.Message != "example.invalid/leaf v0.9.1: Parse in example.invalid/leaf never ends; fixed in v0.9.4; the code calls example.invalid/leaf.Parse" ||
		f.Package.PURL != "pkg:golang/example.invalid/leaf@v0.9.1" || strings.Join(f.Aliases, " ") != "CVE-2026-20001 GHSA-2222-3333-4444" || f.Published != "2026-01-01" {
		t.Errorf("%+v", f)
	}
	if d := cmp.Diff([]finding.Location{{Path: "app/inner/inner.go", StartLine: 8, Message: "example.invalid/shop/inner.Serve calls example.invalid/leaf.Parse"}}, f.Related); d != "" {
		t.Error(d)
	}
	for _, cut := range []int{0, 1, 100, len(data) / 2, len(data) - 3} {
		if _, err := read(t, tool, tr, u, data[:cut]); err == nil {
			t.Errorf("an output that is cut at byte %d is taken for a whole one", cut)
		}
	}
}

const goConfig = `{"config":{"scanner_version":"v1.1.4","scan_level":"symbol","scan_mode":"source"}}`

func TestGovulncheckHostile(t *testing.T) {
	tr := copied(t, "govulncheck")
	u := Unit{Dir: "app", File: "app/go.mod"}
	tool := vulncheckTool(t, "")
	for name, bad := range map[string]string{
		"not JSON":            "govulncheck: loading packages",
		"an empty object":     `{}`,
		"a list":              `[]`,
		"a word":              `"x"`,
		"of a binary":         `{"config":{"scan_mode":"binary"}}`,
		"of packages only":    `{"config":{"scan_level":"module"}}`,
		"no advisory":         goConfig + `{"finding":{"trace":[{"module":"a"}]}}`,
		"no trace":            goConfig + `{"finding":{"osv":"GO-1"}}`,
		"no module":           goConfig + `{"finding":{"osv":"GO-1","trace":[{}]}}`,
		"a trace of words":    goConfig + `{"finding":{"osv":"GO-1","trace":["x"]}}`,
		"a line that is text": goConfig + `{"finding":{"osv":"GO-1","trace":[{"module":"a","position":{"line":"1"}}]}}`,
		"words behind it":     goConfig + ` and so on`,
		"a comma":             goConfig + `,` + goConfig,
	} {
		if _, err := read(t, tool, tr, u, bad); err == nil {
			t.Errorf("%s is taken for an output", name)
		}
	}
	call := func(file string) string {
		return `{"finding":{"osv":"GO-1","fixed_version":"v1.26.9","trace":[{"module":"stdlib","version":"v1.26.8","package":"net/http","function":"Serve","receiver":"*Server"},{"module":"example.invalid/shop","package":"::error::p","function":"f","position":{"filename":"` + file + `","line":3}}]}}`
	}
	r, err := read(t, tool, tr, u, goConfig+call("/etc/passwd")+call("../../../etc/passwd")+call("main.go")+call("main.go"))
	if err != nil {
		t.Fatal(err)
	}
	want := []brief{{"GO-1", "high", "app/go.mod:3: ", "stdlib@v1.26.8", "v1.26.9", "upgrade stdlib to v1.26.9: `go get toolchain@go1.26.9`", "direct", "", false}}
	if d := cmp.Diff(want, briefs(r.findings)); d != "" {
		t.Error(d)
	}
	related := []finding.Location{{Path: "app/main.go", StartLine: 3, Message: "error::p.f calls net/http.Server.Serve"}}
	if d := cmp.Diff(related, r.findings[0].Related); d != "" || r.outside != 2 {
		t.Errorf("%d outside, %s", r.outside, d)
	}
	none, err := read(t, tool, tr, u, goConfig)
	if err != nil || len(none.findings) != 0 || none.version != "1.1.4" {
		t.Errorf("%v, %+v", err, none)
	}
}

func TestGoModules(t *testing.T) {
	tr := tree(t, map[string]string{
		"go.work": "go 1.21\n\nuse (\n\t./a\n\t./b/c\n)\n", "a/go.mod": "module a\n", "a/x/x.go": "package x\n", "b/c/go.mod": "module c\n", "b/c/c.go": "package c\n",
		"d/go.mod": "module d\n", "d/d.go": "package d\n", "e/go.mod": "module e\n", "a/vendor/f/go.mod": "module f\n", "a/vendor/f/f.go": "package f\n",
		"a/testdata/g/go.mod": "module g\n", "a/testdata/g/g.go": "package g\n",
	})
	u := must(goModules(tr))(t)
	want := []Unit{
		{Dir: "a", Name: "a/go.mod", File: "a/go.mod", Mode: "go.work"},
		{Dir: "b/c", Name: "b/c/go.mod", File: "b/c/go.mod", Mode: "go.work"},
		{Dir: "d", Name: "d/go.mod", File: "d/go.mod"},
	}
	if d := cmp.Diff(want, u.List); d != "" {
		t.Error(d)
	}
}

func TestGovulncheckCall(t *testing.T) {
	t.Setenv("GOPROXY", "https://user:word@example.invalid")
	t.Setenv("GOPRIVATE", "example.invalid/*")
	at := Place{Tree: "/tree", File: func(name string) string { return "/box/" + name }}
	env := func(db string, u Unit) string {
		return strings.Join(vulncheckTool(t, db).Call(u, at).Env, "\n")
	}
	online := env("", Unit{Dir: "a", Mode: "go.work"})
	if strings.Contains(online, "word@") || !strings.Contains(online, "https://proxy.golang.org,direct\n") || !strings.Contains(online, "GOPRIVATE=example.invalid/*") ||
		!strings.Contains(online, "GOWORK="+filepath.Join("/tree", "go.work")) {
		t.Error(online)
	}
	if offline := env("file:///db", Unit{Dir: "a"}); !strings.Contains(offline, "off\nGOVCS") || !strings.Contains(offline, "GOWORK=off") {
		t.Error(offline)
	}
	for _, db := range []string{"db", "file://", "file://db", "ftp://x", "https://"} {
		if _, err := Govulncheck(GovulncheckOptions{DB: db}); err == nil {
			t.Errorf("%q is taken for a database", db)
		}
	}
}

func TestGoModLines(t *testing.T) {
	m := must(readGoMod(tree(t, map[string]string{"go.mod": `module "m"
go 1.21
toolchain go1.26.8
require (
	a v1.0.0
	b v1.0.0 // indirect
)
require c v1.0.0
replace b => e v1.1.0
replace (
	c v1.0.0 => ../c
)
`}), "go.mod"))(t)
	want := &goMod{module: "m", requires: map[string]goRequired{
		"stdlib": {3, "direct"}, "a": {5, "direct"}, "b": {6, "indirect"}, "c": {8, "direct"}, "e": {9, "indirect"},
	}}
	if d := cmp.Diff(want, m, cmp.AllowUnexported(goMod{}, goRequired{})); d != "" {
		t.Error(d)
	}
}
