package report

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

// scrape reads metrics as Prometheus does, and more strictly: no series twice,
// no family apart from its samples, nothing that a line can break out with.
func scrape(t *testing.T, r Report) map[string]float64 {
	t.Helper()
	var b bytes.Buffer
	if err := Metrics(&b, r); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	out := map[string]float64{}
	samples := 0
	for name, f := range families {
		if f.GetType().String() != "GAUGE" || f.GetHelp() == "" || len(f.GetMetric()) == 0 {
			t.Errorf("%s: type %s, help %q, %d samples", name, f.GetType(), f.GetHelp(), len(f.GetMetric()))
		}
		if strings.Count(text, "# HELP "+name+" ") != 1 || strings.Count(text, "# TYPE "+name+" ") != 1 {
			t.Errorf("%s: not one HELP and one TYPE", name)
		}
		for _, m := range f.GetMetric() {
			samples++
			key := name
			for _, l := range m.GetLabel() {
				key += fmt.Sprintf(" %s=%s", l.GetName(), l.GetValue())
			}
			if _, twice := out[key]; twice {
				t.Errorf("%s comes twice", key)
			}
			out[key] = m.GetGauge().GetValue()
		}
	}
	lines, family := 0, ""
	line := regexp.MustCompile(`^(# (?:HELP|TYPE) )?([a-z_]+)(?:\{(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})?(?: .*)$`)
	for l := range strings.Lines(text) {
		m := line.FindStringSubmatch(strings.TrimSuffix(l, "\n"))
		if m == nil {
			t.Fatalf("not a line of the format: %q", l)
		}
		switch {
		case strings.HasPrefix(m[1], "# HELP"):
			family = m[2]
		case m[1] == "":
			lines++
		}
		if m[2] != family {
			t.Errorf("%q stands among %s", l, family)
		}
		if strings.ContainsAny(l, "\r\x1b\u202e\u2028") || strings.Contains(l, "##[") {
			t.Errorf("a line breaks out: %q", l)
		}
	}
	if lines != samples {
		t.Errorf("%d lines, %d samples", lines, samples)
	}
	return out
}

func TestMetrics(t *testing.T) {
	r := sample()
	r.Results.Database = finding.DatabaseOf(time.Unix(1_800_000_000, 0), "sha256:1")
	r.Occasion = Occasion{Began: time.Unix(1_800_007_190, 0), Ended: time.Unix(1_800_007_200, 500e6), Repository: "team/shop", Version: "1.2.3", Go: "go1.26"}
	got := scrape(t, r)
	here := " repository=team/shop root=shop"
	for key, want := range map[string]float64{
		"scangate_build_info" + here + " version=1.2.3 goversion=go1.26":                          1,
		"scangate_last_run_timestamp_seconds" + here:                                              1_800_007_200.5,
		"scangate_run_duration_seconds" + here:                                                    10.5,
		"scangate_database_built_timestamp_seconds" + here:                                        1_800_000_000,
		"scangate_database_age_seconds" + here:                                                    7200.5,
		"scangate_verdict" + here + " outcome=failed":                                             1,
		"scangate_verdict" + here + " outcome=passed":                                             0,
		"scangate_scanner_duration_seconds" + here + " scanner=dependency":                        1.234,
		"scangate_scanner_status" + here + " scanner=image target=library/nginx status=timed-out": 1,
		"scangate_scanner_status" + here + " scanner=image target=library/nginx status=completed": 0,
		"scangate_scanner_failures" + here + " scanner=image":                                     1,
		"scangate_scanner_failures" + here + " scanner=iac":                                       1,
		"scangate_scanner_failures" + here + " scanner=secret":                                    0,
		"scangate_findings" + here + " scanner=dependency severity=critical decision=fail":        1,
		"scangate_findings" + here + " scanner=dependency severity=high decision=fail":            0,
		"scangate_findings" + here + " scanner=secret severity=info decision=ignored":             1,
	} {
		if value, ok := got[key]; !ok || value != want {
			t.Errorf("%s is %v (%v), want %v", key, value, ok, want)
		}
	}
	for key, value := range got {
		if strings.HasPrefix(key, "scangate_findings") && value == 0 && !strings.Contains(key, "scanner=dependency") {
			t.Errorf("a scanner that did not complete looks clean: %s", key)
		}
	}
}

