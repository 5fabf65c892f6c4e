package external

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func checkovTool(t testing.TB, o CheckovOptions) Tool { return must(Checkov(o))(t) }

// checkovBriefs are some of the findings, of every framework one.
func checkovBriefs(all []finding.Finding) (out []string) {
	for _, f := range all {
		mark := ""
		for _, s := range f.Suppressions {
			mark = " (" + s.Source + ": " + s.Reason + ")"
		}
		switch f.RuleID {
		case "CKV_AWS_18", "CKV_AWS_24", "CKV_K8S_16", "CKV_DOCKER_2", "CKV2_GHA_1", "CKV_AWS_53":
			out = append(out, fmt.Sprintf("%s %s %s %s:%d-%d %s%s", f.Framework, f.RuleID, f.Severity, f.Location.Path, f.Location.StartLine, f.Location.EndLine, f.Key, mark))
		}
	}
	slices.Sort(out)
	return out
}

var wantCheckov = []string{
	"cloudformation CKV_AWS_18 low cfn/stack.yaml:3-4 AWS::S3::Bucket.Data",
	"cloudformation CKV_AWS_53 high cfn/stack.yaml:3-4 AWS::S3::Bucket.Data",
	"dockerfile CKV_DOCKER_2 low Dockerfile:1-2 /Dockerfile.",
	"github_actions CKV2_GHA_1 high .github/workflows/ci.yml:3-4 on(ci)",
	"kubernetes CKV_K8S_16 high k8s/deploy.yaml:1-14 Deployment.default.shop",
	"terraform CKV_AWS_18 low infra/main.tf:1-4 aws_s3_bucket.logs (checkov:skip: access is logged elsewhere)",
	"terraform CKV_AWS_24 critical infra/main.tf:6-14 aws_security_group.open",
}

