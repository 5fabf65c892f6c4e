package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// beyondSchema is what the parser refuses and a schema cannot, by the parser's
// words. What the schema refuses, the parser refuses, without exception.
var beyondSchema = []struct{ words, why string }{
	{"no such file", "a schema does not know what files there are"},
	{"no file matches", "the same"},
	{"not valid JSON", "nor what is in them"},
	{"unknown scanner", "with plug-ins, names of scanners are keys of another section; nor can a pattern be compared with names"},
	{"unknown framework", "the frameworks of a rule are those of the scanners that its other keys name"},
	{"without its ]", "whether a pattern compiles"},
	{"matches nothing", "the same"},
	{"paths have no empty parts", "the same"},
	{`has a \ that is no separator`, "the same"},
	{"is not a pattern of", "the same"},
	{"has an element that no path has", "the same"},
	{"error parsing regexp", "whether a regular expression of Go's compiles"},
	{"leads out of", "which paths are local depends on the system"},
	{"is no pattern of files below", "the same"},
	{"is not in the scanned directory", "the same"},
	{"below the scanned", "the same"},
	{"below the directory of the configuration", "the same"},
	{"of the scanned directory", "the same"},
	{"invalid argument", "the same"},
	{"not the name of a directory", "the same"},
	{"would run what nobody has verified", "a list of programs, which grows"},
	{"a program beside the configuration needs sha256", "what a program's name is a path to"},
	{"want the 64 hexadecimal digits", "a digest of digits alone is a number to YAML"},
	{"the plug-in needs contract", "a schema outlives the version of the contract that it was made with"},
	{"cannot be set", "which headers are the program's own"},
	{"is no image", "the grammar of references to images"},
	{"no reference to an image", "the same"},
	{"unknown scheme", "the same"},
	{"is not a repository", "the same"},
	{"holds a name or password", "the grammar of addresses"},
	{"is not on this machine", "the same"},
	{"is for this machine only", "the same"},
	{"want an address without a name and password", "the same"},
	{"want requests per second", "how large a number is that is written as text"},
	{"needs a revision to start from", "what the command line says"},
}

// TestSchemaRefusesWhatTheParserRefuses changes each configuration of the
// corpus in each place.
func TestSchemaRefusesWhatTheParserRefuses(t *testing.T) {
	files := corpus(t)
	j := newJudge(t)
	used := make([]int, len(beyondSchema))
	once := map[string]bool{} // a place and a word, over all files
	n := 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for _, piece := range pieces(t, files[name]) {
			m := mutator{t: t, doc: piece, once: once}
			m.try = func(at, how string, data []byte) {
				n++
				parser, schema := j.parser(data), j.validator(data)
				switch {
				case (parser == nil) == (schema == nil):
				case parser == nil:
					t.Errorf("%s%s: %s: the parser takes what the schema refuses: %v\n%s", name, at, how, schema, data)
				default:
					if i := slices.IndexFunc(beyondSchema, func(b struct{ words, why string }) bool { return strings.Contains(parser.Error(), b.words) }); i >= 0 {
						used[i]++
						return
					}
					t.Errorf("%s%s: %s: the schema takes what the parser refuses: %v\n%s", name, at, how, parser, data)
				}
			}
			m.walk(piece, "")
		}
	}
	for i, b := range beyondSchema {
		if used[i] == 0 {
			t.Errorf("nothing is refused as %q: take it out of the list", b.words)
		}
	}
	if n < 5000 {
		t.Errorf("only %d changes", n)
	}
}

