package alert

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/dast/rule"
)

func at(t testing.TB, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func frame(u *url.URL) Alert {
	return Alert{Ref: "10020-1", Name: "Missing Anti-clickjacking Header", Risk: rule.Medium, Confidence: rule.MediumConfidence, Method: "GET", URL: u,
		Param: "x-frame-options", Text: "It can be framed.", Fix: "Send it.", References: []string{"https://example.org"}, CWE: 1021, WASC: 15}
}

func TestGroups(t *testing.T) {
	var alerts []Alert
	for _, address := range []string{
		"http://u:pw@localhost:8080/user/1?token=s3cret&page=2", "http://localhost:8080/user/2", "http://localhost:8080/user/2", "http://localhost:9090/user/33",
		"http://localhost:8080/", "http://localhost:8080/a%0ab/../../c",
	} {
		alerts = append(alerts, frame(at(t, address)))
	}
	banner := Alert{Ref: "10036", Name: "Server", Risk: rule.Low, Confidence: rule.HighConfidence, Method: "HEAD", URL: at(t, "http://[::1]/"), Evidence: "nginx/1\x1b[31m\n::error::x"}
	alerts = append(alerts, banner, Alert{Ref: "nowhere"})
	want := []string{
		"dast/--1:1 low HEAD / Server; HEAD http://[::1]/; seen: nginx/1[31m ::error::x",
		"dast/localhost:1 medium GET / Missing Anti-clickjacking Header; GET http://localhost:8080/; x-frame-options",
		"dast/localhost/c:1 medium GET /a%0ab/../../c Missing Anti-clickjacking Header; GET http://localhost:8080/a%0ab/../../c; x-frame-options",
		"dast/localhost/user/1:1 medium GET /user/{n} Missing Anti-clickjacking Header; GET http://localhost:8080/user/1?token=…&page=… and 2 more pages; x-frame-options",
	}
	for range 10 {
		rand.Shuffle(len(alerts), func(i, j int) { alerts[i], alerts[j] = alerts[j], alerts[i] })
		var g Groups
		for _, a := range alerts {
			g.Add(a)
		}
		findings, rules := g.Findings()
		var got []string
		for _, f := range findings {
			got = append(got, fmt.Sprintf("%s:%d %s %s %s", f.Location.Path, f.Location.StartLine, f.Severity, f.Resource, f.Message))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		last := findings[3]
		if len(last.Related) != 2 || last.Related[0].Message != "GET http://localhost:8080/user/2" || last.Key != "10020-1 GET /user/{n} x-frame-options" || !last.KeyOnly {
			t.Fatalf("%+v", last)
		}
		wantRule := finding.Rule{ID: "10020-1", Title: "Missing Anti-clickjacking Header", Description: "It can be framed.", Help: "Send it.", References: []string{"https://example.org"},
			Severity: finding.Medium, Precision: "medium", Tags: []string{"external/cwe/cwe-1021", "WASC-15"}}
		if d := cmp.Diff(wantRule, rules[0]); d != "" || len(rules) != 2 {
			t.Fatal(d, len(rules))
		}
		if s := fmt.Sprintf("%+v", findings); strings.Contains(s, "s3cret") || strings.Contains(s, "pw") {
			t.Fatal("a secret of an address is shown")
		}
	}
}

func TestPlaces(t *testing.T) {
	g := Groups{Place: Place{".scangate.yaml", 7}, Locate: func(a *Alert) (Place, bool) { return Place{"api.yaml", 1}, a.URL.Path == "/api" }}
	g.Add(frame(at(t, "http://localhost/api")))
	g.Add(frame(at(t, "http://localhost/")))
	findings, _ := g.Findings()
	if findings[0].Location.Path != ".scangate.yaml" || findings[0].Location.StartLine != 7 || findings[1].Location.Path != "api.yaml" {
		t.Errorf("%+v", findings)
	}
}

// An operation of an API and pages of the same form are one finding, which is
// reported where the operation is described, whichever comes first.
func TestPlaceOfAGroup(t *testing.T) {
	api := map[string]int{"/user/5": 40, "/user/6": 30}
	addresses := []string{"/user/1", "/user/5", "/user/6", "/user/9"}
	for range 10 {
		rand.Shuffle(len(addresses), func(i, j int) { addresses[i], addresses[j] = addresses[j], addresses[i] })
		g := Groups{Place: Place{".scangate.yaml", 7}, Locate: func(a *Alert) (Place, bool) {
			line, ok := api[a.URL.Path]
			return Place{"api.yaml", line}, ok
		}}
		for _, a := range addresses {
			g.Add(frame(at(t, "http://localhost"+a)))
		}
		findings, _ := g.Findings()
		if d := cmp.Diff(finding.Location{Path: "api.yaml", StartLine: 30}, findings[0].Location); d != "" || len(findings) != 1 {
			t.Fatal(addresses, d)
		}
	}
}

func TestSessionsInPaths(t *testing.T) {
	var g Groups
	for _, address := range []string{"http://localhost/cart;jsessionid=0a1B2c3D4e?x=1", "http://localhost/cart;jsessionid=5f6G7h8I9j?x=1", "http://localhost/a;v;w=%2F/b;k=v"} {
		g.Add(frame(at(t, address)))
	}
	findings, _ := g.Findings()
	if len(findings) != 2 || findings[0].Resource != "GET /a;v;w=/b;k=" || findings[1].Location.Path != "dast/localhost/cart;jsessionid=" || findings[1].Related != nil {
		t.Errorf("%+v", findings)
	}
	if s := fmt.Sprintf("%+v", findings); strings.Contains(s, "0a1B2c3D4e") || strings.Contains(s, "5f6G7h8I9j") {
		t.Errorf("a session's id is shown: %s", s)
	}
}

func TestSuppressions(t *testing.T) {
	a := frame(at(t, "http://localhost/"))
	a.Suppressed = &finding.Suppression{Source: ".zap/rules.tsv:3", Reason: "framed on purpose"}
	var g Groups
	g.Add(a)
	findings, _ := g.Findings()
	if d := cmp.Diff([]finding.Suppression{*a.Suppressed}, findings[0].Suppressions); d != "" {
		t.Error(d)
	}
}

// An application that makes up addresses cannot make results without end.
func TestGroupsAreBounded(t *testing.T) {
	var g Groups
	for i := range maxFindings + 10 {
		a := frame(at(t, "http://localhost/"))
		a.Param = fmt.Sprint(i)
		g.Add(a)
	}
	for i := range 3 * maxListed {
		g.Add(frame(at(t, fmt.Sprintf("http://localhost/?p%d", i))))
		a := frame(at(t, fmt.Sprintf("http://localhost/?p%d", i)))
		a.Param = "1"
		g.Add(a)
	}
	findings, _ := g.Findings()
	listed := 0
	for _, f := range findings {
		listed = max(listed, len(f.Related))
	}
	if len(findings) != maxFindings || g.Left != 10+3*maxListed || listed != maxListed-1 {
		t.Errorf("%d findings, %d left, %d listed", len(findings), g.Left, listed)
	}
}
