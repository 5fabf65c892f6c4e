package helm

import (
	"errors"
	"path"
	"reflect"
	"sort"
	"strings"
	"text/template"
	"text/template/parse"
)

// engine renders the templates of a chart and its subcharts, which share their
// named templates.
type engine struct {
	b         *budget
	set       *template.Template
	templates map[string]*source // by Helm's name
	broken    []Problem
	functions map[string]any // all that templates may call, unguarded
	guarded   template.FuncMap
	rec       *recorder // of the template that is rendered
	calls     int       // depth
	lenient   bool      // nothing is required
	regexes   map[string]*compiled
}

// source is a template file.
type source struct {
	name     string // Helm's: chart/charts/sub/templates/x.yaml
	path     string // in the root chart
	base     string // Helm's name of templates/
	text     string
	data     map[string]any // what it is executed with
	rendered bool           // false for partials and what cannot be parsed
}

func newEngine(b *budget) *engine {
	e := &engine{b: b, templates: map[string]*source{}, guarded: template.FuncMap{}, regexes: map[string]*compiled{}}
	e.functions = functions(e)
	e.set = template.New("gotpl").Option("missingkey=zero").Funcs(e.bound(nil))
	e.set.Funcs(e.bound(e.set))
	return e
}

// collect registers the templates of a chart and of those below it, and
// returns what its templates see. above is what the parent's see.
func (e *engine) collect(c *chart, given, release map[string]any, k *capabilities) {
	e.scope(c, c.name(), values(given), release, k)
}

func (e *engine) scope(c *chart, at string, v values, release map[string]any, k *capabilities) map[string]any {
	below := map[string]any{}
	scope := map[string]any{
		"Chart": struct {
			Metadata
			IsRoot bool
		}{*c.meta, c.isRoot},
		"Files":        c.files,
		"Release":      release,
		"Capabilities": k,
		"Values":       v,
		"Subcharts":    below,
	}
	parent := at
	if c.origin != "" {
		// Helm does not take the alias of a chart into the names of what lies
		// below it, unless the chart lists that: of several aliases, one wins.
		parent = path.Join(path.Dir(at), c.origin)
	}
	for _, sub := range c.deps {
		mine, ok := v[sub.name()].(map[string]any)
		if !ok {
			mine = map[string]any{}
		}
		below[sub.name()] = e.scope(sub, parent+"/charts/"+sub.name(), values(mine), release, k)
	}
	for _, t := range c.templates {
		partial := strings.HasPrefix(path.Base(t.Name), "_")
		if c.library() && !partial {
			continue
		}
		name := path.Join(at, t.Name)
		e.templates[name] = &source{
			name: name, path: c.dir + t.Name, base: path.Join(at, "templates"),
			text: string(t.Data), data: scope, rendered: !partial,
		}
	}
	return scope
}

// order sorts templates as Helm parses them: the deepest first, so that a
// parent's named templates replace those of its subcharts.
func (e *engine) order() []*source {
	list := make([]*source, 0, len(e.templates))
	for _, s := range e.templates {
		list = append(list, s)
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := strings.Count(list[i].name, "/"), strings.Count(list[j].name, "/")
		if a != b {
			return a > b
		}
		return list[i].name > list[j].name
	})
	return list
}

// render parses all templates, then renders each by itself.
func (e *engine) render() ([]Manifest, []Problem) {
	list := e.order()
	for _, s := range list {
		e.b.begin()
		if line, err := e.add(e.set, s.name, s.text, s.name); err != nil {
			s.rendered = false
			e.broken = append(e.broken, e.parseProblem(s, line, err))
		}
	}
	var manifests []Manifest
	for _, s := range list {
		if !s.rendered || strings.HasSuffix(s.name, "NOTES.txt") {
			continue
		}
		e.b.begin()
		if e.b.err != nil {
			break
		}
		documents, err := e.renderOne(s)
		if d := demand(""); errors.As(err, &d) {
			// As "helm lint" does: what there is to see without the value is
			// better than nothing.
			why := e.execProblem(s, err)
			if documents, err = e.renderLenient(s); err == nil {
				why.Message = sayWithout + why.Message
				e.broken = append(e.broken, why)
			}
		}
		if err != nil {
			e.broken = append(e.broken, e.execProblem(s, err))
			continue
		}
		manifests = append(manifests, documents...)
	}
	return manifests, e.broken
}

func (e *engine) renderOne(s *source) ([]Manifest, error) {
	text, lines, err := e.execute(s)
	if err != nil {
		return nil, err
	}
	return e.documents(s, text, lines)
}

// renderLenient renders a template as if it required nothing.
func (e *engine) renderLenient(s *source) ([]Manifest, error) {
	e.lenient = true
	defer func() { e.lenient = false }()
	return e.renderOne(s)
}

