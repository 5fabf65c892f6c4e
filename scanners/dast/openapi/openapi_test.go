package openapi

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lines words what a description comes to, a line for each request.
func lines(r Requests) []string {
	var out []string
	for _, q := range r.List {
		s := q.Method + " " + q.URL.String()
		for _, f := range q.Header {
			s += " " + f.Name + ": " + f.Value
		}
		out = append(out, s)
	}
	for _, s := range r.Skipped {
		out = append(out, strings.TrimSpace("- "+s.Method)+" "+s.Template+": "+s.Reason)
	}
	return append(out, r.Notes...)
}

func mustParse(t testing.TB, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// load loads a description for a target.
func load(t *testing.T, doc, target string) Requests {
	t.Helper()
	r, err := Load([]byte(doc), "api.yaml", mustParse(t, target))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestVersions asserts that one API described in three versions, and in JSON,
// comes to the same requests.
func TestVersions(t *testing.T) {
	want := []string{
		"GET https://app.example:8443/v1/pets?limit=10&since=1970-01-01",
		"GET https://app.example:8443/v1/pets/petId",
		"HEAD https://app.example:8443/v1/pets/petId",
		"GET https://app.example:8443/v1/status X-Region: eu",
	}
	for _, name := range []string{"swagger20.yaml", "openapi30.yaml", "openapi31.yaml", "openapi30.json"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			r, err := Load(data, name, mustParse(t, "https://user:pass@app.example:8443/?x=1#y"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, lines(r)); diff != "" {
				t.Error(diff)
			}
			all := strings.Split(string(data), "\n")
			for _, q := range r.List {
				if q.Line < 1 || q.Line > len(all) || !strings.Contains(all[q.Line-1], strings.ToLower(q.Method)) {
					t.Errorf("%s %s is said to be on line %d", q.Method, q.Template, q.Line)
				}
			}
			if q := r.List[1]; q.Operation != "getPet" || q.Template != "/pets/{petId}" {
				t.Errorf("got %+v", q)
			}
		})
	}
}

const head = "openapi: 3.0.3\ninfo: {title: t, version: v}\n"

// one describes an operation with one parameter.
func one(parameter string) string {
	return head + "paths:\n  /x/{p}/y:\n    get:\n      parameters: [" + parameter + "]\n"
}

func TestValues(t *testing.T) {
	query := func(schema string) string {
		return head + "paths:\n  /x:\n    get:\n      parameters: [{name: q, in: query, required: true, " + schema + "}]\n"
	}
	none := "- GET /x: there is no value for its required query parameter q: "
	tests := []struct{ name, doc, want string }{
		{"example", query("example: a b&c, schema: {type: string}"), "GET https://a.example/x?q=a+b%26c"},
		{"examples", query("examples: {b: {value: 2}, a: {value: 1}}, schema: {type: integer}"), "GET https://a.example/x?q=1"},
		{"schema's example", query("schema: {type: integer, example: 7, default: 8}"), "GET https://a.example/x?q=7"},
		{"schema's examples", query("schema: {type: integer, examples: [9], default: 8}"), "GET https://a.example/x?q=9"},
		{"default", query("schema: {type: string, default: no, enum: [yes, no]}"), "GET https://a.example/x?q=no"},
		{"enum", query("schema: {enum: [null, asc, desc]}"), "GET https://a.example/x?q=asc"},
		{"const", query("schema: {const: 3}"), "GET https://a.example/x?q=3"},
		{"large number", query("example: 9007199254740993123"), "GET https://a.example/x?q=9007199254740993000"},
		{"string", query("schema: {type: string}"), "GET https://a.example/x?q=John+Doe"},
		{"long string", query("schema: {type: string, minLength: 10}"), "GET https://a.example/x?q=John+Doexx"},
		{"short string", query("schema: {type: string, maxLength: 4}"), "GET https://a.example/x?q=John"},
		{"too long string", query("schema: {type: string, minLength: 5000}"), none + "it is too long"},
		{"pattern", query("schema: {type: string, pattern: '^[A-Z]{3}-\\d{2}$'}"), "GET https://a.example/x?q=AAA-11"},
		{"pattern of words", query("schema: {type: string, pattern: '^(red|green)$'}"), "GET https://a.example/x?q=red"},
		{"pattern of JavaScript", query("schema: {type: string, pattern: '^(?=x)'}"), none + "no word is known that its pattern matches"},
		{"pattern and length", query("schema: {type: string, pattern: '^a$', minLength: 4}"), none + "no word is known that its pattern matches"},
		{"date", query("schema: {type: string, format: date}"), "GET https://a.example/x?q=1970-01-01"},
		{"date as an example", query("example: 2020-02-03"), "GET https://a.example/x?q=2020-02-03"},
		{"uuid", query("schema: {type: string, format: uuid}"), "GET https://a.example/x?q=00000000-0000-4000-8000-000000000000"},
		{"password", query("schema: {type: string, format: password}"), none + "it is a password"},
		{"integer", query("schema: {type: integer}"), "GET https://a.example/x?q=10"},
		{"integer from", query("schema: {type: integer, minimum: 10, exclusiveMinimum: true}"), "GET https://a.example/x?q=11"},
		{"integer over", query("schema: {type: integer, exclusiveMinimum: 20}"), "GET https://a.example/x?q=21"},
		{"integer to", query("schema: {type: integer, maximum: 5}"), "GET https://a.example/x?q=5"},
		{"multiple", query("schema: {type: integer, multipleOf: 25}"), "GET https://a.example/x?q=25"},
		{"no integer", query("schema: {type: integer, minimum: 5, maximum: 4}"), none + "no number is within its bounds"},
		{"number", query("schema: {type: number}"), "GET https://a.example/x?q=1.2"},
		{"boolean", query("schema: {type: boolean}"), "GET https://a.example/x?q=true"},
		{"3.1 types", query("schema: {type: ['null', integer]}"), "GET https://a.example/x?q=10"},
		{"array", query("schema: {type: array, items: {type: integer}, minItems: 2}"), "GET https://a.example/x?q=10&q=10"},
		{"array in one", query("explode: false, schema: {type: array, items: {type: integer}, minItems: 2}"), "GET https://a.example/x?q=10%2C10"},
		{"pipes", query("style: pipeDelimited, schema: {type: array, items: {type: integer}, minItems: 2}"), "GET https://a.example/x?q=10%7C10"},
		{"many", query("schema: {type: array, items: {type: integer}, minItems: 200}"), none + "it needs many values"},
		{"object", query("schema: {type: object, required: [b, a], properties: {a: {type: integer}, b: {type: boolean}, c: {}}}"), "GET https://a.example/x?a=10&b=true"},
		{"deep object", query("style: deepObject, schema: {type: object, required: [a], properties: {a: {type: integer}}}"), "GET https://a.example/x?q%5Ba%5D=10"},
		{"content", query("content: {application/json: {schema: {type: object, required: [a], properties: {a: {type: integer}}}}}"), "GET https://a.example/x?q=%7B%22a%22%3A10%7D"},
		{"allOf", query("schema: {allOf: [{description: x}, {type: integer}]}"), "GET https://a.example/x?q=10"},
		{"oneOf", query("schema: {oneOf: [{type: boolean}, {type: integer}]}"), "GET https://a.example/x?q=true"},
		{"words of other languages", query("schema: {type: object, required: [a, b, c], properties: {a: {type: int}, b: {type: double}, c: {type: bool}}}"), "GET https://a.example/x?a=10&b=1.2&c=true"},
		{"nothing known", query("schema: {}"), none + "its schema does not say what it is"},
		{"no schema", query("description: x"), none + "its schema does not say what it is"},
		{"in another file", query("schema: {$ref: 'other.yaml#/x'}"), none + "it refers to another file, which is not followed"},
		{"on another host", query("schema: {$ref: 'https://169.254.169.254/x'}"), none + "it refers to another file, which is not followed"},
		{"nowhere", query("schema: {$ref: '#/components/schemas/None'}"), none + "it refers to something that is not there"},
		{"override", strings.ReplaceAll(query("schema: {type: string}"), "name: q", "name: _method"), "- GET /x: its parameter _method may make the server do something else"},
		{"path", one("{name: p, in: path, required: true, schema: {type: string}}"), "GET https://a.example/x/p/y"},
		{"path, not said to be required", one("{name: p, in: path, schema: {type: integer}}"), "GET https://a.example/x/10/y"},
		{"path with a slash", one("{name: p, in: path, required: true, example: a/b c}"), "GET https://a.example/x/a%2Fb%20c/y"},
		{"path upwards", one("{name: p, in: path, required: true, example: ..}"), "- GET /x/{p}/y: its path has . or .. in it"},
		{"path upwards, escaped", one("{name: p, in: path, required: true, example: ../../admin}"), "- GET /x/{p}/y: its path has . or .. in it"},
		{"path matrix", one("{name: p, in: path, required: true, style: matrix, schema: {type: integer}}"), "GET https://a.example/x/;p=10/y"},
		{"path label", one("{name: p, in: path, required: true, style: label, schema: {type: array, items: {type: integer}}}"), "GET https://a.example/x/.10/y"},
		{"path not described", one("{name: other, in: path, required: true, schema: {type: string}}"), "- GET /x/{p}/y: its path's parameter p is not described"},
		{"empty in path", one("{name: p, in: path, required: true, example: ''}"), "- GET /x/{p}/y: there is no value for its path's parameter p"},
		{"parameter in another file", one("{$ref: 'params.yaml'}"), "- GET /x/{p}/y: one of its parameters cannot be read: it refers to another file, which is not followed"},
		{"parameter without a name", one("{in: query}"), "- GET /x/{p}/y: one of its parameters cannot be read: it has no name or no place"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff([]string{tt.want}, lines(load(t, tt.doc, "https://a.example"))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCallers asserts that what belongs to the caller is never set.
func TestCallers(t *testing.T) {
	doc := head + `paths:
  /x:
    get:
      parameters:
      - {name: Authorization, in: header, required: true, example: Bearer x}
      - {name: cookie, in: header, required: true, example: a=b}
      - {name: session, in: cookie, required: true, example: b}
      - {name: HOST, in: header, required: true, example: evil.example}
      - {name: X-Forwarded-For, in: header, required: true, example: 127.0.0.1}
      - {name: Proxy-Authorization, in: header, required: true, example: x}
      - {name: Content-Length, in: header, required: true, example: 5}
      - {name: X-Tenant, in: header, required: true, example: t}
      - {name: X-Optional, in: header, example: t}
  /inject:
    get: {parameters: [{name: X-A, in: header, required: true, example: "a\r\nB: c"}]}
  /name:
    get: {parameters: [{name: "X A:", in: header, required: true, example: a}]}
  /override:
    get: {parameters: [{name: X-HTTP-Method-Override, in: header, required: true, example: DELETE}]}
`
	want := []string{
		"GET https://a.example/x X-Tenant: t",
		"- GET /inject: its required header X-A cannot be sent",
		"- GET /name: its required header X A: cannot be sent",
		"- GET /override: its parameter x-http-method-override may make the server do something else",
	}
	if diff := cmp.Diff(want, lines(load(t, doc, "https://a.example"))); diff != "" {
		t.Error(diff)
	}
}

func TestServers(t *testing.T) {
	doc := func(servers string) string { return head + servers + "\npaths:\n  /x:\n    get: {}\n" }
	tests := []struct{ name, doc, target, want string }{
		{"none", doc(""), "http://a.example", "GET http://a.example/x"},
		{"none, target with path", doc(""), "http://a.example/app/", "GET http://a.example/app/x"},
		{"elsewhere", doc("servers: [{url: 'https://api.example/v1/'}]"), "http://127.0.0.1:80", "GET http://127.0.0.1:80/v1/x"},
		{"elsewhere, target with path", doc("servers: [{url: 'https://api.example/v1'}]"), "http://a.example/v2", "GET http://a.example/v2/x"},
		{"the target", doc("servers: [{url: 'https://api.example/v1'}, {url: 'http://A.example/v3'}]"), "http://a.example/start", "GET http://a.example/v3/x"},
		{"relative", doc("servers: [{url: api}]"), "http://a.example", "GET http://a.example/api/x"},
		{"variables", doc("servers: [{url: 'https://{h}.example/{v}', variables: {h: {default: w}, v: {default: v9}}}]"), "http://a.example", "GET http://a.example/v9/x"},
		{"no default", doc("servers: [{url: '/{v}'}]"), "http://a.example", "- GET /x: its server's address has a variable without a default"},
		{"upwards", doc("servers: [{url: '/a/../b'}]"), "http://a.example", "- GET /x: its path has . or .. in it"},
		{"no address", doc("servers: [{url: 'http://[::1'}, {url: '/ok'}]"), "http://a.example", "GET http://a.example/ok/x"},
		{"other host", doc("servers: [{url: '//evil.example/v1'}]"), "http://a.example", "GET http://a.example/v1/x"},
		{"operation's", head + "servers: [{url: /a}]\npaths:\n  /x:\n    servers: [{url: /b}]\n    get: {servers: [{url: /c}]}\n", "http://a.example", "GET http://a.example/c/x"},
		{"path's", head + "servers: [{url: /a}]\npaths:\n  /x:\n    servers: [{url: /b}]\n    get: {}\n", "http://a.example", "GET http://a.example/b/x"},
		{"2.0", "swagger: '2.0'\nhost: api.example\nbasePath: /v2\nschemes: [https]\npaths:\n  /x:\n    get: {}\n", "http://a.example", "GET http://a.example/v2/x"},
		{"2.0 as a number", "swagger: 2.0\npaths:\n  /x:\n    get: {}\n", "http://a.example", "GET http://a.example/x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff([]string{tt.want}, lines(load(t, tt.doc, tt.target))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	doc := head + `paths:
  /b c/ü%20: {get: {}}
  //evil.example/x: {get: {}}
  '@evil.example/x': {get: {}}
  /a?q=1: {get: {}}
  /%2e%2e/x: {get: {}}
  /post: {post: {}, delete: {}, put: {}, get: {operationId: "list\e[31m\nthem"}}
  /item: {$ref: '#/components/pathItems/I'}
  /elsewhere: {$ref: 'paths.yaml#/x'}
  /circle: {$ref: '#/paths/~1circle'}
  /nothing: null
  x-internal: {get: {}}
components:
  pathItems:
    I: {get: {operationId: item}}
`
	want := []string{
		"GET http://a.example/b%20c/%C3%BC%20",
		"GET http://a.example//evil.example/x",
		"GET http://a.example/post",
		"GET http://a.example/item",
		"- GET @evil.example/x: its path does not begin with /",
		"- GET /a?q=1: its path has a query or a fragment",
		"- GET /%2e%2e/x: its path has . or .. in it",
		"- /elsewhere: it refers to another file, which is not followed",
		"- /circle: it refers to itself",
		"- /nothing: its description is no mapping",
	}
	r := load(t, doc, "http://a.example")
	if diff := cmp.Diff(want, lines(r)); diff != "" {
		t.Error(diff)
	}
	if got := r.List[2].Operation; got != "list[31m them" {
		t.Errorf("its id is %q", got)
	}
	if r.List[3].Line != 10 || r.Skipped[4].Line != 12 {
		t.Errorf("lines %d and %d", r.List[3].Line, r.Skipped[4].Line)
	}
}

func TestMistakes(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"empty", "", "cannot read api.yaml: it is empty"},
		{"text", "hello", "cannot read api.yaml: it is no description of an API"},
		{"list", "[1]", "cannot read api.yaml: it is no description of an API"},
		{"another file", "name: x\n", `cannot read api.yaml: it is no description of an API that is known: it needs "openapi: 3.0.x", "openapi: 3.1.x" or "swagger: 2.0"`},
		{"YAML", "openapi: 3.0.0\npaths: [\n", "api.yaml:2: it is not valid YAML: did not find expected node content"},
		{"JSON", "{\n \"openapi\": \"3.0.0\",\n \"paths\": {]\n}", "api.yaml:3: it is not valid JSON"},
		{"documents", "openapi: 3.0.0\n---\na: 1\n", "api.yaml:2: it has several YAML documents"},
		{"more JSON", "{}\n{}", "api.yaml:2: it is not valid JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Load([]byte(tt.doc), "api.yaml", mustParse(t, "http://a.example"))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v, %v\nwant %s", r, err, tt.want)
			}
		})
	}
	for _, target := range []*url.URL{nil, {Path: "/x"}, {Scheme: "file", Host: "a"}} {
		if _, err := Load([]byte(head), "api.yaml", target); err == nil || err.Error() != "the operations of api.yaml need a target: an http or https address" {
			t.Errorf("%v: %v", target, err)
		}
	}
}
