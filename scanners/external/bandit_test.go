package external

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func banditTool(t testing.TB) Tool { return must(Bandit(BanditOptions{}))(t) }

// spot is what of a finding about code the tests compare.
type spot struct {
	Rule, Severity, Path, Message string
	Line, Column, EndLine, End    int
}

func spots(all []finding.Finding) (out []spot) {
	for _, f := range all {
		l := f.Location
		out = append(out, spot{f.RuleID, f.Severity.String(), l.Path, f.Message, l.StartLine, l.StartColumn, l.EndLine, l.EndColumn})
	}
	return out
}

func wantBandit() []spot {
	const file = "app/run.py"
	return []spot{
		{"B404", "low", file, "Consider possible security implications associated with the subprocess module.", 3, 1, 3, 18},
		{"B105", "low", file, "Possible hardcoded password (medium confidence)", 6, 12, 6, 35},
		{"B602", "high", file, "subprocess call with shell=True identified, security issue.", 10, 5, 10, 46},
		{"B324", "high", file, "Use of weak MD5 hash for security. Consider usedforsecurity=False", 11, 12, 13, 6},
		{"B307", "medium", file, "Use of possibly insecure function - consider using safer ast.literal_eval.", 17, 27, 17, 37},
		{"B306", "medium", file, "Use of insecure and deprecated function (mktemp).", 17, 39, 17, 56},
	}
}

func TestBanditRuns(t *testing.T) {
	realTool(t, "bandit")
	got := scan(t, New(banditTool(t), Options{Asked: true}), copied(t, "bandit/sample"))
	if got.Status != finding.Partial || got.Looked.Files != 2 {
		t.Fatalf("%s: %s, looked at %+v\n%s", got.Status, got.Reason, got.Looked, notes(got))
	}
	if d := cmp.Diff(wantBandit(), spots(got.Findings)); d != "" {
		t.Error(d)
	}
	if n := notes(got); !strings.Contains(n, "gap: app/broken.py: Bandit could not look at it: syntax error") || !strings.Contains(n, "1 finding passed over") {
		t.Error(n)
	}
	clean := scan(t, New(banditTool(t), Options{Asked: true}), tree(t, map[string]string{"a.py": "x = 1\n"}))
	if clean.Status != finding.Completed || len(clean.Findings) != 0 {
		t.Errorf("%s: %s, %d findings", clean.Status, clean.Reason, len(clean.Findings))
	}
	dirs := scan(t, New(banditTool(t), Options{Asked: true}), tree(t, map[string]string{
		"node_modules/a.py": "eval(x)\n", ".tox/a.py": "eval(x)\n", ".github/a.py": "eval(x)\n", "my_node_modules.py": "eval(x)\n"}))
	if dirs.Status != finding.Completed || len(dirs.Findings) != 2 || dirs.Looked.Files != 2 {
		t.Errorf("%s: %s, looked at %+v, %d findings", dirs.Status, dirs.Reason, dirs.Looked, len(dirs.Findings))
	}
	set := must(Bandit(BanditOptions{Config: "pyproject.toml"}))(t)
	some := scan(t, New(set, Options{Asked: true}), tree(t, map[string]string{"a.py": "eval(x)\nexec(x)\nassert x\n", "pyproject.toml": "[tool.bandit]\nskips = [\"B102\"]\n", "sub/.bandit": "[bandit]\nskips = B307\nformat = xml\n"}))
	if some.Status != finding.Completed || len(some.Findings) != 1 || !strings.Contains(notes(some), "info: sub/.bandit: ") {
		t.Errorf("with a config: %s: %s, %d findings", some.Status, some.Reason, len(some.Findings))
	}
}

