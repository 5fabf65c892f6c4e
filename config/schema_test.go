package config

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// described has a field of each kind that the decoder knows.
type described struct {
	Flag    bool              `yaml:"flag"`
	Maybe   *bool             `yaml:"maybe"`
	Name    string            `yaml:"name"`
	Words   []string          `yaml:"words"`
	Count   int               `yaml:"count"`
	Time    time.Duration     `yaml:"time"`
	Inner   []struct{ A int } `yaml:"inner"`
	Map     map[string]string `yaml:"map"`
	Section Section           `yaml:"section"`
	Not     string            `yaml:"-"`
	None    string
}

func TestSchemaFollowsTheType(t *testing.T) {
	words := map[string]Word{}
	for _, key := range []string{"flag", "maybe", "name", "words", "count", "time", "inner", "map", "section"} {
		words[key] = Word{About: "A " + key + "."}
	}
	words["name"] = Word{About: "One of two.", Words: []string{"a", "b"}, Default: "a"}
	words["words"] = Word{About: "Some of two.", Words: []string{"a", "b"}, Example: []string{"b"}}
	words["section"] = Word{About: "Whatever.", Also: OneOrMore(Filled())}
	s, err := SchemaOf(reflect.TypeFor[described](), words)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(s["properties"])
	if err != nil {
		t.Fatal(err)
	}
	var want, have map[string]any
	if err := json.Unmarshal([]byte(`{
		"flag": {"description": "A flag.", "type": ["boolean", "null"]},
		"maybe": {"description": "A maybe.", "type": ["boolean", "null"]},
		"name": {"description": "One of two.", "enum": ["a", "b", "", null], "default": "a"},
		"words": {"description": "Some of two.", "type": ["array", "null"], "items": {"enum": ["a", "b"]}, "examples": [["b"]]},
		"count": {"description": "A count.", "type": ["integer", "null"]},
		"time": {"description": "A time.", "anyOf": [{"type": "string", "pattern": "`+strings.ReplaceAll(durationPattern, `\`, `\\`)+`"}, {"const": 0}, {"type": "null"}]},
		"inner": {"description": "A inner.", "type": ["array", "null"], "items": {"type": ["object"], "properties": {}, "additionalProperties": false}},
		"map": {"description": "A map.", "type": ["object", "null"], "additionalProperties": {"type": ["string", "number", "boolean", "null"]}},
		"section": {"description": "Whatever.", "anyOf": [
			{"type": ["string", "number", "boolean"], "pattern": "\\S"},
			{"type": "array", "minItems": 1, "items": {"type": ["string", "number", "boolean"], "pattern": "\\S"}}
		]}
	}`), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &have); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
}

// TestSchemaNeedsWords: a key that nobody describes is not passed over, and
// neither is a description of nothing.
func TestSchemaNeedsWords(t *testing.T) {
	type one struct {
		Key string `yaml:"key"`
	}
	type odd struct {
		Key float64 `yaml:"key"`
	}
	word := map[string]Word{"key": {About: "The key."}}
	for _, row := range []struct {
		t     reflect.Type
		words map[string]Word
		want  string
	}{
		{reflect.TypeFor[one](), nil, `nothing says what the key "key" of config.one is`},
		{reflect.TypeFor[one](), map[string]Word{"key": {Default: 1}}, `nothing says what the key "key"`},
		{reflect.TypeFor[one](), map[string]Word{"key": word["key"], "yek": word["key"]}, `there is no key "yek"`},
		{reflect.TypeFor[odd](), word, "no schema for float64"},
	} {
		if _, err := SchemaOf(row.t, row.words); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("got %v, want …%s…", err, row.want)
		}
	}
	if _, err := SchemaOf(reflect.TypeFor[one](), word); err != nil {
		t.Error(err)
	}
}

func TestTypeOfAReader(t *testing.T) {
	got := TypeOf(func(s Section) error {
		var o options
		if err := s.Decode(&o); err == nil {
			t.Error("a reader that is only asked goes on")
		}
		return nil
	})
	if got != reflect.TypeFor[options]() {
		t.Errorf("got %v", got)
	}
	if got := TypeOf(func(Section) error { return nil }); got != nil {
		t.Errorf("got %v of a reader that decodes nothing", got)
	}
}
