package report

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

// stocked is a report with an inventory: a lockfile, an image with packages of
// its distribution and of npm, and a scanner that did not look at everything.
func stocked() Report {
	res := finding.Results{Tool: finding.Engine{Name: "scangate", Version: "1.2.3"}, Root: "shop", Runs: []finding.Run{
		{Scanner: "dependency", Status: finding.Completed, Looked: finding.Looked{Packages: 4},
			Rules: []finding.Rule{{ID: "CVE-1", Title: "bad", Description: "Very bad.", Tags: []string{"external/cwe/cwe-79", "other"}, References: []string{"https://example.com/1", "javascript:x"}}},
			Inventory: []finding.Source{{Path: "web/package-lock.json", Type: "npm", Ecosystem: "npm", Packages: []finding.Component{
				{ID: "tree", Name: "tree", Version: "1.0", PURL: "pkg:npm/tree@1.0", Licenses: []string{"MIT"}, Relationship: "direct", Line: 4, DependsOn: []string{"leaf", "leaf", "tree", "gone"}},
				{ID: "leaf", Name: "leaf", Version: "2.0", PURL: "pkg:npm/leaf@2.0", Licenses: []string{"MIT OR Apache-2.0"}, Relationship: "indirect", Line: 9},
				{ID: "tool", Name: "tool", Version: "3.0", Licenses: []string{"Tool's own", "MIT OR ISC"}, Dev: true},
				{ID: "tool", Name: "tool", Version: "3.0"},
			}}},
			Findings: []finding.Finding{
				{RuleID: "CVE-1", Severity: finding.High, SeveritySource: "ghsa", Score: 7.5, Vector: "CVSS:3.1/AV:N", Published: "2026-01-02", Fix: "upgrade leaf", Aliases: []string{"GHSA-1"},
					Message: "leaf 2.0: bad", Location: finding.Location{Path: "web/package-lock.json", StartLine: 9}, Fingerprint: "f1", Package: &finding.Package{Ecosystem: "npm", Name: "leaf", Version: "2.0"}},
				{RuleID: "CVE-2", Severity: finding.Low, Message: "gone", Fingerprint: "f2", Package: &finding.Package{Ecosystem: "npm", Name: "gone", Version: "1"}},
			}},
		{Scanner: "image", Target: "oci:dist/image", Status: finding.Partial, Reason: "a layer is too large", Looked: finding.Looked{Packages: 2}, Inventory: []finding.Source{
			{Path: "lib/apk/db/installed", Type: "alpine", System: "alpine 3.20", Ecosystem: "alpine", Packages: []finding.Component{{ID: "musl@1", Name: "musl", Version: "1", Layer: "sha256:01"}}},
			{Type: "node-pkg", Ecosystem: "npm", Packages: []finding.Component{{ID: "leaf@2.0", Name: "leaf", Version: "2.0", PURL: "not a purl", File: "app/leaf/package.json"}}},
		},
			Findings: []finding.Finding{
				{RuleID: "CVE-1", Severity: finding.High, Message: "leaf", Fingerprint: "f3", Location: finding.Location{Path: "Dockerfile"}, Layer: &finding.Layer{File: "app/leaf/package.json"},
					Package: &finding.Package{Ecosystem: "npm", Name: "leaf", Version: "2.0"}},
				{RuleID: "CVE-1", Severity: finding.High, Message: "leaf", Fingerprint: "f4", SameAs: "f1", Package: &finding.Package{Ecosystem: "npm", Name: "leaf", Version: "2.0"}},
			}},
		{Scanner: "secret", Status: finding.Failed, Reason: "no git"},
	}}
	r := Report{Results: res, Verdict: policy.DefaultPolicy().Judge(res)}
	r.Verdict.Decisions[1][0] = policy.Decision{Action: policy.Ignored, By: "not affected: vulnerable_code_not_in_execute_path, shop.vex.json:3: never called"}
	return r
}

