package policy

import (
	"testing"

	"github.com/scangate/scangate/finding"
)

// TestSuppressedWhere sees that a reader is told where a finding was suppressed.
func TestSuppressedWhere(t *testing.T) {
	for elsewhere, want := range map[bool]string{
		false: "suppressed by x in the scanned content",
		true:  "suppressed by x",
	} {
		got := Policy{}.decide(&finding.Run{Scanner: "s"}, &finding.Finding{Suppressions: []finding.Suppression{{Source: "x", Elsewhere: elsewhere}}})
		if got != (Decision{Ignored, want}) {
			t.Errorf("elsewhere %v: %+v", elsewhere, got)
		}
	}
	// What was decided elsewhere is not in the reader's files, so its reason is told.
	got := Policy{}.decide(&finding.Run{Scanner: "s"}, &finding.Finding{Suppressions: []finding.Suppression{{Source: "x", Elsewhere: true, Reason: "won't\nfix"}}})
	if got != (Decision{Ignored, "suppressed by x (won't fix)"}) {
		t.Errorf("with a reason: %+v", got)
	}
}
