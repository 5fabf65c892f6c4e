package ignore

import (
	"os"
	"testing"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
)

// TestExample has, for every row of the example, a finding that it is about and
// one that is almost it.
func TestExample(t *testing.T) {
	data, err := os.ReadFile("../../examples/ignores.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, err := config.Parse(data, "ignores.yaml")
	if err != nil {
		t.Fatal(err)
	}
	list, err := Parse(file.Ignore, names())
	if err != nil {
		t.Fatal(err)
	}
	in := func(rule, path, purl string) finding.Finding {
		f := finding.Finding{RuleID: rule, Location: finding.Location{Path: path}}
		if purl != "" {
			f.Package = &finding.Package{Name: "lodash", PURL: purl}
		}
		return f
	}
	type row struct {
		scanner    string
		fits, near finding.Finding
	}
	one := in("key", "docs/a.md", "")
	one.Fingerprint = "5f1d7a84db00d2fce00b31a7fc73224f"
	other := in("key", "docs/a.md", "")
	other.Fingerprint = "5f1d7a84db00d2fce00b31a7fc732240"
	alias := in("GHSA-35jh", "web/package-lock.json", "")
	alias.Aliases = []string{"cve-2021-23337"}
	rows := []row{
		{"dependency", alias, in("CVE-2021-23337", "api/package-lock.json", "")},
		{"dependency", in("RUSTSEC-2021-0145", "Cargo.lock", "pkg:cargo/atty@0.2.14"), in("RUSTSEC-2021-0145", "Cargo.lock", "pkg:cargo/attyx@0.2.14")},
		{"iac", in("DS-0002", "a/testdata/b/Dockerfile", ""), in("DS-0002", "testdata", "")},
		{"secret", one, other},
		{"dependency", in("CVE-2020-8203", "package-lock.json", "pkg:npm/lodash@4.17.15"), in("CVE-2020-8203", "package-lock.json", "")},
	}
	if len(rows) != len(list.Entries) {
		t.Fatalf("%d rows, %d of them here", len(list.Entries), len(rows))
	}
	s := New(list, now)
	for i, r := range rows {
		run := &finding.Run{Scanner: r.scanner}
		if by, ok := s.Exempts(run, &r.fits); !ok || by != list.Entries[i].by() {
			t.Errorf("row %d does not fit: %q", i, by)
		}
		if by, ok := s.Exempts(run, &r.near); ok {
			t.Errorf("row %d fits too much: %q", i, by)
		}
	}
	if _, ok := s.Exempts(&finding.Run{Scanner: "image"}, &one); ok {
		t.Error("another scanner's finding is ignored")
	}
}