func write(t testing.TB, format func(io.Writer, Report) error, r Report) []byte {
	t.Helper()
	var b, again bytes.Buffer
	if err := format(&b, r); err != nil {
		t.Fatal(err)
	}
	if err := format(&again, r); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the second document has other bytes", err)
	}
	return b.Bytes()
}

func TestBOMGolden(t *testing.T) {
	for name, format := range map[string]func(io.Writer, Report) error{"cyclonedx": CycloneDX, "spdx": SPDX} {
		got := write(t, format, stocked())
		file := "testdata/stocked." + name + ".json"
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(got)); d != "" {
			t.Error(d)
		}
	}
}

// checkCycloneDX holds a document to what the schema and the text of CycloneDX
// 1.6 ask of what is written here.
func checkCycloneDX(t *testing.T, data []byte) cdxDocument {
	t.Helper()
	var d cdxDocument
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(d.Serial) {
		t.Errorf("serial number %s", d.Serial)
	}
	refs := map[string]bool{}
	for _, c := range append([]cdxComponent{d.Metadata.Component}, d.Components...) {
		if refs[c.Ref] || c.Ref == "" || c.Name == "" {
			t.Errorf("component %q %q", c.Ref, c.Name)
		}
		refs[c.Ref] = true
		if !slices.Contains([]string{"application", "container", "operating-system", "library"}, c.Type) || !slices.Contains([]string{"", "excluded"}, c.Scope) {
			t.Errorf("type %s, scope %s", c.Type, c.Scope)
		}
		for _, l := range c.Licenses {
			switch {
			case l.Expression != "" && (l.License != nil || len(c.Licenses) > 1):
				t.Errorf("an expression beside something else: %+v", c.Licenses)
			case l.Expression == "" && (l.License.ID == "") == (l.License.Name == ""):
				t.Errorf("a licence with both id and name, or none: %+v", l.License)
			}
		}
	}
	for _, dep := range d.Dependencies {
		seen := map[string]bool{}
		for _, to := range dep.DependsOn {
			if !refs[to] || seen[to] || to == dep.Ref {
				t.Errorf("%s depends on %s", dep.Ref, to)
			}
			seen[to] = true
		}
		if !refs[dep.Ref] {
			t.Errorf("dependencies of %s, which is not there", dep.Ref)
		}
	}
	for _, v := range d.Vulnerabilities {
		if v.ID == "" || len(v.Affects) == 0 {
			t.Errorf("vulnerability %+v", v)
		}
		for _, a := range v.Affects {
			if !refs[a.Ref] {
				t.Errorf("%s affects %s, which is not there", v.ID, a.Ref)
			}
		}
	}
	return d
}

func TestCycloneDX(t *testing.T) {
	d := checkCycloneDX(t, write(t, CycloneDX, stocked()))
	named := map[string]string{d.Metadata.Component.Ref: "shop"}
	for _, c := range d.Components {
		named[c.Ref] = c.Name + "@" + c.Version
	}
	tree := map[string][]string{}
	for _, dep := range d.Dependencies {
		for _, to := range dep.DependsOn {
			tree[named[dep.Ref]] = append(tree[named[dep.Ref]], named[to])
		}
		slices.Sort(tree[named[dep.Ref]])
	}
	want := map[string][]string{
		"shop": {"oci:dist/image@", "web/package-lock.json@"}, "oci:dist/image@": {"alpine@3.20", "node-pkg@"},
		"web/package-lock.json@": {"tool@3.0", "tool@3.0", "tree@1.0"}, "tree@1.0": {"leaf@2.0"},
		"alpine@3.20": {"musl@1"}, "node-pkg@": {"leaf@2.0"},
		"leaf@2.0": nil, "tool@3.0": nil, "musl@1": nil,
	}
	for name, to := range want {
		if d := cmp.Diff(to, tree[name]); d != "" {
			t.Error(name, d)
		}
	}
	if n := len(d.Vulnerabilities); n != 2 {
		t.Fatalf("%d vulnerabilities", n)
	}
	if a := d.Vulnerabilities[0].Analysis; a != nil {
		t.Errorf("%+v", a)
	}
	if d := cmp.Diff(&cdxAnalysis{"not_affected", "code_not_reachable", "not affected: vulnerable_code_not_in_execute_path, shop.vex.json:3: never called"}, d.Vulnerabilities[1].Analysis); d != "" {
		t.Error(d)
	}
	if len(d.Compositions) != 1 || d.Compositions[0].Aggregate != "incomplete" || len(d.Compositions[0].Assemblies) != 3 {
		t.Errorf("%+v", d.Compositions)
	}
	if d := cmp.Diff([]cdxProperty{{"scangate:incomplete", "image oci:dist/image: partial: a layer is too large"}}, d.Metadata.Properties); d != "" {
		t.Error(d)
	}
}

