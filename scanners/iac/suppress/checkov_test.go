package suppress

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	checks "github.com/aquasecurity/trivy-checks"
	"github.com/google/go-cmp/cmp"
)

// reach returns the lines on which a check of ours is passed over.
func reach(src string, k Kind, id string) string {
	file, _ := Parse([]byte(src), k, now)
	var lines []string
	for line := range strings.Count(src, "\n") + 3 {
		if m, ok := (Marks{"f": file}).Covers(Subject{IDs: []string{id}, Chain: at(line)}); ok {
			lines = append(lines, fmt.Sprint(line))
			if m.Source != Checkov {
				lines = append(lines, m.Source)
			}
		}
	}
	return strings.Join(lines, " ")
}

// TestReach looks at where Checkov's marks hold. What Checkov 3.3.30 does with
// the same files is the same, but for what docs/iac-suppressions.md names.
func TestReach(t *testing.T) {
	tests := []struct {
		name string
		kind Kind
		src  string
		id   string
		want string
	}{
		{"terraform", Terraform, "a \"b\" \"c\" {\n  # checkov:skip=CKV_AWS_18:x\n  d {\n  }\n}\ne \"f\" {\n}\n", "AWS-0089", "1 2 3 4 5"},
		{"terraform, nested", Terraform, "e \"f\" {}\n\na \"b\" \"c\" {\n  d {\n    x = { y = \"${z}\" } // checkov:skip=CKV_AWS_18\n  }\n} # end\ne \"g\" {\n}\n", "AWS-0089", "3 4 5 6 7"},
		{"terraform, above", Terraform, "# checkov:skip=CKV_AWS_18:x\na \"b\" {\n}\n", "AWS-0089", ""},
		{"terraform, first line", Terraform, "a \"b\" { # checkov:skip=CKV_AWS_18:x\n}\n", "AWS-0089", "1 2"},
		{"terraform, last line", Terraform, "a \"b\" {\n} # checkov:skip=CKV_AWS_18:x\nc \"d\" {\n}\n", "AWS-0089", "1 2"},
		{"terraform, list", Terraform, "a \"b\" {\n  # checkov:skip=CKV_AWS_1,CKV_AWS_18:x\n}\n", "AWS-0089", "1 2 3"},
		{"terraform, old name", Terraform, "a \"b\" {\n  #bridgecrew:skip=CKV_AWS_18\n}\n", "AWS-0089", "1 2 3"},
		{"terraform, lower case", Terraform, "a \"b\" {\n  # checkov:skip=ckv_aws_18:x\n}\n", "AWS-0089", ""},
		{"terraform, second of a line", Terraform, "a \"b\" {\n  # checkov:skip=CKV_AWS_1:x checkov:skip=CKV_AWS_18:y\n}\n", "AWS-0089", ""},
		{"terraform, in a string", Terraform, "a \"b\" {\n  c = \"# checkov:skip=CKV_AWS_18:x\"\n}\n", "AWS-0089", ""},
		{"terraform, one of two", Terraform, "a \"b\" {\n  # checkov:skip=CKV_AWS_24:x\n}\n", "AWS-0107", ""},
		{"terraform, two of two", Terraform, "a \"b\" {\n  # checkov:skip=CKV_AWS_24:x\n  # checkov:skip=CKV_AWS_25:x\n}\n", "AWS-0107", "1 2 3 4"},
		{"terraform, two in two places", Terraform, "a \"b\" {\n  # checkov:skip=CKV_AWS_24:x\n}\na \"c\" {\n  # checkov:skip=CKV_AWS_25:x\n}\n", "AWS-0107", ""},
		{"dockerfile", Dockerfile, "FROM a\nRUN b\n# checkov:skip=CKV_DOCKER_2:x\n", "DS-0026", "1 2 3 4 5"},
		{"dockerfile, trailing", Dockerfile, "FROM a # checkov:skip=CKV_DOCKER_2:x\n", "DS-0026", ""},
		{"workflow", Workflow, "on: push\n# checkov:skip=CKV_GHA_2:x\njobs: {}\n", "GHA-003", "1 2 3 4 5"},
		{"cloudformation", CloudFormation, "Resources:\n  A: # checkov:skip=CKV_AWS_18:x\n    Type: B\n\n  # checkov:skip=CKV_AWS_21:x\n  C:\n    Type: D\n    X: # checkov:skip=CKV_AWS_18:x\n      y\nOutputs:\n  E: f\n", "AWS-0089", "2 3 6 7 8 9"},
		{"cloudformation, above", CloudFormation, "Resources:\n  # checkov:skip=CKV_AWS_18:x\n  A:\n    Type: B\n", "AWS-0089", ""},
		{"cloudformation, metadata", CloudFormation, "Resources:\n  A:\n    Type: B\n    Metadata:\n      checkov:\n        skip:\n          - id: CKV_AWS_18\n            comment: x\n  C:\n    Metadata: {bridgecrew: {skip: [{id: CKV_AWS_18}]}}\n  D:\n    Type: B\n", "AWS-0089", "2 3 4 5 6 7 8 9 10"},
		{"cloudformation, json", CloudFormation, "{\"Resources\": {\n\"A\": {\"Metadata\": {\"checkov\": {\"skip\": [{\"id\": \"CKV_AWS_18\"}]}},\n\"X\": \"# checkov:skip=CKV_AWS_21\"},\n\"C\": {\"Type\": \"D\"}}}\n", "AWS-0089", "2 3"},
		{"cloudformation, odd", CloudFormation, "Resources: &a [checkov, {x: *a}]\nMetadata: {checkov: {skip: 1}}\n", "AWS-0089", ""},
		{"kubernetes", Kubernetes, "kind: Pod\nmetadata:\n  annotations:\n    checkov.io/skip1: CKV_K8S_20=x\nspec: {}\n---\nkind: Pod\n", "KSV-0001", "1 2 3 4 5 6"},
		{"kubernetes, second document", Kubernetes, "kind: Pod\n---\nkind: Pod\nmetadata:\n  annotations:\n    bridgecrew.io/skip: CKV_K8S_20\n", "KSV-0001", "3 4 5 6 7 8"},
		{"kubernetes, template", Kubernetes, "kind: Deployment\nspec:\n  template:\n    metadata:\n      annotations:\n        checkov.io/skip1: CKV_K8S_20=x\n", "KSV-0001", ""},
		{"kubernetes, list", Kubernetes, "kind: List\nitems:\n- kind: Pod\n- kind: Pod\n  metadata:\n    annotations:\n      checkov.io/skip1: CKV_K8S_20=x\n- kind: Pod\n", "KSV-0001", "4 5 6 7"},
		{"kubernetes, comment", Kubernetes, "kind: Pod # checkov:skip=CKV_K8S_20:x\n", "KSV-0001", ""},
		{"kubernetes, json on one line", Kubernetes, `{"kind":"List","items":[{"kind":"Pod","metadata":{"annotations":{"checkov.io/skip1":"CKV_K8S_20"}}},{"kind":"Pod"}]}`, "KSV-0001", "1"},
		{"json", JSON, "{\"a\": \"# checkov:skip=CKV_AWS_18:x\"}\n", "AWS-0089", ""},
	}
	for _, tt := range tests {
		if got := reach(tt.src, tt.kind, tt.id); got != tt.want {
			t.Errorf("%s: %q, want %q\n%s", tt.name, got, tt.want, tt.src)
		}
	}
}

