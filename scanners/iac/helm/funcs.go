package helm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"text/template"

	"github.com/BurntSushi/toml"
	"github.com/Masterminds/sprig/v3"
	pretty "gopkg.in/yaml.v3"
	"sigs.k8s.io/yaml"
)

// known stands for a function that is bound elsewhere.
type known struct{}

// functions returns all that templates may name: text/template's own, Sprig's
// without those that look at the machine, and Helm's.
func functions(e *engine) map[string]any {
	f := map[string]any(sprig.TxtFuncMap())
	for _, name := range []string{"env", "expandenv"} {
		delete(f, name)
	}
	for _, name := range []string{
		"and", "or", "not", "call", "index", "slice", "len", "eq", "ne", "lt", "le", "gt", "ge",
		"include", "tpl", "required",
	} {
		f[name] = known{}
	}
	own := map[string]any{
		// text/template's, which would print without bounds.
		"print": fmt.Sprint, "printf": fmt.Sprintf, "println": fmt.Sprintln,
		"html": template.HTMLEscaper, "js": template.JSEscaper, "urlquery": template.URLQueryEscaper,

		"fail":   e.fail,
		"lookup": func(string, string, string, string) map[string]any { return map[string]any{} },

		"toYaml": toYAML, "toYamlPretty": toYAMLPretty,
		"toJson": toJSON, "toToml": toTOML,
		"fromYaml": func(s string) (map[string]any, error) {
			m := map[string]any{}
			err := e.parseInto(s, &m)
			return m, reported(err, func(why string) { m["Error"] = why })
		},
		"fromYamlArray": func(s string) ([]any, error) {
			a := []any{}
			err := e.parseInto(s, &a)
			return a, reported(err, func(why string) { a = []any{why} })
		},
		"fromJson": func(s string) map[string]any {
			m := map[string]any{}
			if err := json.Unmarshal([]byte(s), &m); err != nil {
				m["Error"] = err.Error()
			}
			return m
		},
		"fromJsonArray": func(s string) []any {
			a := []any{}
			if err := json.Unmarshal([]byte(s), &a); err != nil {
				a = []any{err.Error()}
			}
			return a
		},
		"fromToml": fromTOML,

		// Sprig's copies take several times longer.
		"deepCopy":     func(v any) any { return copyValue(e.b, v) },
		"mustDeepCopy": func(v any) (any, error) { return copyValue(e.b, v), e.b.err },

		// Sprig's order is that of Go's maps: random.
		"keys": func(dicts ...map[string]any) []string {
			all := []string{}
			for _, d := range dicts {
				all = append(all, sortedKeys(d)...)
			}
			return all
		},
		"values": func(d map[string]any) []any {
			all := []any{}
			for _, key := range sortedKeys(d) {
				all = append(all, d[key])
			}
			return all
		},
	}
	for _, more := range []map[string]any{own, placeholders(), e.regexFunctions()} {
		for name, fn := range more {
			f[name] = fn
		}
	}
	return f
}

// reported hands an error to the template, as Helm does, unless it is ours.
func reported(err error, tell func(string)) error {
	var l limit
	if errors.As(err, &l) {
		return err
	}
	if err != nil {
		tell(err.Error())
	}
	return nil
}

func (e *engine) parseInto(s string, into any) error {
	if err := decode(e.b, []byte(s), into); err != nil {
		return err
	}
	_, err := measure(e.b, reflect.ValueOf(into))
	return err
}

// demand is an error of a chart that wants other values.
type demand string

func (d demand) Error() string { return string(d) }

// required is rewritten to know how the template names the value.
func (e *engine) required(name, _ string, value any) (any, error) {
	if s, ok := value.(string); !e.lenient && (value == nil || ok && s == "") {
		if name == "" {
			return nil, demand(sayRequired)
		}
		return nil, demand(sayRequired + ": " + name)
	}
	if value == nil {
		return "", nil
	}
	return value, nil
}

func (e *engine) fail(string) (string, error) {
	if e.lenient {
		return "", nil
	}
	return "", demand(sayRefused)
}

func toYAML(v any) string {
	data, err := yaml.Marshal(v)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(data), "\n")
}

func toYAMLPretty(v any) string {
	var data bytes.Buffer
	encoder := pretty.NewEncoder(&data)
	encoder.SetIndent(2)
	if err := encoder.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(data.String(), "\n")
}

func toJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(data)
}

func toTOML(v any) string {
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(v); err != nil {
		return err.Error()
	}
	return b.String()
}

// fromTOML looks at the brackets first: the parser follows them without bounds.
func fromTOML(s string) (map[string]any, error) {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '[', '{':
			if depth++; depth > maxDepth {
				return nil, errDeep
			}
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	m := map[string]any{}
	if err := toml.Unmarshal([]byte(s), &m); err != nil {
		m["Error"] = err.Error()
	}
	return m, nil
}
