package external

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// trivyCache lets these tests run Trivy.
var trivyCache = flag.String("trivy-cache", "", "a cache directory with databases and checks for the real Trivy, as internal/trivycache fills it")

func trivyTool(t testing.TB, o TrivyOptions) Tool { return must(Trivy(o))(t) }

// shop is the project in testdata with a secret in it.
func shop(t testing.TB) *scanners.Tree {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS("testdata/trivy/app")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "settings.txt"), []byte("key = \""+leak+"\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return walk(t, to)
}

// trivyBrief is what of a finding the tests compare.
type trivyBrief struct {
	Rule, Severity, Source, At, Framework, Resource, Aliases, Suppressed string
}

func trivyBriefs(all []finding.Finding) (out []trivyBrief) {
	for _, f := range all {
		b := trivyBrief{f.RuleID, f.Severity.String(), f.SeveritySource, finding.Note{Path: f.Location.Path, Line: f.Location.StartLine}.String(), f.Framework, f.Resource, strings.Join(f.Aliases, " "), ""}
		for _, s := range f.Suppressions {
			b.Suppressed += s.Source
		}
		out = append(out, b)
	}
	return out
}

// wantShop is some of what Trivy finds, all but most of its misconfigurations.
func wantShop() []trivyBrief {
	return []trivyBrief{
		{"CVE-2021-23337", "high", "ghsa", "api/package-lock.json:14: ", "", "", "GHSA-35jh-r3h4-6jhm", ""},
		{"CVE-2020-28500", "medium", "ghsa", "api/package-lock.json:14: ", "", "", "GHSA-29mw-wpgm-hmr9", ".trivyignore"},
		{"DS-0002", "high", "trivy-checks", "api/Dockerfile:3: ", "dockerfile", "", "AVD-DS-0002", ""},
		{"DS-0017", "high", "trivy-checks", "api/Dockerfile:2: ", "dockerfile", "", "AVD-DS-0017", ".trivyignore"},
		{"AWS-0026", "high", "trivy-checks", "deploy/bucket.tf:9: ", "terraform", "aws_ebs_volume.disk", "AVD-AWS-0026", ""},
		{"KSV-0017", "high", "trivy-checks", "deploy/pod.yaml:7: ", "kubernetes", "", "AVD-KSV-0017", ""},
		{"aws-access-key-id", "critical", "trivy", "settings.txt:1: ", "", "", "", ""},
	}
}

func checkShop(t testing.TB, all []finding.Finding) {
	t.Helper()
	var got []trivyBrief
	for _, b := range trivyBriefs(all) {
		for _, w := range wantShop() {
			if b.Rule == w.Rule {
				got = append(got, b)
			}
		}
	}
	sorted := func(x, y trivyBrief) bool { return x.Rule < y.Rule }
	if d := cmp.Diff(sortedBy(wantShop(), sorted), sortedBy(got, sorted)); d != "" {
		t.Error(d)
	}
	for _, f := range all {
		if text := fmt.Sprintf("%+v", f); strings.Contains(text, leak) || strings.Contains(text, "****") {
			t.Errorf("%s quotes the secret's line", f.RuleID)
		}
	}
}

func TestTrivyRuns(t *testing.T) {
	realTool(t, "trivy")
	if *trivyCache == "" {
		t.Skip("NOT TESTED WITH THE REAL TOOL: no -trivy-cache, which `make record-tools` makes")
	}
	got := scan(t, New(trivyTool(t, TrivyOptions{Cache: *trivyCache}), Options{Asked: true, Offline: true}), shop(t))
	if got.Status != finding.Completed {
		t.Fatalf("%s: %s\n%s", got.Status, got.Reason, notes(got))
	}
	checkShop(t, got.Findings)
	got = scan(t, New(trivyTool(t, TrivyOptions{Cache: *trivyCache, Command: "config"}), Options{Asked: true, Offline: true}), shop(t))
	if got.Status != finding.Completed || len(got.Findings) < 10 {
		t.Errorf("%s: %s, %d findings", got.Status, got.Reason, len(got.Findings))
	}
}

func TestTrivyReads(t *testing.T) {
	tr, u := shop(t), Unit{Dir: "."}
	report := func(name string, o TrivyOptions) string {
		return recorded(t, "trivy/"+name+".json", func() []byte {
			if *trivyCache == "" || !canRecord(t, "trivy") {
				return nil
			}
			o.Cache = *trivyCache
			data, _ := output(t, trivyTool(t, o), tr, u)
			return data
		})
	}
	data := report("fs", TrivyOptions{})
	if strings.Contains(data, leak) {
		t.Fatal("the secret is in testdata")
	}
	tool := trivyTool(t, TrivyOptions{})
	r, err := read(t, tool, tr, u, data)
	if err != nil {
		t.Fatal(err)
	}
	checkShop(t, r.findings)
	f := r.findings[0]
	p := finding.Package{Ecosystem: "npm", Name: "lodash", Version: "4.17.20", FixedVersion: "4.17.21", Status: "fixed", PURL: "pkg:npm/lodash@4.17.20", Relationship: "direct"}
	if d := cmp.Diff(&p, f.Package); d != "" || f.Score != 7.2 || f.Vector == "" || f.Published != "2021-02-15" || f.Message != "lodash 4.17.20: code injection through the template function; fixed in 4.17.21" {
		t.Errorf("%s %+v", d, f)
	}
	if r.looked.Files != 5 || r.looked.Packages != 1 || r.rules["DS-0002"].Help == "" {
		t.Errorf("looked at %+v", r.looked)
	}
	c, err := read(t, trivyTool(t, TrivyOptions{Command: "config"}), tr, u, report("config", TrivyOptions{Command: "config"}))
	if err != nil || len(c.findings) < 10 || c.findings[0].Framework != "dockerfile" {
		t.Errorf("%v, %d findings", err, len(c.findings))
	}
	for _, cut := range []int{0, 1, 100, len(data) / 2, len(data) - 3} {
		if _, err := read(t, tool, tr, u, data[:cut]); err == nil {
			t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
		}
	}
}

