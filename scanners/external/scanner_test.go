package external

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// plainTool is a tool whose output is as simple as can be: a list of
// {"rule","message","file","line"}.
func plainTool() Tool {
	return Tool{
		Name: "plain", Programs: []string{"plain"}, Version: Version{Args: []string{"--version"}, Oldest: "2"}, Exits: []int{1},
		Units: func(t *scanners.Tree) (Units, error) {
			u := Units{None: "nothing for it"}
			for _, f := range t.Files() {
				if filepath.Base(f.Path) == "unit" {
					u.List = append(u.List, Unit{Dir: filepath.Dir(f.Path), Name: f.Path, File: f.Path})
				}
			}
			return u, nil
		},
		Call: func(u Unit, p Place) Call { return Call{Args: []string{"scan", p.File("out.json")}} },
		Read: func(o Output, r *Reading) error {
			d, err := newDocument(o.Data)
			if err != nil {
				return err
			}
			err = d.elements(func() error {
				var x struct {
					Rule, Message, File string
					Line                int
				}
				if err := d.value(&x); err != nil {
					return err
				}
				r.Add(finding.Finding{RuleID: x.Rule, Severity: finding.High, Message: x.Message, Key: x.Message,
					Location: finding.Location{Path: r.Path(x.File), StartLine: x.Line}}, finding.Rule{Title: x.Message})
				return nil
			})
			err = d.end(err)
			r.looked.Files++
			return err
		},
	}
}

// behave is a program that is asked for its version, and then does something.
func behave(t testing.TB, body string) Options {
	t.Helper()
	dir := script(t, "plain", `if [ "$1" = --version ]; then echo plain version 2.5.0; exit 0; fi`+"\n"+body)
	return Options{Asked: true, Path: []string{dir}}
}

func TestHowToolsBehave(t *testing.T) {
	const one = `echo '[{"rule":"r","message":"bad","file":"a.txt","line":3}]'` + "\n"
	tr := tree(t, map[string]string{"unit": "", "a.txt": "x"})
	for name, c := range map[string]struct {
		body   string
		status finding.Status
		reason string
		count  int
	}{
		"finds something":                 {one + "exit 1", finding.Completed, "", 1},
		"finds something and says 0":      {one, finding.Completed, "", 1},
		"finds nothing":                   {"echo '[]'", finding.Completed, "", 0},
		"says 0 with garbage":             {"echo hello", finding.Failed, "ended with status 0, and its output is not usable", 0},
		"says 0 with nothing":             {"", finding.Failed, "ended with status 0, and its output is not usable: it is empty", 0},
		"says 1 with nothing found":       {"echo '[]'; echo cannot read it >&2; exit 1", finding.Failed, "ended with status 1 and reports nothing: cannot read it", 0},
		"fails after it found something":  {one + "echo crashed >&2; exit 7", finding.Partial, "ended with status 7 after 1 finding: there may be more: crashed", 1},
		"is cut short":                    {`printf '[{"rule":"r","message":"bad"},'`, finding.Failed, "it ends early", 0},
		"has types of its own":            {`echo '[{"rule":7}]'`, finding.Failed, "is a number, not a string", 0},
		"writes two documents":            {"echo '[]'; echo '[]'", finding.Failed, "something follows the end of its JSON", 0},
		"complains in commands":           {"echo '::error::evil' >&2; exit 2", finding.Failed, "evil", 0},
		"leaves everything out":           {"echo '[{}]'", finding.Completed, "", 1},
		"is not a program of this system": {"exec /nonexistent", finding.Failed, "status 12", 0},
	} {
		got := scan(t, New(plainTool(), behave(t, c.body)), tr)
		if got.Status != c.status || !strings.Contains(got.Reason, c.reason) || len(got.Findings) != c.count {
			t.Errorf("%s: %s with %d findings: %s", name, got.Status, len(got.Findings), got.Reason)
		}
		if strings.Contains(got.Reason, "::error") {
			t.Errorf("%s: a workflow command: %s", name, got.Reason)
		}
	}
}

