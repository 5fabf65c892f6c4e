package dependabot

import (
	"net/http"
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// No alerts is clean only when GitHub said so.
func TestStatus(t *testing.T) {
	for _, c := range []struct {
		name   string
		alerts []any
		before func(int, http.ResponseWriter, *http.Request) bool
		want   finding.Status
		reason string
	}{
		{"none", nil, nil, finding.Completed, ""},
		{"one", []any{sample(1)}, nil, finding.Completed, ""},
		{"one that cannot be read", []any{sample(1), 7}, nil, finding.Partial, "an alert without a number: is not as documented: left out"},
		{"disabled", nil, fail(always, 403, `{"message":"Dependabot alerts are disabled for this repository."}`), finding.Failed, "octo/shop has Dependabot alerts disabled (status 403)"},
		{"an empty answer", nil, fail(always, 200, ""), finding.Failed, "GitHub's answer is no list of alerts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, c.alerts...)
			h.before = c.before
			s, _ := h.scanner(t)
			target := scanners.Target{Tree: tree(t, nil), Jobs: 1}
			run := scanners.Run(t.Context(), scanners.Plan(t.Context(), []scanners.Scanner{s}, target), target, scanners.Options{})[0]
			if run.Status != c.want || !strings.HasPrefix(run.Reason, c.reason) || (run.Reason == "") != (c.reason == "") {
				t.Errorf("%v, %q", run.Status, run.Reason)
			}
			noSecret(t, marshal(run))
		})
	}
}
