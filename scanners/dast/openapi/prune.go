package openapi

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/text"
)

// pruned is what is left of a description: the paths with what is asked of
// them, their parameters, and the schemas of those. The rest of a description
// is by far the most of it, where mistakes and references to other files do no
// harm to what is wanted here.
type pruned struct {
	doc  *document
	two  bool           // Swagger 2.0
	out  map[string]any // the description
	need map[string]any // its schemas by name

	queue []string // those of them that are still to be read

	operations []*operation // in the document's order
	skipped    []Skipped
	notes      []string

	values int
}

// operation is one that is to be asked.
type operation struct {
	method, template, id string
	path                 string // under which the pruned description has it
	line                 int
}

// maxRefs bounds how far references that stand one for another are followed.
const maxRefs = 20

// methods are the ones that are asked for, as descriptions write them.
var methods = [...]string{"get", "head"}

// prune cuts a description down.
func prune(d *document) (*pruned, error) {
	p := &pruned{doc: d, need: map[string]any{}}
	version := fmt.Sprint(d.root["openapi"])
	switch {
	case strings.HasPrefix(version, "3."):
	case strings.HasPrefix(fmt.Sprint(d.root["swagger"]), "2"): // YAML reads 2.0 as the number 2
		p.two = true
	default:
		return nil, errors.New(`it is no description of an API that is known: it needs "openapi: 3.0.x", "openapi: 3.1.x" or "swagger: 2.0"`)
	}
	paths := map[string]any{}
	p.out = map[string]any{"info": map[string]any{"title": "", "version": ""}, "paths": paths}
	if p.two {
		p.out["swagger"] = "2.0"
		p.out["basePath"], _ = d.root["basePath"].(string)
	} else {
		p.out["openapi"] = version
		p.out["servers"] = servers(d.root["servers"])
	}
	described, _ := d.root["paths"].(map[string]any)
	over := 0
	for _, template := range p.inOrder(described) {
		if strings.HasPrefix(template, "x-") {
			continue
		}
		item, err := p.item(described[template])
		if err != nil {
			p.skip("", "", template, err.Error())
			continue
		}
		for _, method := range methods {
			o, ok := item[method].(map[string]any)
			if !ok {
				continue
			}
			if len(p.operations) == maxOperations {
				over++
				continue
			}
			if err := p.operation(template, method, item, o, paths); err != nil {
				return nil, err
			}
		}
	}
	if over > 0 {
		p.notes = append(p.notes, fmt.Sprintf("%s over the limit of %s are left out", text.Count(over, "operation"), text.Count(maxOperations, "operation")))
	}
	for len(p.queue) > 0 {
		name := p.queue[len(p.queue)-1]
		p.queue = p.queue[:len(p.queue)-1]
		v, err := p.lookup("#/components/schemas/" + name)
		if err != nil {
			return nil, err // it was there before
		}
		if p.need[name], err = p.schema(v, 0); err != nil {
			return nil, err
		}
	}
	if !p.two {
		p.out["components"] = map[string]any{"schemas": p.need}
	}
	return p, nil
}

// inOrder lists paths as the document has them.
func (p *pruned) inOrder(paths map[string]any) []string {
	return slices.SortedFunc(maps.Keys(paths), func(a, b string) int {
		if d := p.doc.lines[place{path: a}] - p.doc.lines[place{path: b}]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
}

// skip notes that an operation is not asked.
func (p *pruned) skip(method, id, template, why string) {
	p.skipped = append(p.skipped, Skipped{strings.ToUpper(method), id, text.OneLine(template, 500), p.line(template, method), why})
}

// line is where an operation is, or else its path.
func (p *pruned) line(template, method string) int {
	if l, ok := p.doc.lines[place{template, method}]; ok {
		return l
	}
	return p.doc.lines[place{path: template}]
}

// operation adds one. Each has a path of its own, so that those of a template
// that differ in what they share do not get mixed up.
func (p *pruned) operation(template, method string, item, o, paths map[string]any) error {
	id, _ := o["operationId"].(string)
	id = text.OneLine(id, 200)
	list, err := p.parameters(item["parameters"], o["parameters"])
	if err == errLarge || err == errSchemas {
		return err
	}
	if err != nil {
		p.skip(method, id, template, err.Error())
		return nil
	}
	what := map[string]any{"parameters": list, "responses": map[string]any{}}
	for _, from := range []map[string]any{o, item} {
		if s := servers(from["servers"]); len(s) > 0 && what["servers"] == nil && !p.two {
			what["servers"] = s
		}
	}
	path := fmt.Sprintf("/%d", len(p.operations))
	paths[path] = map[string]any{"get": what}
	p.operations = append(p.operations, &operation{strings.ToUpper(method), template, id, path, p.line(template, method)})
	return nil
}

// item returns a path's description, which may be somewhere else.
func (p *pruned) item(v any) (map[string]any, error) {
	v, err := p.follow(v)
	m, ok := v.(map[string]any)
	if err == nil && !ok {
		err = errors.New("its description is no mapping")
	}
	return m, err
}

var (
	errExternal = errors.New("it refers to another file, which is not followed")
	errDangling = errors.New("it refers to something that is not there")
	errCircle   = errors.New("it refers to itself")
)

// follow follows references from a value to what they stand for.
func (p *pruned) follow(v any) (any, error) {
	for range maxRefs {
		m, _ := v.(map[string]any)
		ref, ok := m["$ref"].(string)
		if !ok {
			return v, nil
		}
		var err error
		if v, err = p.lookup(ref); err != nil {
			return nil, err
		}
	}
	return nil, errCircle
}

// lookup returns what a reference names in this document.
func (p *pruned) lookup(ref string) (any, error) {
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, errExternal
	}
	pointer, err := url.PathUnescape(pointer)
	if err != nil || !strings.HasPrefix(pointer, "/") {
		return nil, errDangling
	}
	var v any = p.doc.root
	for _, name := range strings.Split(pointer[1:], "/") {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		switch in := v.(type) {
		case map[string]any:
			v, ok = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if ok = err == nil && i >= 0 && i < len(in); ok {
				v = in[i]
			}
		default:
			ok = false
		}
		if !ok {
			return nil, errDangling
		}
	}
	return v, nil
}

// servers keeps addresses and the values of their variables.
func servers(v any) []any {
	list, _ := v.([]any)
	out := []any{}
	for _, s := range list[:min(len(list), 100)] {
		s, _ := s.(map[string]any)
		address, ok := s["url"].(string)
		if !ok || len(address) > maxValue {
			continue
		}
		vars := map[string]any{}
		given, _ := s["variables"].(map[string]any)
		for name, v := range given {
			v, _ := v.(map[string]any)
			if d, ok := v["default"]; ok && strings.Contains(address, "{"+name+"}") {
				if d := fmt.Sprint(d); len(d) <= maxValue {
					vars[name] = map[string]any{"default": d}
				}
			}
		}
		out = append(out, map[string]any{"url": address, "variables": vars})
	}
	return out
}
