package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
	"go.yaml.in/yaml/v3"
)

// TestScaleOutExamples: what people are told to copy is as it should be by our
// own checks.
func TestScaleOutExamples(t *testing.T) {
	root, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	y := newTry(t, "unused=clean")
	y.scanners = embedded()
	for from, to := range map[string]string{
		"github/scale-out.yml":            ".github/workflows/scale-out.yml",
		"kubernetes/scangate-shards.yaml": "scangate-shards.yaml",
		"kubernetes/scangate-gate.yaml":   "scangate-gate.yaml",
		"container/Dockerfile":            "Dockerfile",
	} {
		data, err := os.ReadFile(filepath.Join(root, from))
		if err != nil {
			t.Fatal(err)
		}
		to = filepath.Join("copied", to)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	y.run("scan", "copied", "--scanners", "iac", "--results", "r.json", "--fail-on", "high").want(0, "iac      completed")
	res := y.read("r.json")
	if looked := res.Runs[0].Looked.Files; looked != 4 {
		t.Errorf("looked at %d files: %s", looked, res.Runs[0].Plan)
	}
	for _, f := range res.Runs[0].Findings {
		// Whose registry can be trusted, nobody but the reader knows.
		if f.Severity >= finding.Medium && f.RuleID != "KSV-0125" {
			t.Errorf("%s:%d: %s: %s", f.Location.Path, f.Location.StartLine, f.RuleID, f.Message)
		}
	}
}

var (
	indexExpression = regexp.MustCompile(`--shard "\$\(\(JOB_COMPLETION_INDEX \+ 1\)\)/\$SHARDS"`)
	pinned          = regexp.MustCompile(`(?m)uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
)

// TestIndexedJob: every shard is some pod's.
func TestIndexedJob(t *testing.T) {
	data, err := os.ReadFile("../../examples/kubernetes/scangate-shards.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var job struct {
		Spec struct {
			CompletionMode string `yaml:"completionMode"`
			Completions    int
			Template       struct {
				Spec struct {
					Containers []struct {
						Args []string
						Env  []struct{ Name, Value string }
					}
				}
			}
		}
	}
	if err := yaml.Unmarshal(data, &job); err != nil {
		t.Fatal(err)
	}
	c := job.Spec.Template.Spec.Containers[0]
	if job.Spec.CompletionMode != "Indexed" || c.Env[0].Name != "SHARDS" || c.Env[0].Value != fmt.Sprint(job.Spec.Completions) || !indexExpression.MatchString(c.Args[0]) {
		t.Errorf("%+v", job.Spec)
	}
}

func TestScaleOutWorkflowIsPinned(t *testing.T) {
	data, err := os.ReadFile("../../examples/github/scale-out.yml")
	if err != nil {
		t.Fatal(err)
	}
	if uses, good := strings.Count(string(data), "uses: "), len(pinned.FindAllString(string(data), -1)); uses != good || uses == 0 {
		t.Errorf("%d of %d actions are pinned by their commit and name their version", good, uses)
	}
}

// TestMatrixOfEverySize: a matrix has every shard once and what runs in it.
func TestMatrixOfEverySize(t *testing.T) {
	template, err := os.ReadFile("../../examples/gitlab/scangate-shards.yml")
	if err != nil {
		t.Fatal(err)
	}
	y := shop(t)
	for _, n := range []int{1, 2, 7, 20, 256} {
		y.run("plan", "shop", "--image", "oci:image", "--format", "github-matrix", "--shards", fmt.Sprint(n)).want(0, "include")
		var got struct{ Include []shardJob }
		if err := json.Unmarshal([]byte(y.stdout), &got); err != nil || strings.Count(y.stdout, "\n") != 1 {
			t.Fatalf("%v: %q", err, y.stdout)
		}
		if len(got.Include) > n || n <= 20 && len(got.Include) != n {
			t.Errorf("%d shards of %d", len(got.Include), n)
		}
		for i, j := range got.Include {
			if want := fmt.Sprintf("%d/%d", i+1, len(got.Include)); j.Shard != want || j.Name == "" || j.Scanners == "" {
				t.Errorf("%+v, want %s", j, want)
			}
		}
	}
	y.run("plan", "shop", "--format", "gitlab", "--shards", "200").want(0, "scangate-shard:")
	var pipeline map[string]any
	if err := yaml.Unmarshal(append(template, y.stdout...), &pipeline); err != nil {
		t.Fatal(err)
	}
	if pipeline["scangate-shard"] == nil || pipeline[".scangate-shard"] == nil {
		t.Errorf("%v", pipeline)
	}
}
