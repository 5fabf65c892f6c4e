package ignore

import (
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

var _ policy.Justifier = (*Set)(nil)

// TestJustify: the entry that decides is the one that justifies.
func TestJustify(t *testing.T) {
	list, err := parse(`ignore:
- {id: CVE-1, path: old/, reason: old, permanent: true}
- {id: CVE-1, reason: over, expires: 2026-12-31, justification: component_not_present}
- {id: CVE-1, reason: why, expires: 2027-03-31, justification: vulnerable_code_not_present}
`)
	if err != nil {
		t.Fatal(err)
	}
	s := New(list, now)
	for _, tt := range []struct{ id, path, label, reason string }{
		{"CVE-1", "a", "vulnerable_code_not_present", "why"}, {"CVE-1", "old/a", "", "old"}, {"CVE-2", "a", "", ""},
	} {
		f := finding.Finding{RuleID: tt.id, Location: finding.Location{Path: tt.path}}
		label, reason, until := s.Justify(&finding.Run{Scanner: "iac"}, &f)
		if label != tt.label || reason != tt.reason || label != "" && !until.Equal(time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("%s in %s: %q, %q until %s", tt.id, tt.path, label, reason, until)
		}
	}
	if label, _, _ := New(List{}, now).Justify(&finding.Run{}, &finding.Finding{}); label != "" {
		t.Errorf("nothing justifies with %q", label)
	}
}
