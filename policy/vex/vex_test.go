package vex

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

var _ policy.Exemption = (*Set)(nil)

// openVEXWith is a document with these statements.
func openVEXWith(statements ...string) string {
	return `{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex/1", "author": "Example", "timestamp": "2026-01-10T00:00:00Z", "version": 1,
"statements": [
` + strings.Join(statements, ",\n") + `
]}`
}

// says is a statement of OpenVEX on CVE-2024-1, also called GHSA-aaaa.
func says(product, status, more string) string {
	if strings.HasPrefix(product, "pkg:") {
		product = `{"@id": "` + product + `"}`
	}
	if more == "" && status == "not_affected" {
		more = `"justification": "vulnerable_code_not_in_execute_path"`
	}
	if more != "" {
		more = ", " + more
	}
	return `{"vulnerability": {"name": "CVE-2024-1", "aliases": ["GHSA-aaaa"]}, "products": [` + product + `], "status": "` + status + `"` + more + `}`
}

// bom is a document of CycloneDX with one vulnerability.
func bom(analysis, affects string) string {
	return `{"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:1", "metadata": {"timestamp": "2026-01-10T00:00:00Z", "component": {"bom-ref": "shop", "type": "application", "name": "shop"}},
"components": [{"bom-ref": "outer", "name": "outer", "components": [{"bom-ref": "a", "purl": "pkg:npm/a@1.0.0"}]}, {"bom-ref": "plain", "purl": "pkg:npm/a"}],
"vulnerabilities": [
{"id": "CVE-2024-1", "references": [{"id": "GHSA-aaaa"}], ` + analysis + `"affects": ` + affects + `}
]}`
}

// advisory is a document of CSAF with one vulnerability.
func advisory(vulnerability string) string {
	return `{"document": {"category": "csaf_vex", "csaf_version": "2.0", "tracking": {"current_release_date": "2026-01-10T00:00:00Z"}},
"product_tree": {
 "branches": [{"category": "vendor", "branches": [{"category": "product_version", "product": {"product_id": "A", "name": "a", "product_identification_helper": {"purl": "pkg:npm/a@1.0.0"}}}]}],
 "full_product_names": [{"product_id": "IMAGE", "name": "shop", "product_identification_helper": {"purl": "pkg:oci/shop"}}, {"product_id": "OS", "name": "an operating system"}, {"product_id": "ANY", "name": "any a", "product_identification_helper": {"purl": "pkg:npm/a"}}],
 "relationships": [
  {"category": "default_component_of", "product_reference": "A", "relates_to_product_reference": "IMAGE", "full_product_name": {"product_id": "A-IN-IMAGE", "name": "a in shop"}},
  {"category": "default_component_of", "product_reference": "A", "relates_to_product_reference": "OS", "full_product_name": {"product_id": "A-IN-OS", "name": "a in os"}},
  {"category": "default_component_of", "product_reference": "ANY", "relates_to_product_reference": "OS", "full_product_name": {"product_id": "ANY-IN-OS", "name": "any a in os"}}],
 "product_groups": [{"group_id": "G", "product_ids": ["A", "A-IN-IMAGE", "A-IN-OS", "ANY-IN-OS"]}]},
"vulnerabilities": [
{"cve": "CVE-2024-1", "ids": [{"system_name": "GHSA", "text": "GHSA-aaaa"}], ` + vulnerability + `}
]}`
}

// flagged says of products of the advisory that they are not affected.
func flagged(ids string) string {
	return advisory(`"product_status": {"known_not_affected": [` + ids + `]}, "flags": [{"label": "component_not_present", "group_ids": ["G"]}], "threats": [{"category": "impact", "details": "left out", "product_ids": ["A"]}]`)
}

const (
	unreached = "not affected: vulnerable_code_not_in_execute_path, f.json"
	purlA     = "pkg:npm/a@1.0.0"
	image     = `{"@id": "pkg:oci/shop@sha256%3Aabc", "subcomponents": [{"@id": "pkg:npm/a"}]}`
)

