package cloudformation

import (
	"bytes"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/jsondoc"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/scanners/iac/yamldoc"
	"github.com/scangate/scangate/text"
)

// template is what a file says, as far as the checks need it.
type template struct {
	path       string
	lines      int // of the file
	parameters map[string]*parameter
	mappings   []pair
	conditions map[string]*node
	resources  []*resource // in the order of the file
	byID       map[string]*resource
	notes      []finding.Note
}

type parameter struct {
	typ   string
	value *node // a scalar; nil when there is none
}

// resource is a resource of the template.
type resource struct {
	id         string
	typ        string
	start, end int
	properties *node // a mapping, or nil
}

// Bounds to what CloudFormation takes, with room to spare.
const (
	maxResources  = 1_000 // it takes 500
	maxParameters = 1_000 // it takes 200
	maxValues     = 60_000
	maxElements   = 1_000 // of a list
)

func (t *template) gap(line int, message string) {
	t.notes = append(t.notes, work.Gap(t.path, line, message))
}

func (t *template) resource(id string) *resource { return t.byID[id] }

// parse reads a file. The template is nil when there is none, or it cannot be
// read: the reason is the note.
func parse(f work.File, o Options) (t *template, note *finding.Note) {
	t = &template{path: f.Path, lines: bytes.Count(f.Data, []byte("\n")) + 1}
	if bytes.HasSuffix(f.Data, []byte("\n")) {
		t.lines--
	}
	root, line, why := t.document(f)
	if why != "" {
		gap := work.Gap(f.Path, line, "cannot be parsed: "+why)
		return nil, &gap
	}
	if !root.get("Resources").is(mapping) {
		return nil, nil
	}
	t.readResources(root.get("Resources"))
	if n := t.values(); n > maxValues {
		gap := work.Gap(f.Path, 0, fmt.Sprintf("the resources have more than %d values; not scanned", maxValues))
		return nil, &gap
	}
	t.readParameters(root.get("Parameters"), o)
	t.readMappings(root.get("Mappings"))
	t.conditions = map[string]*node{}
	if c := root.get("Conditions"); c.is(mapping) {
		for _, p := range c.pairs {
			t.conditions[p.name] = p.value
		}
	}
	return t, nil
}

// document reads the file as JSON or YAML; the root is nil when there is no
// template in it.
func (t *template) document(f work.File) (root *node, line int, why string) {
	twice := func(line int) {
		t.notes = append(t.notes, finding.Note{Level: finding.Information, Path: f.Path, Line: line, Message: "a key is given twice; the last one counts"})
	}
	isJSON := bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(f.Data, []byte("\ufeff"))), []byte("{"))
	if isJSON {
		j, err := jsondoc.Parse(f.Data)
		if err == nil {
			return fromJSON(j, twice), 0, ""
		}
		if line, why = jsondoc.Place(err); strings.HasSuffix(f.Path, ".json") {
			return nil, line, why
		}
	}
	var found *yaml.Node
	offset := 0
	for _, d := range yamldoc.Split(f.Data) {
		if yamldoc.Empty(d.Text) {
			continue
		}
		if found != nil {
			return nil, 0, "" // several documents are no template
		}
		y, err := yamldoc.Parse(d.Text)
		if err != nil {
			if isJSON {
				return nil, line, why
			}
			if line, why = yamldoc.Reason(err); line > 0 {
				line += d.Offset
			}
			return nil, line, why
		}
		found, offset = y, d.Offset
	}
	if found == nil || found.Kind != yaml.MappingNode {
		return nil, 0, ""
	}
	if offset > 0 {
		shift(found, offset, map[*yaml.Node]bool{})
	}
	r := yamlReader{lines: strings.Split(string(f.Data), "\n"), seen: map[*yaml.Node]*node{}, twice: twice}
	return r.value(found, t.lines), 0, ""
}

// shift moves a document to where it is in its file.
func shift(y *yaml.Node, by int, done map[*yaml.Node]bool) {
	if done[y] {
		return
	}
	done[y] = true
	y.Line += by
	if y.Alias != nil {
		shift(y.Alias, by, done)
	}
	for _, c := range y.Content {
		shift(c, by, done)
	}
}

// values counts the values of all resources. The rest of a list that is too
// long is cut off.
func (t *template) values() int {
	total := 0
	var count func(n *node)
	count = func(n *node) {
		if total++; total > maxValues {
			return
		}
		if len(n.items) > maxElements {
			t.gap(n.start, fmt.Sprintf("a list has more than %d elements; the rest is not looked at", maxElements))
			n.items = n.items[:maxElements]
		}
		for _, p := range n.pairs {
			count(p.value)
		}
		for _, item := range n.items {
			count(item)
		}
	}
	for _, r := range t.resources {
		if r.properties != nil {
			count(r.properties)
		}
	}
	return total
}

func (t *template) readResources(list *node) {
	t.byID = map[string]*resource{}
	for _, p := range list.pairs {
		if strings.HasPrefix(p.name, "Fn::") {
			t.gap(p.line, "what "+text.OneLine(p.name, 40)+" makes of the template is not known: the resources it adds are not scanned")
			continue
		}
		typ, ok := p.value.get("Type").literal()
		if !ok || !p.value.is(mapping) {
			t.gap(p.line, "a resource has no type; it is not scanned")
			continue
		}
		if len(p.name) > maxKey || len(typ) > maxKey {
			t.gap(p.line, "the name or the type of a resource is too long; it is not scanned")
			continue
		}
		if len(t.resources) == maxResources {
			t.gap(p.line, fmt.Sprintf("there are more than %d resources; the rest is not scanned", maxResources))
			break
		}
		r := &resource{id: p.name, typ: typ, start: p.line, end: p.value.end}
		if properties := p.value.get("Properties"); properties.is(mapping) {
			r.properties = properties
		} else if properties != nil && properties.tag != "!!null" {
			t.gap(properties.start, "the properties of a resource are not a mapping; they are not looked at")
		}
		t.resources = append(t.resources, r)
		t.byID[p.name] = r
	}
}

// readParameters reads the parameters, with the values that are given from
// outside in place of their defaults.
func (t *template) readParameters(list *node, o Options) {
	t.parameters = map[string]*parameter{}
	if !list.is(mapping) {
		return
	}
	for _, p := range list.pairs {
		if len(t.parameters) == maxParameters {
			t.gap(p.line, fmt.Sprintf("there are more than %d parameters; the values of the rest are not known", maxParameters))
			break
		}
		if !p.value.is(mapping) || len(p.name) > maxKey {
			continue
		}
		typ, _ := p.value.get("Type").literal()
		param := &parameter{typ: typ}
		if d := p.value.get("Default"); d.is(scalar) && d.tag != "!!null" {
			param.value = settled(d)
		}
		if v, ok := o.Parameters[p.name]; ok {
			param.value = given(fmt.Sprint(v), typ)
		}
		t.parameters[p.name] = param
	}
}

// readMappings takes the mappings that are of the form which the engine
// expects: two levels of names, and values.
func (t *template) readMappings(list *node) {
	if !list.is(mapping) {
		return
	}
	for _, m := range list.pairs {
		good := m.value.is(mapping)
		for _, top := range m.value.pairs {
			good = good && top.value.is(mapping)
		}
		if !good {
			t.gap(m.line, "a mapping is not of two levels; its values are not known")
			continue
		}
		t.mappings = append(t.mappings, pair{m.name, m.line, settledAll(m.value)})
	}
}
