package vulndb

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
)

func TestBuildIsDeterministic(t *testing.T) {
	now := time.Now()
	var files [2][]byte
	for i := range files {
		b, err := os.ReadFile(trivydb.Path(build(t, now)))
		if err != nil {
			t.Fatal(err)
		}
		files[i] = b
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("two builds differ")
	}
}

func TestBuildReplaces(t *testing.T) {
	dir := build(t, time.Now().Add(-time.Hour))
	if err := Build(filepath.Join(dir, "nothing"), dir, time.Now()); err == nil {
		t.Error("no facts gave no error")
	}
	open(t, dir).Close() // as it was
	if err := Build(sampleFacts, dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	if db := open(t, dir); db.Age(time.Now()) > time.Minute {
		t.Errorf("age %v after a rebuild", db.Age(time.Now()))
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestFactsErrors(t *testing.T) {
	const good = `ecosystem: npm
advisories:
  - id: CVE-2000-0001
    package: a
    vulnerable: ["<2"]
    patched: ["2"]
    severity: low
    title: t
    published: 2000-01-01
`
	for _, tt := range []struct{ name, from, to, want string }{
		{"unknown key", "    title: t", "    title: t\n    tilte: x", "f.yaml:9: field tilte not found"},
		{"wrong type", `["<2"]`, `{a: 1}`, "f.yaml:5: cannot unmarshal"},
		{"bad YAML", "severity: low", "severity: [", "f.yaml:"},
		{"ecosystem", "npm", "cobol", `unknown ecosystem "cobol"`},
		{"severity", "low", "bad", `f.yaml:3: advisory CVE-2000-0001: unknown severity "bad"`},
		{"no id", "id: CVE-2000-0001", `id: ""`, "has no id"},
		{"no title", "title: t", `title: ""`, "has no title"},
		{"date", "2000-01-01", "yesterday", `published "yesterday" is not a date`},
		{"no range", `["<2"]`, "[]", "has no vulnerable versions"},
		{"empty range", `["<2"]`, `[""]`, "would match everything"},
		{"empty fix", `["2"]`, `[""]`, "would match everything"},
		{"score", "severity: low", "severity: low\n    cvss: {score: 11}", "from 0 to 10"},
		{"no advisories", good[strings.Index(good, "advisories"):], "advisories: []\n", "no advisories"},
		{"twice", good, good + good[strings.Index(good, "  - id"):], "f.yaml:10: advisory CVE-2000-0001 for package a is listed twice"},
		{"contradiction", good, good + strings.NewReplacer("package: a", "package: b", "title: t", "title: u").Replace(good[strings.Index(good, "  - id"):]),
			"f.yaml:10: advisory CVE-2000-0001 differs from its first mention at f.yaml:3"},
		{"a release of npm", "ecosystem: npm", "ecosystem: npm\nrelease: \"1\"", "f.yaml: advisories for npm have no release"},
		{"fixed in npm", `patched: ["2"]`, `fixed: "2"`, "are for operating systems"},
		{"no release", "npm", "debian", "f.yaml: advisories for debian need a release"},
		{"a minor release", "ecosystem: npm", "ecosystem: debian\nrelease: \"12.1\"", `are for the whole of "12"`},
		{"ranges in debian", "ecosystem: npm", "ecosystem: debian\nrelease: \"12\"", "vulnerable and patched are for packages of languages"},
		{"centos", "npm", "centos", `unknown ecosystem "centos"`},
		{"two documents", good, good + "---\n" + good, "more than one document"},
		{"too large", good, good + strings.Repeat("#", maxFactsSize), "over 16 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			text := strings.Replace(good, tt.from, tt.to, 1)
			if text == good {
				t.Fatal("the case changes nothing")
			}
			if err := os.WriteFile(filepath.Join(dir, "f.yaml"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			err := Build(dir, filepath.Join(dir, "out"), time.Now())
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, tt.want)
			}
		})
	}
}

// TestSampleFacts holds the sample's facts to what they are meant to show.
func TestSampleFacts(t *testing.T) {
	files, err := readFacts(sampleFacts)
	if err != nil {
		t.Fatal(err)
	}
	var facts []fact
	for _, f := range files {
		facts = append(facts, f.Advisories...)
	}
	per, unfixed, ranges := map[string]int{}, 0, 0
	for _, f := range facts {
		per[f.ecosystem]++
		if len(f.Patched) == 0 && f.Fixed == "" {
			unfixed++
		}
		if len(f.Vulnerable) > 1 {
			ranges++
		}
		named := len(f.Aliases) > 0 || sourceNames[f.ecosystem] == "" // many distributions only use the CVE
		if !named || len(f.References) == 0 || f.Description == "" {
			t.Errorf("%s: %s lacks aliases, references or a description", f.place, f.ID)
		}
	}
	for ecosystem := range sourceNames {
		if per[ecosystem] < 3 {
			t.Errorf("%s has %d advisories", ecosystem, per[ecosystem])
		}
	}
	if unfixed == 0 || ranges == 0 {
		t.Errorf("%d advisories without a fix, %d with several ranges", unfixed, ranges)
	}
}

func TestOSFactsErrors(t *testing.T) {
	const good = `ecosystem: ECO
release: "9"
advisories:
  - id: CVE-2000-0001
    package: a
    fixed: "2"
    severity: low
    title: t
    published: 2000-01-01
`
	for _, tt := range []struct{ eco, from, to, want string }{
		{"rocky", `    fixed: "2"` + "\n", "", "has no fixed version: of rocky, only advisories with one can be matched"},
		{"debian", `fixed: "2"`, "introduced: \"1\"", "introduced is for alpine"},
		{"alpine", `release: "9"`, `release: 3.20.1`, `are for the whole of "3.20"`},
		{"alma", `fixed: "2"`, "fixed: \"2\"\n    arches: [x86_64]", "are for all arches"},
		{"oracle", `fixed: "2"`, "fixed: \"2\"\n    products: [x]", "products are for redhat"},
		{"redhat", `fixed: "2"`, "fixed: \"2\"\n    status: affected", `status "affected": want fixed with`},
		{"redhat", `fixed: "2"`, "status: fixed", `status "fixed": want fixed with`},
		{"redhat", `fixed: "2"`, "status: perhaps", `status "perhaps": want fixed with`},
		{"ubuntu", `fixed: "2"`, "status: will_not_fix", "of ubuntu, only affected can be told"},
		{"debian", "advisories:", "repositories: {a: [b]}\nadvisories:", "have no repositories"},
		{"wolfi", "severity: low", "severity: low", "advisories for wolfi have no release"},
	} {
		t.Run(tt.eco+" "+tt.want, func(t *testing.T) {
			dir := t.TempDir()
			text := strings.Replace(strings.Replace(good, "ECO", tt.eco, 1), tt.from, tt.to, 1)
			if err := os.WriteFile(filepath.Join(dir, "f.yaml"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			err := Build(dir, filepath.Join(dir, "out"), time.Now())
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, tt.want)
			}
		})
	}
}
