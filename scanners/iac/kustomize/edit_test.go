package kustomize

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// value parses a document.
func value(t testing.TB, b *build, s string) *node {
	t.Helper()
	docs, err := b.documents([]byte(s), Place{Path: "x"})
	if err != nil || len(docs) != 1 {
		t.Fatalf("%q: %v, %d documents", s, err, len(docs))
	}
	return docs[0]
}

// decoded is a value as YAML's decoder has it, by way of what is rendered.
func decoded(t testing.TB, b *build, n *node) any {
	t.Helper()
	w := writer{purse: &b.purse, path: "x", left: maxText, set: map[int]Place{}}
	if err := w.value(n, 0, 1, false); err != nil {
		t.Fatal(err)
	}
	var v any
	if err := yaml.Unmarshal(w.text, &v); err != nil {
		t.Fatalf("%v in\n%s", err, w.text)
	}
	return v
}

func newBuild() *build { return &build{purse: purse{ctx: context.Background(), left: maxSteps}} }

// TestRender renders values that a careless writer gets wrong; the decoder
// makes the same of them as of the original.
func TestRender(t *testing.T) {
	for _, s := range []string{
		`{a: "yes", b: yes, c: "012", d: 012, e: 0x1F, f: 1e3, g: ~, h: "", i: .inf, j: -1, k: +1, l: "null", m: "1.0"}`,
		`{"yes": 1, "a b": 2, "a: b": 3, "#": 4, "": 5, "x\ny": 6, "-": 7, 1: 8, "\u0007": 9, "~": 10, "Null": 11}`,
		"a: \"\\u0000\\u007f\\u0085\\u00a0\\u2028\\ufeff\\U0001F600\\\\ \\\" ' \\t\"\n",
		`{a: [[], {}, [[1], [2, [3]]], [{a: 1, b: [{c: 2}]}]], b: {}, c: []}`,
		"a: &x {b: 1, c: 2}\nd: *x\ne: {<<: *x, c: 3}\nf: {<<: [*x, {g: 4}]}\n",
		"a: !!str 5\nb: !!int \"5\"\nc: 'single ''quotes'''\nd: >\n  folded\n  text\n",
	} {
		b := newBuild()
		var want any
		if err := yaml.Unmarshal([]byte(s), &want); err != nil {
			t.Fatal(err)
		}
		// Keys are text in Kubernetes, whatever they look like.
		if m, ok := want.(map[any]any); ok {
			named := map[string]any{}
			for k, v := range m {
				named[fmt.Sprint(k)] = v
			}
			want = named
		}
		if diff := cmp.Diff(want, decoded(t, b, value(t, b, s))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s, diff)
		}
	}
}

func TestOperations(t *testing.T) {
	for _, c := range []struct{ on, ops, want, err string }{
		{`{a: 1}`, `[{op: add, path: /b, value: 2}]`, `{a: 1, b: 2}`, ""},
		{`{a: 1}`, `[{op: add, path: /a, value: null}]`, `{a: null}`, ""},
		{`{a: 1}`, `[{op: replace, path: "", value: {x: y}}]`, `{x: y}`, ""},
		{`{a: 1}`, `[{op: replace, path: "", value: 5}]`, ``, "no object"},
		{`{a: 1}`, `[{op: remove, path: ""}]`, ``, "no object"},
		{`{a: [1, 2]}`, `[{op: add, path: /a/0, value: 0}, {op: add, path: /a/-, value: 3}, {op: add, path: /a/4, value: 4}]`, `{a: [0, 1, 2, 3, 4]}`, ""},
		{`{a: [1, 2]}`, `[{op: remove, path: /a/0}, {op: replace, path: /a/0, value: 9}]`, `{a: [9]}`, ""},
		{`{a: {b~c/d: 1}}`, `[{op: move, from: /a/b~0c~1d, path: /e}]`, `{a: {}, e: 1}`, ""},
		{`{a: [{b: 1}]}`, `[{op: copy, from: /a/0, path: /a/0/c}]`, `{a: [{b: 1, c: {b: 1}}]}`, ""},
		{`{a: 1}`, `[{op: test, path: /a, value: 2}]`, `{a: 1}`, ""},
		{`{a: [1]}`, `[{op: add, path: /a/2, value: 3}]`, ``, "not there"},
		{`{a: [1]}`, `[{op: remove, path: /a/-}]`, ``, "not there"},
		{`{a: [1]}`, `[{op: replace, path: /a/-1, value: 1}]`, ``, "not there"},
		{`{a: [1]}`, `[{op: add, path: /a/x, value: 1}]`, ``, "not there"},
		{`{a: 1}`, `[{op: replace, path: /b, value: 1}]`, ``, "not there"},
		{`{a: 1}`, `[{op: remove, path: /b}]`, ``, "not there"},
		{`{a: 1}`, `[{op: add, path: /b/c, value: 1}]`, ``, "not there"},
		{`{a: 1}`, `[{op: add, path: /a/c, value: 1}]`, ``, "not there"},
		{`{a: 1}`, `[{op: copy, from: /b, path: /c}]`, ``, "not there"},
		{`{a: 1}`, `[{op: add, path: b, value: 1}]`, ``, "not a pointer"},
		{`{a: 1}`, `[{op: add, path: /b}]`, ``, "no value"},
		{`{a: 1}`, `[{op: add, value: 1}]`, ``, "no path"},
		{`{a: 1}`, `[{op: copy, path: /b}]`, ``, "no from"},
		{`{a: 1}`, `[{op: dance, path: /b}]`, ``, "not one of"},
		{`{a: 1}`, `[1]`, ``, "no path"},
	} {
		b := newBuild()
		on := value(t, b, c.on)
		got, err := b.operations(on, value(t, b, c.ops))
		check(t, b, c.on+" "+c.ops, got, err, c.want, c.err)
		if diff := cmp.Diff(decoded(t, b, value(t, b, c.on)), decoded(t, b, on)); diff != "" {
			t.Errorf("%s changed its input:\n%s", c.ops, diff)
		}
	}
}