func TestCheckovRuns(t *testing.T) {
	realTool(t, "checkov")
	tr := copied(t, "checkov/tree")
	// A repository that has code of its own run, were it obeyed.
	ran := filepath.Join(tr.Dir(), "own", "ran")
	files := map[string]string{
		".checkov.yaml":     "external-checks-dir: [own]\n",
		"own/__init__.py":   "",
		"own/check_evil.py": "open(" + fmt.Sprintf("%q", ran) + ", 'w')\nprint('::error::evil')\n",
	}
	for name, content := range files {
		os.MkdirAll(filepath.Dir(filepath.Join(tr.Dir(), name)), 0o755)
		if err := os.WriteFile(filepath.Join(tr.Dir(), name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := scan(t, New(checkovTool(t, CheckovOptions{}), Options{Asked: true}), tr)
	if d := cmp.Diff(wantCheckov, checkovBriefs(got.Findings)); d != "" {
		t.Error(d)
	}
	if got.Status != finding.Partial || got.Reason != "infra/broken.tf: Checkov cannot parse it as terraform" {
		t.Errorf("%s: %s\n%s", got.Status, got.Reason, notes(got))
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("code of the scanned repository was run")
	}
}

func TestCheckovReads(t *testing.T) {
	tool, tr := checkovTool(t, CheckovOptions{}), copied(t, "checkov/tree")
	u := Unit{Dir: "."}
	data := recorded(t, "checkov/report.json", func() []byte {
		if !canRecord(t, "checkov") {
			return nil
		}
		data, _ := output(t, tool, tr, u)
		return data
	})
	data = strings.ReplaceAll(data, "/tree", tr.Dir())
	r, err := read(t, tool, tr, u, data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(wantCheckov, checkovBriefs(r.findings)); d != "" {
		t.Error(d)
	}
	if r.looked.Files != 6 || !strings.HasPrefix(r.version, "3.") {
		t.Errorf("looked at %+v, version %s", r.looked, r.version)
	}
	var gaps, warnings []string
	for _, n := range r.ownNotes() {
		switch n.Level {
		case finding.Gap:
			gaps = append(gaps, n.String())
		case finding.Warning:
			warnings = append(warnings, n.Path)
		}
	}
	if d := cmp.Diff([]string{"infra/broken.tf: Checkov cannot parse it as terraform"}, gaps); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"chart/Chart.yaml"}, warnings); d != "" {
		t.Error(d)
	}
	for _, cut := range []int{0, 1, 1000, len(data) / 2, len(data) - 2} {
		if _, err := read(t, tool, tr, u, data[:cut]); err == nil {
			t.Errorf("a report that is cut at byte %d is taken for a whole one", cut)
		}
	}
	for what, bad := range map[string]string{
		"nothing":             "",
		"text":                "no findings",
		"an empty object":     "{}",
		"an empty list":       "[]",
		"two documents":       `{"checkov_version":"3.0.0"}{}`,
		"without a framework": `{"results":{"failed_checks":[]},"check_type":"terraform","summary":{}}`,
		"without an id":       `{"check_type":"terraform","results":{"failed_checks":[{}]},"summary":{}}`,
		"wrong types":         `{"check_type":"terraform","results":{"failed_checks":{}},"summary":{}}`,
		"a text for lines":    `{"check_type":"terraform","results":{"failed_checks":[{"check_id":"a","file_line_range":"x"}]},"summary":{}}`,
	} {
		if _, err := read(t, tool, tr, u, bad); err == nil {
			t.Errorf("%s is taken for a report", what)
		}
	}
	none, err := read(t, tool, tr, u, `{"passed":0,"failed":0,"skipped":0,"parsing_errors":0,"resource_count":0,"checkov_version":"3.3.30"}`)
	if err != nil || none.looked.Files == 0 || len(none.findings) != 0 {
		t.Errorf("nothing found: %v, %+v", err, none.looked)
	}
}

func TestCheckovSecretsStayOut(t *testing.T) {
	tr := tree(t, map[string]string{"a.py": "x"})
	r, err := read(t, checkovTool(t, CheckovOptions{}), tr, Unit{Dir: "."},
		`{"check_type":"secrets","results":{"failed_checks":[{"check_id":"CKV_SECRET_2","check_name":"AWS Access Key","file_path":"/a.py","file_line_range":[1,2],"resource":"0123456789abcdef","code_block":[[1,"`+leak+`"]]}]},"summary":{}}`)
	if err != nil {
		t.Fatal(err)
	}
	out := fmt.Sprintf("%+v", r.report())
	if f := r.findings[0]; strings.Contains(out, leak) || strings.Contains(out, "0123456789abcdef") || f.Key == "" || f.Severity != finding.Critical {
		t.Errorf("%+v", f)
	}
}

// A check that has one counterpart, and is its only one, names it.
func TestCheckovCounterparts(t *testing.T) {
	tr := tree(t, map[string]string{"a.tf": "x"})
	for id, want := range map[string]string{"CKV_AWS_18": "AWS-0089", "CKV_AWS_8": "", "CKV_AWS_24": "", "CKV_NEW_1": ""} {
		r, err := read(t, checkovTool(t, CheckovOptions{}), tr, Unit{Dir: "."},
			`{"check_type":"terraform","results":{"failed_checks":[{"check_id":"`+id+`","check_name":"c","file_path":"/a.tf","file_line_range":[1,2],"resource":"r"}]},"summary":{}}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(r.findings[0].Aliases, " "); got != want {
			t.Errorf("%s: %q", id, got)
		}
	}
}

func TestCheckovOptions(t *testing.T) {
	if _, err := Checkov(CheckovOptions{Frameworks: []string{"terrafrom"}}); err == nil || !strings.Contains(err.Error(), `did you mean "terraform"?`) {
		t.Error(err)
	}
	call := checkovCall([]string{"terraform", "kubernetes"}, Place{File: func(n string) string { return n }})
	if args := strings.Join(call.Args, " "); !strings.HasSuffix(args, "--framework terraform kubernetes") {
		t.Error(args)
	}
}

func TestCheckovSeverities(t *testing.T) {
	seen := map[string]bool{}
	for _, class := range checkovClasses {
		family := ""
		for word := range strings.FieldsSeq(class.ids) {
			if name, ok := strings.CutSuffix(word, ":"); ok {
				family = name
				continue
			}
			id := family + "_" + word
			if seen[id] || !strings.HasPrefix(family, "CKV") || strings.Trim(word, "0123456789") != "" {
				t.Errorf("%s is listed twice, or is no id", id)
			}
			seen[id] = true
		}
	}
	c := checkovReading{table: checkovTable()}
	for _, w := range []struct {
		id, framework string
		want          finding.Severity
	}{
		{"CKV_AWS_24", "terraform", finding.Critical}, {"CKV_AWS_20", "cloudformation", finding.High}, {"CKV_AWS_18", "terraform", finding.Low},
		{"CKV_AWS_999999", "terraform", finding.Medium}, {"CKV_SECRET_99", "secrets", finding.High}, {"", "dockerfile", finding.Low},
	} {
		if got := c.severity(w.id, w.framework); got != w.want {
			t.Errorf("%s of %s: %s, want %s", w.id, w.framework, got, w.want)
		}
	}
}

// manyChecks is a report with n failed checks.
func manyChecks(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"check_type":"terraform","results":{"passed_checks":[],"failed_checks":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"check_id":"CKV_AWS_%d","bc_check_id":null,"check_name":"Ensure that something about the resource is as it should be","check_result":{"result":"FAILED","evaluated_keys":["a/b/c","d/[0]/e"]},"code_block":null,"file_path":"/m%d/main.tf","file_abs_path":"/tree/m%d/main.tf","repo_file_path":"/m%d/main.tf","file_line_range":[%d,%d],"resource":"aws_thing.number_%d","evaluations":null,"check_class":"checkov.terraform.checks.resource.aws.Something","fixed_definition":null,"entity_tags":{"Name":"x","Team":"y"},"caller_file_path":null,"resource_address":null,"severity":null,"bc_category":null,"benchmarks":null,"description":null,"short_description":null,"vulnerability_details":null,"connected_node":null,"guideline":"https://docs.example.invalid/policies/%d","details":[],"check_len":null,"definition_context_file_path":"/tree/m%d/main.tf"}`,
			i%400, i%500, i%500, i%500, i%1000+1, i%1000+9, i, i%400, i%500)
	}
	b.WriteString(`],"skipped_checks":[],"parsing_errors":[]},"summary":{"passed":0,"failed":1,"checkov_version":"3.3.30"}}`)
	return b.Bytes()
}
