package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/report"
)

// exposed are the metrics of a run that has everything: names with the labels
// and label values that their samples have.
func exposed(t *testing.T) map[string]map[string][]string {
	t.Helper()
	r := report.Report{
		Results: finding.Results{Root: "shop", Database: finding.DatabaseOf(time.Unix(1, 0), "sha256:1"), Runs: []finding.Run{
			{Scanner: "image", Target: "nginx", Status: finding.Completed, Findings: []finding.Finding{{}}},
		}},
		Occasion: report.Occasion{Began: time.Unix(2, 0), Ended: time.Unix(3, 0), Repository: "team/shop", Version: "1", Go: "go1"},
	}
	r.Verdict = policy.DefaultPolicy().Judge(r.Results)
	var b bytes.Buffer
	if err := report.Metrics(&b, r); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string][]string{}
	for _, m := range regexp.MustCompile(`(?m)^(\w+)\{(.*)\} \S+$`).FindAllStringSubmatch(b.String(), -1) {
		if out[m[1]] == nil {
			out[m[1]] = map[string][]string{}
		}
		for _, l := range regexp.MustCompile(`(\w+)="([^"]*)"`).FindAllStringSubmatch(m[2], -1) {
			out[m[1]][l[1]] = append(out[m[1]][l[1]], l[2])
		}
	}
	return out
}

// TestAlertsAskForWhatThereIs: an expression with a name that nobody exposes
// never fires, and nobody notices.
func TestAlertsAskForWhatThereIs(t *testing.T) {
	have := exposed(t)
	data, err := os.ReadFile("../../examples/prometheus-rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil || len(file.Groups) != 1 || len(file.Groups[0].Rules) < 5 {
		t.Fatalf("%v, %+v", err, file)
	}
	duration, label := regexp.MustCompile(`^\d+[smhd]$`), regexp.MustCompile(`\$labels\.(\w+)`)
	selector := regexp.MustCompile(`(scangate_\w+)(\{[^}]*\})?`)
	seen := map[string]bool{}
	for _, r := range file.Groups[0].Rules {
		if r.Alert == "" || seen[r.Alert] || r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" || r.For != "" && !duration.MatchString(r.For) {
			t.Errorf("%+v", r)
		}
		seen[r.Alert] = true
		asked := selector.FindAllStringSubmatch(r.Expr, -1)
		if len(asked) == 0 || strings.Count(r.Expr, "(") != strings.Count(r.Expr, ")") {
			t.Errorf("%s: %s", r.Alert, r.Expr)
		}
		for _, m := range asked {
			labels, ok := have[m[1]]
			if !ok {
				t.Errorf("%s asks for %s, which is not exposed", r.Alert, m[1])
			}
			for _, l := range regexp.MustCompile(`(\w+)="([^"]*)"`).FindAllStringSubmatch(m[2], -1) {
				if !slices.Contains(labels[l[1]], l[2]) {
					t.Errorf("%s asks for %s=%q, which is not exposed", r.Alert, l[1], l[2])
				}
			}
			for _, l := range label.FindAllStringSubmatch(r.Annotations["summary"], -1) {
				if labels[l[1]] == nil {
					t.Errorf("%s shows %s, which %s does not have", r.Alert, l[1], m[1])
				}
			}
		}
	}
}

// TestDocumentedMetrics: the table has all metrics, with all labels.
func TestDocumentedMetrics(t *testing.T) {
	documented := map[string][]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(scangate_\\w+)` \\| ([^|]*)\\|").FindAllStringSubmatch(observability(t), -1) {
		documented[m[1]] = []string{}
		for _, l := range strings.Fields(m[2]) {
			documented[m[1]] = append(documented[m[1]], strings.Trim(l, "`"))
		}
		slices.Sort(documented[m[1]])
	}
	want := map[string][]string{}
	for name, labels := range exposed(t) {
		delete(labels, "repository")
		delete(labels, "root")
		want[name] = append([]string{}, slices.Sorted(maps.Keys(labels))...)
	}
	if d := cmp.Diff(want, documented); d != "" {
		t.Error(d)
	}
}

