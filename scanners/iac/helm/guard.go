package helm

import (
	"math"
	"reflect"
	"strings"
)

// surface are functions that do not look into the values in a value: they are
// charged for what is on top.
func surface(name string) bool {
	switch name {
	case "get", "set", "unset", "hasKey", "pluck", "pick", "omit", "keys", "values", "dig", "dict",
		"list", "tuple", "first", "mustFirst", "last", "mustLast", "rest", "mustRest", "initial", "mustInitial",
		"append", "mustAppend", "push", "mustPush", "prepend", "mustPrepend", "reverse", "mustReverse",
		"compact", "mustCompact", "slice", "mustSlice", "concat", "chunk", "mustChunk",
		"default", "empty", "coalesce", "all", "any", "ternary", "required", "lookup",
		"kindOf", "kindIs", "typeOf", "typeIs", "typeIsLike":
		return true
	}
	return false
}

// weight is what a call costs, and how many times more than copying it a
// function does with each byte.
func weight(name string) (call, factor int) {
	switch name {
	case "toYaml", "toYamlPretty":
		return 80, 24
	case "toJson", "mustToJson", "toPrettyJson", "mustToPrettyJson", "toRawJson", "mustToRawJson",
		"toToml", "fromJson", "fromJsonArray", "mustFromJson", "fromToml", "deepEqual",
		"merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite",
		"snakecase", "camelcase", "kebabcase", "swapcase", "title", "wrap", "wrapWith":
		return 20, 8
	case "add1f", "addf", "subf", "mulf", "divf", "round":
		return 30, 4
	}
	return 10, 1
}

var errorType = reflect.TypeFor[error]()

// guard wraps a function: its arguments are measured, what it will make is
// estimated where it can be much more than them, and what it made is charged.
// Functions that panic are turned into errors by text/template.
func (e *engine) guard(name string, fn any) any {
	impl := reflect.ValueOf(fn)
	t := impl.Type()
	in, out := make([]reflect.Type, t.NumIn()), []reflect.Type{t.Out(0), errorType}
	for i := range in {
		in[i] = t.In(i)
	}
	top := surface(name)
	estimate := estimates(name)
	once, factor := weight(name)
	failed := func(err error) []reflect.Value {
		return []reflect.Value{reflect.Zero(out[0]), reflect.ValueOf(&err).Elem()}
	}
	wrapper := reflect.MakeFunc(reflect.FuncOf(in, out, t.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		if err := e.b.spend(once); err != nil {
			return failed(err)
		}
		size := 0
		for _, arg := range args {
			if top || !contained(arg) {
				size += shallow(arg)
				continue
			}
			n, err := measure(e.b, arg)
			if err != nil {
				return failed(err)
			}
			size += n
		}
		if err := e.b.spend(factor * size / 32); err != nil {
			return failed(err)
		}
		if estimate != nil {
			n, err := estimate(args, size)
			if err == nil {
				if n != n || n < 0 || n > maxString {
					err = errBig
				} else {
					err = e.b.spend(int(n) / 16)
				}
			}
			if err != nil {
				return failed(err)
			}
		}
		var results []reflect.Value
		if t.IsVariadic() {
			results = impl.CallSlice(args)
		} else {
			results = impl.Call(args)
		}
		if len(results) == 1 {
			results = append(results, reflect.Zero(errorType))
		}
		if results[1].IsNil() {
			if err := e.b.bytes(shallow(results[0])); err != nil {
				return failed(err)
			}
		}
		return results
	})
	return wrapper.Interface()
}