func TestBanditReads(t *testing.T) {
	tool, tr, u := banditTool(t), copied(t, "bandit/sample"), Unit{Dir: "."}
	data := recorded(t, "bandit/report.json", func() []byte {
		if !canRecord(t, "bandit") {
			return nil
		}
		data, _ := output(t, tool, tr, u)
		return data
	})
	r, err := read(t, tool, tr, u, data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(wantBandit(), spots(r.findings)); d != "" {
		t.Error(d)
	}
	if r.looked.Files != 2 || len(r.notes) != 2 || r.notes[0].Path != "app/broken.py" {
		t.Errorf("%+v %+v", r.looked, r.notes)
	}
	want := finding.Rule{ID: "B404", Name: "blacklist", Title: "Import subprocess", Severity: finding.Low, Tags: []string{"external/cwe/cwe-78"}, Precision: "high",
		References: []string{"https://bandit.readthedocs.io/en/1.9.4/blacklists/blacklist_imports.html#b404-import-subprocess"}}
	if d := cmp.Diff(want, r.rules["B404"]); d != "" {
		t.Error(d)
	}
	for _, cut := range []int{0, 1, 100, len(data) / 2, len(data) - 2} {
		if _, err := read(t, tool, tr, u, data[:cut]); err == nil {
			t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
		}
	}
}

// banditReport is a report with one result.
func banditReport(result string) string {
	return `{"errors":[],"metrics":{"_totals":{}},"results":[` + result + `]}`
}

func TestBanditDoubts(t *testing.T) {
	tool, tr, u := banditTool(t), tree(t, map[string]string{"a.py": ""}), Unit{Dir: "."}
	for name, bad := range map[string]string{
		"not JSON":        "[main]	INFO	profile include tests: None",
		"a list":          "[]",
		"null":            "null",
		"an empty object": "{}",
		"no metrics":      `{"errors":[],"results":[]}`,
		"no errors":       `{"metrics":{},"results":[]}`,
		"null results":    `{"errors":[],"metrics":{},"results":null}`,
		"wrong types":     banditReport(`{"test_id":"B1","filename":"a.py","line_number":"x"}`),
		"without a test":  banditReport(`{"filename":"a.py"}`),
		"without a file":  banditReport(`{"test_id":"B1"}`),
		"two documents":   banditReport("") + "{}",
	} {
		if _, err := read(t, tool, tr, u, bad); err == nil {
			t.Errorf("%s is taken for a report", name)
		}
	}
	for name, c := range map[string]struct {
		result string
		want   spot
	}{
		"absolute path":     {`"filename":"/etc/passwd","line_number":3`, spot{Message: "m"}},
		"path out of it":    {`"filename":"../../x.py","line_number":3`, spot{Message: "m"}},
		"the tree's path":   {`"filename":"` + tr.Dir() + `/b/a.py","line_number":3`, spot{Path: "b/a.py", Line: 3, EndLine: 3, Message: "m"}},
		"negative lines":    {`"filename":"a.py","line_number":-3,"line_range":[-5,-3],"col_offset":-9`, spot{Path: "a.py", Message: "m"}},
		"columns too far":   {`"filename":"a.py","line_number":2,"code":"2 x\n","col_offset":900,"end_col_offset":9`, spot{Path: "a.py", Line: 2, EndLine: 2, Message: "m"}},
		"inside a letter":   {`"filename":"a.py","line_number":2,"code":"2 ü\n","col_offset":1,"end_col_offset":2`, spot{Path: "a.py", Line: 2, EndLine: 2, Message: "m"}},
		"a command":         {`"filename":"a.py","issue_text":"::error::owned\n::set-output name=x::y"`, spot{Path: "a.py", Message: "error::owned ::set-output name=x::y"}},
		"an odd severity":   {`"filename":"a.py","issue_severity":"BLOCKER","issue_confidence":"::x"`, spot{Path: "a.py", Message: "m"}},
		"a quoted password": {`"filename":"a.py","issue_text":"Possible hardcoded password: 'it's'"`, spot{Path: "a.py", Message: "Possible hardcoded password"}},
	} {
		result := `{"test_id":"B1","issue_text":"m",` + c.result + `}`
		r, err := read(t, tool, tr, u, banditReport(result))
		if err != nil || len(r.findings) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.want.Rule, c.want.Severity = "B1", "unknown"
		if d := cmp.Diff(c.want, spots(r.findings)[0]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestBanditApplies(t *testing.T) {
	none := scan(t, New(banditTool(t), Options{Asked: true}), tree(t, map[string]string{"a.go": ""}))
	if none.Status != finding.Skipped || !strings.Contains(none.Reason, "no *.py files") {
		t.Errorf("%s: %s", none.Status, none.Reason)
	}
	for _, p := range []string{"../x.toml", "/etc/x.toml"} {
		if _, err := Bandit(BanditOptions{Config: p}); err == nil {
			t.Errorf("%s leads out of the tree", p)
		}
	}
	set := must(Bandit(BanditOptions{Config: "./sub/../bandit.yaml"}))(t)
	gone := scan(t, New(set, Options{Asked: true, Path: []string{script(t, "bandit", "")}}), tree(t, map[string]string{"a.py": ""}))
	if gone.Status != finding.Failed || !strings.Contains(gone.Reason, "there is no file bandit.yaml") {
		t.Errorf("%s: %s", gone.Status, gone.Reason)
	}
	// A status of 0 with half a report, and one of 2 with none.
	for body, want := range map[string]string{
		`echo '{"errors":[]'`:                       "its output is not usable",
		`echo "cannot read the config" >&2; exit 2`: "cannot read the config",
		`echo '` + banditReport("") + `'; exit 1`:   "reports nothing",
	} {
		fake := script(t, "bandit", "case $1 in --version) echo bandit 1.9.4; exit;; esac\n"+body+"\n")
		got := scan(t, New(banditTool(t), Options{Asked: true, Path: []string{fake}}), tree(t, map[string]string{"a.py": ""}))
		if got.Status != finding.Failed || !strings.Contains(got.Reason, want) {
			t.Errorf("%s: %s: %s", body, got.Status, got.Reason)
		}
	}
}
