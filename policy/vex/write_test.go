package vex

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func origin() Origin {
	return Origin{Author: "Example Security", Timestamp: time.Date(2026, 1, 31, 12, 0, 0, 0, time.FixedZone("", 3600))}
}

func TestWrite(t *testing.T) {
	ignores := []Ignore{
		{ID: "GHSA-bbbb", Products: []Product{{PURL: "pkg:npm/b@2"}, {PURL: "pkg:npm/b@1"}, {PURL: "pkg:npm/b@2"}}, Justification: "component_not_present", Reason: "a <build>\ntool", Expires: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)},
		{ID: "CVE-2024-1", Products: []Product{{PURL: purlA}}, Justification: "vulnerable_code_not_in_execute_path"},
		{ID: "CVE-2024-2", Products: []Product{{PURL: purlA}}, Reason: "no statement"},
		{ID: "CVE-2024-3", Justification: "component_not_present"},
		{ID: "CVE-2024-4", Products: []Product{{PURL: purlA}}, Justification: "component_not_present", Expires: time.Date(2026, 1, 31, 11, 0, 0, 0, time.UTC)},
	}
	data, left, err := Write(ignores, origin())
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "@context": "https://openvex.dev/ns/v0.2.0",
  "@id": "ID",
  "author": "Example Security",
  "timestamp": "2026-01-31T11:00:00Z",
  "version": 1,
  "tooling": "scangate",
  "statements": [
    {
      "vulnerability": {
        "name": "CVE-2024-1"
      },
      "products": [
        {
          "@id": "pkg:npm/a@1.0.0"
        }
      ],
      "status": "not_affected",
      "justification": "vulnerable_code_not_in_execute_path"
    },
    {
      "vulnerability": {
        "name": "GHSA-bbbb"
      },
      "products": [
        {
          "@id": "pkg:npm/b@1"
        },
        {
          "@id": "pkg:npm/b@2"
        }
      ],
      "status": "not_affected",
      "status_notes": "to be reviewed by 2027-03-31",
      "justification": "component_not_present",
      "impact_statement": "a <build> tool"
    }
  ]
}
`
	const prefix = "https://openvex.dev/docs/public/vex-"
	at := strings.Index(string(data), prefix)
	if at < 0 {
		t.Fatalf("no identifier:\n%s", data)
	}
	id := string(data[at : at+len(prefix)+64])
	if d := cmp.Diff(want, strings.Replace(string(data), id, "ID", 1)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{
		"ignore CVE-2024-3: it names no package: a statement needs a package URL such as pkg:npm/lodash@4.17.20",
		"ignore CVE-2024-4: expired on 2026-01-31",
	}, left); d != "" {
		t.Error(d)
	}
	slices.Reverse(ignores)
	if again, _, err := Write(ignores, origin()); err != nil || string(again) != string(data) {
		t.Errorf("another order gives another document: %v\n%s", err, again)
	}
	ignores[3].Reason = "changed"
	if other, _, err := Write(ignores, origin()); err != nil || strings.Contains(string(other), id) {
		t.Errorf("another document has the same identifier: %v", err)
	}

	set, err := setOf(string(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ purl, id, want string }{
		{purlA, "CVE-2024-1", unreached},
		{"pkg:npm/b@2", "GHSA-bbbb", "not affected: component_not_present, f.json: a <build> tool"},
		{purlA, "CVE-2024-2", ""},
	} {
		run, f := found(tt.purl, tt.id, "")
		if by, _ := set.Exempts(run, f); by != tt.want {
			t.Errorf("%s read again: %q, want %q", tt.id, by, tt.want)
		}
	}
}

func TestWriteNothing(t *testing.T) {
	data, left, err := Write(nil, origin())
	if err != nil || left != nil {
		t.Fatal(left, err)
	}
	if _, err := Parse("f.json", data); err != nil || !strings.Contains(string(data), `"statements": []`) {
		t.Errorf("%v\n%s", err, data)
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		ignore Ignore
		origin Origin
		want   string
	}{
		"no author":     {Ignore{}, Origin{Timestamp: time.Now()}, "an OpenVEX document needs an author and a timestamp"},
		"no time":       {Ignore{}, Origin{Author: "x"}, "an OpenVEX document needs an author and a timestamp"},
		"no id":         {Ignore{Justification: "component_not_present"}, origin(), "an ignore with a justification names no advisory: give it an id"},
		"justification": {Ignore{ID: "CVE-1", Justification: "component_not_presnt"}, origin(), `ignore CVE-1: unknown justification "component_not_presnt"; did you mean "component_not_present"?`},
		"package":       {Ignore{ID: "CVE-1", Justification: "component_not_present", Products: []Product{{PURL: "lodash"}}}, origin(), "ignore CVE-1: lodash: it is not a package URL such as pkg:npm/lodash@4.17.20"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := Write([]Ignore{tt.ignore}, tt.origin); err == nil || err.Error() != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}