func TestWhatToolsSay(t *testing.T) {
	tr := tree(t, map[string]string{"sub/unit": "", "sub/a.txt": "x", "b.txt": "x"})
	type result struct {
		Rule, Message, File string
		Line                int
	}
	list := []result{
		{"r1", "::error file=x::evil", "a.txt", 1},
		{"r2", "a ##[error] b\r\n::warning::c\x1b[31m\u202e", "../b.txt", 2},
		{"r3", "outside", "../../etc/passwd", 3},
		{"r4", "absolute", "/etc/passwd", 4},
		{"r5", "in the tree", filepath.Join(tr.Dir(), "b.txt"), 5},
		{"r6", "like the tree", tr.Dir() + "-more/b.txt", 6},
		{"r7", "with a line end", "a\n::error::x", 7},
		{"r8", strings.Repeat("long ", 1<<20), "a.txt", -8},
		{strings.Repeat("r", 1<<20), "x", strings.Repeat("a/", 1<<16), 1 << 40},
		{"", "", "", 0},
	}
	data, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "said")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	got := scan(t, New(plainTool(), behave(t, "cat "+file)), tr)
	if got.Status != finding.Completed || len(got.Findings) != len(list) {
		t.Fatalf("%s: %s: %d findings", got.Status, got.Reason, len(got.Findings))
	}
	paths := map[string]string{}
	for _, f := range got.Findings {
		paths[f.RuleID] = f.Location.Path
		if strings.HasPrefix(f.Message, ":") || strings.Contains(f.Message, "##[") || strings.ContainsAny(f.Message, "\r\n\x1b\u202e") || len(f.Message) > 4*maxWords || len(f.RuleID) > maxID+3 {
			t.Errorf("%q: %q", f.RuleID, f.Message)
		}
		if l := f.Location; l.Path == "" && l.StartLine != 0 || l.StartLine < 0 {
			t.Errorf("%+v", l)
		}
	}
	for rule, want := range map[string]string{"r1": "sub/a.txt", "r2": "b.txt", "r3": "", "r4": "", "r5": "b.txt", "r6": "", "r7": "", "r8": "sub/a.txt"} {
		if paths[rule] != want {
			t.Errorf("%s is at %q, want %q", rule, paths[rule], want)
		}
	}
	if !strings.Contains(notes(got), "outside of the scanned tree: reported without a path") {
		t.Error(notes(got))
	}
}

func TestResultsAreBounded(t *testing.T) {
	tr := tree(t, map[string]string{"unit": ""})
	body := `awk 'BEGIN { printf "["; for (i = 0; i < 300000; i++) printf "%s{\"rule\":\"r\",\"message\":\"m%d\"}", i ? "," : "", i; print "]" }'`
	s := New(plainTool(), behave(t, body))
	target := scanners.Target{Tree: tr, Jobs: 1}
	work := must(s.Plan(t.Context(), target))(t)
	report := must(s.Scan(t.Context(), target, work))(t)
	gap := ""
	for _, n := range report.Notes {
		if n.Level == finding.Gap {
			gap = n.Message
		}
	}
	if len(report.Findings) != maxResults || !strings.Contains(gap, "more than 200000 results: 100,000 results left out") {
		t.Errorf("%d findings, %q", len(report.Findings), gap)
	}
}

func TestOneUnitFailsAlone(t *testing.T) {
	tr := tree(t, map[string]string{"a/unit": "", "b/unit": "", "c/unit": "", "a/x": ""})
	got := scan(t, New(plainTool(), behave(t, `case $PWD in */b) echo broken; exit 3;; *) echo '[{"rule":"r","message":"bad","file":"x","line":1}]';; esac`)), tr)
	if got.Status != finding.Partial || !strings.HasPrefix(got.Reason, "b: ended with status 3, and its output is not usable") || len(got.Findings) != 2 || got.Looked.Files != 2 {
		t.Errorf("%s: %s: %d findings, looked at %+v", got.Status, got.Reason, len(got.Findings), got.Looked)
	}
	if got.Findings[0].Location.Path != "a/x" || got.Findings[1].Location.Path != "c/x" {
		t.Errorf("%+v", got.Findings)
	}
}

