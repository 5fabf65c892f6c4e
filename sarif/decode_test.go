package sarif

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/finding"
)

func decodeOf(t *testing.T, log any) finding.Results {
	t.Helper()
	document, err := json.Marshal(log)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(bytes.NewReader(document), "x.sarif")
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// only returns the one finding of the one run.
func only(t *testing.T, log any) finding.Finding {
	t.Helper()
	r := decodeOf(t, log)
	if len(r.Runs) != 1 || len(r.Runs[0].Findings) != 1 {
		t.Fatalf("not one finding in one run: %+v", r)
	}
	return r.Runs[0].Findings[0]
}

func TestDecodeForeign(t *testing.T) {
	log := minimal()
	driver0(log)["name"], driver0(log)["version"] = "Trivy", "0.66.0"
	rule0(log)["properties"] = object{"security-severity": "9.8", "tags": []any{"security", "CRITICAL"}, "precision": "very-high"}
	rule0(log)["helpUri"] = "https://example.com/r"
	rule0(log)["fullDescription"] = object{"text": "all of it"}
	result0(log)["message"] = object{"text": "see [here](1)"}
	result0(log)["relatedLocations"] = []any{minimalLocation("b.go", 2), minimalLocation("/etc/passwd", 3)}
	got := decodeOf(t, log)
	f := finding.Finding{
		RuleID: "r", Severity: finding.Critical, Score: 9.8, SeveritySource: "trivy", Message: "see here",
		Location: finding.Location{Path: "src/a.go", StartLine: 1, LineHash: "1:1"},
		Related:  []finding.Location{{Path: "b.go", StartLine: 2}}, Key: "1:1",
	}
	f.Fingerprint = finding.FingerprintOf("trivy", f)
	want := finding.Results{Version: finding.SchemaVersion, Runs: []finding.Run{{
		Scanner: "trivy", Engine: finding.Engine{Name: "Trivy", Version: "0.66.0"}, Status: finding.Completed,
		Rules: []finding.Rule{{ID: "r", Title: "t", Description: "all of it", Help: "t", References: []string{"https://example.com/r"},
			Severity: finding.Critical, Score: 9.8, Tags: []string{"security", "CRITICAL"}, Precision: "very-high"}},
		Findings: []finding.Finding{f},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeSeverity(t *testing.T) {
	tests := []struct {
		name   string
		spoil  func(o object)
		want   finding.Severity
		source string
	}{
		{"default", func(o object) {}, finding.Medium, "sarif level"},
		{"level", func(o object) { result0(o)["level"] = "error" }, finding.High, "sarif level"},
		{"note", func(o object) { result0(o)["level"] = "note" }, finding.Low, "sarif level"},
		{"level of the rule", func(o object) { rule0(o)["defaultConfiguration"] = object{"level": "error"} }, finding.High, "sarif level"},
		{"number of the rule", func(o object) {
			rule0(o)["properties"] = object{"security-severity": "4.0"}
			result0(o)["level"] = "error"
		}, finding.Medium, "t"},
		{"number as a number", func(o object) { rule0(o)["properties"] = object{"security-severity": 7} }, finding.High, "t"},
		{"number of the result", func(o object) {
			rule0(o)["properties"] = object{"security-severity": "4.0"}
			result0(o)["properties"] = object{"security-severity": "9.1"}
		}, finding.Critical, "t"},
		{"no number", func(o object) { rule0(o)["properties"] = object{"security-severity": "bad"} }, finding.Medium, "sarif level"},
		{"zero", func(o object) { rule0(o)["properties"] = object{"security-severity": "0.0"} }, finding.Medium, "sarif level"},
		{"not a number", func(o object) { rule0(o)["properties"] = object{"security-severity": "NaN"} }, finding.Medium, "sarif level"},
		{"informational", func(o object) { result0(o)["kind"] = "informational" }, finding.Info, "sarif level"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := minimal()
			tt.spoil(log)
			if f := only(t, log); f.Severity != tt.want || f.SeveritySource != tt.source {
				t.Errorf("got %v by %q, want %v by %q", f.Severity, f.SeveritySource, tt.want, tt.source)
			}
		})
	}
}

func TestDecodePaths(t *testing.T) {
	root := object{"%SRCROOT%": object{"uri": "file:///home/ci/repo/"}, "SUB": object{"uri": "src/", "uriBaseId": "%SRCROOT%"},
		"OUT": object{"uri": "file:///tmp/out/"}, "DEEP": object{"uri": "file:///home/ci/repo/pkg/"}, "A": object{"uri": "a", "uriBaseId": "B"}, "B": object{"uri": "b", "uriBaseId": "A"}}
	tests := []struct {
		name     string
		location object
		bases    any
		want     string
		resource string
	}{
		{"relative", object{"uri": "a/b.go"}, nil, "a/b.go", ""},
		{"escaped", object{"uri": "a%20b/%C3%BC%FF.go"}, nil, "a b/ü\xff.go", ""},
		{"not escaped", object{"uri": "100% sure.txt"}, nil, "100% sure.txt", ""},
		{"dot", object{"uri": "./a//b/../c"}, nil, "a/c", ""},
		{"windows", object{"uri": `src\a.go`}, nil, "src/a.go", ""},
		{"encoded backslash", object{"uri": `src%5Ca.go`}, nil, `src\a.go`, ""},
		{"climbs", object{"uri": "../../etc/passwd"}, nil, "", ""},
		{"climbs when decoded", object{"uri": "a/%2e%2e/%2e%2e/x"}, nil, "", ""},
		{"absolute", object{"uri": "/etc/passwd"}, nil, "", ""},
		{"file without a root", object{"uri": "file:///etc/passwd"}, nil, "", ""},
		{"file below the root", object{"uri": "file:///home/ci/repo/a.go"}, root, "a.go", ""},
		{"file beside the root", object{"uri": "file:///home/ci/repo2/a.go"}, root, "", ""},
		{"file climbs out", object{"uri": "file:///home/ci/repo/../a.go"}, root, "", ""},
		{"absolute below the root", object{"uri": "/home/ci/repo/a.go"}, root, "a.go", ""},
		{"localhost", object{"uri": "file://localhost/home/ci/repo/a.go"}, root, "a.go", ""},
		{"relative to the root", object{"uri": "a.go", "uriBaseId": "%SRCROOT%"}, root, "a.go", ""},
		{"relative to a relative base", object{"uri": "a.go", "uriBaseId": "SUB"}, root, "src/a.go", ""},
		{"relative to an absolute base", object{"uri": "a.go", "uriBaseId": "DEEP"}, root, "pkg/a.go", ""},
		{"relative to a base outside", object{"uri": "a.go", "uriBaseId": "OUT"}, root, "", ""},
		{"bases in a circle", object{"uri": "a.go", "uriBaseId": "A"}, root, "", ""},
		{"base without an address", object{"uri": "a.go", "uriBaseId": "X"}, object{"X": object{}}, "a.go", ""},
		{"trivy's root", object{"uri": "go.mod", "uriBaseId": "ROOTPATH"}, object{"ROOTPATH": object{"uri": "file:///"}}, "go.mod", ""},
		{"artifact by index", object{"index": 1}, nil, "by/index.go", ""},
		{"index out of range", object{"index": 9}, nil, "", ""},
		{"URL", object{"uri": "https://u:p@shop.example/x?token=1#f"}, nil, "", "https://shop.example/x"},
		{"image", object{"uri": "haproxy:2.4"}, nil, "", "haproxy:2.4"},
		{"NUL", object{"uri": "a%00b"}, nil, "", ""},
		{"empty", object{"uri": ""}, nil, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := minimal()
			physical0(log)["artifactLocation"] = tt.location
			run0(log)["artifacts"] = []any{object{}, object{"location": object{"uri": "by/index.go"}}}
			if tt.bases != nil {
				run0(log)["originalUriBaseIds"] = tt.bases
			}
			f := only(t, log)
			if f.Location.Path != tt.want || f.Resource != tt.resource {
				t.Errorf("got path %q and resource %q, want %q and %q", f.Location.Path, f.Resource, tt.want, tt.resource)
			}
			if f.Location.Path == "" && f.Location != (finding.Location{}) {
				t.Errorf("lines without a file: %+v", f.Location)
			}
		})
	}
}

func TestDecodeSuppressions(t *testing.T) {
	tests := []struct {
		name string
		list any
		want []finding.Suppression
	}{
		{"none", []any{}, nil},
		{"null", nil, nil},
		{"accepted", []any{object{"kind": "inSource", "status": "accepted", "justification": "why"}}, []finding.Suppression{{Source: "t inSource", Reason: "why"}}},
		{"no status", []any{object{"kind": "external"}}, []finding.Suppression{{Source: "t external", Elsewhere: true}}},
		{"in review", []any{object{"kind": "external", "status": "underReview"}}, nil},
		{"rejected", []any{object{"kind": "external", "status": "rejected"}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := minimal()
			result0(log)["suppressions"] = tt.list
			if diff := cmp.Diff(tt.want, only(t, log).Suppressions); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeDropsWhatIsNoFinding(t *testing.T) {
	for key, values := range map[string][]string{"kind": {"pass", "notApplicable"}, "baselineState": {"absent"}} {
		for _, value := range values {
			log := minimal()
			result0(log)[key] = value
			if run := decodeOf(t, log).Runs[0]; len(run.Findings) != 0 || run.Status != finding.Completed {
				t.Errorf("%s %s: got %+v", key, value, run)
			}
		}
	}
}

func TestDecodeStatus(t *testing.T) {
	tests := []struct {
		name   string
		spoil  func(o object)
		want   finding.Status
		reason string
	}{
		{"empty", func(o object) { run0(o)["results"] = []any{} }, finding.Completed, ""},
		{"no results", func(o object) { delete(run0(o), "results") }, finding.Failed, "results array"},
		{"null results", func(o object) { run0(o)["results"] = nil }, finding.Failed, "results array"},
		{"unsuccessful", func(o object) {
			run0(o)["invocations"] = []any{object{"executionSuccessful": true}, object{"executionSuccessful": false, "exitCodeDescription": "out of\nmemory"}}
		}, finding.Failed, "out of memory"},
		{"says nothing", func(o object) { run0(o)["invocations"] = []any{object{}} }, finding.Completed, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := minimal()
			tt.spoil(log)
			run := decodeOf(t, log).Runs[0]
			if run.Status != tt.want || !strings.Contains(run.Reason, tt.reason) {
				t.Errorf("got %v, %q", run.Status, run.Reason)
			}
		})
	}
}

func TestDecodeRules(t *testing.T) {
	extension := object{"name": "queries", "guid": "g", "rules": []any{minimalRule("q0"), object{"id": "q1", "guid": "q1-guid",
		"shortDescription": object{"text": "from the extension"}, "properties": object{"security-severity": "9.9"},
		"messageStrings": object{"m": object{"text": "{1} at {{0}} of {0} and {7}"}}}}}
	tests := []struct {
		name  string
		spoil func(r object)
	}{
		{"by component index", func(r object) { r["rule"] = object{"index": 1, "toolComponent": object{"index": 0}} }},
		{"by component name", func(r object) { r["rule"] = object{"id": "q1", "toolComponent": object{"name": "queries"}} }},
		{"by component guid", func(r object) { r["rule"] = object{"guid": "q1-guid", "toolComponent": object{"guid": "g"}} }},
		{"by id alone", func(r object) { r["ruleId"] = "q1" }},
		{"by a sub-rule", func(r object) { r["ruleId"] = "q1/sub" }},
		{"wrong index", func(r object) { r["ruleId"] = "q1"; r["ruleIndex"] = 0 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := minimal()
			run0(log)["tool"].(object)["extensions"] = []any{extension}
			delete(result0(log), "ruleId")
			delete(result0(log), "ruleIndex")
			tt.spoil(result0(log))
			result0(log)["message"] = object{"id": "m", "arguments": []any{"zero", "one"}}
			f := only(t, log)
			if f.Severity != finding.Critical || !strings.HasPrefix(f.RuleID, "q1") || f.Message != "one at {0} of zero and {7}" {
				t.Errorf("got %v %q %q", f.Severity, f.RuleID, f.Message)
			}
		})
	}
}

func TestDecodeMessageFallsBack(t *testing.T) {
	log := minimal()
	result0(log)["message"] = object{"id": "nowhere"}
	if f := only(t, log); f.Message != "t" {
		t.Errorf("got %q, want the rule's title", f.Message)
	}
	driver0(log)["globalMessageStrings"] = object{"nowhere": object{"text": "global"}}
	if f := only(t, log); f.Message != "global" {
		t.Errorf("got %q, want the global string", f.Message)
	}
}

func TestDecodeScanner(t *testing.T) {
	tests := []struct{ driver, id, scanner, target string }{
		{"Trivy", "", "trivy", ""},
		{"Checkov", "", "checkov", ""},
		{"gitleaks", "", "gitleaks", ""},
		{"CodeQL", "/language:go/", "codeql", ""},
		{"CodeQL command-line toolchain", "", "codeql", ""},
		{"Semgrep OSS", "", "semgrep", ""},
		{"ZAP", "", "zap", ""},
		{"npm audit", "", "npm-audit", ""},
		{"Ünïcode & Sons!", "", "n-code-sons", ""},
		{"!!!", "", "unknown", ""},
		{"scangate", "scangate/secret/", "secret", ""},
		{"scangate", "scangate/image/team/shop/", "image", "team/shop"},
		{"scangate", "", "scangate", ""},
		{"Trivy", "scangate/secret/", "trivy", ""},
	}
	for _, tt := range tests {
		log := minimal()
		driver0(log)["name"] = tt.driver
		run0(log)["automationDetails"] = object{"id": tt.id}
		run := decodeOf(t, log).Runs[0]
		if run.Scanner != tt.scanner || run.Target != tt.target {
			t.Errorf("%q %q: got %q %q", tt.driver, tt.id, run.Scanner, run.Target)
		}
	}
}

func TestDecodeIdentity(t *testing.T) {
	log := minimal()
	at := func(line int, text string) object {
		r := minimalResult(line)
		delete(r, "partialFingerprints")
		r["message"] = object{"text": text}
		return r
	}
	run0(log)["results"] = []any{at(1, "a"), at(1, "a"), at(2, "a"), at(1, "b")}
	f := decodeOf(t, log).Runs[0].Findings
	if f[0].Fingerprint != f[1].Fingerprint {
		t.Error("the same result twice is two findings")
	}
	if f[0].Fingerprint == f[2].Fingerprint || f[0].Fingerprint == f[3].Fingerprint || f[2].Fingerprint == f[3].Fingerprint {
		t.Error("different results have one fingerprint")
	}
}

func TestDecodeGitleaksCommit(t *testing.T) {
	log := minimal()
	sha := strings.Repeat("0123456789", 4)
	result0(log)["partialFingerprints"] = object{"commitSha": sha, "date": "2024-05-06T07:08:09Z", "email": "a@example.com", "author": nil}
	want := finding.Location{Path: "src/a.go", StartLine: 1, Commit: sha, Date: "2024-05-06"}
	if diff := cmp.Diff(want, only(t, log).Location); diff != "" {
		t.Error(diff)
	}
}

// TestDecodeFeeds: what another tool has added to a file was not looked up.
func TestDecodeFeeds(t *testing.T) {
	const head, own = `{"version":"2.1.0","properties":{"scangate/feeds":[{"name":"kev","date":"2026-11-20T17:00:15Z","entries":1480}]},"runs":[`,
		`{"tool":{"driver":{"name":"scangate"}},"properties":{"scanner":"dependency"},"results":[{"ruleId":"CVE-2020-1","properties":{"exploited":"2022-01-02","epss":2}}]}`
	for document, feeds := range map[string]int{
		head + own + `]}`: 1,
		head + own + `,{"tool":{"driver":{"name":"other"}},"results":[{"ruleId":"CVE-2020-2"}]}]}`: 0,
		`{"version":"2.1.0","properties":{"scangate/feeds":{"name":"kev"}},"runs":[` + own + `]}`:  0,
	} {
		got, err := Decode(strings.NewReader(document), "x.sarif")
		if err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		if f := got.Runs[0].Findings[0]; len(got.Feeds) != feeds || f.Exploited != "2022-01-02" || f.EPSS != 0 {
			t.Errorf("%s: %+v, %+v", document, got.Feeds, f)
		}
	}
}

func TestDecodeIncompleteList(t *testing.T) {
	got := decodeOf(t, object{"version": "2.1.0", "runs": []any{}, "properties": object{propertyIncomplete: []any{
		object{"scanner": "dast", "target": "http://x", "status": "timed-out", "reason": "slow"},
		object{"scanner": "liar", "status": "completed"},
		object{},
	}}})
	want := []finding.Run{
		{Scanner: "dast", Target: "http://x", Status: finding.TimedOut, Reason: "slow", Findings: []finding.Finding{}},
		{Scanner: "liar", Status: finding.Failed, Findings: []finding.Finding{}},
		{Scanner: "unknown", Status: finding.Failed, Findings: []finding.Finding{}},
	}
	if diff := cmp.Diff(want, got.Runs); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeAcceptsByteOrderMark(t *testing.T) {
	document, err := json.Marshal(minimal())
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(strings.NewReader("\ufeff"+string(document)), "x")
	if err != nil || len(got.Runs) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}

// endless is a valid beginning that never ends.
type endless struct{ prefix, body string }

func (e *endless) Read(p []byte) (int, error) {
	if e.prefix != "" {
		n := copy(p, e.prefix)
		e.prefix = e.prefix[n:]
		return n, nil
	}
	n := 0
	for n < len(p) {
		c := copy(p[n:], e.body)
		e.body = e.body[c:] + e.body[:c]
		n += c
	}
	return n, nil
}

func TestDecodeRefuses(t *testing.T) {
	good, err := json.Marshal(minimal())
	if err != nil {
		t.Fatal(err)
	}
	const head = `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[`
	broken := errors.New("disk gone")
	tests := []struct {
		name  string
		in    io.Reader
		error string
	}{
		{"empty", strings.NewReader(""), "ends early"},
		{"cut short", bytes.NewReader(good[:len(good)-2]), "ends early"},
		{"not JSON", strings.NewReader("<html>"), "invalid character"},
		{"array", strings.NewReader("[]"), "is an array where it must be an object"},
		{"other version", strings.NewReader(`{"version":"2.0.0-csd.2","runs":[]}`), "not supported"},
		{"no version", strings.NewReader(`{"runs":[]}`), "no \"version\""},
		{"no runs", strings.NewReader(`{"version":"2.1.0"}`), "no \"runs\""},
		{"null runs", strings.NewReader(`{"version":"2.1.0","runs":null}`), "runs: is null"},
		{"no driver", strings.NewReader(`{"version":"2.1.0","runs":[{"results":[]}]}`), "driver.name"},
		{"results are an object", strings.NewReader(`{"version":"2.1.0","runs":[{"results":{}}]}`), "runs: [0]: results: is an object"},
		{"a result is a text", strings.NewReader(head + `"x"]}]}`), "results: [0]:"},
		{"something behind", strings.NewReader(string(good) + " {}"), "behind the end"},
		{"deep", strings.NewReader(`{"x":` + strings.Repeat("[", 1<<20)), "deep"},
		{"deep in a result", strings.NewReader(head + strings.Repeat(`{"properties":`, 1<<20)), "depth"},
		{"disk error", io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken)), "disk gone"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Decode(tt.in, "some.sarif")
			if err == nil || !strings.Contains(err.Error(), tt.error) || !strings.HasPrefix(err.Error(), "some.sarif:1: ") {
				t.Errorf("got %v, %v, want an error with %q", got, err, tt.error)
			}
		})
	}
}

func TestStreamBounds(t *testing.T) {
	for _, tt := range []struct {
		name           string
		total, element int64
		want           error
	}{
		{"file", 1 << 16, 1 << 20, errFileTooLarge},
		{"element", 1 << 20, 1 << 16, errElementTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &stream{in: &bounded{r: &endless{`"`, "abc"}, total: tt.total, element: tt.element}}
			s.dec = json.NewDecoder(s.in)
			var v any
			if err := s.dec.Decode(&v); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	exact := &bounded{r: strings.NewReader("0123456789"), total: 10, element: 100}
	if got, err := io.ReadAll(exact); err != nil || len(got) != 10 {
		t.Errorf("a file of just the limit: %q, %v", got, err)
	}
}

func TestFillInIsBounded(t *testing.T) {
	text := fillIn(strings.Repeat("{0}", 100_000), []string{strings.Repeat("x", 1<<20)})
	if len(text) > 2*maxMessage {
		t.Errorf("%d bytes", len(text))
	}
	if got := fmt.Sprint(fillIn("{-1}{99999999999999999999}{x}{", []string{"a"})); got != "{-1}{99999999999999999999}{x}{" {
		t.Errorf("got %q", got)
	}
}

// Trivy's number is not what it goes by itself.
func TestDecodeTrivySeverity(t *testing.T) {
	for _, tt := range []struct {
		driver, tag, level string
		want               finding.Severity
	}{
		{"Trivy", "LOW", "note", finding.Low},
		{"Trivy", "MEDIUM", "warning", finding.Medium},
		{"Trivy", "HIGH", "error", finding.High},
		{"Trivy", "CRITICAL", "error", finding.Critical},
		{"Trivy", "UNKNOWN", "note", finding.Unknown},
		{"Trivy", "LOW", "error", finding.High}, // as another package has it
		{"Trivy", "CRITICAL", "note", finding.Low},
		{"Trivy", "other", "note", finding.Critical},
		{"Another", "LOW", "note", finding.Critical},
	} {
		doc := `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"` + tt.driver + `","rules":[{"id":"CVE-2026-1","properties":{"security-severity":"9.8","tags":["vulnerability","security","` + tt.tag + `"]}}]}},
"results":[{"ruleId":"CVE-2026-1","ruleIndex":0,"level":"` + tt.level + `","message":{"text":"x"}}]}]}`
		res, err := Decode(strings.NewReader(doc), "x.sarif")
		if err != nil {
			t.Fatal(err)
		}
		if f := res.Runs[0].Findings[0]; f.Severity != tt.want || f.Score != 9.8 {
			t.Errorf("%s, %s, %s: %s %v, want %s", tt.driver, tt.tag, tt.level, f.Severity, f.Score, tt.want)
		}
	}
}
