package dependency

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/vulndb"
)

var _ interface {
	scanners.Scanner
	scanners.Versioned
} = (*Scanner)(nil)

const sample = "../../testdata/sample"

// sampleDB builds the database of the sample's advisories, dated now.
func sampleDB(t testing.TB, now time.Time) match.Database {
	t.Helper()
	dir := t.TempDir()
	if err := vulndb.Build("../../testdata/advisories", dir, now); err != nil {
		t.Fatal(err)
	}
	return match.Database{Dir: dir}
}

// tree writes files, by their paths, and walks them.
func tree(t testing.TB, files map[string]string) *scanners.Tree {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return walk(t, dir)
}

func walk(t testing.TB, dir string) *scanners.Tree {
	t.Helper()
	tr, err := scanners.Walk(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

func scan(t testing.TB, o Options, tr *scanners.Tree, jobs int) scanners.Report {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	target := scanners.Target{Tree: tr, Jobs: jobs}
	w, err := s.Plan(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if w.Skip != "" {
		t.Fatalf("skipped: %s", w.Skip)
	}
	r, err := s.Scan(t.Context(), target, w)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// summary is a finding in the form of the sample's expectations.
func summary(f finding.Finding) string {
	return fmt.Sprintf("%s\t%s\t%s:%d\t%s", f.Severity, f.RuleID, f.Location.Path, f.Location.StartLine, f.Key)
}

func summaries(findings []finding.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, summary(f))
	}
	return out
}

func notes(r scanners.Report) []string {
	var out []string
	for _, n := range r.Notes {
		out = append(out, string(n.Level)+" "+n.String())
	}
	return out
}

func TestSample(t *testing.T) {
	want, err := os.ReadFile(filepath.Join(sample, "expected", "dependency.txt"))
	if err != nil {
		t.Fatal(err)
	}
	r := scan(t, Options{DB: sampleDB(t, time.Now())}, walk(t, filepath.Join(sample, "shop")), 2)
	got := strings.Join(summaries(r.Findings), "\n") + "\n"
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
	wantNotes := []string{"info 1 development package in 1 lockfile left out: set dev: true under scanners: dependency: to look at them"}
	if diff := cmp.Diff(wantNotes, notes(r)); diff != "" {
		t.Error(diff)
	}
	if r.Looked.Files != 5 || r.Looked.Packages < 100 || r.Looked.Bytes == 0 {
		t.Errorf("looked at %+v", r.Looked)
	}
	for _, f := range r.Findings {
		if !slices.ContainsFunc(r.Rules, func(rule finding.Rule) bool { return rule.ID == f.RuleID }) {
			t.Errorf("%s has no rule", f.RuleID)
		}
	}
}

// TestSampleHoldsNoSurprises keeps the sample's lockfiles to public registries.
func TestSampleHoldsNoSurprises(t *testing.T) {
	lock, err := os.ReadFile(filepath.Join(sample, "shop", "web", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	resolved := regexp.MustCompile(`"resolved": "([^"]*)"`).FindAllStringSubmatch(string(lock), -1)
	if len(resolved) < 50 {
		t.Errorf("%d packages have an address", len(resolved))
	}
	for _, m := range resolved {
		if !strings.HasPrefix(m[1], "https://registry.npmjs.org/") {
			t.Errorf("resolved to %s", m[1])
		}
	}
}

func TestJobsDoNotMatter(t *testing.T) {
	o := Options{DB: sampleDB(t, time.Now()), Dev: true}
	tr := walk(t, filepath.Join(sample, "shop"))
	one := scan(t, o, tr, 1)
	for range 3 {
		if diff := cmp.Diff(one, scan(t, o, tr, 8)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestPlan(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		what  string
		skip  string
	}{
		{"nothing", map[string]string{"README.md": "", "package.json": "{}", "requirements.txt/x": ""}, "", "no lockfile of a known package manager in the tree"},
		{"one", map[string]string{"a/b/Cargo.lock": ""}, "1 lockfile: cargo 1", ""},
		{"several", map[string]string{"yarn.lock": "", "x/package-lock.json": "", "go.mod": "", "Gemfile.lock": "", "p/poetry.lock": "", "p/uv.lock": ""},
			"6 lockfiles: npm 2, go 1, pip 2, rubygems 1", ""},
		{"installed packages", map[string]string{"node_modules/a/package-lock.json": ""}, "", "no lockfile of a known package manager in the tree"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := New(Options{DB: match.Database{Dir: "does/not/exist"}})
			if err != nil {
				t.Fatal(err)
			}
			w, err := s.Plan(t.Context(), scanners.Target{Tree: tree(t, tt.files), Jobs: 1})
			if err != nil || w.What != tt.what || w.Skip != tt.skip {
				t.Errorf("plan %q, skip %q, %v", w.What, w.Skip, err)
			}
		})
	}
}

func TestDatabaseFails(t *testing.T) {
	tr := tree(t, map[string]string{"go.mod": "module x\n"})
	for name, dir := range map[string]string{"none": "", "missing": filepath.Join(t.TempDir(), "db")} {
		s, err := New(Options{DB: match.Database{Dir: dir}})
		if err != nil {
			t.Fatal(err)
		}
		target := scanners.Target{Tree: tr, Jobs: 1}
		w, err := s.Plan(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Scan(t.Context(), target, w); err == nil || !strings.Contains(err.Error(), "--db DIR") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestStaleDatabase(t *testing.T) {
	built := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	data := sampleDB(t, built)
	for _, tt := range []struct {
		age, max time.Duration
		want     []finding.Note
	}{
		{47 * time.Hour, 0, nil},
		{49 * time.Hour, 0, []finding.Note{{Level: finding.Warning, Message: "vulnerability database is 2 days old (built 2026-02-03T04:05:06Z): newer advisories are not in it, update it with `scangate db update`"}}},
		{49 * time.Hour, 50 * time.Hour, []finding.Note{{Level: finding.Warning, Message: "vulnerability database is 2 days old (built 2026-02-03T04:05:06Z): newer advisories are not in it, update it with `scangate db update`"}}},
		{5 * time.Hour, 4 * time.Hour, []finding.Note{{Level: finding.Gap, Message: "vulnerability database is 5 hours old (built 2026-02-03T04:05:06Z), and db.max-age allows 4h0m0s: newer advisories are not in it, update it with `scangate db update`"}}},
	} {
		data.MaxAge = tt.max
		db, notes, err := data.Open(t.Context(), built.Add(tt.age))
		if err != nil {
			t.Fatal(err)
		}
		db.Close()
		if diff := cmp.Diff(tt.want, notes); diff != "" {
			t.Errorf("%v: %s", tt.age, diff)
		}
	}
	data.MaxAge = 0
	r := scan(t, Options{DB: data}, tree(t, map[string]string{"go.mod": "module x\ngo 1.21\n"}), 1)
	if len(r.Notes) == 0 || r.Notes[0].Level != finding.Warning {
		t.Errorf("notes %v", r.Notes)
	}
}

func TestUncoveredEcosystem(t *testing.T) {
	facts, dir := t.TempDir(), t.TempDir()
	text, err := os.ReadFile("../../testdata/advisories/cargo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(facts, "cargo.yaml"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := vulndb.Build(facts, dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	r := scan(t, Options{DB: match.Database{Dir: dir}}, tree(t, map[string]string{"requirements.txt": "a==1\n"}), 1)
	want := []string{"gap requirements.txt: the vulnerability database has no advisories for pip: update it with `scangate db update`"}
	if diff := cmp.Diff(want, notes(r)); diff != "" {
		t.Error(diff)
	}
	if r.Looked.Packages != 0 || r.Looked.Files != 0 {
		t.Errorf("looked at %+v", r.Looked)
	}
}

// TestWholeFinding looks at every field once.
func TestWholeFinding(t *testing.T) {
	r := scan(t, Options{DB: sampleDB(t, time.Now()), Dev: true}, walk(t, filepath.Join(sample, "shop", "web")), 1)
	i := slices.IndexFunc(r.Findings, func(f finding.Finding) bool { return f.RuleID == "CVE-2022-46175" })
	if i < 0 {
		t.Fatal("not found")
	}
	want := finding.Finding{
		RuleID: "CVE-2022-46175", Severity: finding.High, SeveritySource: "ghsa", Score: 7.1,
		Vector: "CVSS:3.1/AV:N/AC:H/PR:L/UI:N/S:U/C:H/I:L/A:H", Published: "2022-12-24",
		Message:  "json5 2.2.1: prototype pollution through parse; fixed in 2.2.2",
		Fix:      "upgrade json5 to 2.2.2: `npm install --save-dev json5@2.2.2`",
		Location: finding.Location{Path: "package-lock.json", StartLine: r.Findings[i].Location.StartLine},
		Package: &finding.Package{Ecosystem: "npm", Name: "json5", Version: "2.2.1", FixedVersion: "2.2.2", Status: "fixed",
			PURL: "pkg:npm/json5@2.2.1", Relationship: "direct", Dev: true},
		Aliases: []string{"GHSA-9c47-m6qq-7p4h"},
		Key:     "json5@2.2.1",
	}
	if diff := cmp.Diff(want, r.Findings[i]); diff != "" {
		t.Error(diff)
	}
	i = slices.IndexFunc(r.Rules, func(rule finding.Rule) bool { return rule.ID == "CVE-2022-46175" })
	wantRule := finding.Rule{
		ID: "CVE-2022-46175", Title: "prototype pollution through parse",
		Description: "A __proto__ key in the parsed text sets the prototype of the returned object.",
		References: []string{"https://avd.aquasec.com/nvd/cve-2022-46175", "https://github.com/advisories/GHSA-9c47-m6qq-7p4h",
			"https://nvd.nist.gov/vuln/detail/CVE-2022-46175"},
		Severity: finding.High, Score: 7.1, Tags: []string{"external/cwe/cwe-1321"}, Precision: "very-high",
	}
	if diff := cmp.Diff(wantRule, r.Rules[i]); diff != "" {
		t.Error(diff)
	}
	i = slices.IndexFunc(r.Findings, func(f finding.Finding) bool { return f.Package.Name == "ip" })
	if f := r.Findings[i]; f.Fixable() || f.Fix != "no fixed version is known" || !strings.HasSuffix(f.Message, "; no fixed version is known") {
		t.Errorf("%+v", f)
	}
}

// TestInventory holds that everything a lockfile names is listed, what is not
// matched included.
func TestInventory(t *testing.T) {
	r := scan(t, Options{DB: sampleDB(t, time.Now())}, walk(t, filepath.Join("testdata", "uv")), 1)
	if len(r.Inventory) != 1 {
		t.Fatalf("%d sources", len(r.Inventory))
	}
	s := r.Inventory[0]
	if s.Path != "uv.lock" || s.Type != "uv" || s.Ecosystem != "pip" || len(s.Packages) == 0 {
		t.Errorf("%+v", s)
	}
	var dev, related bool
	for _, c := range s.Packages {
		if c.ID == "" || c.Name == "" || c.PURL == "" {
			t.Errorf("%+v", c)
		}
		dev = dev || c.Dev
		related = related || len(c.DependsOn) > 0
	}
	if !dev || !related {
		t.Errorf("development packages %v, relations %v: %+v", dev, related, s.Packages)
	}
}