func TestPlans(t *testing.T) {
	there := behave(t, "echo '[]'").Path
	tr := tree(t, map[string]string{"unit": ""})
	bare := tree(t, map[string]string{"a": ""})
	network := plainTool()
	network.Network = true
	for name, c := range map[string]struct {
		tool       Tool
		options    Options
		tree       *scanners.Tree
		skip, fail string
	}{
		"there":                {plainTool(), Options{Path: there}, tr, "", ""},
		"does not apply":       {plainTool(), Options{Path: there, Asked: true}, bare, "nothing for it", ""},
		"missing and asked":    {plainTool(), Options{Path: []string{t.TempDir()}, Asked: true}, tr, "", "plain is not installed"},
		"missing and detected": {plainTool(), Options{Path: []string{t.TempDir()}}, tr, "plain is not installed", ""},
		"offline and asked":    {network, Options{Path: there, Asked: true, Offline: true}, tr, "", "--offline forbids"},
		"offline and detected": {network, Options{Path: there, Offline: true}, tr, "--offline forbids", ""},
		"unset and asked":      {must(Semgrep(SemgrepOptions{}))(t), Options{Path: there, Asked: true}, tr, "", "set config"},
		"unset and detected":   {must(Semgrep(SemgrepOptions{}))(t), Options{Path: there}, tr, "there is no .semgrep.yml", ""},
		"npm":                  {npmTool(t, NPMAuditOptions{}), Options{Path: []string{}, Asked: true}, tree(t, map[string]string{"package-lock.json": "{}"}), "", "install it with `apt-get install npm`"},
	} {
		work, err := New(c.tool, c.options).Plan(t.Context(), scanners.Target{Tree: c.tree, Jobs: 1})
		said := ""
		if err != nil {
			said = err.Error()
		}
		if !strings.Contains(said, c.fail) || (said == "") != (c.fail == "") || !strings.Contains(work.Skip, c.skip) || (work.Skip == "") != (c.skip == "") {
			t.Errorf("%s: %q, %v", name, work.Skip, err)
		}
	}
	// A tool that the scanned repository brings along is never run.
	own := tree(t, map[string]string{"unit": "", "plain": "#!/bin/sh\n"})
	if err := os.Chmod(filepath.Join(own.Dir(), "plain"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := New(plainTool(), Options{Path: []string{own.Dir()}}).Plan(t.Context(), scanners.Target{Tree: own, Jobs: 1}); err == nil {
		t.Error("a program of the scanned tree is taken")
	}
}

func TestVersions(t *testing.T) {
	tr := tree(t, map[string]string{"unit": ""})
	for said, want := range map[string]string{
		"echo 1.9.9":                "version 1.9.9 is too old, want 2 or newer",
		"echo nonsense":             "",
		"echo v10.0; exit 3":        "does not tell its version: exit status 3",
		"echo plain 2.0.1-rc1 here": "",
	} {
		dir := script(t, "plain", `if [ "$1" = --version ]; then `+said+"; exit; fi\necho '[]'")
		s := New(plainTool(), Options{Asked: true, Path: []string{dir}})
		got := scan(t, s, tr)
		if !strings.Contains(got.Reason, want) || (got.Status == finding.Completed) != (want == "") {
			t.Errorf("%s: %s: %s", said, got.Status, got.Reason)
		}
		if strings.Contains(said, "rc1") && s.Engine() != (finding.Engine{Name: "plain", Version: "2.0.1"}) {
			t.Errorf("%+v", s.Engine())
		}
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"2", "2.0.0", 0}, {"2.10", "2.9", 1}, {"1.9", "2", -1}, {"8.30.1", "8.19", 1}} {
		if got := compareVersions(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %d", c.a, c.b, got)
		}
	}
}

func TestTheTreeStaysAsItIs(t *testing.T) {
	tr := tree(t, map[string]string{"unit": "", "a": "x"})
	got := scan(t, New(plainTool(), behave(t, `echo '[]'; echo x > a; echo y > new; echo home > "$HOME/ok" && echo done >&2; test -z "$GITHUB_TOKEN" || exit 9`)), tr)
	if got.Status != finding.Completed {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
	_, err := os.Stat(filepath.Join(tr.Dir(), "new"))
	if wrote := err == nil; wrote && !strings.Contains(notes(got), "this system has no Landlock") {
		t.Error("the tool wrote into the tree, and no note says that it can")
	}
}

func TestEndsWithItsContext(t *testing.T) {
	tr := tree(t, map[string]string{"unit": ""})
	s := New(plainTool(), behave(t, "sleep 20"))
	target := scanners.Target{Tree: tr, Jobs: 1}
	work := must(s.Plan(t.Context(), target))(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := s.Scan(ctx, target, work); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 30*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
	slow := behave(t, "sleep 20")
	slow.Timeout = 50 * time.Millisecond
	if got := scan(t, New(plainTool(), slow), tr); got.Status != finding.Failed || !strings.Contains(got.Reason, "did not end within 50ms") {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
	if _, err := s.Scan(t.Context(), target, scanners.Work{Items: 7}); err == nil {
		t.Error("a plan of another scanner is taken")
	}
}

func TestTheDocumentationHasTheTable(t *testing.T) {
	data, err := os.ReadFile("../../docs/external-tools.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), Table()) {
		t.Errorf("docs/external-tools.md lacks the table:\n%s", Table())
	}
	for _, a := range Known() {
		if a.Name == "" || a.Adds == "" || a.Sends == "" || a.Licence == "" || !strings.HasPrefix(a.Example, a.Name+":") {
			t.Errorf("%+v is not complete", a)
		}
	}
	if fmt.Sprint(about("nobody")) != fmt.Sprint(About{Name: "nobody"}) {
		t.Error("a tool that is not known is described")
	}
}
