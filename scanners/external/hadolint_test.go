package external

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func hadolintTool(t testing.TB) Tool { return must(Hadolint(HadolintOptions{}))(t) }

func TestHadolintRuns(t *testing.T) {
	realTool(t, "hadolint")
	got := scan(t, New(hadolintTool(t), Options{Asked: true}), copied(t, "hadolint/sample"))
	rules := map[string]bool{}
	for _, f := range got.Findings {
		rules[f.RuleID] = f.Location.Path == "Dockerfile" && f.Location.StartLine > 0
	}
	if got.Status != finding.Partial || got.Looked.Files != 1 || !rules["DL3006"] || !rules["DL3008"] || !rules["DL4000"] {
		t.Errorf("%s: %s, looked at %+v, %v\n%s", got.Status, got.Reason, got.Looked, rules, notes(got))
	}
}

func TestHadolintReads(t *testing.T) {
	tool, tr := hadolintTool(t), copied(t, "hadolint/sample")
	u := Unit{Dir: ".", File: "Dockerfile"}
	now := func(u Unit) func() []byte {
		return func() []byte {
			if !canRecord(t, "hadolint") {
				return nil
			}
			data, _ := output(t, tool, tr, u)
			return data
		}
	}
	data := recorded(t, "hadolint/report.json", now(u))
	r, err := read(t, tool, tr, u, data)
	if err != nil {
		t.Fatal(err)
	}
	want := []spot{
		{Rule: "DL3006", Severity: "medium", Path: "Dockerfile", Line: 1, Message: "Always tag the version of an image explicitly"},
		{Rule: "DL3014", Severity: "medium", Path: "Dockerfile", Line: 2, Message: "Use the `-y` switch to avoid manual input `apt-get -y install <package>`"},
		{Rule: "DL3008", Severity: "medium", Path: "Dockerfile", Line: 2, Message: "Pin versions in apt get install. Instead of `apt-get install <package>` use `apt-get install <package>=<version>`"},
		{Rule: "DL3015", Severity: "low", Path: "Dockerfile", Line: 2, Message: "Avoid additional packages by specifying `--no-install-recommends`"},
		{Rule: "DL3009", Severity: "low", Path: "Dockerfile", Line: 2, Message: "Delete the apt lists (/var/lib/apt/lists) after installing something"},
		{Rule: "DL3003", Severity: "medium", Path: "Dockerfile", Line: 3, Message: "Use WORKDIR to switch to a directory"},
		{Rule: "SC2086", Severity: "low", Path: "Dockerfile", Line: 3, Message: "Double quote to prevent globbing and word splitting."},
		{Rule: "DL4000", Severity: "high", Path: "Dockerfile", Line: 4, Message: "MAINTAINER is deprecated"},
	}
	if d := cmp.Diff(want, spots(r.findings)); d != "" || r.looked.Files != 1 {
		t.Errorf("looked at %+v, %s", r.looked, d)
	}
	if d := cmp.Diff(finding.Rule{ID: "SC2086", Title: "ShellCheck SC2086", Severity: finding.Low, References: []string{"https://www.shellcheck.net/wiki/SC2086"}}, r.rules["SC2086"]); d != "" {
		t.Error(d)
	}
	broken := Unit{Dir: ".", File: "dev/Dockerfile.dev"}
	if _, err := read(t, tool, tr, broken, recorded(t, "hadolint/broken.json", now(broken))); err == nil || err.Error() != "dev/Dockerfile.dev: it cannot be parsed" {
		t.Errorf("a file that cannot be parsed: %v", err)
	}
	for _, cut := range []int{0, 1, 100, len(data) / 2, len(strings.TrimSpace(data)) - 1} {
		if _, err := read(t, tool, tr, u, data[:cut]); err == nil {
			t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
		}
	}
}

