package vex

import (
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/hostile"
)

// fuzz sees that no document is worse than an error that names the place, and
// that one which is read can be asked, about nothing but what it names.
func fuzz(f *testing.F, seeds ...string) {
	for _, s := range append(hostile.Seeds(), seeds...) {
		f.Add([]byte(s))
		f.Add([]byte("\xef\xbb\xbf" + strings.ReplaceAll(s, "\n", "\r\n")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		hostile.Bounded(t, len(data), func() {
			d, err := Parse("some/f.json", data)
			if hostile.Mistake(t, err, "some/f.json", data); err != nil {
				return
			}
			if d.count > 200*(len(data)+1) || d.usable > d.claims+len(data) || d.claims > len(data) {
				t.Errorf("%d products, %d of %d statements from %d bytes", d.count, d.usable, d.claims, len(data))
			}
			for _, n := range d.notices {
				hostile.Place(t, noticed(n), "some/f.json", data)
			}
			set := New(d)
			run, one := found("", "", "")
			by, ok := set.Exempts(run, one)
			if hostile.OneLine(t, by); ok != (by != "") {
				t.Errorf("%q, %v", by, ok)
			}
			_, other := found("pkg:npm/unrelated@9", "", "")
			if by, ok := set.Exempts(run, other); ok && !strings.Contains(string(data), "unrelated") && !strings.ContainsAny(string(data), `\%`) {
				t.Errorf("applies to everything: %q", by)
			}
			for _, n := range set.Notices(finding.Results{Runs: []finding.Run{*run}}) {
				hostile.OneLine(t, n)
			}
			again, err := Parse("some/f.json", data)
			if err != nil {
				t.Fatal(err)
			}
			if twice, ok2 := New(again).Exempts(run, one); twice != by || ok2 != ok {
				t.Errorf("%q, and read again %q", by, twice)
			}
		})
	})
}

// noticed is a notice with the form of an error.
type noticed string

func (n noticed) Error() string { return string(n) }

func FuzzOpenVEX(f *testing.F) {
	fuzz(f, openVEXWith(says(purlA, "not_affected", ""), says(image, "fixed", "")),
		`{"@context": "https://openvex.dev/ns", "statements": [{"vulnerability": "CVE-2024-1", "products": ["pkg:npm/a"], "subcomponents": [null], "status": "affected"}]}`,
		openVEXWith("null", "[]", `{"vulnerability": null, "products": [null]}`), openVEXWith(says("pkg:npm/a@vers:npm%2F%3C2", "fixed", "")),
		openVEXWith(says(`{"@id": 7, "identifiers": null}`, "fixed", `"timestamp": "99999-01-01T00:00:00Z"`)), openVEXWith(says(purlA, "not_affected", `"impact_statement": "\u001b[2J\ud800"`)))
}

func FuzzCycloneDX(f *testing.F) {
	const unaffected = `"analysis": {"state": "not_affected", "justification": "code_not_present"}, `
	fuzz(f, bom(`"analysis": {"state": "resolved"}, `, `[{"ref": "a"}]`),
		bom(`"analysis": {"state": "false_positive"}, `, `[{"ref": "urn:cdx:1/1#a", "versions": [{"version": "1.0.0", "status": "unaffected"}, {"range": "vers:npm/<1", "status": "affected"}]}]`),
		bom(unaffected, `[{"ref": "plain", "versions": [{"range": "vers:npm/>=1.0.0|<1.2.3|!=1.1.0", "status": "unaffected"}, {"range": "vers:pypi/*"}]}]`),
		bom(unaffected, `[null, {"versions": [null]}, {"ref": "a", "versions": [{"range": "vers:deb/`+strings.Repeat(">1|<2|", 100)+`", "status": "unaffected"}]}]`),
		bom(unaffected, `[{"ref": "%zz#"}]`))
}

func FuzzCSAF(f *testing.F) {
	fuzz(f, flagged(`"A", "A-IN-IMAGE", "A-IN-OS", "ANY-IN-OS"`), advisory(`"product_status": {"fixed": ["A"], "known_affected": ["A"]}`), advisory(`"product_status": null, "flags": [null], "threats": [null]`),
		`{"document": {"csaf_version": "2.0"}, "product_tree": {"branches": [null, {"branches": null}], "relationships": [null]}, "vulnerabilities": [null]}`)
}
