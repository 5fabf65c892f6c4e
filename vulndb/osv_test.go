package vulndb

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/google/go-cmp/cmp"
)

// osvFiles writes files, named and filled in turns, into a new directory.
func osvFiles(t *testing.T, pairs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(pairs); i += 2 {
		name := filepath.Join(dir, pairs[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(pairs[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// affected makes an advisory about one package.
func affected(id, ecosystem, name, rest string) string {
	return `{"id": "` + id + `", "summary": "s", "affected": [{"package": {"ecosystem": "` + ecosystem + `", "name": "` + name + `"}, ` + rest + `}]}`
}

// osvDB builds a database from advisories and facts.
func osvDB(t *testing.T, facts string, records ...string) (*DB, Built) {
	t.Helper()
	var pairs []string
	for i, r := range records {
		pairs = append(pairs, string(rune('a'+i))+".json", r)
	}
	from := BuildSources{OSV: []string{osvFiles(t, pairs...)}}
	if facts != "" {
		from.Facts = osvFiles(t, "f.yaml", facts)
	}
	out := t.TempDir()
	built, err := BuildFrom(t.Context(), from, out, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return open(t, out), built
}

func events(list string) string { return `"ranges": [{"type": "ECOSYSTEM", "events": [` + list + `]}]` }

const upTo2 = `{"introduced": "0"}, {"fixed": "2.0.0"}`

func TestOSVLanguages(t *testing.T) {
	all := []string{"0.9.0", "1.0.0", "1.5.0", "2.0.0", "3.0.0"}
	for _, tt := range []struct {
		ecosystem string
		lang      ftypes.LangType
		rest      string
		want      string // which of all are vulnerable
		fixed     string
	}{
		{"npm", ftypes.Npm, events(upTo2), "0.9.0 1.0.0 1.5.0", "2.0.0"},
		{"PyPI", ftypes.Pip, events(upTo2), "0.9.0 1.0.0 1.5.0", "2.0.0"},
		{"Go", ftypes.GoModule, events(upTo2), "0.9.0 1.0.0 1.5.0", "2.0.0"},
		{"crates.io", ftypes.Cargo, events(upTo2), "0.9.0 1.0.0 1.5.0", "2.0.0"},
		{"RubyGems", ftypes.Bundler, events(upTo2), "0.9.0 1.0.0 1.5.0", "2.0.0"},
		{"Packagist", ftypes.Composer, events(upTo2), "0.9.0 1.0.0 1.5.0", "2.0.0"},
		{"NuGet", ftypes.NuGet, events(upTo2), "0.9.0 1.0.0 1.5.0", "2.0.0"},
		{"Maven", ftypes.Pom, events(upTo2), "0.9.0 1.0.0 1.5.0", "2.0.0"},
		{"Maven:https://repo.example.invalid", ftypes.Pom, events(upTo2), "0.9.0 1.0.0 1.5.0", "2.0.0"},
		{"Pub", ftypes.Pub, events(upTo2), "0.9.0 1.0.0 1.5.0", "2.0.0"},
		{"Hex", ftypes.Hex, events(upTo2), "0.9.0 1.0.0 1.5.0", "2.0.0"},
		{"SwiftURL", ftypes.Swift, events(upTo2), "0.9.0 1.0.0 1.5.0", "2.0.0"},
		{"npm", ftypes.Npm, events(`{"introduced": "0"}`), "0.9.0 1.0.0 1.5.0 2.0.0 3.0.0", ""},
		{"npm", ftypes.Npm, events(`{"introduced": "1.0.0"}, {"last_affected": "2.0.0"}`), "1.0.0 1.5.0 2.0.0", ""},
		{"npm", ftypes.Npm, events(`{"introduced": "1.0.0"}, {"limit": "2.0.0"}`), "1.0.0 1.5.0", "2.0.0"},
		{"npm", ftypes.Npm, events(`{"introduced": "1.0.0"}, {"limit": "*"}`), "1.0.0 1.5.0 2.0.0 3.0.0", ""},
		{"npm", ftypes.Npm, events(`{"introduced": "0"}, {"fixed": "1.0.0"}, {"introduced": "2.0.0"}, {"fixed": "2.0.1"}`), "0.9.0 2.0.0", "1.0.0, 2.0.1"},
		{"npm", ftypes.Npm, events(`{"fixed": "1.0.0"}, {"introduced": "0"}`), "0.9.0", "1.0.0"},
		{"npm", ftypes.Npm, `"versions": ["1.0.0", "3.0.0"]`, "1.0.0 3.0.0", ""},
		{"npm", ftypes.Npm, `"versions": ["1.0.0", "no version", "3.0.0"], ` + events(upTo2), "0.9.0 1.0.0 1.5.0 3.0.0", "2.0.0"},
		{"npm", ftypes.Npm, events(`{"introduced": "0"}, {"fixed": "not a version"}, {"introduced": "1.0.0"}, {"fixed": "1.0.1"}`), "1.0.0", "1.0.1"},
	} {
		t.Run(tt.ecosystem+" "+tt.want, func(t *testing.T) {
			db, _ := osvDB(t, "", affected("X-1", tt.ecosystem, "some/Package", tt.rest))
			var pkgs []ftypes.Package
			for _, v := range all {
				pkgs = append(pkgs, ftypes.Package{Name: "some/Package", Version: v})
			}
			found, err := db.Detect(t.Context(), tt.lang, pkgs)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range found {
				got = append(got, v.InstalledVersion)
				if v.FixedVersion != tt.fixed {
					t.Errorf("fixed in %q, want %q", v.FixedVersion, tt.fixed)
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOSVDetails(t *testing.T) {
	record := func(id, more string) string {
		return `{"id": "` + id + `", ` + more + `, "affected": [{"package": {"ecosystem": "npm", "name": "a"}, ` + events(upTo2) + `}]}`
	}
	const v3, v2, v4 = `{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"}`, `{"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:C/I:C/A:C"}`,
		`{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}`
	for _, tt := range []struct{ name, record, want string }{
		{"one CVE", record("GHSA-aaaa", `"aliases": ["CVE-2020-0001", "SNYK-1"]`), "CVE-2020-0001 [GHSA-aaaa SNYK-1] UNKNOWN "},
		{"two CVEs", record("GHSA-aaaa", `"aliases": ["CVE-2020-0001", "CVE-2020-0002"]`), "GHSA-aaaa [CVE-2020-0001 CVE-2020-0002] UNKNOWN "},
		{"the CVE upstream", record("DEBIAN-CVE-2020-0001", `"upstream": ["CVE-2020-0001"]`), "CVE-2020-0001 [DEBIAN-CVE-2020-0001] UNKNOWN "},
		{"itself a CVE", record("CVE-2020-0003", `"aliases": ["CVE-2020-0001"]`), "CVE-2020-0003 [] UNKNOWN "},
		{"odd aliases", record("X-1", `"aliases": ["", "a b", "../x"]`), "X-1 [] UNKNOWN "},
		{"version 3", record("GHSA-aaaa", `"severity": [`+v2+`, `+v3+`], "database_specific": {"severity": "LOW"}`), "GHSA-aaaa [] MEDIUM ghsa"},
		{"version 2", record("PYSEC-1", `"severity": [`+v2+`]`), "PYSEC-1 [] CRITICAL osv"},
		{"version 4", record("GO-1", `"severity": [`+v4+`], "database_specific": {"severity": "MODERATE"}`), "GO-1 [] MEDIUM govulndb"},
		{"version 4 alone", record("GO-1", `"severity": [`+v4+`]`), "GO-1 [] UNKNOWN "},
		{"no vector", record("X-1", `"severity": [{"type": "CVSS_V3", "score": "9.8"}, {"type": "CVSS_V3", "score": "`+strings.Repeat("A:B/", 200)+`"}]`), "X-1 [] UNKNOWN "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db, _ := osvDB(t, "", tt.record)
			got, err := db.Detect(t.Context(), ftypes.Npm, []ftypes.Package{{Name: "a", Version: "1.0.0"}})
			if err != nil || len(got) != 1 {
				t.Fatal(got, err)
			}
			v := got[0]
			if diff := cmp.Diff(tt.want, v.VulnerabilityID+" ["+strings.Join(v.VendorIDs, " ")+"] "+v.Severity+" "+string(v.SeveritySource)); diff != "" {
				t.Error(diff)
			}
		})
	}
	db, _ := osvDB(t, "", record("GHSA-aaaa", `"details": "first line\nsecond", "published": "2020-01-02T03:04:05Z", "severity": [`+v3+`],
		"references": [{"type": "WEB", "url": "https://example.invalid/x"}, {"url": "javascript:alert(1)"}], "database_specific": {"cwe_ids": ["CWE-79", "x"]}`))
	got, err := db.Detect(t.Context(), ftypes.Npm, []ftypes.Package{{Name: "a", Version: "1.0.0"}})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	v := got[0]
	if v.Title != "first line" || v.CVSS["ghsa"].V3Score != 6.1 || v.PublishedDate.Year() != 2020 || !cmp.Equal(v.References, []string{"https://example.invalid/x"}) || !cmp.Equal(v.CweIDs, []string{"CWE-79"}) {
		t.Errorf("%+v", v)
	}
}

// TestOSVMerge: several advisories about one package and id are one; what
// facts say stays.
func TestOSVMerge(t *testing.T) {
	const facts = "ecosystem: debian\nrelease: \"12\"\nadvisories:\n  - id: CVE-2020-0002\n    package: a\n    fixed: \"5\"" + tail
	alias := func(r string) string {
		return strings.Replace(r, `"summary"`, `"aliases": ["CVE-2020-0001"], "summary"`, 1)
	}
	db, built := osvDB(t, facts,
		alias(affected("X-1", "npm", "a", events(upTo2))),
		alias(affected("X-2", "npm", "a", events(`{"introduced": "4.0.0"}, {"fixed": "4.0.1"}`))),
		affected("CVE-2020-0002", "Debian:12", "a", events(upTo2)),
		strings.Replace(affected("X-3", "npm", "a", events(upTo2)), `"summary"`, `"withdrawn": "2020-01-01T00:00:00Z", "summary"`, 1),
		affected("X-4", "npm", "b", `"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]`),
		affected("X-5", "Haskell", "b", events(upTo2)),
		affected("X-6", "Rocky Linux:9", "b", events(`{"introduced": "0"}`)),
		affected("X-7", "Debian:12", "b", events(`{"introduced": "0"}, {"last_affected": "1"}`)),
	)
	got, err := db.Detect(t.Context(), ftypes.Npm, []ftypes.Package{{Name: "a", Version: "1.0.0"}, {Name: "a", Version: "4.0.0"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a 1.0.0 CVE-2020-0001 2.0.0, 4.0.1", "a 4.0.0 CVE-2020-0001 2.0.0, 4.0.1"}, ids(got)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"X-1", "X-2"}, got[0].VendorIDs); diff != "" {
		t.Error(diff)
	}
	if got, _, err := db.DetectOS(t.Context(), ftypes.OS{Family: ftypes.Debian, Name: "12"}, nil, []ftypes.Package{pkg("a 3")}); err != nil || len(got) != 1 || got[0].FixedVersion != "5" {
		t.Error(got, err)
	}
	if diff := cmp.Diff([]string{
		"1 × packages of distributions where the same advisory is known already",
		"1 × packages of distributions without a range of versions that can be used",
		"1 × packages of ecosystems that cannot be matched",
		"1 × packages without a fix of distributions where only fixed ones can be matched",
		"1 × packages without a version that can be used",
		"1 × ranges of Git commits",
		"1 × withdrawn advisories"}, built.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestOSVYAML(t *testing.T) {
	dir := osvFiles(t, "vulns/a/PYSEC-1.yaml", "id: PYSEC-1\nmodified: 2023-11-07T20:24:23.946863Z\npublished: 2020-08-05T14:15:00Z\nsummary: s\naffected:\n- package:\n    ecosystem: PyPI\n    name: Some_Package\n  ranges:\n  - type: ECOSYSTEM\n    events:\n    - introduced: \"0\"\n    - fixed: \"2.0\"\n  versions:\n  - \"1.0\"\n",
		"vulns/README.md", "not read")
	out := t.TempDir()
	if built, err := BuildFrom(t.Context(), BuildSources{OSV: []string{dir}}, out, time.Now()); err != nil || built.Advisories != 1 || built.Notes != nil {
		t.Fatal(built, err)
	}
	got, err := open(t, out).Detect(t.Context(), ftypes.Pip, []ftypes.Package{{Name: "some-package", Version: "1.5"}})
	if err != nil || len(got) != 1 || got[0].PublishedDate == nil {
		t.Error(got, err)
	}
}

func TestOSVErrors(t *testing.T) {
	good := affected("X-1", "npm", "a", events(upTo2))
	for _, tt := range []struct{ name, file, content, want string }{
		{"no JSON", "a.json", "{", "a.json: not an OSV advisory: unexpected end of JSON input"},
		{"wrong types", "a.json", `{"id": 1}`, "a.json: not an OSV advisory"},
		{"something else", "a.json", `{"name": "x"}`, `a.json: not an OSV advisory: the id "" cannot be used`},
		{"odd id", "a.json", strings.Replace(good, "X-1", "a\\u0000b", 1), "cannot be used"},
		{"odd name", "a.json", strings.Replace(good, `"a"`, "\"a\n\"", 1), "a.json: not an OSV advisory"},
		{"control characters", "a.json", strings.Replace(good, `"a"`, `"a\u0001"`, 1), "a.json: X-1: the name of a package cannot be used"},
		{"large", "a.json", good + strings.Repeat(" ", maxOSVSize), "a.json: over 16 MiB"},
		{"many versions", "a.json", affected("X-1", "npm", "a", `"versions": [`+strings.Repeat(`"1",`, maxOSVVersions)+`"1"]`), "a.json: X-1: over 50000 versions"},
		{"deep", "a.json", strings.Repeat("[", 100_000), "a.json: not an OSV advisory"},
		{"YAML bomb", "a.yaml", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n", "a.yaml: "},
		{"YAML keys", "a.yaml", "1: 2\n", "a.yaml: "},
		{"nothing", "a.txt", "x", "holds no .json or .yaml file"},
		{"nothing usable", "a.json", affected("X-1", "Haskell", "a", events(upTo2)), "nothing in these advisories can be matched"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := osvFiles(t, tt.file, tt.content)
			out := filepath.Join(t.TempDir(), "db")
			_, err := BuildFrom(t.Context(), BuildSources{OSV: []string{dir}}, out, time.Now())
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, tt.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("something was written")
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := BuildFrom(ctx, BuildSources{OSV: []string{osvFiles(t, "a.json", good)}}, t.TempDir(), time.Now()); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
	if _, err := BuildFrom(t.Context(), BuildSources{OSV: []string{filepath.Join(t.TempDir(), "none")}}, t.TempDir(), time.Now()); err == nil {
		t.Error("no such directory gave no error")
	}
}

func TestOSVDeterministic(t *testing.T) {
	dir := osvFiles(t, "a.json", affected("X-1", "npm", "a", events(upTo2)), "b.json", affected("X-2", "Red Hat:enterprise_linux:9::baseos", "a", events(upTo2)),
		"c.json", affected("X-2", "Go", "a", events(upTo2)))
	var files [2][]byte
	for i := range files {
		out := t.TempDir()
		if _, err := BuildFrom(t.Context(), BuildSources{Facts: sampleFacts, OSV: []string{dir}}, out, time.Now()); err != nil {
			t.Fatal(err)
		}
		var err error
		if files[i], err = os.ReadFile(trivydb.Path(out)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("two builds differ")
	}
}

func BenchmarkOSV(b *testing.B) {
	dir := b.TempDir()
	for i := range 500 {
		name := "p" + strings.Repeat("x", i%50) + string(rune('a'+i%26))
		if err := os.WriteFile(filepath.Join(dir, name+".json"), []byte(affected("X-1", "PyPI", name, `"versions": ["1.0", "1.1", "1.2", "1.3", "3.0"], `+events(upTo2))), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := BuildFrom(b.Context(), BuildSources{OSV: []string{dir}}, filepath.Join(b.TempDir(), "db"), time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}