func TestAnalysis(t *testing.T) {
	for by, want := range map[string]*cdxAnalysis{
		"ignored by .scangate.yaml:2: known":                                 nil,
		"not affected, a.json:1: never called":                               {State: "not_affected"},
		"not affected: requires_environment, a.json:1":                       {State: "not_affected", Justification: "requires_environment"},
		"not affected: component_not_present, a.json:1: , not":               {State: "not_affected", Justification: "code_not_present"},
		"not affected: vulnerable_code_cannot_be_controlled_by_adversary, a": {State: "not_affected"},
		"fixed, a.json:1": {State: "resolved"},
	} {
		if want != nil {
			want.Detail = by
		}
		if d := cmp.Diff(want, analysisOf(policy.Decision{Action: policy.Ignored, By: by})); d != "" {
			t.Error(by, d)
		}
	}
	if a := analysisOf(policy.Decision{Action: policy.Warn, By: "not affected, a"}); a != nil {
		t.Errorf("what counts is analysed: %+v", a)
	}
}

func checkSPDX(t *testing.T, data []byte) spdxDocument {
	t.Helper()
	var d spdxDocument
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^SPDXRef-[a-zA-Z0-9.-]+$`)
	licence := regexp.MustCompile(`LicenseRef-[a-zA-Z0-9.-]+`)
	ids, extracted := map[string]bool{d.ID: true}, map[string]bool{}
	for _, x := range d.Extracted {
		if extracted[x.ID] || x.Text == "" || licence.FindString(x.ID) != x.ID {
			t.Errorf("licence %+v", x)
		}
		extracted[x.ID] = true
	}
	for _, p := range d.Packages {
		if ids[p.ID] || !form.MatchString(p.ID) || p.Name == "" || p.Download == "" || p.Declared == "" {
			t.Errorf("package %+v", p)
		}
		ids[p.ID] = true
		for _, ref := range licence.FindAllString(p.Declared, -1) {
			if !extracted[ref] {
				t.Errorf("%s has the licence %s, which is not there", p.Name, ref)
			}
		}
	}
	described := 0
	for _, x := range d.Relationships {
		if !ids[x.From] || !ids[x.To] || x.From == x.To {
			t.Errorf("relationship %+v", x)
		}
		if x.How == "DESCRIBES" {
			described++
		}
	}
	if described != 1 {
		t.Errorf("the document describes %d packages", described)
	}
	return d
}

func TestSPDX(t *testing.T) {
	d := checkSPDX(t, write(t, SPDX, stocked()))
	got := map[string]string{}
	for _, p := range d.Packages {
		if p.Purpose == "LIBRARY" && p.Declared != noAssertion {
			got[p.Name] = p.Declared
		}
	}
	ref := d.Extracted[0].ID
	if d := cmp.Diff(map[string]string{"tree": "MIT", "leaf": "MIT OR Apache-2.0", "tool": ref + " AND (MIT OR ISC)"}, got); d != "" {
		t.Error(d)
	}
	if d.Extracted[0].Text != "Tool's own" || d.Comment != "This list may not be whole:\nimage oci:dist/image: partial: a layer is too large" {
		t.Errorf("%+v, %q", d.Extracted, d.Comment)
	}
}

// TestBOMOfHostileText: whatever a lockfile says, the documents stay what their
// readers take.
func TestBOMOfHostileText(t *testing.T) {
	for _, s := range []string{"", " ", "\x00\x1b", "\xff", "\u202e", `"},{"`, "SPDXRef-x", "pkg:", "pkg:npm/a b", "MIT", "( MIT", "LicenseRef-x", strings.Repeat("x", 1<<20)} {
		r := stocked()
		fill(reflect.ValueOf(&r).Elem(), s)
		checkCycloneDX(t, write(t, CycloneDX, r))
		checkSPDX(t, write(t, SPDX, r))
	}
	for _, format := range []func(io.Writer, Report) error{CycloneDX, SPDX} {
		r := stocked()
		r.Results.Runs[0].Inventory = nil
		if err := format(io.Discard, r); err == nil || !strings.Contains(err.Error(), "scangate scan") {
			t.Errorf("saved results: %v", err)
		}
		if err := format(failing{}, stocked()); err == nil {
			t.Error("a full disk is no error")
		}
	}
}

// TestWriteDocument: a document has the bytes that json.Encoder gives it.
func TestWriteDocument(t *testing.T) {
	type document struct {
		Text    string            `json:"text"`
		Missing string            `json:"missing,omitempty"`
		Bag     map[string]string `json:"bag"`
		List    []cdxReference    `json:"list"`
		Empty   []string          `json:"empty"`
		Nil     []string          `json:"nil"`
		None    []string          `json:"none,omitempty"`
		Words   []string          `json:"words"`
		Zero    int               `json:"zero"`
	}
	d := document{Text: "<&>\x00\u2028", Bag: map[string]string{"b": "1", "a": "2"}, List: []cdxReference{{ID: "1"}, {ID: "2"}}, Empty: []string{}, None: []string{}, Words: []string{"a"}}
	var want, got bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		t.Fatal(err)
	}
	if err := writeDocument(&got, d); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want.String(), got.String()); d != "" {
		t.Error(d)
	}
	if err := writeDocument(io.Discard, struct {
		F float64 `json:"f"`
	}{math.NaN()}); err == nil {
		t.Error("what JSON cannot express is no error")
	}
}

func TestIsExpression(t *testing.T) {
	l := newLicences()
	for s, want := range map[string]bool{
		"MIT": true, "(MIT OR Apache-2.0)": true, "MIT AND (ISC OR (BSD-3-Clause AND Zlib))": true, "GPL-2.0+": true, "GPL-2.0-only WITH Classpath-exception-2.0": true,
		"": false, "MIT OR": false, "OR MIT": false, "MIT ISC": false, "(MIT": false, "MIT)": false, "()": false, "MIT (ISC)": false, "MIT/ISC": false, "Tool's own": false,
		"MIT or ISC": false, "GPL-2.0-only WITH": false, "WITH LLVM-exception": false, "(MIT) WITH LLVM-exception": false, "MIT WITH MIT": false, ")MIT(": false,
	} {
		if got := l.isExpression(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func BenchmarkBOM(b *testing.B) {
	r := crowd(0)
	s := finding.Source{Path: "package-lock.json", Type: "npm", Ecosystem: "npm"}
	for i := range 100_000 {
		name := "p" + strconv.Itoa(i)
		s.Packages = append(s.Packages, finding.Component{ID: name, Name: name, Version: "1", PURL: "pkg:npm/" + name + "@1", Licenses: []string{"MIT"}, DependsOn: []string{"p" + strconv.Itoa(i/2)}})
	}
	r.Results.Runs[0].Inventory = []finding.Source{s}
	for name, format := range map[string]func(io.Writer, Report) error{"cyclonedx": CycloneDX, "spdx": SPDX} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := format(io.Discard, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
