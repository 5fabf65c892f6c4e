package ignore

import (
	"reflect"

	"github.com/scangate/scangate/config"
)

// Schema is that of the section ignore.
func Schema() (config.Schema, error) {
	filled := func(more config.Schema) config.Schema {
		s := config.Filled()
		for k, v := range more {
			s[k] = v
		}
		return s
	}
	entry, err := config.SchemaOf(reflect.TypeFor[raw](), map[string]config.Word{
		"id": {About: "An advisory or a rule, by its id or any of its other names, in upper or lower case.", Example: "CVE-2021-23337",
			Also: filled(config.Schema{"pattern": `^[^*]*[^*\s][^*]*$`})},
		"rule": {About: "A pattern of rule ids, in which * stands for any characters. * alone needs a path or a package beside it.", Example: "aws-*",
			Also: filled(nil)},
		"fingerprint": {About: "One finding, by the fingerprint in the JSON results.", Example: "5f1d7a84db00d2fce00b31a7fc73224f", Also: filled(nil)},
		"package": {About: "A pattern of package names, or of package URLs; a version that is not given may be any.", Example: "pkg:npm/lodash",
			Also: filled(config.Schema{"pattern": `[^*\s]`})},
		"path": {About: "A pattern of paths as in .gitignore; a directory stands for all that is in it.", Example: "**/testdata/",
			Also: filled(config.Schema{"pattern": `^\s*[^!\s]`})},
		"scanner": {About: "The scanner that found it, or a list of them.", Example: "dependency", Also: config.OneOrMore(config.Filled())},
		"reason":  {About: "Why, for those who read it next.", Example: "not reachable, only used at build time", Also: filled(nil)},
		"expires": {About: "The last day on which it holds, in UTC.", Example: "2027-03-31",
			Also: config.Schema{"type": "string", "format": "date", "pattern": `^\d{4}-\d{2}-\d{2}$`}},
		"permanent":     {About: "It holds for good.", Also: config.Schema{"type": "boolean"}},
		"justification": {About: "What a VEX statement made of it would give.", Also: config.OneOf(Justifications()...)},
	})
	if err != nil {
		return nil, err
	}
	has := func(keys ...string) (out []config.Schema) {
		for _, k := range keys {
			out = append(out, config.Schema{"required": []string{k}})
		}
		return out
	}
	entry["type"] = "object"
	entry["required"] = []string{"reason"}
	entry["anyOf"] = has("id", "rule", "fingerprint")
	entry["oneOf"] = append(has("expires"), config.Fixed("permanent", true))
	entry["if"] = config.Schema{"properties": config.Schema{"rule": config.Schema{"type": "string", "pattern": `^\s*\*+\s*$`}}, "required": []string{"rule"}}
	entry["then"] = config.Schema{"anyOf": has("id", "fingerprint", "package", "path")}
	return config.Schema{"type": []string{"array", "null"}, "items": entry}, nil
}

// KnownSchema is what the section has to keep to besides when no plug-in brings
// a scanner. name is the schema of a scanner's name.
func KnownSchema(name config.Schema) config.Schema {
	return config.Schema{"items": config.Schema{"properties": config.Schema{"scanner": config.OneOrMore(name)}}}
}