// pieces cuts a configuration so that the sections of scanners are apart, which
// makes what is tried short.
func pieces(t *testing.T, data []byte) []*yaml.Node {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	var bare func(n *yaml.Node)
	bare = func(n *yaml.Node) {
		n.HeadComment, n.LineComment, n.FootComment = "", "", ""
		for _, c := range n.Content {
			bare(c)
		}
	}
	bare(&doc)
	top := doc.Content[0]
	out := []*yaml.Node{top}
	for i := 0; i < len(top.Content); i += 2 {
		if section := top.Content[i+1]; top.Content[i].Value == "scanners" {
			for k := 0; k < len(section.Content); k += 2 {
				one := &yaml.Node{Kind: yaml.MappingNode, Content: section.Content[k : k+2 : k+2]}
				out = append(out, &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{top.Content[i], one}})
			}
			top.Content = slices.Delete(slices.Clone(top.Content), i, i+2)
			break
		}
	}
	return out
}

// mutator changes a configuration in one place at a time: each value is
// replaced by one of another kind and by other words, each key is left out, and
// unknown ones are added.
type mutator struct {
	t    *testing.T
	doc  *yaml.Node
	once map[string]bool
	try  func(at, how string, data []byte)
}

func (m *mutator) emit(at, how string) {
	data, err := yaml.Marshal(m.doc)
	if err != nil {
		m.t.Fatal(err)
	}
	m.try(at, how, data)
}

func plain(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

func quoted(word string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: word}
}

// kinds are values of each kind.
func kinds() map[string]*yaml.Node {
	list := func(items ...*yaml.Node) *yaml.Node { return &yaml.Node{Kind: yaml.SequenceNode, Content: items} }
	return map[string]*yaml.Node{
		"nothing": plain("!!null", "null"), "an empty text": quoted(""), "a word": quoted("nonsense"), "true": plain("!!bool", "true"),
		"a number": plain("!!int", "7"), "a negative number": plain("!!int", "-7"), "a huge number": plain("!!int", "70000000"), "a fraction": plain("!!float", "0.25"),
		"a list": list(quoted("nonsense")), "an empty list": list(), "a list with nothing in it": list(plain("!!null", "null")),
		"a mapping": {Kind: yaml.MappingNode, Content: []*yaml.Node{quoted("nonsense"), quoted("x")}}, "an empty mapping": {Kind: yaml.MappingNode},
	}
}

// someWords are words that some keys take and others do not.
func someWords() []string {
	return []string{
		"HIGH", ">=high", "> critical", "<unknown", "7", ">=7.5", "<0.5 >=0.1", "-1", "1e0", "14d", "CWE-079", "0", "CWE-0", "*", "**", "[", "!x", "../out", "/abs", "./x", `x\y`, "a,b", " x ", "/",
		"2026-02-30", "2030-01-02", "10m", "-10m", "auto", "http://localhost:1", "http://example.com", "https://user@host/", "http://", "zzz://x", "true", "TRUE", "false", "npm", "1.0", "2.0", "1.7", "sarif", "x\ny",
		"terraform", "ansible", "range",
	}
}

func (m *mutator) walk(n *yaml.Node, at string) {
	kept := *n
	replace := func(how string, value *yaml.Node) {
		if kept.Kind == yaml.ScalarNode {
			if m.once[at+" "+how] {
				return
			}
			m.once[at+" "+how] = true
		}
		*n = *value
		m.emit(at, how)
	}
	values := kinds()
	for _, how := range slices.Sorted(maps.Keys(values)) {
		replace(how, values[how])
	}
	if kept.Kind == yaml.ScalarNode {
		for _, word := range someWords() {
			replace(word, quoted(word))
		}
	}
	*n = kept
	switch n.Kind {
	case yaml.MappingNode:
		n.Content = append(slices.Clone(kept.Content), quoted("nonsense"), &yaml.Node{Kind: yaml.MappingNode})
		m.emit(at, "an unknown key")
		for i := 0; i < len(kept.Content); i += 2 {
			n.Content = slices.Delete(slices.Clone(kept.Content), i, i+2)
			m.emit(at+"."+kept.Content[i].Value, "left out")
		}
		*n = kept
		for i := 0; i < len(n.Content); i += 2 {
			m.walk(n.Content[i+1], at+"."+n.Content[i].Value)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			if i == 0 || c.Kind != yaml.ScalarNode {
				m.walk(c, at+"[]")
			}
		}
	}
}