// TestReachOfCalls looks at a mark in the call of a module.
func TestReachOfCalls(t *testing.T) {
	call, _ := Parse([]byte("module \"m\" {\n  # checkov:skip=CKV_AWS_18:known\n}\n"), Terraform, now)
	m, ok := Marks{"main.tf": call}.Covers(Subject{IDs: logging, Chain: []Place{{"m/main.tf", 5, 5}, {"m/main.tf", 3, 9}, {"main.tf", 1, 3}}})
	if diff := cmp.Diff(Mark{Source: Checkov, Line: 2, Reason: "known"}, m); diff != "" || !ok {
		t.Errorf("%v\n%s", ok, diff)
	}
}

// TestTable looks at the shape of the table: its ids, and that none is there
// twice.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range slices.Concat(tables...) {
		if seen[c.theirs] || !strings.HasPrefix(c.theirs, "CKV") || len(c.ours) == 0 || len(jointly(c.theirs)) > 0 {
			t.Errorf("%s is there twice, or stands for nothing", c.theirs)
		}
		seen[c.theirs] = true
		for _, id := range c.ours {
			if prefix, number, ok := strings.Cut(id, "-"); !ok || prefix == "" || len(number) < 3 || strings.Trim(number, "0123456789") != "" {
				t.Errorf("%s: %q is not an id", c.theirs, id)
			}
		}
		if !slices.IsSorted(c.ours) {
			t.Errorf("%s: %v is not in order", c.theirs, c.ours)
		}
	}
}

// TestChecksExist looks for the checks that the tables and the joints speak of
// among those that are compiled in. The ids of workflows are not among them.
func TestChecksExist(t *testing.T) {
	known := map[string]bool{}
	id := regexp.MustCompile(`(?m)^#   id: "?([A-Z]+-[0-9]+)"?\s*$`)
	err := fs.WalkDir(checks.EmbeddedPolicyFileSystem, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(checks.EmbeddedPolicyFileSystem, path)
		if m := id.FindSubmatch(data); m != nil && !bytes.Contains(data, []byte("\n#   deprecated: true\n")) {
			known[string(m[1])] = true
		}
		return err
	})
	if err != nil || len(known) < 300 {
		t.Fatalf("%d checks, %v", len(known), err)
	}
	ours := []string{}
	for _, c := range slices.Concat(tables...) {
		ours = append(ours, c.ours...)
	}
	for _, j := range joints {
		ours = append(ours, j.ours)
	}
	for _, id := range ours {
		if !known[id] && !strings.HasPrefix(id, "GHA-00") {
			t.Errorf("%s is not a check, or deprecated", id)
		}
	}
}
