package iacsample

import (
	"fmt"
	"strings"
)

// NoIaC writes 5,000 files to dir, which must be absent or empty: source code,
// texts, and JSON and YAML of which none is infrastructure.
func NoIaC(dir string) error { return noIaC().write(dir) }

func noIaC() tree {
	t := tree{}
	for i := range 5000 {
		kind := otherFiles[i%len(otherFiles)]
		path := fmt.Sprintf("packages/p%02d/%s", i/100, strings.ReplaceAll(kind.path, "@i", fmt.Sprint(i)))
		var body strings.Builder
		for n := range 2 + i%12 {
			body.WriteString(strings.NewReplacer("@i", fmt.Sprint(i), "@n", fmt.Sprint(n), "@comma", comma(n)).Replace(kind.part))
		}
		t.add(path, kind.text, "@parts", body.String(), "@i", fmt.Sprint(i))
	}
	return t
}

// comma stands between the parts of a JSON file.
func comma(n int) string {
	if n == 0 {
		return ""
	}
	return ","
}

// otherFiles are files by kind: each has a part that is repeated.
var otherFiles = []struct{ path, text, part string }{
	{"src/mod@i.go", "package p\n@parts", "\n// Add@i_@n adds.\nfunc Add@i_@n(a, b int) int {\n\treturn a + b + @n\n}\n"},
	{"src/view@i.tsx", "import React from 'react'\n@parts", "\nexport function Row@n({ name }: { name: string }) {\n  return <li key=\"@n\">{name}</li>\n}\n"},
	{"src/model@i.py", "from dataclasses import dataclass\n@parts", "\n\n@dataclass\nclass Item@n:\n    name: str\n    price: int = @n\n"},
	{"locale/texts@i.json", "{\n  \"locale\": \"en\"@parts\n}\n", ",\n  \"text.@i.@n\": \"The @n items of the order\""},
	{"test/fixtures/orders@i.json", "[@parts]\n", "@comma\n  {\"id\": @n, \"kind\": \"order\", \"lines\": [{\"sku\": \"a-@i\", \"amount\": @n}]}"},
	{"config/routes@i.yaml", "routes:\n@parts", "  - path: /items/@n\n    handler: items.show\n    roles: [buyer, clerk]\n"},
	{"docs/page@i.md", "# Page @i\n@parts", "\n## Section @n\n\nOrders are kept for @n years and then deleted.\n"},
	{"api/openapi@i.yml", "openapi: 3.0.3\ninfo: {title: Orders, version: \"1.@i\"}\npaths:\n@parts", "  /orders/@n:\n    get:\n      responses:\n        \"200\": {description: An order}\n"},
	{"src/styles@i.css", "@parts", ".row-@i-@n {\n  margin: @npx;\n}\n"},
	{"package@i.json", "{\n  \"name\": \"p@i\",\n  \"version\": \"1.0.0\",\n  \"scripts\": {\n    \"build\": \"tsc\"@parts\n  }\n}\n", ",\n    \"task@n\": \"node tasks/@n.js\""},
	{"src/Order@i.java", "package shop;\n\nfinal class Order@i {\n@parts}\n", "    int line@n() {\n        return @n;\n    }\n"},
	{"ci/pipeline@i.yaml", "stages: [build, test]\n@parts", "job-@n:\n  stage: test\n  script:\n    - make test-@n\n"},
	{"db/v@i.sql", "@parts", "ALTER TABLE orders ADD COLUMN c@i_@n INTEGER NOT NULL DEFAULT @n;\n"},
	{"etc/app@i.toml", "[app]\nname = \"p@i\"\n@parts", "limit_@n = @n\n"},
}