func TestMetricsOfHostileNames(t *testing.T) {
	bad := []string{
		"x\"} 1\nscangate_verdict{outcome=\"passed\"} 1", `back\slash`, `ends with \`, "\xff\xfe", "\x1b[31m", "##[error]x", "\u202etxt", "\u2028", " ", "a=b,c={d}", strings.Repeat("ü", 5000),
	}
	r := Report{Results: finding.Results{Root: bad[0]}, Occasion: Occasion{Repository: bad[1], Version: bad[2], Go: bad[3]}}
	for _, name := range bad {
		for _, target := range append(bad, "", strings.Repeat("ü", 5001)) {
			r.Results.Runs = append(r.Results.Runs, finding.Run{Scanner: name, Target: target, Status: finding.Completed, Findings: []finding.Finding{{Severity: 99}, {Severity: -1}}})
		}
	}
	r.Verdict = policy.DefaultPolicy().Judge(r.Results)
	scrape(t, r)
}

func FuzzMetrics(f *testing.F) {
	f.Add("iac", "nginx:1", "shop")
	f.Add("a\"} 1", "\\", "\n# TYPE x gauge\n")
	f.Add("\x00", "\xff", "\u2029{}")
	f.Fuzz(func(t *testing.T, scanner, target, root string) {
		r := Report{Results: finding.Results{Root: root, Runs: []finding.Run{{Scanner: scanner, Target: target}, {Scanner: target, Target: root, Status: finding.Completed}, {Scanner: root, Target: scanner}}}}
		r.Verdict = policy.DefaultPolicy().Judge(r.Results)
		scrape(t, r)
	})
}

func TestMetricsAreBounded(t *testing.T) {
	var r Report
	for i := range 3000 {
		run := finding.Run{Scanner: fmt.Sprint("s", i%300), Target: fmt.Sprint("t", i), Status: finding.Status(i % 5), Findings: []finding.Finding{{Severity: finding.Severity(i % 6)}}}
		if run.Status != finding.Skipped {
			run.Duration = time.Second
		}
		r.Results.Runs = append(r.Results.Runs, run)
	}
	r.Verdict = policy.DefaultPolicy().Judge(r.Results)
	got := scrape(t, r)
	if len(got) > 3000 {
		t.Errorf("%d series", len(got))
	}
	var seconds, findings, failures float64
	for key, value := range got {
		switch {
		case strings.HasPrefix(key, "scangate_scanner_duration"):
			seconds += value
		case strings.HasPrefix(key, "scangate_findings"):
			findings += value
		case strings.HasPrefix(key, "scangate_scanner_failures"):
			failures += value
		}
	}
	if seconds != 2400 || findings != 3000 || failures != 1200 {
		t.Errorf("%v seconds, %v findings, %v failures: something is lost", seconds, findings, failures)
	}
}

func TestMetricsOfRunsThatShareTheirLabels(t *testing.T) {
	r := Report{Results: finding.Results{Runs: []finding.Run{
		{Scanner: "iac", Status: finding.Completed, Duration: time.Second}, {Scanner: "iac", Status: finding.Failed, Duration: time.Second},
		{Scanner: "dast", Status: finding.Skipped}, {Scanner: "dast", Status: finding.Completed}, {Scanner: "image", Status: finding.Skipped},
	}}}
	r.Verdict = policy.DefaultPolicy().Judge(r.Results)
	got := scrape(t, r)
	if got["scangate_scanner_status scanner=iac status=failed"] != 1 || got["scangate_scanner_status scanner=dast status=completed"] != 1 || got["scangate_scanner_duration_seconds scanner=iac"] != 2 {
		t.Errorf("%v", got)
	}
	if _, there := got["scangate_scanner_duration_seconds scanner=image"]; there {
		t.Error("a scanner that was skipped took a time")
	}
}

func TestMetricsOfNothing(t *testing.T) {
	if got := scrape(t, Report{}); got["scangate_verdict outcome=passed"] != 1 || len(got) != 4 {
		t.Errorf("%v", got)
	}
}
