package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/scangate/scangate/policy"
)

func TestNoticesAreShownBesideTheReasons(t *testing.T) {
	r := Report{Verdict: policy.Verdict{Notices: []string{"3 findings known\x1b[31m"}}}
	for _, name := range []string{"table", "markdown", "json"} {
		o, err := ParseOutput(name + "=-")
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := o.Format.Write(&out, r); err != nil {
			t.Fatal(err)
		}
		if s := out.String(); !strings.Contains(s, "3 findings known") || strings.Contains(s, "\x1b") {
			t.Errorf("%s: %s", name, s)
		}
	}
}
