package ignore

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEnding: of what ends or has ended, only what is about something is
// listed, in words that are the same on the next day.
func TestEnding(t *testing.T) {
	list, err := parse(`ignore: [
  {id: CVE-1, reason: x, expires: 2027-01-15},
  {id: CVE-2, reason: x, expires: 2027-01-01},
  {rule: gcp-key, reason: x, expires: 2027-02-15},
  {id: CVE-9, reason: x, expires: 2027-01-01},
  {id: CVE-8, reason: x, expires: 2027-01-15},
]`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"ignore at f.yaml:2 (CVE-1) holds until 2027-01-15",
		"ignore at f.yaml:3 (CVE-2) ended on 2027-01-01: what it was about counts again",
	}
	for day := range 3 {
		now := time.Date(2027, 1, 10+day, 12, 0, 0, 0, time.UTC)
		if d := cmp.Diff(want, New(list, now).Ending(shop())); d != "" {
			t.Errorf("day %d: %s", day, d)
		}
	}
}
