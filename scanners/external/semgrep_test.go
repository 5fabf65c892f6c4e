package external

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func semgrepTool(t testing.TB, config ...string) Tool {
	return must(Semgrep(SemgrepOptions{Config: config}))(t)
}

func wantSemgrep() []spot {
	const file = "src/run.py"
	return []spot{
		{"semgrep.print-call", "low", "src/broken.py", "A call of print.", 2, 5, 2, 13},
		{"semgrep.fixed-password", "critical", file, "Fixed password: what was found is not quoted", 1, 1, 1, 35},
		{"semgrep.eval-of-something", "high", file, "eval runs whatever given says.", 5, 21, 5, 32},
		{"semgrep.eval-of-something", "high", file, "eval runs whatever given says.", 6, 12, 8, 6},
		{"semgrep.eval-of-something", "high", file, "eval runs whatever given says.", 12, 5, 12, 16},
		{"semgrep.print-call", "low", file, "A call of print.", 13, 5, 13, 17},
	}
}

func TestSemgrepRuns(t *testing.T) {
	realTool(t, "semgrep")
	got := scan(t, New(semgrepTool(t), Options{Asked: true, Offline: true}), copied(t, "semgrep/sample"))
	if got.Status != finding.Partial || got.Looked.Files != 2 {
		t.Fatalf("%s: %s, looked at %+v\n%s", got.Status, got.Reason, got.Looked, notes(got))
	}
	if d := cmp.Diff(wantSemgrep(), spots(got.Findings)); d != "" {
		t.Error(d)
	}
	for i, f := range got.Findings {
		if f.Suppressed() != (i == 4) {
			t.Errorf("%+v", f)
		}
	}
	if n := notes(got); !strings.Contains(n, "gap: src/broken.py:5: Semgrep could parse it in parts only") || !strings.Contains(n, "ran semgrep 1.") {
		t.Error(n)
	}
}

func TestSemgrepReads(t *testing.T) {
	tool, tr := semgrepTool(t), copied(t, "semgrep/sample")
	u := must(semgrepUnits(tr, nil))(t).List[0]
	data := recorded(t, "semgrep/report.json", func() []byte {
		if !canRecord(t, "semgrep") {
			return nil
		}
		data, _ := output(t, tool, tr, u)
		return data
	})
	r, err := read(t, tool, tr, u, data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(wantSemgrep(), spots(r.findings)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]finding.Suppression{{Source: "nosemgrep", Inline: true}}, r.findings[4].Suppressions); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]finding.Note{{Level: finding.Gap, Path: "src/broken.py", Line: 5, Message: "Semgrep could parse it in parts only"}}, r.notes); d != "" {
		t.Error(d)
	}
	want := finding.Rule{ID: "semgrep.eval-of-something", Title: "Eval of something", Severity: finding.High, Precision: "high",
		Tags: []string{"external/cwe/cwe-95", "external/owasp/a03-2021"}, References: []string{"https://docs.python.org/3/library/functions.html#eval"}}
	if d := cmp.Diff(want, r.rules[want.ID]); d != "" {
		t.Error(d)
	}
	for _, cut := range []int{0, 1, 100, len(data) / 2, len(strings.TrimSpace(data)) - 1} {
		if _, err := read(t, tool, tr, u, data[:cut]); err == nil {
			t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
		}
	}
}

// semgrepReport is a report with one result.
func semgrepReport(result string) string {
	return `{"version":"1.182.0","errors":[],"paths":{"scanned":["a"]},"results":[` + result + `]}`
}

