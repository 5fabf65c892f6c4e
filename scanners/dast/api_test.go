package dast

import (
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
)

const shopAPI = `openapi: 3.0.3
info: {title: Shop, version: "1"}
servers: [{url: https://shop.example/v1}]
paths:
  /pets/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {description: ok}}
    delete:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {description: ok}}
  /find:
    get:
      parameters: [{name: q, in: query, required: true, schema: {type: string, default: "a|b c"}}]
      responses: {"200": {description: ok}}
  /b%C3%BCcher~/{name}:
    get:
      parameters: [{name: name, in: path, required: true, style: matrix, schema: {type: string, default: "x(1)"}}]
      responses: {"200": {description: ok}}
  /tenant:
    get:
      parameters:
        - {name: X-Tenant, in: header, required: true, schema: {type: string}}
        - {name: X-Region, in: header, required: true, schema: {type: string}}
      responses: {"200": {description: ok}}
  /blob:
    get:
      parameters: [{name: q, in: query, required: true, content: {application/xml: {}}}]
      responses: {"200": {description: ok}}
`

func TestOpenAPI(t *testing.T) {
	s := newSite(t, nil)
	s.html("/{$}", `<a href="/v1/pets/1">one</a><a href="/home">h</a>`)
	for _, path := range []string{"/home", "/v1/pets/{id}", "/v1/find", "/v1/bücher~/{name}", "/v1/tenant"} {
		s.html(path, "<p>", "X-Powered-By", "PHP/5")
	}
	b := bench{
		targets: []string{s.URL}, files: map[string]string{"api/shop.yaml": shopAPI}, env: map[string]string{"R": "eu"},
	}
	r := b.one(t, "robots: ignore, openapi: ./api/shop.yaml, headers: [{name: x-region, from: R}]")
	if r.Status != finding.Completed {
		t.Fatalf("%s", short(r))
	}
	for _, want := range []string{
		"api/shop.yaml:6 low 10037 GET /v1/pets/{n} ",
		"api/shop.yaml:13 low 10037 GET /v1/find ",
		"api/shop.yaml:17 low 10037 GET /v1/b%C3%BCcher~/;name= ",
		"api/shop.yaml:21 low 10037 GET /v1/tenant ",
		"dast/127.0.0.1/home:1 low 10037 GET /home ",
		"info api/shop.yaml:21: GET /tenant is asked without what it requires: X-Tenant; give that with headers: under scanners: dast",
		"info api/shop.yaml:27: GET /blob is not asked: there is no value for its required query parameter q",
	} {
		wantLine(t, r, want)
	}
	if !s.wasAsked("/v1/pets/10") || !s.wasAsked("/v1/find?q=a%7Cb%20c") && !s.wasAsked("/v1/find?q=a|b%20c") && !s.wasAsked("/v1/find?q=a%7Cb+c") {
		t.Error(s.asked)
	}
	for _, f := range r.Findings {
		if f.Key == "10037 GET /v1/pets/{n} " && !strings.Contains(f.Message, "and 1 more page") {
			t.Error(f.Message)
		}
	}
	b.files["api/shop.yaml"] = "openapi: 3.0.3\npaths: [\n"
	if r := b.one(t, "openapi: api/shop.yaml"); r.Status != finding.Failed || !strings.Contains(r.Reason, "api/shop.yaml:") {
		t.Errorf("%s", short(r))
	}
}
