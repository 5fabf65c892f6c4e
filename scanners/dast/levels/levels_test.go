package levels

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/dast/alert"
	"github.com/scangate/scangate/scanners/dast/rule"
	"github.com/scangate/scangate/scanners/dast/rulesfile"
)

const file = "# levels\n" +
	"10020\tFAIL\t(Anti-clickjacking Header)\n" +
	"10020-4\tIGNORE\t(Anti-clickjacking Header)\told browsers only\n" +
	"10021\tWARN\t(X-Content-Type-Options)\n" +
	"10035\tINFO\t(Strict-Transport-Security)\n" +
	"10036\tPASS\t(Server)\n" +
	"10021\tOUTOFSCOPE\thttps://app\\.example/legacy/.*\n" +
	"*\tOUTOFSCOPE\t.*/static/.*\n"

func TestApply(t *testing.T) {
	f, err := rulesfile.Parse(strings.NewReader(file), ".zap/rules.tsv", []int{10020, 10021, 10035, 10036})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ref, url   string
		risk, want rule.Risk
		suppressed *finding.Suppression
		out        bool
	}{
		{"10020-1", "https://app.example/", rule.Low, rule.High, nil, false},
		{"10020", "https://app.example/", rule.High, rule.High, nil, false},
		{"10020-4", "https://app.example/", rule.Medium, rule.Medium, &finding.Suppression{Source: ".zap/rules.tsv:3", Reason: "old browsers only"}, false},
		{"10021", "https://app.example/", rule.High, rule.Medium, nil, false},
		{"10021", "https://app.example/", rule.Low, rule.Low, nil, false},
		{"10021", "https://app.example/legacy/x", rule.Low, rule.Low, nil, true},
		{"10021", "https://u:p@app.example/legacy/x", rule.Low, rule.Low, nil, true},
		{"10035-1", "https://app.example/legacy/x", rule.Low, rule.Informational, nil, false},
		{"10036-2", "https://app.example/", rule.Low, rule.Low, &finding.Suppression{Source: ".zap/rules.tsv:6"}, false},
		{"10098", "https://app.example/", rule.Medium, rule.Medium, nil, false},
		{"10098", "https://app.example/static/a", rule.Medium, rule.Medium, nil, true},
		{"scangate-hsts-strength-1", "https://app.example/", rule.Low, rule.Low, nil, false},
		{"scangate-hsts-strength-1", "https://app.example/static/a", rule.Low, rule.Low, nil, true},
		{"zap-1", "https://app.example/", rule.Low, rule.Low, nil, false},
		{"10020-x", "https://app.example/", rule.Low, rule.High, nil, false},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		a := alert.Alert{Ref: c.ref, URL: u, Risk: c.risk}
		if in := Apply(f, &a); in == c.out {
			t.Errorf("%s at %s: in scope: %v", c.ref, c.url, in)
		}
		if c.out {
			continue
		}
		if d := cmp.Diff(c.suppressed, a.Suppressed); d != "" || a.Risk != c.want {
			t.Errorf("%s at %s: %s %s", c.ref, c.url, a.Risk, d)
		}
	}
	a := alert.Alert{Ref: "10020-4", Risk: rule.Low}
	if !Apply(nil, &a) || a.Suppressed != nil || a.Risk != rule.Low {
		t.Error("no file says something")
	}
	if !Apply(f, &a) || a.Suppressed == nil {
		t.Error("an alert without an address is not looked at")
	}
}