func TestExempts(t *testing.T) {
	for name, tt := range map[string]struct {
		doc    string
		purl   string // of the finding; empty: purlA
		id     string // empty: CVE-2024-1
		target string // of the run
		want   string // empty: it counts
	}{
		"version":             {doc: openVEXWith(says(purlA, "not_affected", "")), want: unreached},
		"no version":          {doc: openVEXWith(says("pkg:npm/a", "not_affected", "")), want: unreached},
		"another version":     {doc: openVEXWith(says("pkg:npm/a@1.0.1", "not_affected", ""))},
		"no version found":    {doc: openVEXWith(says(purlA, "not_affected", "")), purl: "pkg:npm/a"},
		"another name":        {doc: openVEXWith(says("pkg:npm/b@1.0.0", "not_affected", ""))},
		"another type":        {doc: openVEXWith(says("pkg:pypi/a@1.0.0", "not_affected", ""))},
		"another namespace":   {doc: openVEXWith(says("pkg:npm/%40x/a@1.0.0", "not_affected", ""))},
		"namespace":           {doc: openVEXWith(says("pkg:npm/%40x/a", "not_affected", "")), purl: "pkg:npm/%40x/a@1.0.0", want: unreached},
		"Go's v":              {doc: openVEXWith(says("pkg:golang/example.com/m@v1.2.0", "not_affected", "")), purl: "pkg:golang/example.com/m@1.2.0", want: unreached},
		"subpath":             {doc: openVEXWith(says("pkg:golang/example.com/m@v1.2.0#sub", "not_affected", "")), purl: "pkg:golang/example.com/m@1.2.0"},
		"alias":               {doc: openVEXWith(says(purlA, "not_affected", "")), id: "ghsa-AAAA", want: unreached},
		"another advisory":    {doc: openVEXWith(says(purlA, "not_affected", "")), id: "CVE-2024-2"},
		"qualifiers found":    {doc: openVEXWith(says("pkg:deb/debian/a@1", "not_affected", "")), purl: "pkg:deb/debian/a@1?arch=amd64&distro=debian-12", want: unreached},
		"qualifiers asked":    {doc: openVEXWith(says("pkg:deb/debian/a@1?arch=amd64", "not_affected", "")), purl: "pkg:deb/debian/a@1?arch=amd64&distro=debian-12", want: unreached},
		"another qualifier":   {doc: openVEXWith(says("pkg:deb/debian/a@1?arch=arm64", "not_affected", "")), purl: "pkg:deb/debian/a@1?arch=amd64"},
		"missing qualifier":   {doc: openVEXWith(says("pkg:deb/debian/a@1?arch=arm64", "not_affected", "")), purl: "pkg:deb/debian/a@1"},
		"identifiers":         {doc: openVEXWith(says(`{"@id": "https://example.com/a", "identifiers": {"purl": "pkg:npm/a@1.0.0"}}`, "not_affected", "")), want: unreached},
		"narrower identifier": {doc: openVEXWith(says(`{"@id": "pkg:npm/a", "identifiers": {"purl": "pkg:npm/a@2.0.0"}}`, "not_affected", ""), says("pkg:npm/z", "affected", ""))},
		"impact":              {doc: openVEXWith(says(purlA, "not_affected", `"impact_statement": "only\nin tests"`)), want: "not affected, f.json: only in tests"},
		"fixed":               {doc: openVEXWith(says(purlA, "fixed", `"status_notes": "patched"`)), want: "fixed, f.json: patched"},
		"affected":            {doc: openVEXWith(says(purlA, "affected", ""))},
		"investigated":        {doc: openVEXWith(says(purlA, "under_investigation", ""))},
		"older version 0.0.1": {doc: `{"@context": "https://openvex.dev/ns", "timestamp": "2026-01-10T00:00:00Z", "statements": [{"vulnerability": "CVE-2024-1", "products": ["pkg:npm/a@1.0.0"], "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path"}]}`, want: unreached},
		"address of advisory": {doc: openVEXWith(`{"vulnerability": {"@id": "https://nvd.nist.gov/vuln/detail/CVE-2024-1"}, "products": [{"@id": "pkg:npm/a"}], "status": "fixed"}`, says("pkg:npm/a", "not_affected", "")), want: unreached},

		"newest wins": {doc: openVEXWith(says(purlA, "affected", `"timestamp": "2026-01-11T00:00:00Z"`),
			says(purlA, "not_affected", `"justification": "component_not_present", "timestamp": "2026-01-12T00:00:00+01:00"`)), want: "not affected: component_not_present, f.json"},
		"newest is affected":      {doc: openVEXWith(says(purlA, "affected", `"timestamp": "2026-01-11T00:00:00Z"`), says(purlA, "not_affected", ""))},
		"one time":                {doc: openVEXWith(says(purlA, "affected", ""), says(purlA, "not_affected", ""))},
		"newest is not known":     {doc: openVEXWith(says(purlA, "not_affected", ""), says(purlA, "harmless", `"timestamp": "2026-01-11T00:00:00Z"`))},
		"newest has no time":      {doc: openVEXWith(says(purlA, "not_affected", ""), says(purlA, "affected", `"timestamp": "yesterday"`))},
		"refused is not newer":    {doc: openVEXWith(says(purlA, "not_affected", ""), says(purlA, "not_affected", `"timestamp": "2026-01-11T00:00:00Z"`)), want: unreached},
		"by another name, newer":  {id: "GHSA-aaaa", doc: openVEXWith(says(purlA, "not_affected", ""), `{"vulnerability": {"name": "GHSA-aaaa"}, "products": [{"@id": "pkg:npm/a"}], "status": "affected", "timestamp": "2026-01-11T00:00:00Z"}`)},
		"affected in another one": {doc: openVEXWith(says(purlA, "not_affected", ""), says("pkg:npm/a@2.0.0", "affected", `"timestamp": "2026-01-11T00:00:00Z"`)), want: unreached},

		"in an image":             {doc: openVEXWith(says(image, "not_affected", "")), target: "example.com/shop@sha256:abc", want: unreached},
		"in another image":        {doc: openVEXWith(says(image, "not_affected", "")), target: "example.com/shop@sha256:def", want: ""},
		"in an image's tag":       {doc: openVEXWith(says(image, "not_affected", "")), target: "example.com:5000/shop:1.0", want: unreached},
		"in another name":         {doc: openVEXWith(says(image, "not_affected", "")), target: "example.com/other:1.0"},
		"in a file":               {doc: openVEXWith(says(image, "not_affected", "")), target: "oci:dist/image", want: unreached},
		"not in an image":         {doc: openVEXWith(says(image, "not_affected", ""))},
		"the image itself":        {doc: openVEXWith(says("pkg:oci/shop@sha256%3Aabc", "not_affected", "")), target: "example.com/shop@sha256:abc", want: unreached},
		"the image by name":       {doc: openVEXWith(says("pkg:oci/shop@sha256%3Aabc", "not_affected", "")), target: "example.com/shop:1.0"},
		"fixed in an image":       {doc: openVEXWith(says(image, "fixed", "")), target: "example.com/shop@sha256:abc", want: "fixed, f.json"},
		"in the repository":       {doc: openVEXWith(says(`{"@id": "pkg:github/example/shop", "subcomponents": [{"@id": "pkg:npm/a@1.0.0"}]}`, "not_affected", "")), want: unreached},
		"another part":            {doc: openVEXWith(says(`{"@id": "pkg:github/example/shop", "subcomponents": [{"@id": "pkg:npm/b"}]}`, "not_affected", ""))},
		"part of another package": {doc: openVEXWith(says(`{"@id": "pkg:npm/b", "subcomponents": [{"@id": "pkg:npm/a"}]}`, "not_affected", ""), says("pkg:npm/z", "affected", ""))},

		"cdx":                   {doc: bom(`"analysis": {"state": "not_affected", "justification": "code_not_reachable", "detail": "not called"}, `, `[{"ref": "a"}]`), want: "not affected: code_not_reachable, f.json: not called"},
		"cdx alias":             {doc: bom(`"analysis": {"state": "resolved"}, `, `[{"ref": "a"}]`), id: "GHSA-aaaa", want: "fixed, f.json"},
		"cdx package URL":       {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "pkg:npm/a"}]`), want: "not affected: false_positive, f.json"},
		"cdx link":              {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "urn:cdx:2/1#pkg%3Anpm%2Fa%401.0.0"}]`), want: "not affected: false_positive, f.json"},
		"cdx own link":          {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "urn:cdx:1/1#a"}]`), want: "not affected: false_positive, f.json"},
		"cdx another link":      {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "urn:cdx:2/1#a"}, {"ref": "pkg:npm/z"}]`)},
		"cdx exploitable":       {doc: bom(`"analysis": {"state": "exploitable"}, `, `[{"ref": "a"}]`)},
		"cdx triage":            {doc: bom(`"analysis": {"state": "in_triage"}, `, `[{"ref": "a"}]`)},
		"cdx no analysis":       {doc: bom(``, `[{"ref": "a"}]`)},
		"cdx this version":      {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "plain", "versions": [{"version": "1.0.0", "status": "unaffected"}]}]`), want: "not affected: false_positive, f.json"},
		"cdx another version":   {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "plain", "versions": [{"version": "1.0.1", "status": "unaffected"}]}]`)},
		"cdx affected range":    {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "plain", "versions": [{"version": "1.0.0", "status": "unaffected"}, {"range": "vers:npm/<=1.0.0", "status": "affected"}]}]`)},
		"cdx range of others":   {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "plain", "versions": [{"version": "1.0.0", "status": "unaffected"}, {"range": "vers:npm/<1.0.0", "status": "affected"}]}]`), want: "not affected: false_positive, f.json"},
		"cdx range unknown":     {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "plain", "versions": [{"version": "1.0.0", "status": "unaffected"}, {"range": "vers:x/<1.0.0", "status": "affected"}]}]`)},
		"cdx range":             {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "plain", "versions": [{"range": "vers:npm/>=1.0.0|<1.2.3", "status": "unaffected"}]}]`), want: "not affected: false_positive, f.json"},
		"cdx range component":   {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "a", "versions": [{"range": "vers:npm/>=1.0.0|<1.2.3", "status": "unaffected"}]}]`), want: "not affected: false_positive, f.json"},
		"cdx range fixed":       {doc: bom(`"analysis": {"state": "resolved"}, `, `[{"ref": "plain", "versions": [{"range": "vers:npm/>=1.0.0", "status": "unaffected"}]}]`), want: "fixed, f.json"},
		"cdx range end":         {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "plain", "versions": [{"range": "vers:npm/>=1.0.0|<1.2.3", "status": "unaffected"}]}]`), purl: "pkg:npm/a@1.2.3"},
		"cdx range no number":   {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "plain", "versions": [{"range": "vers:npm/>=1.0.0|<1.2.3", "status": "unaffected"}]}]`), purl: "pkg:npm/a@latest"},
		"cdx range in doubt":    {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "plain", "versions": [{"range": "vers:npm/*", "status": "unaffected"}, {"range": "vers:npm/>=2.0.0", "status": "affected"}]}]`), purl: "pkg:npm/a@latest"},
		"cdx range beside":      {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "plain", "versions": [{"range": "vers:npm/*", "status": "unaffected"}, {"range": "vers:npm/>=2.0.0", "status": "affected"}]}]`), purl: "pkg:npm/a@1.9.0", want: "not affected: false_positive, f.json"},
		"cdx range exploitable": {doc: bom(`"analysis": {"state": "exploitable"}, `, `[{"ref": "plain", "versions": [{"range": "vers:npm/>=1.0.0", "status": "unaffected"}]}]`)},
		"cdx affected":          {doc: bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "plain", "versions": [{"version": "1.0.0"}]}]`)},

		"csaf flag":            {doc: flagged(`"A"`), want: "not affected: component_not_present, f.json: left out"},
		"csaf alias":           {doc: flagged(`"A"`), id: "GHSA-aaaa", want: "not affected: component_not_present, f.json: left out"},
		"csaf in image":        {doc: flagged(`"A-IN-IMAGE"`), target: "shop:1", want: "not affected: component_not_present, f.json"},
		"csaf not in image":    {doc: flagged(`"A-IN-IMAGE"`)},
		"csaf in os":           {doc: flagged(`"A-IN-OS"`), want: "not affected: component_not_present, f.json"},
		"csaf any in os":       {doc: flagged(`"ANY-IN-OS", "A-IN-IMAGE"`)},
		"csaf fixed":           {doc: advisory(`"product_status": {"fixed": ["A"]}, "remediations": [{"category": "vendor_fix", "details": "update", "product_ids": ["A"]}]`), want: "fixed, f.json: update"},
		"csaf affected":        {doc: advisory(`"product_status": {"known_affected": ["A"]}`)},
		"csaf both":            {doc: advisory(`"product_status": {"fixed": ["A"], "known_affected": ["A"]}`)},
		"csaf investigated":    {doc: advisory(`"product_status": {"under_investigation": ["A"]}`)},
		"csaf another version": {doc: flagged(`"A"`), purl: "pkg:npm/a@2"},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := setOf(tt.doc)
			if err != nil {
				t.Fatal(err)
			}
			run, f := found(tt.purl, tt.id, tt.target)
			by, ok := set.Exempts(run, f)
			if by != tt.want || ok != (tt.want != "") {
				t.Errorf("%q, %v; want %q", by, ok, tt.want)
			}
			// The same by the advisory's other name.
			f.RuleID, f.Aliases = "OTHER-1", []string{f.RuleID}
			if again, _ := set.Exempts(run, f); again != by {
				t.Errorf("as an alias: %q", again)
			}
			f.Package.PURL = ""
			if by, ok := set.Exempts(run, f); ok {
				t.Errorf("without a package URL: %q", by)
			}
			f.Package = nil
			if by, ok := set.Exempts(run, f); ok {
				t.Errorf("without a package: %q", by)
			}
		})
	}
}

