package sarif

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	gosarif "github.com/owenrumney/go-sarif/v2/sarif"
	"github.com/scangate/scangate/finding"
)

// one makes results with a single completed run.
func one(f ...finding.Finding) finding.Results {
	for i := range f {
		if f[i].Fingerprint == "" {
			f[i].Fingerprint = finding.FingerprintOf("iac", f[i])
		}
	}
	return finding.Results{Runs: []finding.Run{{Scanner: "iac", Status: finding.Completed, Findings: f}}}
}

// parsed reads a document with go-sarif, which shows that others can.
func parsed(t *testing.T, document []byte) *gosarif.Report {
	t.Helper()
	report, err := gosarif.FromBytes(document)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestEncodeUploadLeavesOut(t *testing.T) {
	r := sample()
	got, summary := encode(t, r, Options{Upload: true, Omit: samplePolicy})
	if bytes.Contains(got, []byte(`"suppressions"`)) {
		t.Error("the upload copy has suppressions")
	}
	want := []RunSummary{
		{Scanner: "dependency", Category: "scangate/dependency", Results: 2},
		{Scanner: "image", Target: r.Runs[1].Target, Category: "scangate/image/registry.example.com-5000/team/shop", Results: 1},
		{Scanner: "secret", Category: "scangate/secret", Results: 2, Suppressed: 1},
		{Scanner: "iac", Category: "scangate/iac", Results: 1, Suppressed: 1},
		{Scanner: "dast", Target: "http://localhost:8080/shop", Category: "scangate/dast/localhost-8080/shop"},
	}
	if diff := cmp.Diff(want, summary.Runs); diff != "" {
		t.Error(diff)
	}
	for _, run := range parsed(t, got).Runs {
		if strings.HasPrefix(*run.AutomationDetails.ID, "scangate/secret") {
			n := run.Invocations[0].ToolExecutionNotifications
			if len(n) != 1 || !strings.HasPrefix(*n[0].Message.Text, "1 suppressed") {
				t.Errorf("no notification says that one finding is left out: %v", n)
			}
		}
	}
	if bytes.Contains(got, []byte("pass@")) || bytes.Contains(got, []byte("token=x")) {
		t.Error("the credentials of the target are in the file")
	}
}

func TestEncodeIncompleteRunsAreNoRuns(t *testing.T) {
	r := finding.Results{}
	for s := finding.Failed; s < finding.Completed; s++ {
		r.Runs = append(r.Runs, finding.Run{Scanner: "s-" + s.String(), Status: s, Reason: "because",
			Findings: []finding.Finding{{RuleID: "r", Message: "seen before it stopped"}}})
	}
	for _, upload := range []bool{false, true} {
		got, summary := encode(t, r, Options{Upload: upload})
		var log struct {
			Runs       []any
			Properties struct {
				Incomplete []incomplete `json:"scangate/incomplete"`
			}
		}
		if err := json.Unmarshal(got, &log); err != nil {
			t.Fatal(err)
		}
		want := []incomplete{
			{"s-failed", "", finding.Failed, "because"}, {"s-timed-out", "", finding.TimedOut, "because"},
			{"s-partial", "", finding.Partial, "because"}, {"s-skipped", "", finding.Skipped, "because"},
		}
		if diff := cmp.Diff(want, log.Properties.Incomplete); diff != "" {
			t.Error(diff)
		}
		if len(log.Runs) != 0 || len(summary.Runs) != 0 {
			t.Errorf("upload %v: %d runs for scanners that did not complete", upload, len(log.Runs))
		}
		checkSchema(t, "a log without runs", got)
	}
}

func TestEncodeUploadLimit(t *testing.T) {
	var list []finding.Finding
	for i := range maxUploadResults + 7 {
		s := finding.Low
		if i%1000 == 999 {
			s = finding.Critical
		}
		list = append(list, finding.Finding{RuleID: "r", Severity: s, Message: "m", Key: fmt.Sprint(i),
			Location: finding.Location{Path: fmt.Sprintf("f%d", i), StartLine: 1}})
	}
	list = append(list, list[3]) // the very same
	r := one(list...)
	got, summary := encode(t, r, Options{Upload: true})
	want := RunSummary{Scanner: "iac", Category: "scangate/iac", Results: maxUploadResults, OverLimit: 7, Duplicates: 1}
	if diff := cmp.Diff(want, summary.Runs[0]); diff != "" {
		t.Error(diff)
	}
	run := parsed(t, got).Runs[0]
	for i, result := range run.Results[:6] {
		if (*result.Level == "error") != (i < 5) {
			t.Errorf("result %d has level %s: the most severe do not come first", i, *result.Level)
		}
	}
	if n := len(run.Invocations[0].ToolExecutionNotifications); n != 2 {
		t.Errorf("%d notifications, want one for the limit and one for the duplicate", n)
	}
	if all, _ := encode(t, r, Options{}); len(parsed(t, all).Runs[0].Results) != len(list) {
		t.Error("the artifact copy is not complete")
	}
}

func TestEncodeTooManyRuns(t *testing.T) {
	var r finding.Results
	for range maxRuns + 1 {
		r.Runs = append(r.Runs, finding.Run{Scanner: "image", Target: "app:1", Status: finding.Completed})
	}
	if _, err := Encode(io.Discard, r, Options{Upload: true}); err == nil || !strings.Contains(err.Error(), "split") {
		t.Errorf("got %v, want an error that says to split", err)
	}
	got, _ := encode(t, r, Options{})
	seen := map[string]bool{}
	for _, run := range parsed(t, got).Runs {
		id := *run.AutomationDetails.ID
		if seen[id] || !strings.HasSuffix(id, "/") {
			t.Errorf("automationDetails.id %q is not unique or does not end in a slash", id)
		}
		seen[id] = true
	}
	r.Runs[0].Status = finding.Failed
	if _, err := Encode(io.Discard, r, Options{Upload: true}); err != nil {
		t.Errorf("%d completed runs are within the limit: %v", maxRuns, err)
	}
}

func TestCategoriesDoNotDependOnOrder(t *testing.T) {
	a := finding.Run{Scanner: "image", Target: "app:1"}
	b := finding.Run{Scanner: "image", Target: "app:2"}
	ab, ba := categories([]finding.Run{a, b}, ""), categories([]finding.Run{b, a}, "")
	want := []string{"scangate/image/app/", "scangate/image/app/2/"}
	if diff := cmp.Diff([][]string{want, want}, [][]string{ab, {ba[1], ba[0]}}); diff != "" {
		t.Error(diff)
	}
}

func TestTargetName(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"nginx", "nginx"},
		{"library/nginx:1.25", "library/nginx"},
		{"localhost:5000/app", "localhost-5000/app"},
		{"ghcr.io/a/b@sha256:0123", "ghcr.io/a/b"},
		{"ghcr.io/a/b:v1@sha256:0123", "ghcr.io/a/b"},
		{"oci:dist/image", "dist/image"},
		{"docker-archive:out/app.tar", "out/app.tar"},
		{"https://shop.example.com:8443/a/../b?x=1#f", "shop.example.com-8443/b"},
		{"http://u:p@host/", "host"},
		{"../../etc/passwd", "etc/passwd"},
		{"two words\t", "two-words"},
	}
	for _, tt := range tests {
		if got := targetName(tt.in); got != tt.want {
			t.Errorf("targetName(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestURIOf(t *testing.T) {
	tests := []struct{ in, want string }{
		{"src/main.go", "src/main.go"},
		{"a b/ü.go", "a%20b/%C3%BC.go"},
		{"haproxy:2.4", "haproxy%3A2.4"},
		{"dir/x:y", "dir/x%3Ay"},
		{"bad\xff", "bad%FF"},
		{"app/[id]/page.tsx", "app/%5Bid%5D/page.tsx"},
		{"node_modules/@scope/x", "node_modules/@scope/x"},
		{"100%", "100%25"},
		{"a?b#c", "a%3Fb%23c"},
		{`back\slash`, "back%5Cslash"},
		{"./a//b/../c", "a/c"},
		{"", ""}, {".", ""}, {"..", ""}, {"../x", ""}, {"a/../../x", ""}, {"/etc/passwd", ""}, {"a\x00b", ""},
	}
	for _, tt := range tests {
		got := uriOf(tt.in)
		if got != tt.want {
			t.Errorf("uriOf(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if got != "" && unescapePath(got) != insideRoot(tt.in) {
			t.Errorf("%q does not come back: %q", tt.in, unescapePath(got))
		}
	}
}

func TestSecuritySeverity(t *testing.T) {
	tests := []struct {
		severity finding.Severity
		score    float64
		want     float64
	}{
		{finding.Critical, 0, 9.5}, {finding.High, 0, 8}, {finding.Medium, 0, 5.5}, {finding.Low, 0, 2},
		{finding.Info, 0, 0}, {finding.Unknown, 0, 0},
		{finding.High, 7.5, 7.5}, {finding.Unknown, 6.1, 6.1},
		{finding.Critical, 9.8, 9.8}, {finding.Critical, 9, 9.5},
		{finding.Low, math.NaN(), 2}, {finding.Low, 11, 2}, {finding.Low, -1, 2},
	}
	for _, tt := range tests {
		if got := securitySeverity(tt.severity, tt.score); got != tt.want {
			t.Errorf("securitySeverity(%v, %v) = %v, want %v", tt.severity, tt.score, got, tt.want)
		}
	}
}

func TestCut(t *testing.T) {
	tests := []struct {
		in    string
		limit int
		want  string
	}{
		{"short", 10, "short"},
		{"exactly ten", 11, "exactly ten"},
		{"one two three four", 16, "one two three…"},
		{"abcdefghijkl", 5, "abcd…"},
		{"🙂🙂🙂", 6, "🙂🙂🙂"},
		{"🙂🙂🙂", 5, "🙂🙂…"},
		{"äöü\xff", 4, "äöü\uFFFD"},
	}
	for _, tt := range tests {
		got := cut(tt.in, tt.limit)
		if got != tt.want {
			t.Errorf("cut(%q, %d) = %q, want %q", tt.in, tt.limit, got, tt.want)
		}
		if n := len(utf16.Encode([]rune(got))); n > tt.limit {
			t.Errorf("cut(%q, %d) has %d units", tt.in, tt.limit, n)
		}
	}
}

func TestMessageEscaping(t *testing.T) {
	for _, text := range []string{
		"plain", "aliases[0]", `a\[b`, "[x](https://evil.example)", `\[x](y`, `](`, `\](`, `\\](`, `[a\](b)`, "[[a]](1)",
	} {
		escaped := escapeMessage(text)
		if embeddedLink.MatchString(escaped) && !strings.Contains(escaped, `\](`) {
			t.Errorf("%q is still a link", escaped)
		}
		if got := plainMessage(escaped); got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	}
	for in, want := range map[string]string{
		"see [here](1) and [there](https://x.example/)": "see here and there",
		`in [para\[0\]](1)`:                             "in para[0]",
		"f(a[0])":                                       "f(a[0])",
	} {
		if got := plainMessage(in); got != want {
			t.Errorf("plainMessage(%q) = %q, want %q", in, got, want)
		}
	}
}

type brokenWriter struct{ left int }

var errDiskFull = errors.New("disk full")

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errDiskFull
	}
	return len(p), nil
}

func TestEncodeReportsWriteErrors(t *testing.T) {
	if _, err := Encode(&brokenWriter{left: 1000}, sample(), Options{}); !errors.Is(err, errDiskFull) {
		t.Errorf("got %v, want %v", err, errDiskFull)
	}
}

func TestEncodeHostileFinding(t *testing.T) {
	got, _ := encode(t, one(
		finding.Finding{RuleID: "", Severity: finding.Severity(77), Score: math.Inf(1), Message: "\x1b[31m\xff\u2028", Key: "\x00",
			Location: finding.Location{Path: "../../etc/passwd", StartLine: -5, StartColumn: -1, EndLine: math.MinInt}},
		finding.Finding{RuleID: "https://x.example/y", Message: "{0} %s </script>", Fingerprint: "short",
			Related: []finding.Location{{Path: "/abs"}, {Path: "ok", EndLine: 9}, {}}},
	), Options{})
	checkSchema(t, "hostile findings", got)
	for _, result := range parsed(t, got).Runs[0].Results {
		if uri := *result.Locations[0].PhysicalLocation.ArtifactLocation.URI; uri != "iac/repository" {
			t.Errorf("location is %q, want the pseudo path", uri)
		}
	}
}

func manyFindings(rules, findings int) finding.Results {
	run := finding.Run{Scanner: "dependency", Engine: finding.Engine{Name: "trivy-db"}, Status: finding.Completed}
	for i := range rules {
		run.Rules = append(run.Rules, finding.Rule{ID: fmt.Sprintf("CVE-2024-%05d", i), Title: fmt.Sprintf("package %d: something bad", i),
			Description: strings.Repeat("what is bad about it ", 10), Severity: finding.High, Score: 7.5,
			References: []string{fmt.Sprintf("https://example.com/advisories/%d", i)}, Tags: []string{"external/cwe/cwe-79"}})
	}
	for i := range findings {
		f := finding.Finding{RuleID: run.Rules[i%rules].ID, Severity: finding.High, SeveritySource: "nvd", Score: 7.5,
			Message:  fmt.Sprintf("package-%d 1.2.3 has something bad", i%rules),
			Location: finding.Location{Path: fmt.Sprintf("services/s%d/package-lock.json", i/1000), StartLine: i%9000 + 1, LineHash: fmt.Sprintf("%016x:1", uint64(i)*0x9E3779B97F4A7C15)},
			Package:  &finding.Package{Ecosystem: "npm", Name: fmt.Sprintf("package-%d", i%rules), Version: "1.2.3", FixedVersion: "1.2.4", PURL: fmt.Sprintf("pkg:npm/package-%d@1.2.3", i%rules)},
			Key:      fmt.Sprintf("package-%d@1.2.3", i%rules)}
		f.Fingerprint = finding.FingerprintOf(run.Scanner, f)
		run.Findings = append(run.Findings, f)
	}
	return finding.Results{Runs: []finding.Run{run}}
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

// BenchmarkEncode100k also reports the largest heap seen, input included.
func BenchmarkEncode100k(b *testing.B) {
	r := manyFindings(10_000, 100_000)
	var peak uint64
	var raw, zipped counter
	b.ReportAllocs()
	for b.Loop() {
		raw, zipped = counter{}, counter{}
		z := gzip.NewWriter(&zipped)
		if _, err := Encode(io.MultiWriter(z, &raw), r, Options{}); err != nil {
			b.Fatal(err)
		}
		if err := z.Close(); err != nil {
			b.Fatal(err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapSys)
	}
	b.ReportMetric(float64(peak>>20), "MiB-heap")
	b.ReportMetric(float64(raw.n>>20), "MiB-raw")
	b.ReportMetric(float64(zipped.n>>10), "KiB-gzip")
}
