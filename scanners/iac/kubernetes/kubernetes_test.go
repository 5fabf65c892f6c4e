package kubernetes

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/work"
)

// hostPID judges manifests and returns where they share the host's processes.
func hostPID(t *testing.T, m Manifests) (found []string, out work.Outcome) {
	t.Helper()
	checks, err := check.NewSet(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	out, _, err = Judge(t.Context(), checks, m)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out.Results {
		if r.Check.ID == "KSV-0010" {
			found = append(found, fmt.Sprintf("%s:%d-%d %s %s", r.Location.Path, r.Location.StartLine, r.Location.EndLine, r.Resource, r.Framework))
		}
	}
	slices.Sort(found)
	return found, out
}

const spec = "{hostPID: true, containers: [{name: c, image: i}]}"

// TestObjects looks at what is an object and what holds some.
func TestObjects(t *testing.T) {
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: true\n"
	list := "apiVersion: v1\nkind: List\nitems:\n"
	item := func(s string) string {
		return "- " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n  ") + "\n"
	}
	tests := []struct {
		name, text string
		want       []string
	}{
		{"an object", pod, []string{"m.yaml:5-5 Pod/a kubernetes"}},
		{"a list", list + item(pod) + item(pod), []string{"m.yaml:13-13 Pod/a kubernetes", "m.yaml:8-8 Pod/a kubernetes"}},
		{"a list in the second document", "# nothing\n---\n" + list + item(pod), []string{"m.yaml:10-10 Pod/a kubernetes"}},
		{"a list of lists", list + item(list+item(pod)), []string{"m.yaml:11-11 Pod/a kubernetes"}},
		{"a list of one kind", "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: b}\n  spec: " + spec + "\n", []string{"m.yaml:5-5 Pod/b kubernetes"}},
		{"a list of what is none", list + "- 1\n- [2]\n- kind: Pod\n- apiVersion: v1\n", nil},
		{"a resource of somebody else's", "apiVersion: example.com/v1\nkind: Thing\nspec:\n  items: " + spec + "\n", nil},
		{"a definition", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\nspec: " + spec + "\n", nil},
		{"no object", "kind: Pod\nspec: " + spec + "\n", nil},
	}
	for _, tt := range tests {
		got, out := hostPID(t, Manifests{Path: "m.yaml", Framework: work.Kubernetes, Text: []byte(tt.text)})
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, d)
		}
		if len(out.Notes) > 0 {
			t.Errorf("%s: notes %v", tt.name, out.Notes)
		}
	}
}

// TestLines sees that findings in what a tool made are at the lines that it
// was made of.
func TestLines(t *testing.T) {
	text := "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec:\n  hostPID: true\n"
	for _, tt := range []struct {
		lines []int
		want  string
	}{
		{[]int{1, 2, 3, 9, 7}, "t.yaml:7-7 Pod/a helm"},
		{[]int{1}, "t.yaml:0-0 Pod/a helm"},
	} {
		got, _ := hostPID(t, Manifests{Path: "t.yaml", Framework: "helm", Text: []byte(text), Lines: tt.lines})
		if !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%v: %v, want %s", tt.lines, got, tt.want)
		}
	}
	_, out := hostPID(t, Manifests{Path: "t.yaml", Framework: "helm", Text: []byte("kind: {{\n"), Lines: []int{4, 5}})
	if len(out.Notes) != 1 || out.Notes[0].Line != 4 {
		t.Errorf("notes %v", out.Notes)
	}
}

// TestManyObjects sees that a file of very many objects ends.
func TestManyObjects(t *testing.T) {
	text := strings.Repeat("apiVersion: v1\nkind: Namespace\n---\n", maxObjects+2)
	_, out := hostPID(t, Manifests{Path: "m.yaml", Framework: work.Kubernetes, Text: []byte(text)})
	if len(out.Notes) != 1 || out.Notes[0].Line != 3*maxObjects+1 || !strings.Contains(out.Notes[0].Message, "2000 objects") {
		t.Errorf("notes %v", out.Notes)
	}
}

// TestManyContainers sees that an object of very many containers is a gap, and
// the next one is judged.
func TestManyContainers(t *testing.T) {
	many := "apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {initContainers: [" + strings.Repeat("{name: a, image: b},", maxContainers+1) + "]}}}}}\n---\n"
	got, out := hostPID(t, Manifests{Path: "m.yaml", Framework: work.Kubernetes, Text: []byte(many + "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: " + spec + "\n")})
	if len(out.Notes) != 1 || !strings.Contains(out.Notes[0].Message, "300 containers") || len(got) != 1 {
		t.Errorf("%v, notes %v", got, out.Notes)
	}
}