func observability(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestMetricsOfAScan: as a scan, the action and gate write them.
func TestMetricsOfAScan(t *testing.T) {
	y := newTry(t, "secret=high,iac=fail")
	y.env = map[string]string{"GITHUB_REPOSITORY": "team/shop", "SCANGATE_OUTPUT": "metrics=action.prom"}
	y.run("scan", "--output", "metrics=scan.prom").want(1, "")
	y.run("gate", "--fail-on", "none", "--output", "metrics=gate.prom", defaultResults).want(3, "")
	y.run("action").want(1, "")
	for file, outcome := range map[string]string{"scan.prom": "failed", "gate.prom": "incomplete", "action.prom": "failed"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			`\nscangate_verdict\{repository="team/shop",root="[^"]+",outcome="` + outcome + `"\} 1\n`, `\nscangate_last_run_timestamp_seconds\{[^}]*\} \d{10}`,
			`\nscangate_run_duration_seconds\{[^}]*\} \d`, `\nscangate_findings\{[^}]*scanner="secret",severity="high",decision="\w+"\} 1\n`, `\nscangate_scanner_failures\{[^}]*scanner="iac"\} 1\n`,
		} {
			if !regexp.MustCompile(want).Match(data) {
				t.Errorf("%s: no %s in\n%s", file, want, data)
			}
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	y.run("scan", "--output", "metrics=no/such/x.prom").want(2, "cannot write no/such/x.prom")
	y.scanners = faults("secret=clean")
	y.run("scan", "--output", "metrics=/dev/full").want(3, "cannot write /dev/full")
}

// TestTheDocumentedCheckOfAnAuditLog: it finds edits, and says nothing of a log
// that is as it was written.
func TestTheDocumentedCheckOfAnAuditLog(t *testing.T) {
	m := regexp.MustCompile("(?s)```sh\n(# usage.*?)```").FindStringSubmatch(observability(t))
	if m == nil {
		t.Fatal("no script")
	}
	y := newTry(t, "secret=clean")
	y.write("check.sh", m[1])
	for _, hostile := range []string{"one", `{"schemaVersion":1,"previous":"",`, `back\slash %s\n$(id)`, " \t ü\u2028"} {
		y.run("scan", "--audit-log", "audit.jsonl", "--results", hostile+".json")
	}
	check := func(lines []string) (string, error) {
		t.Helper()
		y.write("copy.jsonl", strings.Join(lines, ""))
		out, err := exec.CommandContext(context.Background(), "sh", "check.sh", "copy.jsonl").CombinedOutput()
		return string(out), err
	}
	data, err := os.ReadFile("audit.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(strings.Lines(string(data)))
	if len(lines) != 4 {
		t.Fatalf("%d lines", len(lines))
	}
	last := "last line: " + sha256Hex([]byte(strings.TrimSuffix(lines[3], "\n"))) + "\n"
	if out, err := check(lines); err != nil || out != last {
		t.Errorf("%v\n%s", err, out)
	}
	edited := slices.Clone(lines)
	edited[1] = strings.Replace(edited[1], `"exitCode":`, `"exitCode":9`, 1)
	for name, tt := range map[string]struct {
		lines []string
		line  int
	}{
		"edited": {edited, 3}, "taken out": {slices.Delete(slices.Clone(lines), 1, 2), 2}, "first taken out": {lines[1:], 1},
		"twice": {slices.Insert(slices.Clone(lines), 1, lines[0]), 2}, "swapped": {[]string{lines[0], lines[2], lines[1], lines[3]}, 2},
		"cut": {append(slices.Clone(lines), `{"schemaVersion":1,"prev`), 5},
	} {
		if out, err := check(tt.lines); err == nil || !strings.HasPrefix(out, fmt.Sprintf("line %d does not follow", tt.line)) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	if out, err := check(lines[:3]); err != nil || out == last {
		t.Errorf("what is taken off the end is not shown, as the documentation says: %v\n%s", err, out)
	}
}