func TestMerge(t *testing.T) {
	for _, c := range []struct{ on, patch, want string }{
		{`{a: 1, b: {c: 2}}`, `{b: {d: 3}, e: null, a: null}`, `{b: {c: 2, d: 3}}`},
		{`{a: {b: 1}}`, `{a: {$patch: delete}}`, `{}`},
		{`{a: {b: 1}}`, `{a: {$patch: replace, c: 2}}`, `{a: {c: 2}}`},
		{`{a: {b: 1}}`, `{x: {$patch: replace, c: null, d: {e: null, f: [1]}}}`, `{a: {b: 1}, x: {d: {f: [1]}}}`},
		{`{args: [1, 2]}`, `{args: [3]}`, `{args: [3]}`},
		{`{env: [{name: a, value: 1}, {name: b}]}`, `{env: [{name: c}, {name: a, value: 2}]}`, `{env: [{name: c}, {name: a, value: 2}, {name: b}]}`},
		{`{env: [{name: a}]}`, `{env: [{name: a, $patch: delete}, {name: b, $patch: delete}]}`, `{env: []}`},
		{`{env: [{name: a}]}`, `{env: [{$patch: replace}, {name: b}]}`, `{env: [{name: b}]}`},
		{`{env: [{name: a}], args: [1]}`, `{env: [{$patch: delete}], args: [{$patch: delete}]}`, `{}`},
		{`{env: [{value: x}]}`, `{env: [{value: y}]}`, `{env: [{value: y}, {value: x}]}`},
		{`{ports: [{containerPort: 1, protocol: UDP}, {containerPort: 1}]}`, `{ports: [{containerPort: 1, protocol: TCP, a: b}]}`,
			`{ports: [{containerPort: 1, protocol: UDP}, {containerPort: 1, protocol: TCP, a: b}]}`},
		{`{env: text}`, `{env: [{name: a}]}`, `{env: [{name: a}]}`},
		{`{env: [{name: a}]}`, `{env: text}`, `{env: text}`},
		{`{a: [1]}`, `{a: {b: 1}}`, `{a: {b: 1}}`},
	} {
		b := newBuild()
		m := merger{purse: &b.purse, keys: true}
		got, err := m.merge(value(t, b, c.on), value(t, b, c.patch), way{kind: "Pod"}, 0)
		check(t, b, c.on+" "+c.patch, got, err, c.want, "")
	}
}

// check compares a value, or an error, with what is wanted.
func check(t *testing.T, b *build, name string, got *node, err error, want, wantErr string) {
	t.Helper()
	if wantErr != "" || err != nil {
		if err == nil || wantErr == "" || !strings.Contains(err.Error(), wantErr) {
			t.Errorf("%s: the error is %v", name, err)
		}
		return
	}
	if diff := cmp.Diff(decoded(t, b, value(t, b, want)), decoded(t, b, got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestRequirements(t *testing.T) {
	labels := `{a: "1", b: two, c.d/e: ""}`
	for s, want := range map[string]bool{
		"": true, "a": true, "a=1": true, "a==1,b=two": true, "a = 1 , b": true, "c.d/e": true, "c.d/e=": true,
		"z": false, "!z": true, "! z": true, "!a": false, "a!=2": true, "a!=1": false, "z!=1": true,
		"a in (1, 2)": true, "a in (2)": false, "a notin (1)": false, "z notin (1)": true, "z in ()": false, "a in (1),b notin (x, y),!q": true,
	} {
		b := newBuild()
		list, ok := requirements(s)
		if got := allMet(list, value(t, b, labels)); !ok || got != want {
			t.Errorf("%q: %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"a in 1", "=1", "a=1=2", "a in (1", "a,,b", "(", "a b"} {
		if _, ok := requirements(s); ok {
			t.Errorf("%q is taken for a selector", s)
		}
	}
}
