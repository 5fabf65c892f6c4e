package external

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

const nucleiTarget = "http://127.0.0.1:8080/"

func nucleiTool(t testing.TB, targets ...string) Tool {
	return must(Nuclei(NucleiOptions{Targets: targets, Templates: []string{"templates"}}))(t)
}

// nucleiTemplate asks for /.git/config.
const nucleiTemplate = `id: git-config
info: {name: Git configuration is served, author: someone, severity: medium, classification: {cwe-id: CWE-200}}
http:
  - method: GET
    path: ["{{BaseURL}}/.git/config"]
    matchers: [{type: word, words: ["[core]"]}]
`

func TestNucleiRuns(t *testing.T) {
	realTool(t, "nuclei")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "[core]") }))
	defer server.Close()
	tr := tree(t, map[string]string{"templates/git.yaml": nucleiTemplate})
	got := scan(t, New(nucleiTool(t, server.URL), Options{Asked: true}), tr)
	want := []spot{{Rule: "git-config", Severity: "medium", Message: "Git configuration is served at " + server.URL + "/.git/config"}}
	if d := cmp.Diff(want, spots(got.Findings)); got.Status != finding.Completed || got.Looked.URLs != 1 || d != "" {
		t.Errorf("%s: %s, looked at %+v, %s", got.Status, got.Reason, got.Looked, d)
	}
	server.Close()
	if got = scan(t, New(nucleiTool(t, server.URL), Options{Asked: true}), tr); got.Status != finding.Failed {
		t.Errorf("without a server: %s: %s", got.Status, got.Reason)
	}
}

// The format is the documented one: see testdata/README.md.
func TestNucleiReads(t *testing.T) {
	tool, tr := nucleiTool(t, nucleiTarget), tree(t, map[string]string{"templates/a.yaml": ""})
	u := must(tool.Units(tr))(t).List[0]
	data := recorded(t, "nuclei/report.jsonl", func() []byte { return nil })
	r, err := read(t, tool, tr, u, data)
	if err != nil {
		t.Fatal(err)
	}
	want := []finding.Finding{
		{RuleID: "git-config", Severity: finding.Medium, SeveritySource: "nuclei", Score: 5.3, Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",
			Message: "Git configuration is served at http://127.0.0.1:8080/.git/config", Fix: "Do not serve .git.",
			Resource: "http://127.0.0.1:8080/.git/config", Key: "http://127.0.0.1:8080/.git/config"},
		{RuleID: "old-server", Severity: finding.Critical, SeveritySource: "nuclei", Score: 9.8, Message: "Server with a known hole (banner) at http://127.0.0.1:8080",
			Resource: "http://127.0.0.1:8080", Key: "http://127.0.0.1:8080 banner", Aliases: []string{"CVE-2020-12345"}},
	}
	if d := cmp.Diff(want, r.findings); d != "" {
		t.Error(d)
	}
	rule := finding.Rule{ID: "git-config", Title: "Git configuration is served", Description: "The file .git/config can be read by everyone.", Help: "Do not serve .git.",
		References: []string{"https://example.invalid/git"}, Severity: finding.Medium, Score: 5.3, Tags: []string{"external/cwe/cwe-200"}}
	if d := cmp.Diff(rule, r.rules["git-config"]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]finding.Note{{Level: finding.Information, Message: nucleiTarget + ": 1 request of templates failed beside 3 that were answered"}}, r.notes); d != "" || r.looked.URLs != 1 {
		t.Errorf("looked at %+v, %s", r.looked, d)
	}
	for _, cut := range []int{0, 1, 100, len(data) / 2, len(data) - 3} {
		if _, err := read(t, tool, tr, u, data[:cut]); err == nil {
			t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
		}
	}
}

func TestNucleiDoubts(t *testing.T) {
	tool, tr := nucleiTool(t, nucleiTarget), tree(t, map[string]string{"templates/a.yaml": ""})
	u := must(tool.Units(tr))(t).List[0]
	for name, bad := range map[string]string{
		"nothing":              "",
		"not JSON":             "[INF] Current nuclei version",
		"a list":               "[]",
		"null":                 "null",
		"wrong types":          `{"template-id":"a","matcher-status":"true"}`,
		"without a template":   `{"matcher-status":true}`,
		"without a status":     `{"template-id":"a"}`,
		"something behind it":  `{"template-id":"a","matcher-status":false} ]`,
		"nothing but failures": `{"template-id":"a","matcher-status":false,"error":"refused"}`,
	} {
		if _, err := read(t, tool, tr, u, bad); err == nil {
			t.Errorf("%s is taken for a report", name)
		}
	}
	for name, c := range map[string]struct{ event, message string }{
		"a password":   {`"matched-at":"https://a:b@example.invalid/x?token=y"`, "a at https://example.invalid/x"},
		"a path":       {`"matched-at":"/etc/passwd","host":"../../x"`, "a at " + nucleiTarget},
		"a port":       {`"matched-at":"example.invalid:22"`, "a at example.invalid:22"},
		"another kind": {`"matched-at":"javascript://x"`, "a at " + nucleiTarget},
		"a command":    {`"info":{"name":"::error::x\n##[group]"}`, "error::x # [group] at " + nucleiTarget},
		"odd classes":  {`"info":{"severity":"blocker","reference":7,"classification":{"cve-id":{"a":1},"cwe-id":"::x","cvss-score":99}}`, "a at " + nucleiTarget},
	} {
		r, err := read(t, tool, tr, u, `{"template-id":"a","matcher-status":true,`+c.event+`}`)
		if err != nil || len(r.findings) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		f := r.findings[0]
		if f.Message != c.message || f.Severity != finding.Unknown || f.Score != 0 || len(f.Aliases)+len(r.rules["a"].Tags) > 0 || f.Location != (finding.Location{}) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestNucleiTargets(t *testing.T) {
	for want, o := range map[string]NucleiOptions{
		"no http:// or https://":     {Targets: []string{"file:///etc/passwd"}, Templates: []string{"a"}},
		"is no http:// or":           {Targets: []string{"-u"}, Templates: []string{"a"}},
		"holds a name or password":   {Targets: []string{"https://a:hunter2@example.invalid"}, Templates: []string{"a"}},
		"name files or directories":  {Targets: []string{nucleiTarget}},
		"no path of the scanned dir": {Targets: []string{nucleiTarget}, Templates: []string{"../a"}},
	} {
		if _, err := Nuclei(o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", want, err)
		}
	}
	fake := script(t, "nuclei", `case "$2" in *8080*) echo '{"template-id":"a","matcher-status":false}';; *) echo "no route to host" >&2; exit 1;; esac`)
	files := map[string]string{"templates/a.yaml": nucleiTemplate}
	for name, c := range map[string]struct {
		targets []string
		offline bool
		files   map[string]string
		want    string
	}{
		"no targets":   {nil, false, files, "skipped: no targets are configured"},
		"no templates": {[]string{nucleiTarget}, false, nil, "failed: planning: templates: there is no templates"},
		"one":          {[]string{nucleiTarget, nucleiTarget}, false, files, "completed: "},
		"another":      {[]string{nucleiTarget, "http://127.0.0.1:1/"}, false, files, "partial: ended with status 1"},
		"offline":      {[]string{nucleiTarget}, true, files, "failed: planning: it needs the network"},
	} {
		got := scan(t, New(nucleiTool(t, c.targets...), Options{Asked: true, Offline: c.offline, Path: []string{fake}}), tree(t, c.files))
		if s := got.Status.String() + ": " + got.Reason; !strings.HasPrefix(s, c.want) {
			t.Errorf("%s: %s", name, s)
		}
	}
}
