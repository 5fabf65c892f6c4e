package external

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
)

// readers are the tools with what they said when it was recorded.
func readers(t testing.TB) map[string]struct {
	tool  Tool
	files string
	unit  Unit
	data  string
	log   string
} {
	t.Helper()
	said := func(name string) string {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	type reader = struct {
		tool  Tool
		files string
		unit  Unit
		data  string
		log   string
	}
	return map[string]reader{
		"npm-audit":   {npmTool(t, NPMAuditOptions{}), "npm-audit", Unit{Dir: "api", File: "api/package-lock.json"}, said("npm-audit/report.json"), ""},
		"pnpm":        {npmTool(t, NPMAuditOptions{}).Others[byPNPM], "npm-others", Unit{Dir: "pnpm", File: "pnpm/pnpm-lock.yaml"}, said("npm-others/pnpm.json"), ""},
		"yarn 1":      {npmTool(t, NPMAuditOptions{}).Others[byYarn1], "npm-others", Unit{Dir: "yarn1", File: "yarn1/yarn.lock"}, said("npm-others/yarn1.jsonl"), ""},
		"yarn":        {npmTool(t, NPMAuditOptions{}).Others[byYarn], "npm-others", Unit{Dir: "yarn", File: "yarn/yarn.lock"}, said("npm-others/yarn.jsonl"), ""},
		"trivy image": {imageTool(t, TrivyOptions{}, "oci:dist/image"), "checkov/tree", Unit{Dir: ".", Mode: onImage}, said("trivy/image.json"), ""},
		"cargo-audit": {must(CargoAudit(CargoAuditOptions{}))(t), "cargo-audit", Unit{Dir: "app", File: "app/Cargo.lock"}, said("cargo-audit/report.json"), ""},
		"gitleaks":    {gitleaksTool(t), "checkov/tree", Unit{Dir: ".", Mode: inTree}, said("gitleaks/working-tree.json"), said("gitleaks/working-tree.log")},
		"checkov":     {checkovTool(t, CheckovOptions{}), "checkov/tree", Unit{Dir: "."}, said("checkov/report.json"), ""},
		"bandit":      {must(Bandit(BanditOptions{}))(t), "bandit/sample", Unit{Dir: "."}, said("bandit/report.json"), ""},
	}
}

// Whatever is changed in an output: it is read or refused, and what is read
// names nothing outside of the tree.
func TestChangedOutputs(t *testing.T) {
	values := []string{"null", "0", "-1e99", `""`, `"::error::x"`, `"../../etc/passwd"`, `"/etc/passwd"`, "[]", "{}", "true", `"` + strings.Repeat("x", 5000) + `"`, "[[[[[[", "\x00", "\xff"}
	for name, c := range readers(t) {
		tr := copied(t, c.files)
		random := rand.New(rand.NewPCG(1, 2))
		read, refused := 0, 0
		tries := 150
		if name == "gitleaks" {
			tries = 30 // each compiles its rules
		}
		for range tries {
			data := []byte(c.data)
			for range 1 + random.IntN(2) {
				// A value begins behind a colon; what it was goes, up to the line's end.
				i := random.IntN(len(data))
				colon := strings.IndexByte(string(data[i:]), ':')
				if colon < 0 {
					continue
				}
				from := i + colon + 1
				to := from + strings.IndexAny(string(data[from:])+"\n", ",\n}]")
				value := values[random.IntN(len(values))]
				data = append(data[:from:from], append([]byte(value), data[to:]...)...)
			}
			r := newReading(tr, c.unit)
			if err := c.tool.Read(Output{Data: data, Stderr: []byte(c.log), Unit: c.unit}, r); err != nil {
				refused++
				if strings.ContainsAny(err.Error(), "\n\r") {
					t.Errorf("%s: an error of several lines: %q", name, err)
				}
				continue
			}
			read++
			for _, f := range r.findings {
				for _, l := range append([]finding.Location{f.Location}, f.Related...) {
					if l.Path != "" && !filepath.IsLocal(l.Path) || strings.HasPrefix(l.Path, "etc") {
						t.Errorf("%s: a path outside: %q", name, l.Path)
					}
				}
				if strings.HasPrefix(f.Message, "::") || len(f.Message) > 4*maxWords || len(f.Key) > 4*maxWords {
					t.Errorf("%s: %q", name, f.Message)
				}
			}
		}
		if read == 0 || refused == 0 {
			t.Errorf("%s: %d outputs read and %d refused: the test changes too much or too little", name, read, refused)
		}
	}
}

func TestCheckovPathsStayInside(t *testing.T) {
	tr := tree(t, map[string]string{"a.tf": ""})
	for path, want := range map[string]string{"/a.tf": "a.tf", "a.tf": "a.tf", "/../../etc/passwd": "", "../a.tf": "", "/etc/passwd": "", tr.Dir() + "/a.tf": "a.tf", "": ""} {
		r, err := read(t, checkovTool(t, CheckovOptions{}), tr, Unit{Dir: "."},
			`[{"check_type":"terraform","results":{"failed_checks":[{"check_id":"CKV_X_1","file_path":"`+path+`","file_abs_path":"`+path+`","file_line_range":[1,-3]}]},"summary":{}}]`)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.findings[0].Location.Path; got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
}