func TestSemgrepDoubts(t *testing.T) {
	tool, u := semgrepTool(t), Unit{Dir: "."}
	tr := tree(t, map[string]string{"a.yml": "user: x\nkey: q7Zp04mmK1x9\nname: \"top drawer\"\n"})
	for name, bad := range map[string]string{
		"not JSON":       "Scanning 3 files",
		"null":           "null",
		"no paths":       `{"errors":[],"results":[]}`,
		"no errors":      `{"paths":{},"results":[]}`,
		"null results":   `{"errors":[],"paths":{},"results":null}`,
		"wrong types":    semgrepReport(`{"check_id":"a","path":"a.yml","start":{"line":"x"}}`),
		"without a rule": semgrepReport(`{"path":"a.yml"}`),
		"without a path": semgrepReport(`{"check_id":"a"}`),
		"two documents":  semgrepReport("") + "{}",
	} {
		if _, err := read(t, tool, tr, u, bad); err == nil {
			t.Errorf("%s is taken for a report", name)
		}
	}
	for name, c := range map[string]struct {
		result string
		want   spot
	}{
		"absolute path":    {`"path":"/etc/passwd","start":{"line":3}`, spot{Message: "B"}},
		"path out of it":   {`"path":"../../x.py","start":{"line":3}`, spot{Message: "B"}},
		"no such line":     {`"path":"a.yml","start":{"line":900,"col":-2},"end":{"line":3}`, spot{Path: "a.yml", Line: 900, Message: "B"}},
		"a command":        {`"path":"a.yml","start":{"line":1},"extra":{"message":"::error::x\n##[group]y"}`, spot{Path: "a.yml", Line: 1, Message: "error::x # [group]y"}},
		"a quoted piece":   {`"path":"a.yml","start":{"line":3},"extra":{"message":"top drawer is bad"}`, spot{Path: "a.yml", Line: 3, Message: "… is bad"}},
		"an unquoted one":  {`"path":"a.yml","start":{"line":2},"extra":{"message":"has q7Zp04mmK1x9 in it"}`, spot{Path: "a.yml", Line: 2, Message: "has … in it"}},
		"odd metadata":     {`"path":"a.yml","start":{"line":1},"extra":{"message":"m","metadata":{"cwe":{"a":1},"owasp":[1],"confidence":["x"],"references":7}}`, spot{Path: "a.yml", Line: 1, Message: "m"}},
		"a secret's class": {`"path":"a.yml","start":{"line":1},"extra":{"message":"user","metadata":{"cwe":["CWE-798: x"]}}`, spot{Path: "a.yml", Line: 1, Message: "B: what was found is not quoted"}},
	} {
		r, err := read(t, tool, tr, u, semgrepReport(`{"check_id":"a.b",`+c.result+`}`))
		if err != nil || len(r.findings) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.want.Rule, c.want.Severity = "a.b", "unknown"
		if d := cmp.Diff(c.want, spots(r.findings)[0]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	r, err := read(t, tool, tr, u, `{"results":[],"paths":{"scanned":[],"skipped":[{"path":"a.yml","reason":"exceeded_size_limit"},{"path":"b","reason":"semgrepignore_patterns_match"}]},"errors":[
		{"code":2,"level":"error","type":"Rule parse error","rule_id":"a","message":"f((("},{"type":["::x"],"path":"/etc/x"},{"type":7,"path":"a.yml","spans":[{"start":{"line":-4}}]}]}`)
	if err != nil {
		t.Fatal(err)
	}
	want := []finding.Note{
		{Level: finding.Gap, Path: "a.yml", Message: "Semgrep passed over it: exceeded size limit"},
		{Level: finding.Gap, Message: "Semgrep failed: Rule parse error, rule a"},
		{Level: finding.Gap, Message: "Semgrep failed"},
		{Level: finding.Gap, Path: "a.yml", Message: "Semgrep failed"},
		{Level: finding.Information, Message: "1 file passed over, as .gitignore, .semgrepignore or Semgrep's own list has it"},
	}
	if d := cmp.Diff(want, r.notes); d != "" {
		t.Error(d)
	}
}

func TestNosemgrep(t *testing.T) {
	for code, want := range map[string]bool{
		"f()  # nosemgrep":                 true,
		"f()  # nosem":                     true,
		"f()  // nosemgrep: rule":          true,
		"f()  // nosemgrep:a.rule":         true,
		"f()  # nosemgrep: other, rule":    true,
		"f()  # nosemgrep: other":          false,
		"f()  # nosemgrep: ule":            false,
		"nosemgreplike()":                  false,
		"f() # we use nosemgrep sometimes": false,
		"f()":                              false,
		"<!-- nosemgrep -->":               true,
	} {
		src := &source{tree: tree(t, map[string]string{"a": code + "\n", "b": "# nosemgrep: rule\nf()\n", "c": "f() # nosemgrep\nf()\n"})}
		if got := nosemgrep("a.rule", src, finding.Location{Path: "a", StartLine: 1}); got != want {
			t.Errorf("%s: %v", code, got)
		}
		if !nosemgrep("a.rule", src, finding.Location{Path: "b", StartLine: 2}) || nosemgrep("a.rule", src, finding.Location{Path: "c", StartLine: 2}) {
			t.Error("a mark counts on the line before when it stands there alone")
		}
	}
}

func TestSemgrepRules(t *testing.T) {
	for config, want := range map[string]string{
		"auto": "sends the project's address", "../x.yml": "neither a path", "/x.yml": "neither a path", "": "neither a path",
		"https://example.invalid/x.yml": "neither a path", "--help": "",
	} {
		_, err := Semgrep(SemgrepOptions{Config: []string{config}})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", config, err)
		}
	}
	if tool := semgrepTool(t, "p/default"); !tool.Network {
		t.Error("rules of the registry come by the network")
	}
	fake := script(t, "semgrep", `case "$*" in *--config=./.semgrep.yml*) echo '`+semgrepReport("")+`';; *) exit 7;; esac`)
	for name, c := range map[string]struct {
		config []string
		files  map[string]string
		want   string
	}{
		"no rules":   {nil, map[string]string{"a.py": ""}, "failed: planning: there is no .semgrep.yml and no .semgrep: set config"},
		"none there": {[]string{"rules/"}, map[string]string{"a.py": ""}, "failed: planning: config: there is no rules"},
		"its own":    {nil, map[string]string{".semgrep.yml": ""}, "completed: "},
		"fails":      {[]string{"./rules"}, map[string]string{"rules/a.yml": ""}, "failed: ended with status 7, and its output is not usable: it is empty"},
		"no files":   {nil, nil, "skipped: no files"},
	} {
		got := scan(t, New(semgrepTool(t, c.config...), Options{Asked: true, Path: []string{fake}}), tree(t, c.files))
		if s := got.Status.String() + ": " + got.Reason; !strings.HasPrefix(s, c.want) {
			t.Errorf("%s: %s", name, s)
		}
	}
}

// Results that are as long as a large file, and many, do not hold up a scan.
func TestSemgrepSourceIsBounded(t *testing.T) {
	long := strings.Repeat("x = \"some text\" # "+strings.Repeat("y", 1000)+"\n", 2000)
	tr := tree(t, map[string]string{"a.py": long, "b.py": long})
	all := semgrepResult{ID: "a.b", Start: semgrepPoint{Line: 1}, End: semgrepPoint{Line: 2000}}
	all.Extra.Message = "some text"
	message := func(src *source) string {
		all.Path = "a.py"
		f, _ := all.finding(src, newReading(tr, Unit{Dir: "."}))
		return f.Message
	}
	for name, places := range map[string][]string{"lines": {"a.py"}, "files": {"a.py", "b.py"}} {
		src := &source{tree: tr}
		if got := message(src); got != "…" {
			t.Errorf("%s: %q", name, got)
		}
		end := 2000 * (2 - len(places))
		for i := 0; src.lines(finding.Location{Path: places[i%len(places)], StartLine: 1, EndLine: end}) != nil; i++ {
			if i > 100_000 {
				t.Fatalf("%s: no end", name)
			}
		}
		if got := message(src); !src.spent() || got != "B" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