// found is a finding of a run.
func found(purl, id, target string) (*finding.Run, *finding.Finding) {
	if purl == "" {
		purl = purlA
	}
	if id == "" {
		id = "CVE-2024-1"
	}
	return &finding.Run{Scanner: "dependency", Target: target}, &finding.Finding{RuleID: id, Package: &finding.Package{PURL: purl}}
}

// setOf parses documents: f.json, g.json, …
func setOf(docs ...string) (*Set, error) {
	var all []*Document
	for i, doc := range docs {
		d, err := Parse(string(rune('f'+i))+".json", []byte(doc))
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return New(all...), nil
}

func TestDocumentsThatContradictEachOther(t *testing.T) {
	no, yes := openVEXWith(says(purlA, "affected", "")), openVEXWith(says(purlA, "not_affected", ""))
	for name, tt := range map[string]struct {
		docs []string
		want string
		told []string
	}{
		"agree":          {[]string{yes, yes}, unreached, nil},
		"no and yes":     {[]string{no, yes}, "", []string{"CVE-2024-1 in pkg:npm/a@1.0.0 counts: g.json:3 says not affected, and f.json:3 says affected; remove what does not hold any more"}},
		"yes and no":     {[]string{yes, no}, "", []string{"CVE-2024-1 in pkg:npm/a@1.0.0 counts: f.json:3 says not affected, and g.json:3 says affected; remove what does not hold any more"}},
		"newer is none":  {[]string{openVEXWith(says(purlA, "not_affected", `"justification": "component_not_present", "timestamp": "2027-01-01T00:00:00Z"`)), no}, "", []string{"CVE-2024-1 in pkg:npm/a@1.0.0 counts: f.json:3 says not affected, and g.json:3 says affected; remove what does not hold any more"}},
		"something else": {[]string{yes, openVEXWith(says("pkg:npm/b", "affected", ""))}, unreached, nil},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := setOf(tt.docs...)
			if err != nil {
				t.Fatal(err)
			}
			run, f := found("", "", "")
			if by, _ := set.Exempts(run, f); by != tt.want {
				t.Errorf("%q, want %q", by, tt.want)
			}
			run.Findings = []finding.Finding{*f, *f}
			if d := cmp.Diff(tt.told, set.Notices(finding.Results{Runs: []finding.Run{*run}})); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNoticesAreBounded(t *testing.T) {
	var refused []string
	for range 100 {
		refused = append(refused, says(purlA, "not_affected", `"impact_statement": " "`))
	}
	set, err := setOf(openVEXWith(append(refused, says("pkg:npm/b", "affected", ""))...), openVEXWith(says("pkg:npm/a", "not_affected", "")), openVEXWith(says("pkg:npm/a", "affected", "")))
	if err != nil {
		t.Fatal(err)
	}
	var run finding.Run
	for i := range 100 {
		_, f := found(fmt.Sprintf("pkg:npm/a@%d", i), "", "")
		run.Findings = append(run.Findings, *f)
	}
	got := set.Notices(finding.Results{Runs: []finding.Run{run}})
	if len(got) != 2*(maxNotices+1) || got[maxNotices] != "f.json: and 80 remarks more" || got[len(got)-1] != "and 80 findings more on which VEX documents contradict each other" {
		t.Errorf("%d: %q", len(got), got)
	}
}

func TestAHundredThousandFindings(t *testing.T) {
	var all []string
	for i := range 2000 {
		all = append(all, says(fmt.Sprintf("pkg:npm/a@%d", i), "not_affected", ""))
	}
	set, err := setOf(openVEXWith(all...))
	if err != nil {
		t.Fatal(err)
	}
	run, other := found("", "CVE-1", "")
	_, same := found("pkg:npm/a@1999", "", "")
	start := time.Now()
	for i := range 100_000 {
		f := other
		if i%100 == 0 {
			f = same
		}
		if _, ok := set.Exempts(run, f); ok != (f == same) {
			t.Fatal("wrong")
		}
	}
	if d := time.Since(start); d > 30*time.Second {
		t.Errorf("took %s", d)
	}
}
