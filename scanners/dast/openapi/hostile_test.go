package openapi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHostile asserts that nothing in a description takes long or ends the
// process: what it comes to is either an error or a skipped operation.
func TestHostile(t *testing.T) {
	param := func(schema, rest string) string {
		return head + "paths:\n  /x:\n    get:\n      parameters: [{name: q, in: query, required: true, schema: " + schema + "}]\n" + rest
	}
	components := "components:\n  schemas:\n"
	deep := "- GET /x: there is no value for its required query parameter q: its schema is too deep or too large"
	dangling := "- GET /x: there is no value for its required query parameter q: it refers to something that is not there"

	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := range 20 {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 10), ","))
	}
	var wide strings.Builder
	wide.WriteString(components)
	for i := range 30 {
		fmt.Fprintf(&wide, "    S%d: {type: object, required: [a, b], properties: {a: {$ref: '#/components/schemas/S%d'}, b: {$ref: '#/components/schemas/S%d'}}}\n", i, i+1, i+1)
	}
	wide.WriteString("    S30: {type: integer}\n")
	var chain strings.Builder
	chain.WriteString(components)
	for i := range 900 {
		fmt.Fprintf(&chain, "    S%d: {allOf: [{$ref: '#/components/schemas/S%d'}]}\n", i, i+1)
	}
	more := strings.Builder{}
	more.WriteString(components)
	for i := range 50_000 {
		fmt.Fprintf(&more, "    S%d: {allOf: [{$ref: '#/components/schemas/S%d'}]}\n", i, i+1)
	}
	var inline strings.Builder
	inline.WriteString("x-s:\n")
	for i := range 40 {
		fmt.Fprintf(&inline, "  S%d: {allOf: [%s]}\n", i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("{$ref: '#/x-s/S%d'},", i+1), 10), ","))
	}

	tests := []struct{ name, doc, want string }{
		{"reference to itself", param("{$ref: '#/components/schemas/A'}", components+"    A: {$ref: '#/components/schemas/A'}\n"), dangling},
		{"reference in a circle", param("{$ref: '#/components/schemas/A'}", components+"    A: {$ref: '#/components/schemas/B'}\n    B: {$ref: '#/components/schemas/A'}\n"), dangling},
		{"reference below itself", param("{$ref: '#/components/schemas/A'}", components+"    A: {$ref: '#/components/schemas/A/properties/x', properties: {x: {$ref: '#/components/schemas/A'}}}\n"), dangling},
		{"allOf itself", param("{$ref: '#/components/schemas/A'}", components+"    A: {allOf: [{$ref: '#/components/schemas/A'}]}\n"), deep},
		{"allOf in a circle", param("{$ref: '#/components/schemas/A'}", components+"    A: {allOf: [{$ref: '#/components/schemas/B'}, {$ref: '#/components/schemas/B'}]}\n    B: {oneOf: [{$ref: '#/components/schemas/A'}]}\n"), deep},
		{"items of itself", param("{$ref: '#/components/schemas/A'}", components+"    A: {type: array, items: {$ref: '#/components/schemas/A'}}\n"), deep},
		{"property of itself", param("{$ref: '#/components/schemas/A'}", components+"    A: {type: object, required: [a], properties: {a: {$ref: '#/components/schemas/A'}}}\n"), deep},
		{"twice as wide on every level", param("{$ref: '#/components/schemas/S0'}", wide.String()), deep},
		{"a chain", param("{$ref: '#/components/schemas/S0'}", chain.String()), deep},
		{"ten times as wide, unnamed", param("{$ref: '#/x-s/S0'}", inline.String()), "cannot read api.yaml: it has over a million values, or its aliases multiply"},
		{"a longer chain", param("{$ref: '#/components/schemas/S0'}", more.String()), "cannot read api.yaml: its parameters need over 1,000 schemas"},
		{"alias bomb", head + "paths: {}\n" + bomb.String(), "cannot read api.yaml: it has over a million values, or its aliases multiply"},
		{"alias of itself", head + "paths: &p\n  /x: *p\n", "api.yaml:3: it is nested too deep, or an alias contains itself"},
		{"merge bomb", head + "paths: &p {" + strings.Repeat("/x: {<<: {get: {}}}, ", 10) + "}\n", "GET https://a.example/x"},
		{"nested", head + "x: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "api.yaml:3: it is nested too deep, or an alias contains itself"},
		{"nested JSON", `{"openapi":"3.0.0","x":` + strings.Repeat("[", 100_000), "api.yaml:1: it is nested too deep"},
		{"many values", head + "x: [" + strings.Repeat("1,", 3_000_000) + "]", "cannot read api.yaml: it has over a million values, or its aliases multiply"},
		{"many values in JSON", `{"x":[` + strings.Repeat("1,", 1_000_001), "cannot read api.yaml: it has over a million values, or its aliases multiply"},
		{"too large", head + strings.Repeat("#", 16<<20), "api.yaml is over 16 MiB: split it"},
		{"long example", head + "paths:\n  /x:\n    get:\n      parameters: [{name: q, in: query, required: true, example: " + strings.Repeat("a", 2000) + ", schema: {type: integer}}]\n", "GET https://a.example/x?q=10"},
		{"endless number", head + "paths:\n  /x:\n    get:\n      parameters: [{name: q, in: query, required: true, example: 1e999}]\n", "GET https://a.example/x?q=1e999"},
		{"many parameters", head + "paths:\n  /x:\n    get:\n      parameters: [" + strings.Repeat("{name: q, in: query},", 300) + "]\n", "- GET /x: it has over 200 parameters"},
		{"long address", `{"openapi":"3.0.0","paths":{"/` + strings.Repeat("x", 8000) + `":{"get":{}}}}`, "- GET /" + strings.Repeat("x", 498) + "…: its address is over 8,000 bytes"},
		{"wrong kinds", `{"openapi":"3.0.0","servers":{"a":1},"components":[],"paths":{"/a":[],"/b":{"get":[],"head":{"parameters":{"a":1}}},"/c":{"parameters":[1],"get":{}},"/d":{"get":{"parameters":[{"in":"query","name":"q","required":true,"style":1,"explode":"x","examples":[1],"content":[],"schema":{"type":1,"enum":2,"minimum":"x","items":[],"required":"x","allOf":{},"minLength":-1,"$ref":3}}]}}}}`,
			"HEAD https://a.example/b\n- /a: its description is no mapping\n- GET /c: one of its parameters cannot be read: it has no name or no place\n- GET /d: there is no value for its required query parameter q: its schema does not say what it is"},
		{"wrong kinds in 2.0", `{"swagger":"2.0","host":1,"basePath":[],"paths":{"/d":{"get":{"parameters":[{"in":"query","name":"q","required":true,"type":"integer","exclusiveMinimum":5,"collectionFormat":1,"items":3,"enum":{},"default":{"a":[]}}]}}}}`,
			"- GET /d: there is no value for its required query parameter q: it is nested in a way that addresses have no form for"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Load([]byte(tt.doc), "api.yaml", mustParse(t, "https://a.example"))
			got := strings.Join(lines(r), "\n")
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestManyOperations(t *testing.T) {
	var b strings.Builder
	b.WriteString(head + "paths:\n")
	for i := range 1500 {
		fmt.Fprintf(&b, "  /p%d: {get: {}, head: {}}\n", i)
	}
	r := load(t, b.String(), "https://a.example")
	if len(r.List) != 2000 || len(r.Notes) != 1 || r.Notes[0] != "1,000 operations over the limit of 2,000 operations are left out" {
		t.Errorf("%d requests, notes %q", len(r.List), r.Notes)
	}
	if last := r.List[1999]; last.Method != "HEAD" || last.URL.Path != "/p999" || last.Line != 1003 {
		t.Errorf("the last is %+v", last)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(head + "paths:\n  /x/{p}:\n    get:\n      parameters: [{name: p, in: path, required: true, schema: {type: string, pattern: '^a+$'}}]\n")
	f.Add(`{"swagger":"2.0","basePath":"/v1","paths":{"/x":{"get":{"parameters":[{"name":"q","in":"query","required":true,"type":"array","items":{"type":"integer"}}]}}}}`)
	f.Add(head + "paths: &p\n  <<: *p\n  /x: {$ref: '#/paths'}\n")
	f.Add(head + "paths:\n  /x:\n    get: {parameters: [{name: q, in: query, required: true, schema: {$ref: '#/components/schemas/A'}}]}\ncomponents: {schemas: {A: {allOf: [{$ref: '#/components/schemas/A'}]}}}")
	f.Fuzz(func(t *testing.T, doc string) {
		r, err := Load([]byte(doc), "api.yaml", mustParse(t, "https://a.example/base"))
		if err != nil && strings.ContainsAny(err.Error(), "\n\r\x1b") {
			t.Errorf("the error has several lines: %q", err)
		}
		for _, q := range r.List {
			if q.URL.Scheme != "https" || q.URL.Host != "a.example" || q.URL.User != nil || q.Method != "GET" && q.Method != "HEAD" {
				t.Errorf("got %s %s", q.Method, q.URL)
			}
			if again, err := q.URL.Parse(q.URL.String()); err != nil || again.Host != "a.example" || again.Path != q.URL.Path {
				t.Errorf("%s is read as %v, %v", q.URL, again, err)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	var s strings.Builder
	s.WriteString(head + "paths:\n")
	for i := range 1000 {
		fmt.Fprintf(&s, "  /p%d/{id}:\n    get:\n      parameters:\n      - {name: id, in: path, required: true, schema: {$ref: '#/components/schemas/Id'}}\n      responses: {'200': {description: x}}\n", i)
	}
	s.WriteString("components: {schemas: {Id: {type: integer}}}\n")
	for b.Loop() {
		if r, err := Load([]byte(s.String()), "api.yaml", mustParse(b, "https://a.example")); err != nil || len(r.List) != 1000 {
			b.Fatal(err)
		}
	}
}
