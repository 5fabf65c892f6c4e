package terraform

import "github.com/zclconf/go-cty/cty"

// tfModule is what is known of a directory of Terraform code without
// evaluating it.
type tfModule struct {
	dir       string
	files     []tfFile
	calls     []tfCall
	blocks    []tfBlock
	counts    int
	variables []tfVariable
	values    map[string]tfValue // what files of values say about a root module
	places    map[place]origin
	inner     int  // blocks inside of others
	overrides bool // some files override what others say
}

// tfCall is a module block.
type tfCall struct {
	source   string
	computed bool // the source is not a literal, which Terraform does not allow
	copies   int  // a guess at how many copies count or for_each make
	path     string
	line     int
}

func (m *tfModule) add(f tfFile) {
	m.files = append(m.files, f)
	m.counts += len(f.counts)
	m.include(f)
}

// include adds what is in a file to what is known of the module.
func (m *tfModule) include(f tfFile) {
	m.calls = append(m.calls, f.calls...)
	m.blocks = append(m.blocks, f.blocks...)
	m.variables = append(m.variables, f.variables...)
}

// copies is how many copies a block of the module may have by its count: the
// more blocks have one, the fewer.
func (m *tfModule) copies() int {
	return max(2, min(maxCopies, maxCounted/max(m.counts, 1)))
}

// firstFile stands for the module in notes; the files are in order.
func (m *tfModule) firstFile() string { return m.files[0].Path }

// inputs are values for the variables of a root module: those that files of
// values give, and unknown ones, of the declared type, where there is no
// default either. There is always one of no name, because the engine reads the
// environment when there is none.
func (m *tfModule) inputs() map[string]cty.Value {
	inputs := map[string]cty.Value{"": cty.DynamicVal}
	for _, v := range m.variables {
		if given, ok := m.values[v.name]; ok {
			inputs[v.name] = given.value
		} else if !v.preset {
			inputs[v.name] = cty.UnknownVal(v.typ)
		}
	}
	return inputs
}
