package helm

import (
	"encoding/base64"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"strings"
)

// files is .Files: the files of a chart that are no templates. It has no
// methods of its own: templates' calls of them go through filesMethod, so that
// they can be charged for.
type files map[string][]byte

// filesMethod calls a method of .Files, or looks the name up in what is no
// .Files.
func (e *engine) filesMethod(method string, receiver any, args ...any) (any, error) {
	f, ok := receiver.(files)
	if !ok {
		return fieldOf(receiver, method, args)
	}
	want := 1
	if method == "AsConfig" || method == "AsSecrets" {
		want = 0
	}
	if len(args) != want {
		return nil, limit("a method of .Files is called with the wrong number of arguments")
	}
	name := ""
	if want == 1 {
		switch arg := args[0].(type) {
		case string:
			name = arg
		default:
			v := reflect.ValueOf(arg)
			if v.Kind() != reflect.String {
				return nil, limit("a method of .Files is not called with a name")
			}
			name = v.String()
		}
	}
	if err := e.b.spend(20 + len(f[name])/16); err != nil {
		return nil, err
	}
	switch method {
	case "Get":
		return string(f[name]), nil
	case "GetBytes":
		if data, ok := f[name]; ok {
			return data, nil
		}
		return []byte{}, nil
	case "Lines":
		return e.lines(f[name])
	case "Glob":
		return e.glob(f, name)
	}
	return e.flatten(f, method == "AsSecrets")
}

func (e *engine) lines(data []byte) ([]string, error) {
	if len(data) == 0 {
		return []string{}, nil
	}
	s := strings.TrimSuffix(string(data), "\n")
	return strings.Split(s, "\n"), e.b.spend(strings.Count(s, "\n") + 1)
}

// flatten writes files as the data of a ConfigMap or Secret.
func (e *engine) flatten(f files, encoded bool) (string, error) {
	size := 0
	for _, data := range f {
		size += 2*len(data) + 64
	}
	if err := e.b.spend(size / 8); err != nil {
		return "", err
	}
	m := make(map[string]string, len(f))
	for _, name := range sortedKeys(f) {
		if encoded {
			m[path.Base(name)] = base64.StdEncoding.EncodeToString(f[name])
		} else {
			m[path.Base(name)] = string(f[name])
		}
	}
	s := toYAML(m)
	return s, e.b.bytes(len(s))
}

// glob returns the files whose names match. A pattern that is wrong matches
// all, as in Helm.
func (e *engine) glob(f files, pattern string) (files, error) {
	if len(pattern) > maxPattern/4 {
		return nil, limit("a pattern for files is too long")
	}
	if err := e.b.spend(200 + len(f)*(10+len(pattern))); err != nil {
		return nil, err
	}
	re, err := regexp.Compile(globExpression(pattern))
	out := files{}
	for name, data := range f {
		if err != nil || re.MatchString(name) {
			out[name] = data
		}
	}
	return out, nil
}

// globExpression translates a pattern: * stays in a directory, ** does not.
func globExpression(pattern string) string {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	braces := 0
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch c {
		case '*':
			if i+1 < len(pattern) && pattern[i+1] == '*' {
				for i+1 < len(pattern) && pattern[i+1] == '*' {
					i++
				}
				b.WriteString(`.*`)
			} else {
				b.WriteString(`[^/]*`)
			}
		case '?':
			b.WriteString(`[^/]`)
		case '[':
			end := strings.IndexByte(pattern[i:], ']')
			if end < 0 {
				b.WriteString(`(`) // wrong, and stays so
				continue
			}
			class := pattern[i+1 : i+end]
			negated := strings.HasPrefix(class, "!")
			class = strings.TrimPrefix(class, "!")
			class = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `^`, `\^`).Replace(class)
			if negated {
				class = "^" + class
			}
			b.WriteString("[" + class + "]")
			i += end
		case '{':
			braces++
			b.WriteString(`(?:`)
		case '}':
			braces--
			b.WriteString(`)`)
		case ',':
			if braces > 0 {
				b.WriteString(`|`)
			} else {
				b.WriteString(`,`)
			}
		case '\\':
			if i+1 < len(pattern) {
				i++
				b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
			}
		default:
			if strings.IndexByte(`.+()|^$`, c) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		}
	}
	b.WriteString(`\z`)
	return b.String()
}

// fieldOf is what a template would find under a name that .Files has a method for.
func fieldOf(receiver any, name string, args []any) (any, error) {
	if len(args) > 0 {
		return nil, limit("something that is no function is called: " + name)
	}
	v := reflect.ValueOf(receiver)
	if v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String {
		if found := v.MapIndex(reflect.ValueOf(name).Convert(v.Type().Key())); found.IsValid() {
			return found.Interface(), nil
		}
		return nil, nil
	}
	return nil, fmt.Errorf("nil pointer evaluating interface {}.%s", name)
}