func TestHadolintDoubts(t *testing.T) {
	tool, tr, u := hadolintTool(t), tree(t, map[string]string{"Dockerfile": "", ".hadolint.yml": ""}), Unit{Dir: ".", File: "Dockerfile"}
	for name, bad := range map[string]string{
		"not JSON":       "Dockerfile:1 DL3006",
		"an object":      "{}",
		"null":           "null",
		"wrong types":    `[{"code":"DL3006","file":"Dockerfile","line":"x"}]`,
		"without a code": `[{"file":"Dockerfile"}]`,
		"without a file": `[{"code":"DL3006"}]`,
		"two documents":  `[] []`,
	} {
		if _, err := read(t, tool, tr, u, bad); err == nil {
			t.Errorf("%s is taken for a report", name)
		}
	}
	for name, c := range map[string]struct {
		result string
		want   spot
	}{
		"absolute path":  {`"file":"/etc/passwd","line":3`, spot{Message: "X1"}},
		"path out of it": {`"file":"../x","line":3`, spot{Message: "X1"}},
		"negative line":  {`"file":"Dockerfile","line":-3`, spot{Path: "Dockerfile", Message: "X1"}},
		"a command":      {`"file":"Dockerfile","line":3,"message":"::error::x\r\n::y"`, spot{Path: "Dockerfile", Line: 3, Message: "error::x ::y"}},
		"an odd level":   {`"file":"Dockerfile","level":"ignore"`, spot{Path: "Dockerfile", Message: "X1"}},
	} {
		r, err := read(t, tool, tr, u, `[{"code":"X1",`+c.result+`}]`)
		if err != nil || len(r.findings) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.want.Rule, c.want.Severity = "X1", "unknown"
		if d := cmp.Diff(c.want, spots(r.findings)[0]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if len(r.notes) != 1 || r.notes[0].Path != ".hadolint.yml" {
			t.Errorf("%s: %v", name, r.notes)
		}
	}
	r, err := read(t, tool, tr, u, `[{"code":"DL1000","file":"Dockerfile","line":7,"message":"PASSWORD=x"},{"code":"DL3006","file":"Dockerfile","line":1}]`)
	if err != nil || r.looked.Files != 0 || r.notes[0] != (finding.Note{Level: finding.Gap, Path: "Dockerfile", Line: 7, Message: "hadolint cannot parse it"}) {
		t.Errorf("%v %+v", err, r.notes)
	}
}

func TestHadolintApplies(t *testing.T) {
	for name, want := range map[string]bool{
		"Dockerfile": true, "a/dockerfile": true, "Dockerfile.dev": true, "x.Dockerfile": true, "Containerfile": true, "Containerfile.v1.2": true,
		"dockerfile.go": false, "Dockerfile.md": false, "Dockerfile.dockerignore": false, "MyDockerfile": false, "docker-compose.yml": false, "Dockerfile.prod.j2": false,
	} {
		if isDockerfile(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
	// Each file is looked at alone: the one that fails is a gap.
	fake := script(t, "hadolint", `case $4 in "") echo Haskell Dockerfile Linter 2.12.0;; ./a/Dockerfile) echo '[{"code":"DL3006","file":"./a/Dockerfile","line":1}]'; exit 1;; ./b/Dockerfile) echo '[]';; *) exit 1;; esac`)
	got := scan(t, New(hadolintTool(t), Options{Asked: true, Path: []string{fake}}), tree(t, map[string]string{"a/Dockerfile": "", "b/Dockerfile": "", "c/Dockerfile": ""}))
	if got.Status != finding.Partial || got.Looked.Files != 2 || len(got.Findings) != 1 || !strings.Contains(notes(got), "c/Dockerfile: it is empty") {
		t.Errorf("%s: %s, looked at %+v, %d findings\n%s", got.Status, got.Reason, got.Looked, len(got.Findings), notes(got))
	}
	none := scan(t, New(hadolintTool(t), Options{Asked: true, Path: []string{fake}}), tree(t, map[string]string{"Dockerfile.md": ""}))
	if none.Status != finding.Skipped || none.Reason != "no Dockerfile" {
		t.Errorf("%s: %s", none.Status, none.Reason)
	}
}