// estimates returns how to find out the size of a function's result, in bytes,
// from its arguments and their size; nil if it is not much bigger than these.
func estimates(name string) func(args []reflect.Value, size int) (float64, error) {
	i := func(v reflect.Value) float64 { return float64(v.Int()) }
	s := func(v reflect.Value) string { return v.String() }
	switch name {
	case "dict":
		return func(a []reflect.Value, size int) (float64, error) {
			// Its keys are printed.
			for i := 0; i < a[0].Len(); i += 2 {
				if contained(a[0].Index(i)) {
					return 0, limit("the key of a dict is no text")
				}
			}
			return float64(size), nil
		}
	case "concat":
		return func(a []reflect.Value, _ int) (float64, error) {
			n := 0
			for i := range a[0].Len() {
				n += elements(a[0].Index(i))
			}
			return 16 * float64(n), nil
		}
	case "repeat":
		return func(a []reflect.Value, _ int) (float64, error) {
			return math.Max(0, i(a[0])) * float64(a[1].Len()), nil
		}
	case "indent", "nindent":
		return func(a []reflect.Value, size int) (float64, error) {
			return math.Max(0, i(a[0]))*float64(strings.Count(s(a[1]), "\n")+1) + float64(size), nil
		}
	case "replace":
		return func(a []reflect.Value, size int) (float64, error) {
			return float64(strings.Count(s(a[2]), s(a[0])))*float64(a[1].Len()) + float64(size), nil
		}
	case "until":
		return func(a []reflect.Value, _ int) (float64, error) { return 16 * math.Abs(i(a[0])), nil }
	case "untilStep":
		return func(a []reflect.Value, _ int) (float64, error) { return steps(i(a[0]), i(a[1]), i(a[2])) }
	case "seq":
		return func(a []reflect.Value, _ int) (float64, error) {
			p := a[0].Interface().([]int)
			switch len(p) {
			case 1:
				return steps(1, float64(p[0]), 1)
			case 2:
				return steps(float64(p[0]), float64(p[1]), 1)
			case 3:
				return steps(float64(p[0]), float64(p[2]), float64(p[1]))
			}
			return 0, nil
		}
	case "wrapWith":
		return func(a []reflect.Value, size int) (float64, error) {
			return float64(a[2].Len()) * float64(a[1].Len()+1), nil
		}
	case "join":
		return func(a []reflect.Value, size int) (float64, error) {
			return float64(elements(a[1]))*float64(a[0].Len()) + float64(size), nil
		}
	case "split", "splitList", "splitn":
		return func(a []reflect.Value, _ int) (float64, error) {
			return 48 * float64(strings.Count(s(a[len(a)-1]), s(a[0]))+1), nil
		}
	case "sortAlpha":
		return func(a []reflect.Value, size int) (float64, error) {
			return float64(size) + 64*float64(elements(a[0])), nil
		}
	case "uniq", "mustUniq":
		return func(a []reflect.Value, size int) (float64, error) {
			return float64(elements(a[0])) * float64(size) / 16, nil
		}
	case "without", "mustWithout":
		return func(a []reflect.Value, size int) (float64, error) {
			return float64(elements(a[0])) * float64(elements(a[1])+1), nil
		}
	case "printf":
		return formatSize
	case "semverCompare", "semver":
		return func(_ []reflect.Value, size int) (float64, error) {
			if size > 2*maxConstraint {
				return 0, errBig
			}
			return 2_000, nil
		}
	}
	return nil
}

// steps is the size of the numbers from one to another.
func steps(from, to, step float64) (float64, error) {
	if math.Abs(from) > 1<<40 || math.Abs(to) > 1<<40 || math.Abs(step) > 1<<40 {
		return 0, errBig
	}
	if step == 0 {
		return 0, nil
	}
	return 24 * (math.Abs(to-from)/math.Abs(step) + 2), nil
}

func elements(v reflect.Value) int {
	for v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Array {
		return v.Len()
	}
	return 1
}

// formatSize bounds what printf makes: its widths, and arguments that are
// named again and again.
func formatSize(args []reflect.Value, size int) (float64, error) {
	format := args[0].String()
	total, width, verbs := 0, 0, 0
	for _, c := range format {
		if c >= '0' && c <= '9' {
			width = min(10*width+int(c-'0'), maxString)
			continue
		}
		if total += width; total > maxString {
			return 0, errBig
		}
		width = 0
		if c == '%' {
			verbs++
		}
		if c == '*' {
			return 0, limit("printf takes a width from a value")
		}
	}
	n := float64(total + width + 2*size)
	if strings.Contains(format, "[") {
		n *= float64(verbs + 1)
	}
	return n, nil
}
