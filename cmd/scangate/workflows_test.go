package main

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/report"
)

var workflowForm = regexp.MustCompile("(?s)<!-- workflow: ([a-z-]+\\.yml) -->\n```yaml\n(.*?)```\n")

// workflowsOf are the workflows that a page shows, by their names, with a SHA.
func workflowsOf(t *testing.T, page string) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range workflowForm.FindAllStringSubmatch(string(data), -1) {
		out[m[1]] = strings.ReplaceAll(m[2], "<full commit SHA>", strings.Repeat("0123456789", 4))
	}
	if n := strings.Count(string(data), "```yaml\n"); n != len(out) || n == 0 {
		t.Errorf("%s: %d of %d blocks are workflows", page, len(out), n)
	}
	return out
}

// inputs are those of an action or reusable workflow, and whether they must be
// given.
type inputs map[string]struct {
	Required bool `yaml:"required"`
}

// read decodes a file of YAML.
func readYAML(t *testing.T, name string, out any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err == nil {
		err = yaml.Unmarshal(data, out)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestWorkflowsToCopy: the workflows that pages show are right by actionlint,
// give inputs that exist, name no action that this repository does not use
// itself, and our own checks of workflows have nothing grave to say of them.
func TestWorkflowsToCopy(t *testing.T) {
	var action struct{ Inputs inputs }
	readYAML(t, "../../action.yml", &action)
	var nightly struct {
		On struct {
			Call struct{ Inputs inputs } `yaml:"workflow_call"`
		}
	}
	readYAML(t, "../../.github/workflows/nightly.yml", &nightly)
	reusable, err := os.ReadFile("../../.github/workflows/nightly.yml")
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile("../../.github/workflows/ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	all := workflowsOf(t, "workflows.md")
	if d := cmp.Diff(all["nightly.yml"], workflowsOf(t, "nightly.md")["nightly.yml"]); d != "" {
		t.Errorf("two pages show another caller: %s", d)
	}
	if d := cmp.Diff([]string{"cache.yml", "monorepo.yml", "nightly.yml", "pull-request.yml", "push.yml", "release.yml"}, slices.Sorted(maps.Keys(all))); d != "" {
		t.Error(d)
	}
	y := newTry(t, "")
	y.scanners = slices.DeleteFunc(embedded(), func(e entry) bool { return e.name != "iac" })
	if err := os.MkdirAll(".github/workflows", 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, ".github/workflows/reusable.yml", reusable)
	for name, content := range all {
		type call struct {
			Uses string
			With map[string]string
		}
		var flow struct {
			Jobs map[string]struct {
				call  `yaml:",inline"`
				Steps []call
			}
		}
		if err := yaml.Unmarshal([]byte(content), &flow); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, job := range flow.Jobs {
			for _, c := range append(job.Steps, job.call) {
				uses, _, _ := strings.Cut(c.Uses, "@")
				known := inputs(nil)
				switch {
				case uses == "":
					continue
				case uses == "scangate/scangate":
					known = action.Inputs
				case uses == "scangate/scangate/.github/workflows/nightly.yml":
					known = nightly.On.Call.Inputs
				case !bytes.Contains(own, []byte(strings.NewReplacer("/restore@", "@", "/save@", "@").Replace(c.Uses))):
					t.Errorf("%s: %s is not what this repository uses", name, c.Uses)
					continue
				default:
					continue
				}
				for input := range c.With {
					if _, ok := known[input]; !ok {
						t.Errorf("%s: %s has no input %s", name, uses, input)
					}
				}
				for input, about := range known {
					if _, ok := c.With[input]; about.Required && !ok {
						t.Errorf("%s: %s wants the input %s", name, uses, input)
					}
				}
				for _, spec := range strings.Fields(c.With["output"]) {
					if _, err := report.ParseOutput(spec); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
			}
		}
		lint(t, name, []byte(content))
		put(t, ".github/workflows/"+name, []byte(content))
	}
	y.run("scan", "--results", "r.json", "--fail-on", "iac=any")
	res, err := readResults("r.json")
	if err != nil {
		t.Fatal(err)
	}
	run := res.Find("iac")
	if run == nil || run.Status != finding.Completed || run.Looked.Files <= len(all) {
		t.Fatalf("the workflows were not looked at: %+v\n%s", run, y.stderr)
	}
	for _, f := range run.Findings {
		if f.Severity >= finding.Medium {
			t.Errorf("%s:%d: %s %s: %s", f.Location.Path, f.Location.StartLine, f.Severity, f.RuleID, f.Message)
		}
	}
}

// lint checks a workflow as `make workflows` does those of this repository.
func lint(t *testing.T, name string, content []byte) {
	t.Helper()
	var out bytes.Buffer
	linter, err := actionlint.NewLinter(&out, &actionlint.LinterOptions{Shellcheck: "", Pyflakes: ""})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := linter.Lint(name, content, nil); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 0 {
		t.Errorf("%s", out.String())
	}
}
