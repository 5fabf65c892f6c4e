package kustomize

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLines holds where each rendered line comes from: the line of the
// resource's own file and, behind it, the place that set it if that is another
// file.
func TestLines(t *testing.T) {
	r := tree{
		"b/a.yaml": `# a comment
---
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  # here
  containers:
    - name: c
      image: nginx:1
      args:
        - "on"
        - |
          two
          lines
    - name: d
      securityContext:
        privileged: false
  volumes: []
  empty:
`,
		"b/kustomization.yaml": "resources: [a.yaml]\n",
		"o/kustomization.yaml": `resources: [../b]
namespace: n
patches:
  - path: p.yaml
  - target: {kind: Pod}
    patch: |
      - op: add
        path: /spec/containers/0/securityContext/runAsUser
        value: 0
images:
  - name: nginx
    newTag: "2"
`,
		"o/p.yaml": `apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  hostNetwork: true
  containers:
    - name: d
      securityContext:
        privileged: true
`,
	}.build(t)
	if len(r.Resources) != 1 || len(r.Problems) != 0 {
		t.Fatal(describe(r))
	}
	res := r.Resources[0]
	if want := (Place{"b/a.yaml", 3}); res.Place != want || !res.Patched {
		t.Errorf("it is of %v, patched: %v", res.Place, res.Patched)
	}
	var got strings.Builder
	i := 0
	for line := range strings.Lines(string(res.Text)) {
		fmt.Fprintf(&got, "%2d ", res.Lines[i])
		if at, ok := res.Set[i]; ok {
			fmt.Fprintf(&got, "%s:%d ", at.Path, at.Line)
		}
		got.WriteString("| " + line)
		i++
	}
	if i != len(res.Lines) {
		t.Errorf("%d lines have %d places", i, len(res.Lines))
	}
	want := ` 3 | apiVersion: "v1"
 4 | kind: "Pod"
 5 | metadata:
 5 |   name: "a"
 5 o/kustomization.yaml:2 |   namespace: "n"
 6 | spec:
 8 |   containers:
16 o/p.yaml:8 |     - name: "d"
17 |       securityContext:
18 o/p.yaml:10 |         privileged: true
17 o/kustomization.yaml:9 |         runAsUser: 0
 9 |     - name: "c"
10 o/kustomization.yaml:11 |       image: "nginx:2"
11 |       args:
12 |         - "on"
13 |         - "two\nlines\n"
19 |   volumes: []
20 |   empty: null
 6 o/p.yaml:6 |   hostNetwork: true
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestGenerated holds where a generated object comes from.
func TestGenerated(t *testing.T) {
	r := tree{"kustomization.yaml": `
configMapGenerator:
  - name: c
    files:
      - dir/a.txt
      - key=dir/b.txt
    literals:
      - PASSWORD=x
    envs: [some.env]
secretGenerator:
  - name: s
    namespace: n
  - literals: [a=b]
`}.build(t)
	var got []string
	for _, res := range r.Resources {
		got = append(got, fmt.Sprint(res.Place, res.Lines, "\n", string(res.Text)))
	}
	want := []string{
		"{kustomization.yaml 3} [3 3 3 3 3 8 5 6]\napiVersion: \"v1\"\nkind: \"ConfigMap\"\nmetadata:\n  name: \"c\"\n" +
			"data:\n  PASSWORD: \"\"\n  a.txt: \"\"\n  key: \"\"\n",
		"{kustomization.yaml 11} [11 11 11 11 11]\napiVersion: \"v1\"\nkind: \"Secret\"\nmetadata:\n  name: \"s\"\n  namespace: \"n\"\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Problem{{Place{"kustomization.yaml", 13}, "a generator has no name and is left out", true}}, r.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
