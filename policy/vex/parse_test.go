package vex

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// TestUnusableDocuments: a document that is of no use is an error, which names
// the file and the line.
func TestUnusableDocuments(t *testing.T) {
	for name, tt := range map[string]struct{ doc, want string }{
		"empty":              {"", "f.json:1: not valid JSON: it ends too early"},
		"no JSON":            {"version: 1\n", "f.json:1: not valid JSON: invalid character 'v' looking for beginning of value"},
		"cut off":            {"{\n\"@context\":", "f.json:2: not valid JSON: it ends too early"},
		"a list":             {"[]", "f.json:1: not a JSON object"},
		"more":               {"{}\n{}", "f.json:2: something follows the end of the document"},
		"something else":     {`{"a": 1}`, "f.json: not a VEX document: want OpenVEX, CycloneDX or CSAF 2.0, in JSON"},
		"another context":    {`{"@context": "https://openvex.dev/nsfw"}`, "f.json: not a VEX document: want OpenVEX, CycloneDX or CSAF 2.0, in JSON"},
		"next CSAF":          {`{"document": {"csaf_version": "2.1"}}`, "f.json: CSAF 2.1 is not known: want CSAF 2.0"},
		"next OpenVEX":       {`{"@context": "https://openvex.dev/ns/v1.0.0"}`, "f.json: not a VEX document: want OpenVEX, CycloneDX or CSAF 2.0, in JSON"},
		"a key twice":        {"{\"@context\": \"x\",\n\"@Context\": \"y\"}", `f.json:2: key "@Context" is given twice`},
		"a status twice":     {openVEXWith(says(purlA, "affected", `"ſtatus": "not_affected"`)), `f.json:3: key "ſtatus" is given twice`},
		"too deep":           {strings.Repeat(`{"a":`, 70), "f.json:1: nested too deep"},
		"far too deep":       {strings.Repeat(`[`, 1_000_000), "f.json:1: not a JSON object"},
		"deep list":          {`{"a":` + strings.Repeat(`[`, 1_000_000), "f.json:1: nested too deep"},
		"a number":           {`{"bomFormat": 7}`, "f.json:1: bomFormat: want another kind of value than number"},
		"statements":         {"{\"@context\": \"https://openvex.dev/ns\",\n\"statements\": 7}", "f.json:2: statements: want another kind of value than number"},
		"status":             {openVEXWith(says(purlA, "affected", ""), "{\n\n\"status\": 7}"), "f.json:4: status: want another kind of value than number"},
		"products":           {openVEXWith(`{"products": 7}`), "f.json:3: products: want another kind of value than number"},
		"a product":          {openVEXWith(`{"products": [7]}`), "f.json:3: products: want another kind of value than number"},
		"justification":      {openVEXWith(says(purlA, "not_affected", `"impact_statement": ""`)), "f.json: no statement of this OpenVEX document can be used: f.json:3: CVE-2024-1: not affected, but not why: give a justification or an impact statement"},
		"unknown one":        {openVEXWith(says(purlA, "not_affected", `"justification": "component_not_presnt"`)), `f.json: no statement of this OpenVEX document can be used: f.json:3: CVE-2024-1: unknown justification "component_not_presnt"; did you mean "component_not_present"?`},
		"unknown status":     {openVEXWith(says(purlA, "harmless", "")), "f.json: no statement of this OpenVEX document can be used: f.json:3: CVE-2024-1: the status is not known, so it counts as affected"},
		"timestamp":          {openVEXWith(says(purlA, "fixed", `"timestamp": "today"`)), "f.json: no statement of this OpenVEX document can be used: f.json:3: CVE-2024-1: the timestamp is none such as 2026-01-31T12:00:00Z"},
		"no vulnerability":   {openVEXWith(`{"products": [{"@id": "pkg:npm/a@1"}], "status": "fixed"}`), "f.json: no statement of this OpenVEX document can be used: f.json:3: the statement names no vulnerability: give it a name such as CVE-2024-1234"},
		"no product":         {openVEXWith(says("", "fixed", "")), "f.json: no statement of this OpenVEX document can be used: f.json:3: the statement names no product, so it applies to nothing: give it products"},
		"no package URL":     {openVEXWith(says(`{"@id": "https://example.com/a"}`, "fixed", "")), "f.json: no statement of this OpenVEX document can be used: f.json:3: https://example.com/a: a product without a package URL cannot be told: give it one such as pkg:npm/lodash@4.17.20"},
		"bad package URL":    {openVEXWith(says("pkg:npm", "fixed", "")), "f.json: no statement of this OpenVEX document can be used: f.json:3: pkg:npm: it is not a package URL such as pkg:npm/lodash@4.17.20"},
		"a range":            {openVEXWith(says("pkg:npm/a@vers:npm%2F%3C2", "fixed", "")), "f.json: no statement of this OpenVEX document can be used: f.json:3: pkg:npm/a@vers:npm%2F%3C2: a range of versions is not supported: name each version"},
		"two package URLs":   {openVEXWith(says(`{"@id": "pkg:npm/a", "identifiers": {"purl": "pkg:npm/b"}}`, "fixed", "")), "f.json: no statement of this OpenVEX document can be used: f.json:3: pkg:npm/a: it has package URLs of different things: keep one"},
		"fixed in all":       {openVEXWith(says("pkg:npm/a", "fixed", "")), "f.json: no statement of this OpenVEX document can be used: f.json:3: CVE-2024-1: fixed, but not in which version: give the package URL a version"},
		"parts of a package": {openVEXWith(says(`{"@id": "pkg:npm/b", "subcomponents": [{"@id": "pkg:npm/a"}]}`, "not_affected", "")), "f.json: no statement of this OpenVEX document can be used: f.json:3: pkg:npm/b: its parts hold for nothing else, and it is neither an image nor a repository: name it pkg:oci/NAME@DIGEST or pkg:github/OWNER/NAME"},
		"bad part":           {openVEXWith(says(`{"@id": "pkg:oci/b", "subcomponents": [{"@id": "a"}]}`, "not_affected", "")), "f.json: no statement of this OpenVEX document can be used: f.json:3: a: a part without a package URL cannot be told"},
		"cdx state":          {bom(`"analysis": {"state": "fine"}, `, `[{"ref": "a"}]`), "f.json: no statement of this CycloneDX document can be used: f.json:4: CVE-2024-1: the status is not known, so it counts as affected"},
		"cdx reference":      {bom(`"analysis": {"state": "resolved"}, `, `[{"ref": "b"}]`), `f.json: no statement of this CycloneDX document can be used: f.json:4: nothing in the document has the bom-ref "b"`},
		"cdx component":      {bom(`"analysis": {"state": "resolved"}, `, `[{"ref": "shop"}]`), "f.json: no statement of this CycloneDX document can be used: f.json:4: shop: a product without a package URL cannot be told: give it one such as pkg:npm/lodash@4.17.20"},
		"cdx scheme":         {bom(`"analysis": {"state": "resolved"}, `, `[{"ref": "a", "versions": [{"range": "vers:gentoo/>1", "status": "unaffected"}]}]`), "f.json: no statement of this CycloneDX document can be used: f.json:4: a: a range of versions cannot be used: versions of the scheme \"gentoo\" cannot be compared; want one of alpine, apk, cargo, composer, deb, gem, golang, hex, maven, npm, nuget, pub, pypi, rpm: name each version"},
		"cdx other kind":     {bom(`"analysis": {"state": "resolved"}, `, `[{"ref": "a", "versions": [{"range": "vers:pypi/>1", "status": "unaffected"}]}]`), "f.json: no statement of this CycloneDX document can be used: f.json:4: a: a range of versions cannot be used: it is of another kind than the package: name each version"},
		"cdx no range":       {bom(`"analysis": {"state": "resolved"}, `, `[{"ref": "a", "versions": [{"range": ">= 1", "status": "unaffected"}]}]`), "f.json: no statement of this CycloneDX document can be used: f.json:4: a: a range of versions cannot be used: it is not a range such as vers:npm/>=1.0.0|<1.2.3: name each version"},
		"cdx other versions": {bom(`"analysis": {"state": "resolved"}, `, `[{"ref": "a", "versions": [{"range": "vers:npm/>1", "status": "unaffected"}]}]`), "f.json: no statement of this CycloneDX document can be used: they are about other versions than those of their products"},
		"cdx nothing":        {bom(`"analysis": {"state": "resolved"}, `, `[]`), "f.json: no statement of this CycloneDX document can be used: f.json:4: the statement affects nothing, so it applies to nothing: give it affects"},
		"cdx kind":           {bom(`"analysis": 7, `, `[]`), "f.json:4: analysis: want another kind of value than number"},
		"csaf no reason":     {advisory(`"product_status": {"known_not_affected": ["A"]}, "flags": [{"label": "component_not_present"}]`), "f.json: no statement of this CSAF document can be used: f.json:11: CVE-2024-1: not affected, but not why: give a justification or an impact statement"},
		"csaf product":       {advisory(`"product_status": {"known_not_affected": ["B"]}`), `f.json: no statement of this CSAF document can be used: f.json:11: the product tree has no product "B"`},
		"csaf platform":      {flagged(`"ANY-IN-OS"`), "f.json: no statement of this CSAF document can be used: f.json:11: any a in os: its parts hold for nothing else, and it is neither an image nor a repository: name it pkg:oci/NAME@DIGEST or pkg:github/OWNER/NAME"},
		"csaf no status":     {advisory(`"scores": []`), "f.json: no statement of this CSAF document can be used: f.json:11: the vulnerability says of no product whether it is affected: give it a product_status"},
		"csaf kind":          {advisory(`"flags": 7`), "f.json:11: flags: want another kind of value than number"},
		"huge":               {strings.Repeat(" ", MaxSize+1), "f.json: over the limit of 16 MiB for a VEX document"},
		"control characters": {openVEXWith(says("pkg:npm/\\u001b[31m", "fixed", "")), "f.json: no statement of this OpenVEX document can be used: f.json:3: pkg:npm/[31m: it is not a package URL such as pkg:npm/lodash@4.17.20"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f.json", []byte(tt.doc))
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestNotices(t *testing.T) {
	for name, tt := range map[string]struct {
		doc  string
		want []string
	}{
		"none":            {openVEXWith(says(purlA, "not_affected", "")), nil},
		"no statements":   {openVEXWith(), []string{"f.json:1: the OpenVEX document holds no statement"}},
		"no analysis":     {bom("", "[]"), []string{"f.json:1: the CycloneDX document holds no statement"}},
		"nothing in CSAF": {`{"document": {"csaf_version": "2.0"}}`, []string{"f.json:1: the CSAF document holds no statement"}},
		"one is refused": {openVEXWith(says(purlA, "not_affected", ""), says(purlA, "not_affected", `"status_notes": "trust me"`)),
			[]string{"f.json:4: CVE-2024-1: not affected, but not why: give a justification or an impact statement"}},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := setOf(tt.doc)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, set.Notices(finding.Results{})); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestSmallDocumentsThatBlowUp: few bytes may stand for many products.
func TestSmallDocumentsThatBlowUp(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(`"A",`, 20_000), ",")
	flags := strings.TrimSuffix(strings.Repeat(`{"label": "component_not_present", "group_ids": ["G"]},`, 100), ",")
	for name, tt := range map[string]struct{ doc, want string }{
		"groups":   {strings.Replace(advisory(`"product_status": {"known_not_affected": ["A"]}, "flags": [`+flags+`]`), `"A", "A-IN-IMAGE"`, many, 1), "over the limit of 500,000 products"},
		"products": {flagged(many), "over the limit of 10,000 statements on CVE-2024-1 in one package"},
		"values":   {`{"a": [` + strings.Repeat("0,", maxValues) + `0]}`, "over the limit of 2,000,000 values"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse("f.json", []byte(tt.doc)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}