func trivyReport(results string) string {
	return `{"SchemaVersion":2,"ArtifactType":"filesystem","Results":` + results + `}`
}

func TestTrivyHostile(t *testing.T) {
	tr, tool, u := shop(t), trivyTool(t, TrivyOptions{}), Unit{Dir: "."}
	one := func(of string) string { return trivyReport(`[{"Target":"a.txt","Class":"x",` + of + `}]`) }
	for name, bad := range map[string]string{
		"not JSON":              "FATAL error",
		"an empty object":       `{}`,
		"a list":                `[]`,
		"another schema":        `{"SchemaVersion":1,"ArtifactType":"filesystem","Results":[]}`,
		"no schema":             `{"ArtifactType":"filesystem","Results":[]}`,
		"results of a word":     trivyReport(`"x"`),
		"a result of a word":    trivyReport(`["x"]`),
		"a result of nothing":   trivyReport(`[{}]`),
		"no id":                 one(`"Vulnerabilities":[{"PkgName":"a"}]`),
		"no package":            one(`"Vulnerabilities":[{"VulnerabilityID":"CVE-1"}]`),
		"a check without id":    one(`"Misconfigurations":[{"Title":"x"}]`),
		"a secret without rule": one(`"Secrets":[{"Title":"x"}]`),
		"a line of words":       one(`"Secrets":[{"RuleID":"x","StartLine":"1"}]`),
		"a score of words":      one(`"Vulnerabilities":[{"VulnerabilityID":"CVE-1","PkgName":"a","CVSS":{"nvd":{"V3Score":"9"}}}]`),
		"suppressed: a word":    one(`"ExperimentalModifiedFindings":[{"Type":"secret","Finding":"x"}]`),
		"suppressed: nothing":   one(`"ExperimentalModifiedFindings":[{"Type":"vulnerability"}]`),
		"two documents":         trivyReport("[]") + trivyReport("[]"),
	} {
		if _, err := read(t, tool, tr, u, bad); err == nil {
			t.Errorf("%s is taken for a report", name)
		}
	}
	for target, want := range map[string]string{"/etc/passwd": "", "../../etc/passwd": "", "a/../../x": "", "Node.js": "", "Java": "", "git::https://example.invalid/x.tf": "", "api/Dockerfile": "api/Dockerfile"} {
		r, err := read(t, tool, tr, u, trivyReport(`[{"Target":"`+target+`","Class":"config","Type":"dockerfile","Misconfigurations":[{"ID":"DS-1","Severity":"WORST","Message":"secret in: `+leak+`","CauseMetadata":{"StartLine":-3,"EndLine":-9,"Occurrences":[{"Filename":"../../x","Location":{"StartLine":-1}}]}}],"Secrets":[{"RuleID":"r","Title":"t","StartLine":4,"EndLine":2}]}]`))
		if err != nil || len(r.findings) != 2 {
			t.Fatal(err)
		}
		f := r.findings[0]
		if f.Location.Path != want || f.Location.StartLine != 0 || f.Severity != finding.Unknown || len(f.Related) != 0 || strings.Contains(f.Message+f.Key, leak) {
			t.Errorf("%q: %+v", target, f)
		}
	}
	for _, none := range []string{trivyReport("[]"), trivyReport("null"), `{"SchemaVersion":2,"ArtifactType":"filesystem"}`} {
		if r, err := read(t, tool, tr, u, none); err != nil || len(r.findings) != 0 {
			t.Errorf("%s: %v", none, err)
		}
	}
}

func TestTrivyCall(t *testing.T) {
	at := Place{Tree: "/tree", File: func(name string) string { return "/box/" + name }}
	args := func(o TrivyOptions) string {
		return strings.Join(trivyTool(t, o).Call(Unit{Dir: "."}, at).Args, " ")
	}
	if got := args(TrivyOptions{}); !strings.Contains(got, "--scanners=vuln,misconfig,secret") || strings.Contains(got, "skip-db-update") || !strings.Contains(got, "--config /box/trivy.yaml") {
		t.Error(got)
	}
	if got := args(TrivyOptions{Cache: "/c", Scanners: []string{"vuln"}}); !strings.Contains(got, "--cache-dir /c") || !strings.Contains(got, "--skip-db-update") || !strings.Contains(got, "--scanners=vuln ") {
		t.Error(got)
	}
	if got := args(TrivyOptions{Cache: "c", Command: "config"}); strings.Contains(got, "--scanners") || !strings.Contains(got, "--cache-dir "+filepath.Join("/tree", "c")) {
		t.Error(got)
	}
	for _, o := range []TrivyOptions{{Command: "image"}, {Scanners: []string{"licence"}}, {Command: "config", Scanners: []string{"vuln"}}, {Cache: "a\nb"}} {
		if _, err := Trivy(o); err == nil {
			t.Errorf("%+v is taken for options", o)
		}
	}
}
