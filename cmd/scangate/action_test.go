package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// TestActionPassesItsInputsOn: each input of action.yml reaches the program
// through the environment, never through a shell, and the program reads it.
func TestActionPassesItsInputsOn(t *testing.T) {
	data, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Inputs map[string]struct{ Description string }
		Runs   struct {
			Steps []struct {
				ID, Run string
				Env     map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(data, &action); err != nil {
		t.Fatal(err)
	}
	passed := map[string]string{}
	for _, step := range action.Runs.Steps {
		if strings.Contains(step.Run, "${{") {
			t.Errorf("a shell gets an expression: %s", step.Run)
		}
		if step.ID == "scan" {
			passed = step.Env
		}
	}
	var read []string
	y := newTry(t, "unused=clean")
	var log bytes.Buffer
	a := &app{stdout: &log, stderr: &log, scanners: y.scanners, mirrors: y.mirrors, feeds: y.feeds, getenv: func(name string) string {
		if strings.HasPrefix(name, "SCANGATE_") {
			read = append(read, name)
		}
		return ""
	}}
	if code := a.run([]string{"action"}); code != exitPassed {
		t.Fatalf("exit code %d\n%s", code, &log)
	}
	want := map[string]string{"BINARY": "${{ steps.install.outputs.path }}", "SCANGATE_INPUTS": "${{ toJSON(inputs) }}", "MSYS2_ENV_CONV_EXCL": "SCANGATE_"}
	names := []string{"SCANGATE_INPUTS"}
	if d := cmp.Diff(inputNames, slices.Sorted(maps.Keys(action.Inputs))); d != "" {
		t.Errorf("the names of the inputs: %s", d)
	}
	for name, input := range action.Inputs {
		if input.Description == "" {
			t.Errorf("input %s has no description", name)
		}
		if !slices.Contains(installNames, name) { // which install.sh reads
			variable := "SCANGATE_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
			want[variable] = "${{ inputs." + name + " }}"
			names = append(names, variable)
		}
	}
	if d := cmp.Diff(want, passed); d != "" {
		t.Errorf("what the step gets: %s", d)
	}
	slices.Sort(names)
	slices.Sort(read)
	if d := cmp.Diff(names, slices.Compact(read)); d != "" {
		t.Errorf("what the program reads: %s", d)
	}
	if !slices.Contains(slices.Sorted(maps.Keys(action.Inputs)), "baseline") {
		t.Error("there is no input baseline")
	}
}

// TestActionJudgesByABaseline: what is known passes, and a file that is not
// there is no pass.
func TestActionJudgesByABaseline(t *testing.T) {
	y := newTry(t, "secret=high")
	y.run("scan").want(exitFailed, "VERDICT: FAILED")
	y.run("baseline", "write", "z-known.json").want(exitPassed, "z-known.json")
	y.env = map[string]string{"SCANGATE_BASELINE": "z-known.json"}
	y.run("action").want(exitPassed, "VERDICT: PASSED")
	y.env["SCANGATE_BASELINE"] = "nowhere.json"
	y.run("action").want(exitUsage, "nowhere.json")
}

// TestActionIsDocumented: docs/action.md has every input and output, in the
// words of action.yml.
func TestActionIsDocumented(t *testing.T) {
	var action struct{ Inputs, Outputs yaml.Node }
	readYAML(t, "../../action.yml", &action)
	table := func(head string, list yaml.Node, defaults bool) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; i < len(list.Content); i += 2 {
			var about struct{ Description, Default string }
			if err := list.Content[i+1].Decode(&about); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "| `%s` | %s |", list.Content[i].Value, strings.ReplaceAll(about.Description, "|", "\\|"))
			if defaults && about.Default != "" {
				fmt.Fprintf(&b, " `%s` |", about.Default)
			} else if defaults {
				b.WriteString(" |")
			}
			b.WriteString("\n")
		}
		return b.String()
	}
	const page = "../../docs/action.md"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	got := string(data)
	for name, want := range map[string]string{
		"inputs":  table("| Input | Meaning | Default |\n|---|---|---|\n", action.Inputs, true),
		"outputs": table("| Output | Meaning |\n|---|---|\n", action.Outputs, false),
	} {
		before, rest, ok := strings.Cut(got, "<!-- "+name+" -->\n")
		have, after, closed := strings.Cut(rest, "<!-- end -->\n")
		if !ok || !closed {
			t.Fatalf("%s has no place for the %s", page, name)
		}
		if *update {
			got = before + "<!-- " + name + " -->\n" + want + "<!-- end -->\n" + after
		} else if d := cmp.Diff(want, have); d != "" {
			t.Errorf("%s: go test ./cmd/scangate -run TestActionIsDocumented -update: %s", page, d)
		}
	}
	if *update {
		if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
