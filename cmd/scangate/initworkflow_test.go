package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const someCommit = "4c1d6f0a92b7e35d8810cf2a6be943d7150fa8e6"

// TestStarterWorkflow: whatever a branch and a directory are called, GitHub
// reads just that, and nothing else of the workflow changes.
func TestStarterWorkflow(t *testing.T) {
	for _, tt := range []struct{ branch, below, pattern string }{
		{"main", "", "main"},
		{"release/2.x", "services/shop", "release/2.x"},
		{"true", "null", "true"},
		{"1.0", "2026-01-01", "1.0"},
		{"a]},x{y}", "b], x: {y", "a]},x{y}"},
		{`it's"quoted"`, `back\slash`, `it's"quoted"`},
		{"c++", "c++", `c\+\+`},
		{"!not", "!not", `\!not`},
		{"#1", "- a: b", "#1"},
		{"größe/✓", "größe", "größe/✓"},
		{"a\u200bb", "a\u00a0b", "a\u200bb"},
		{"$x{{y}}", "&anchor *alias", "$x{{y}}"},
	} {
		for _, p := range []pin{{}, {version: "1.2.3"}, {version: "1.2.3", commit: someCommit}} {
			content, err := starterWorkflow(tt.branch, tt.below, p)
			if err != nil {
				t.Errorf("%q: %v", tt.branch, err)
				continue
			}
			f := readFlow(t, string(content))
			if d := cmp.Diff([]string{tt.pattern}, f.On.Push.Branches); d != "" {
				t.Errorf("%q: %s", tt.branch, d)
			}
			want := map[string]string{"comment": "true"}
			if tt.below != "" {
				want["path"], want["category"] = tt.below, "scangate/"+tt.below
			}
			steps := f.Jobs["scan"].Steps
			last := steps[len(steps)-1]
			if d := cmp.Diff(want, last.With); d != "" {
				t.Errorf("%q: %s", tt.below, d)
			}
			uses, n := "scangate/scangate@"+noCommit, 2
			if p.commit != "" {
				uses, n = "scangate/scangate@"+someCommit, 3
			}
			if last.Uses != uses || len(steps) != n {
				t.Errorf("%+v: %+v", p, steps)
			}
			lint(t, "scangate.yml", content)
		}
	}
}

func TestStarterWorkflowRefuses(t *testing.T) {
	for bad, why := range map[string]string{
		"a${{ x }}":                    "expression",
		" a":                           "a space",
		"a\xff":                        "not UTF-8",
		"a\nb":                         "control",
		"a\x1b[2J":                     "control",
		"a\u202eb":                     "control",
		strings.Repeat("a", maxWord+1): "over 1024 bytes",
		"a\u2028      - run: injected": "control",
	} {
		for _, args := range [][2]string{{bad, ""}, {"main", bad}} {
			_, err := starterWorkflow(args[0], args[1], pin{})
			if err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %v, want …%s…", args, err, why)
			}
		}
	}
}

func TestPinOf(t *testing.T) {
	for _, tt := range []struct {
		version, commit string
		want            pin
	}{
		{"1.2.3", someCommit, pin{"1.2.3", someCommit}},
		{"1.2.3-rc.1", someCommit, pin{"1.2.3-rc.1", someCommit}},
		{"1.2.3", "", pin{version: "1.2.3"}}, // go install
		{"1.2.3", "abc", pin{version: "1.2.3"}},
		{"1.2.3", someCommit + " # x", pin{version: "1.2.3"}},
		{"1.2.3", strings.Repeat(someCommit, 2)[:64], pin{version: "1.2.3"}},
		{unreleased, someCommit, pin{}},
		{"d934dce", someCommit, pin{}}, // git describe
		{"1.2.3-4-gd934dce", someCommit, pin{}},
		{"1.2.3-dirty", someCommit, pin{}},
		{"0.0.0-20260101000000-d934dce5a1b2+dirty", someCommit, pin{}},
		{"", "", pin{}},
	} {
		if got := pinOf(tt.version, tt.commit); got != tt.want {
			t.Errorf("%s, %s: %+v", tt.version, tt.commit, got)
		}
	}
	if got := (pin{}).advice(); !strings.Contains(got, "zeros") {
		t.Error(got)
	}
	if got := (pin{"1.2.3", someCommit}).advice(); !strings.Contains(got, "v1.2.3 with Go") {
		t.Error(got)
	}
	// The Go that builds it is what the README has.
	step, _, _ := strings.Cut(goStep, "\n")
	if !strings.Contains(readText(t, "../../README.md"), strings.TrimSpace(step)) || !strings.Contains(readText(t, "../../go.mod"), "\ngo 1.26") || !strings.Contains(goStep, `"1.26"`) {
		t.Error("the README sets up another Go")
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{
		"services/shop": "services/shop", "-x": "./-x", "a b": "'a b'", "$(x)": "'$(x)'", "it's": `'it'\''s'`, "": "''", "~": "'~'",
	} {
		if got := shellWord(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}
