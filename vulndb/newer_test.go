package vulndb

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/google/go-cmp/cmp"
)

// TestDatabasesOfToday: they name some packages in another way than the engine
// looks for them.
func TestDatabasesOfToday(t *testing.T) {
	facts, dir := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"nuget.yaml": `ecosystem: nuget
advisories:
  - {id: CVE-2024-21907, aliases: [GHSA-5crp-9r3c-p9vr], package: newtonsoft.json, vulnerable: ["<13.0.1"], patched: ["13.0.1"], severity: high, title: x, published: 2024-01-03}
  - {id: CVE-2000-0001, package: Both, vulnerable: ["<2.0.0"], patched: ["2.0.0"], severity: low, title: x, published: 2000-01-01}
  - {id: CVE-2000-0001, package: both, vulnerable: ["<2.0.0"], patched: ["2.0.0"], severity: low, title: x, published: 2000-01-01}
`,
		"julia.yaml": `ecosystem: julia
advisories:
  - {id: CVE-2025-52479, aliases: [JLSEC-2025-1], package: HTTP, vulnerable: ["<1.10.17"], patched: ["1.10.17"], severity: high, title: x, published: 2025-06-24}
`,
		"rocky.yaml": `ecosystem: rocky
release: "9"
advisories:
  - {id: CVE-2023-44487, aliases: [RLSA-2023:5849], package: "nodejs:18::nodejs", fixed: "1:18.18.2-2.module+el9.2.0+15932+b9a8a8e1", severity: high, title: x, published: 2023-10-10}
`,
	} {
		if err := os.WriteFile(filepath.Join(facts, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := Build(facts, dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	db := open(t, dir)
	for _, tt := range []struct {
		lang ftypes.LangType
		pkg  ftypes.Package
		want []string
	}{
		{ftypes.DotNetCore, ftypes.Package{Name: "Newtonsoft.Json", Version: "12.0.3"}, []string{"Newtonsoft.Json 12.0.3 CVE-2024-21907 13.0.1"}},
		{ftypes.NuGet, ftypes.Package{Name: "newtonsoft.json", Version: "12.0.3"}, []string{"newtonsoft.json 12.0.3 CVE-2024-21907 13.0.1"}},
		{ftypes.NuGet, ftypes.Package{Name: "Newtonsoft.Json", Version: "13.0.1"}, nil},
		{ftypes.NuGet, ftypes.Package{Name: "Both", Version: "1.0.0"}, []string{"Both 1.0.0 CVE-2000-0001 2.0.0"}},
		{ftypes.Julia, ftypes.Package{Name: "HTTP", Version: "1.9.0"}, []string{"HTTP 1.9.0 CVE-2025-52479 1.10.17"}},
		{ftypes.Julia, ftypes.Package{Name: "http", Version: "1.9.0"}, nil},
		{ftypes.Julia, ftypes.Package{Name: "HTTP", Version: "1.10.17"}, nil},
		{ftypes.Julia, ftypes.Package{Name: "HTTP"}, nil},
	} {
		found, err := db.Detect(t.Context(), tt.lang, []ftypes.Package{tt.pkg})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, ids(found)); diff != "" {
			t.Errorf("%s %s: %s", tt.lang, tt.pkg.Name, diff)
		}
		for _, v := range found {
			if v.Severity == "" || v.PkgName == "Newtonsoft.Json" && len(v.VendorIDs) == 0 {
				t.Errorf("%s: without details: %+v", tt.pkg.Name, v)
			}
		}
	}
	node := rpm("nodejs 1 18.16.1 1.module+el9.2.0+15139+9b3b7d3d")
	node.Modularitylabel = "nodejs:18:9020020230706081319:rhel9"
	other := node
	other.Modularitylabel = "nodejs:20:9020020230706081319:rhel9"
	for name, tt := range map[string]struct {
		pkg  ftypes.Package
		want []string
	}{
		"of the module":     {node, []string{"nodejs 1:18.16.1-1.module+el9.2.0+15139+9b3b7d3d CVE-2023-44487 1:18.18.2-2.module+el9.2.0+15932+b9a8a8e1"}},
		"of another stream": {other, nil},
		"of no module":      {rpm("nodejs 1 16.0.0 1.el9"), nil},
		"with an odd label": {ftypes.Package{ID: "n", Name: "nodejs", Version: "1", Release: "1", Modularitylabel: "nodejs"}, nil},
	} {
		found, _, err := db.DetectOS(in2026(t), ftypes.OS{Family: ftypes.Rocky, Name: "9.2"}, nil, []ftypes.Package{tt.pkg})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, ids(found)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if covered, err := db.Covers(ftypes.Julia); err != nil || !covered {
		t.Errorf("Julia is not covered: %v", err)
	}
}
