package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
)

func TestAsks(t *testing.T) {
	p := mustParse(t, `policy: {rules: [{match: {scanner: image, kev: true}, action: fail}, {match: {epss: ">=0.5"}, action: warn}]}`, "")
	for _, tt := range []struct {
		key     string
		scanner string
		want    bool
	}{
		{"kev", "image", true}, {"kev", "dependency", false}, {"epss", "dependency", true}, {"new", "image", false},
	} {
		if got := p.Asks(tt.key, []finding.Run{{Scanner: tt.scanner}}); got != tt.want {
			t.Errorf("%s of %s: %v", tt.key, tt.scanner, got)
		}
	}
	if p.Asks("epss", nil) {
		t.Error("of nobody")
	}
}

// TestUnknownFacts: the reason says why, and what is known is said besides.
func TestUnknownFacts(t *testing.T) {
	p := mustParse(t, "policy: {rules: [{match: {kev: true}, action: fail}, {match: {epss: \">=0.5\"}, action: fail}]}", "")
	p.Facts.Unknown = map[string]string{"kev": "it is 9 days old"}
	p.Facts.Notices = []string{"mind the age"}
	v := p.Judge(lodash())
	if !slices.Contains(v.Notices, "mind the age") {
		t.Errorf("notices %q", v.Notices)
	}
	all := strings.Join(v.Reasons, "\n")
	for _, want := range []string{"asks for kev, which is not known: it is 9 days old", "asks for epss, which is not known: FIRST's predictions are not here: run `scangate db update`"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
}
