package config

import "reflect"

// SchemaID is the address of the published schema of .scangate.yaml, which a
// file names in its first line for editors.
const SchemaID = "https://raw.githubusercontent.com/scangate/scangate/main/docs/scangate.schema.json"

// Parts are the schemas of the sections that others read.
type Parts struct {
	Scanners Schema // by name, the sections of scanners
	Policy   Schema
	Ignore   Schema
	Plugins  Schema
	Defs     Schema // what the others refer to
	// Also are further keywords of the whole file.
	Also Schema
}

// FileSchema is the schema of .scangate.yaml.
func FileSchema(p Parts) (Schema, error) {
	address := Schema{"type": "string", "pattern": "^(" + CasePattern("https") + "|" + CasePattern("http") + `)://.+$`}
	s, err := SchemaOf(reflect.TypeFor[sections](), map[string]Word{
		"version": {About: "The version of this format.", Default: 1, Also: Schema{"type": []string{"integer", "null"}, "enum": []any{1, nil}}},
		"scanners": {About: "The scanners' own settings. A tool of somebody else's runs when it has a section here, be it an empty one.",
			Example: Schema{"secret": Schema{"history": "full"}, "gitleaks": Schema{}},
			Also:    Schema{"properties": p.Scanners, "additionalProperties": false}},
		"policy": {About: "What fails the build, what is worth a warning, and what must have run (docs/policy.md).", Also: p.Policy},
		"ignore": {About: "Findings that do not count, with the reason and the day on which that ends (docs/ignores.md).", Also: p.Ignore},
		"plugins": {About: "Scanners of your own: programs that say in SARIF what they found (docs/plugins.md).",
			Also: p.Plugins},
		"vex": {About: "VEX documents that say which vulnerabilities do not affect this repository: patterns of files below the scanned directory (docs/vex.md).",
			Example: []string{"security/*.openvex.json"}, Also: Schema{"items": Filled()}},
		"db":         {About: "The vulnerability database (docs/database.md)."},
		"db.max-age": {About: "A database that is older makes the scan incomplete; 0 is no limit.", Default: "0", Example: "72h"},
		"db.repository": {About: "Where the vulnerability database comes from, in the order to try; the public mirrors when it is left out.",
			Example: []string{"ghcr.io/aquasecurity/trivy-db:2"}, Also: Schema{"items": Filled()}},
		"db.java-repository": {About: "Where the Java database, which tells jars by their digest, comes from, in the order to try.",
			Example: []string{"ghcr.io/aquasecurity/trivy-java-db:1"}, Also: Schema{"items": Filled()}},
		"db.kev": {About: "Where CISA's catalogue of exploited vulnerabilities comes from; CISA itself when it is left out.",
			Example: "https://mirror.example.com/kev.json", Also: Maybe(address)},
		"db.epss": {About: "Where FIRST's predictions of what is exploited next come from; FIRST itself when it is left out.",
			Example: "https://mirror.example.com/epss.csv.gz", Also: Maybe(address)},
	})
	if err != nil {
		return nil, err
	}
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["$id"] = SchemaID
	s["$defs"] = p.Defs
	s["title"] = "Configuration of scangate"
	s["description"] = "The file " + DefaultName + ". Whatever is not in this schema is an error to scangate."
	for k, v := range p.Also {
		s[k] = v
	}
	return s, nil
}