// execute renders one template.
func (e *engine) execute(s *source) (text string, lines []int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = limit("the template makes the renderer fail")
		}
	}()
	e.rec, e.calls = newRecorder(e.b), 0
	s.data["Template"] = map[string]any{"Name": s.name, "BasePath": s.base}
	if err := e.set.ExecuteTemplate(e.rec, s.name, s.data); err != nil {
		return "", nil, err
	}
	return strings.ReplaceAll(e.rec.out.String(), noValue, ""), e.rec.lines, nil
}

// noValue is what text/template prints for nothing; Helm takes it out.
const noValue = "<no value>"

// add parses a template's text into a set. main is the name of the tree whose
// output is recorded, if any. The line is that of an error, if known.
func (e *engine) add(set *template.Template, name, text, main string) (line int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = limit("the template cannot be parsed")
		}
	}()
	if line, err := checkNesting(text); err != nil {
		return line, err
	}
	if err := e.b.spend(len(text)/64 + 20*strings.Count(text, "{{")); err != nil {
		return 0, err
	}
	trees, err := parse.Parse(name, text, "", "", e.functions)
	if err != nil {
		return 0, err
	}
	used := map[string]bool{}
	for _, key := range sortedKeys(trees) {
		tree := trees[key]
		if parse.IsEmptyTree(tree.Root) {
			// It does not replace one that is there, and needs no charge.
			if have := set.Lookup(key); have != nil && have.Tree != nil {
				continue
			}
		} else {
			w := &rewriter{used: used}
			if key == main {
				w.src = text
			}
			w.rewrite(tree)
		}
		if _, err := set.AddParseTree(key, tree); err != nil {
			return 0, err
		}
	}
	fresh := template.FuncMap{}
	for fn := range used {
		impl := e.functions[fn]
		if _, elsewhere := impl.(known); impl == nil || elsewhere || e.guarded[fn] != nil {
			continue
		}
		e.guarded[fn] = e.guard(fn, impl)
		fresh[fn] = e.guarded[fn]
	}
	if len(fresh) > 0 {
		set.Funcs(fresh)
	}
	return 0, nil
}

// bound returns the functions that belong to a set of templates: tpl's own
// definitions can be included from within it.
func (e *engine) bound(set *template.Template) template.FuncMap {
	return template.FuncMap{
		"include":  func(name string, data any) (string, error) { return e.include(set, name, data) },
		"tpl":      func(text string, data any) (string, error) { return e.tpl(set, text, data) },
		fnCharge:   func(n int) (string, error) { return "", e.b.spend(n) },
		fnAt:       func(line int) string { e.rec.at(line, true); return "" },
		fnOut:      e.out,
		fnEnter:    e.enter,
		fnLeave:    func() string { e.rec.held--; e.calls--; return "" },
		fnCheck:    func(v reflect.Value) (reflect.Value, error) { return v, e.printable(v) },
		fnFiles:    e.filesMethod,
		fnRequired: e.required,
	}
}

func (e *engine) enter(line int) (string, error) {
	e.rec.at(line, false)
	e.rec.held++
	if e.calls++; e.calls > maxCalls {
		return "", errCalls
	}
	return "", e.b.spend(10)
}

// out lets a value be printed.
func (e *engine) out(line int, v reflect.Value) (reflect.Value, error) {
	e.rec.at(line, false)
	return v, e.printable(v)
}

// printable refuses a value that cannot be printed within bounds.
func (e *engine) printable(v reflect.Value) error {
	if !v.IsValid() || !contained(v) {
		return nil
	}
	size, err := measure(e.b, v)
	if err != nil {
		return err
	}
	return e.b.bytes(size)
}

func (e *engine) include(set *template.Template, name string, data any) (string, error) {
	if e.calls++; e.calls > maxCalls {
		return "", errCalls
	}
	defer func() { e.calls-- }()
	if err := e.b.spend(20); err != nil {
		return "", err
	}
	w := &sink{b: e.b}
	err := set.ExecuteTemplate(w, name, data)
	return w.String(), err
}

// tpl renders a text as a template of its own, which knows all named ones.
func (e *engine) tpl(set *template.Template, text string, data any) (string, error) {
	if !strings.Contains(text, "{{") {
		return strings.ReplaceAll(text, noValue, ""), e.b.bytes(len(text))
	}
	if e.calls++; e.calls > maxCalls {
		return "", errCalls
	}
	defer func() { e.calls-- }()
	if err := e.b.spend(200 + 2*len(set.Templates()) + len(text)); err != nil {
		return "", err
	}
	own, err := set.Clone()
	if err != nil {
		return "", err
	}
	own = own.New(set.Name()).Option("missingkey=zero")
	own.Funcs(e.guarded).Funcs(e.bound(own))
	if _, err := e.add(own, own.Name(), text, ""); err != nil {
		return "", err
	}
	w := &sink{b: e.b}
	if err := own.ExecuteTemplate(w, own.Name(), data); err != nil {
		return "", err
	}
	return strings.ReplaceAll(w.String(), noValue, ""), nil
}
