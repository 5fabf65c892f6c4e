package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/config"
)

// ownVersion tells configurations of ours from other files of YAML.
var ownVersion = regexp.MustCompile(`(?m)^version: 1\b`)

// corpus is the good configurations: those of testdata and the examples.
func corpus(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, pattern := range []string{"testdata/schema/*.yaml", "../../examples/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, name := range files {
			if ok, _ := filepath.Match(policyTests, filepath.Base(name)); ok {
				continue // another format
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if ownVersion.Match(data) || strings.HasPrefix(name, "testdata") {
				out[filepath.ToSlash(name)] = data
			}
		}
	}
	return out
}

// TestSchemaTakesWhatTheParserTakes: both take the corpus, and the corpus has
// each key of the schema, so that the other tests are about all of them.
func TestSchemaTakesWhatTheParserTakes(t *testing.T) {
	files := corpus(t)
	j := newJudge(t)
	seen := map[string]bool{}
	for name, data := range files {
		if err := j.parser(data); err != nil {
			t.Errorf("%s: the parser: %v", name, err)
		}
		if err := j.validator(data); err != nil {
			t.Errorf("%s: the schema: %v", name, err)
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		for _, p := range keyPaths(doc.Content[0], "") {
			seen[p] = true
		}
	}
	made, err := j.app.schema()
	if err != nil {
		t.Fatal(err)
	}
	keys := 0
	for _, key := range schemaKeys(made, made["$defs"].(config.Schema)) {
		keys++
		if !seen[key] && !strings.HasPrefix(key, "policy.thresholds.") { // whose keys are the same for each scanner
			t.Errorf("no file of testdata/schema has %s", key)
		}
	}
	if keys < 150 {
		t.Errorf("only %d keys", keys)
	}
}

// TestExamplesNameTheirSchema: editors find it by the first line.
func TestExamplesNameTheirSchema(t *testing.T) {
	for name, data := range corpus(t) {
		if strings.HasPrefix(name, "../../examples/") && !strings.HasPrefix(string(data), "# yaml-language-server: $schema="+config.SchemaID+"\n") {
			t.Errorf("%s does not begin with its schema", name)
		}
	}
}

// keyPaths are those of a node's keys, with names of plug-ins left open.
func keyPaths(n *yaml.Node, at string) (out []string) {
	switch n.Kind {
	case yaml.SequenceNode:
		for _, c := range n.Content {
			out = append(out, keyPaths(c, at)...)
		}
	case yaml.MappingNode:
		for i := 0; i < len(n.Content); i += 2 {
			key := strings.TrimPrefix(at+"."+n.Content[i].Value, ".")
			if at == "plugins" {
				key = "plugins.*"
			}
			out = append(append(out, key), keyPaths(n.Content[i+1], key)...)
		}
	}
	return out
}

// schemaKeys are the paths of all keys that a schema lists.
func schemaKeys(s config.Schema, defs config.Schema) []string {
	var out []string
	var walk func(s config.Schema, at string)
	walk = func(s config.Schema, at string) {
		if ref, ok := s["$ref"].(string); ok {
			if def, ok := defs[strings.TrimPrefix(ref, "#/$defs/")].(config.Schema); ok {
				walk(def, at)
			}
		}
		if properties, ok := s["properties"].(config.Schema); ok {
			for key, value := range properties {
				name := strings.TrimPrefix(at+"."+key, ".")
				out = append(out, name)
				walk(value.(config.Schema), name)
			}
		}
		if items, ok := s["items"].(config.Schema); ok {
			walk(items, at)
		}
		if more, ok := s["additionalProperties"].(config.Schema); ok && at == "plugins" {
			walk(more, at+".*")
		}
	}
	walk(s, "")
	slices.Sort(out)
	return slices.Compact(out)
}

// TestSchemaSaysSomethingOfEachKey: editors show it.
func TestSchemaSaysSomethingOfEachKey(t *testing.T) {
	made, err := (&app{scanners: embedded()}).schema()
	if err != nil {
		t.Fatal(err)
	}
	var walk func(s config.Schema, at string)
	walk = func(s config.Schema, at string) {
		if properties, ok := s["properties"].(config.Schema); ok {
			for key, value := range properties {
				v := value.(config.Schema)
				_, ref := v["$ref"]
				if v["description"] == nil && !ref && !strings.HasPrefix(at, ".policy.thresholds") && !strings.HasSuffix(at, ".max") {
					t.Errorf("nothing says what %s.%s is", at, key)
				}
				walk(v, at+"."+key)
			}
		}
		if items, ok := s["items"].(config.Schema); ok {
			walk(items, at)
		}
	}
	walk(made, "")
	for name, def := range made["$defs"].(config.Schema) {
		walk(def.(config.Schema), "$defs."+name)
	}
}
