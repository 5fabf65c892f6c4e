package sarif

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/finding"
)

// stepOf is a step of a thread flow.
func stepOf(uri string, line int) object { return object{"location": minimalLocation(uri, line)} }

// flowsOf makes a code flow of each list of steps.
func flowsOf(flows ...[]any) (out []any) {
	for _, steps := range flows {
		out = append(out, object{"threadFlows": []any{object{"locations": steps}}})
	}
	return out
}

// at is a place in a file.
func at(path string, line int) finding.Location { return finding.Location{Path: path, StartLine: line} }

func TestDecodeFlows(t *testing.T) {
	said := stepOf("b.go", 2)
	said["location"].(object)["message"] = object{"text": "[req](1)\n : Request"}
	both := stepOf("inline.go", 1)
	both["index"] = 0
	deep := stepOf("a.go", 1)
	deep["location"].(object)["properties"] = object{"x": []any{[]any{[]any{}}}}
	deep["state"] = object{"x": object{"text": "y"}}
	deep["nestingLevel"] = 3
	simple := []finding.Flow{{Steps: []finding.Location{at("a.go", 1)}}}
	tests := []struct {
		name  string
		flows any
		want  []finding.Flow
	}{
		{"two ways", flowsOf([]any{stepOf("a.go", 1), said}, []any{stepOf("c.go", 3)}), []finding.Flow{
			{Steps: []finding.Location{at("a.go", 1), {Path: "b.go", StartLine: 2, Message: "req : Request"}}},
			{Steps: []finding.Location{at("c.go", 3)}}}},
		{"messages", []any{object{"message": object{"text": "outer"}, "threadFlows": []any{
			object{"locations": []any{stepOf("a.go", 1)}},
			object{"message": object{"text": "inner"}, "locations": []any{stepOf("b.go", 2)}}}}},
			[]finding.Flow{{Message: "outer", Steps: []finding.Location{at("a.go", 1)}}, {Message: "inner", Steps: []finding.Location{at("b.go", 2)}}}},
		{"by index", flowsOf([]any{object{"index": 0}, object{"index": 1}, object{"index": 0}}), []finding.Flow{
			{Steps: []finding.Location{at("shared.go", 7), at("shared.go", 7)}}}},
		{"by index and inline", flowsOf([]any{both}), []finding.Flow{{Steps: []finding.Location{at("inline.go", 1)}}}},
		{"no such index", flowsOf([]any{object{"index": 9}, object{"index": -1}, object{"index": -9e9}, object{}, object{"location": nil}, stepOf("a.go", 1)}), simple},
		{"in a circle", flowsOf([]any{object{"index": 1}, object{"index": 2}, stepOf("a.go", 1)}), simple},
		{"nothing", []any{}, nil},
		{"null", nil, nil},
		{"empty", append(flowsOf([]any{}, nil), object{}, object{"threadFlows": nil}, nil), nil},
		{"without a line", flowsOf([]any{stepOf("a.go", 0)}), []finding.Flow{{Steps: []finding.Location{at("a.go", 0)}}}},
		{"out of the tree", flowsOf([]any{stepOf("/etc/passwd", 1), stepOf("../../x", 1), stepOf("file:///etc/passwd", 1), stepOf("https://x.example/", 1),
			stepOf("a/%2e%2e/%2e%2e/x", 1), stepOf("a\x00b", 1), stepOf("", 1), stepOf(".", 1), stepOf("./a.go", 1)}), simple},
		{"much in it", flowsOf([]any{deep}), simple},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := minimal()
			run0(log)["threadFlowLocations"] = []any{stepOf("shared.go", 7), object{"index": 2}, object{"index": 1}, "x"}
			result0(log)["codeFlows"] = tt.flows
			run := decodeOf(t, log).Runs[0]
			if d := cmp.Diff(tt.want, run.Findings[0].Flows); d != "" {
				t.Error(d)
			}
			if len(run.Notes) != 0 || run.Status != finding.Completed {
				t.Errorf("%v: %v", run.Status, run.Notes)
			}
		})
	}
}

// What is wrong with a flow costs the flow, never the finding, and is said.
func TestDecodeFlowsOfWrongTypes(t *testing.T) {
	for name, flows := range map[string]any{
		"a text":               "x",
		"an object":            object{},
		"a number in it":       []any{7},
		"threads are a text":   []any{object{"threadFlows": "x"}},
		"a thread is a list":   []any{object{"threadFlows": []any{[]any{}}}},
		"locations are a text": []any{object{"threadFlows": []any{object{"locations": "x"}}}},
		"a step is a text":     flowsOf([]any{"x"}),
		"an index is a text":   flowsOf([]any{object{"index": "0"}}),
		"an index is a broken": flowsOf([]any{object{"index": 1.5}}),
		"a location is a list": flowsOf([]any{object{"location": []any{}}}),
		"a line is huge":       flowsOf([]any{object{"location": object{"physicalLocation": object{"region": object{"startLine": 1e300}}}}}),
	} {
		t.Run(name, func(t *testing.T) {
			log := minimal()
			result0(log)["codeFlows"] = flows
			run := decodeOf(t, log).Runs[0]
			want := []finding.Note{{Level: finding.Information, Message: "1 finding without the way that data takes: what the file says of it is not readable, or too much"}}
			if d := cmp.Diff(want, run.Notes); d != "" || run.Status != finding.Completed {
				t.Errorf("%v: %s", run.Status, d)
			}
			if f := run.Findings[0]; f.Message != "m" || f.Flows != nil {
				t.Errorf("got %+v", f)
			}
		})
	}
	deep := `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[{"codeFlows":` + strings.Repeat("[", 1<<20)
	if _, err := Decode(strings.NewReader(deep), "x"); err == nil || !strings.Contains(err.Error(), "depth") {
		t.Errorf("a million nested flows: %v", err)
	}
}

// flowLog is a file whose results all have the same flows, as text, and the
// run's table of steps.
func flowLog(results int, flows, table string) string {
	result := `{"ruleId":"r","message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.go"},"region":{"startLine":1}}}],"codeFlows":` + flows + `}`
	return `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"threadFlowLocations":[` + table + `],"results":[` +
		strings.TrimSuffix(strings.Repeat(result+",", results), ",") + `]}]}`
}

func TestDecodeFlowsAreBounded(t *testing.T) {
	step := func(i int) string {
		return fmt.Sprintf(`{"location":{"physicalLocation":{"artifactLocation":{"uri":"a.go"},"region":{"startLine":%d}}}}`, i)
	}
	flow := func(steps string) string { return `{"threadFlows":[{"locations":[` + steps + `]}]}` }
	const short = `{"index":0}`
	const last = maxResultFlowParts - 2 // behind its flow and its thread
	long := flow(strings.Repeat(short+",", last-1) + step(7) + strings.Repeat(","+short, 1_000_000-last))
	tests := []struct {
		name        string
		log         string
		flows, last int // of the first finding: how many, and the last step's line
		lost        bool
	}{
		{"a million steps", flowLog(1, "["+long+"]", step(3)), 1, 7, false},
		{"just as many as are looked at", flowLog(1, "["+flow(strings.Repeat(short+",", last-1)+step(8))+"]", step(3)), 1, 8, false},
		{"many flows", flowLog(1, "["+strings.Repeat(flow(step(5))+",", 100_000)+flow(step(6))+"]", ""), finding.MaxFlows, 5, false},
		{"a million empty ones", flowLog(1, "["+strings.Repeat("{},", 1_000_000)+flow(step(6))+"]", ""), 0, 0, false},
		{"a million steps that say nothing", flowLog(1, "["+flow(step(4)+strings.Repeat(",{}", 1_000_000))+"]", ""), 1, 4, false},
		{"many results", flowLog(30, "["+flow(strings.Repeat("{},", 99_000)+step(2))+"]", ""), 1, 2, true},
		{"a large shared step", flowLog(50, "["+flow(strings.Repeat(`{"index":0},`, 999)+`{"index":0}`)+"]",
			`{"location":{"message":{"text":"`+strings.Repeat("x", 20<<20)+`"},"physicalLocation":{"artifactLocation":{"uri":"a.go"},"region":{"startLine":9}}}}`), 1, 9, false},
		{"a large path", flowLog(50, "["+flow(strings.Repeat(`{"location":{"physicalLocation":{"artifactLocation":{"uri":"x","uriBaseId":"B"}}}},`, 999)+step(4))+"]",
			`],"originalUriBaseIds":{"B":{"uri":"`+strings.Repeat("x/", 4<<20)+`"}},"artifacts":[`), 1, 4, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Decode(strings.NewReader(tt.log), "x")
			if err != nil {
				t.Fatal(err)
			}
			run := got.Runs[0]
			flows := run.Findings[0].Flows
			if len(flows) != tt.flows {
				t.Fatalf("%d flows, want %d", len(flows), tt.flows)
			}
			for _, f := range flows {
				if n := len(f.Steps); n > finding.MaxFlowSteps || f.Steps[n-1].StartLine != tt.last || len(f.Steps[0].Message) > maxStepMessage+3 {
					t.Errorf("%d steps, the last on line %d, want %d", n, f.Steps[n-1].StartLine, tt.last)
				}
			}
			if lost := len(run.Notes) > 0; lost != tt.lost {
				t.Errorf("notes: %v", run.Notes)
			}
		})
	}
	table := flowLog(1, "[]", strings.Repeat("0,", maxSharedSteps)+"0")
	if _, err := Decode(strings.NewReader(table), "x"); err == nil || !strings.Contains(err.Error(), "more than 1000000 steps") {
		t.Errorf("a large table: %v", err)
	}
}

func TestEncodeFlowsAreBounded(t *testing.T) {
	steps := make([]finding.Location, 3000)
	for i := range steps {
		steps[i] = at("a.go", i+1)
	}
	steps[3] = finding.Location{Path: "../x"}
	var all []finding.Finding
	for i := range 120 {
		f := finding.Finding{RuleID: "r", Severity: finding.Low, Message: "m", Key: fmt.Sprint(i), Location: at("a.go", i+1)}
		for range 9 {
			f.Flows = append(f.Flows, finding.Flow{Steps: steps})
		}
		if i == 119 {
			f.Severity = finding.Critical
		}
		all = append(all, f)
	}
	upload, summary := encode(t, one(all...), Options{Upload: true})
	checkSchema(t, "upload", upload)
	problems, err := Lint(bytes.NewReader(upload))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if p.Level == Reject || p.Kind == "flow-steps" {
			t.Error(p)
		}
	}
	if n := summary.Runs[0].Flows; n != 20 {
		t.Errorf("%d findings without flows, want 20", n)
	}
	results := parsed(t, upload).Runs[0].Results
	if *results[0].Locations[0].PhysicalLocation.Region.StartLine != 120 || len(results[0].CodeFlows) != finding.MaxFlows {
		t.Error("the most severe finding has no flows")
	}
	if results[119].CodeFlows != nil || !strings.Contains(string(upload), "20 findings without the way that data takes in this copy") {
		t.Error("the last finding has flows, or nothing says that it has none")
	}
	artifact, summary := encode(t, one(all...), Options{})
	if n := strings.Count(string(artifact), `"threadFlows"`); n != 120*finding.MaxFlows || summary.Runs[0].Flows != 0 {
		t.Errorf("%d flows in the artifact copy", n)
	}
}

func TestDecodeNotifications(t *testing.T) {
	said := func(level, text string) object {
		return object{"level": level, "message": object{"text": text}, "descriptor": object{"id": "py/diagnostics/extraction-errors"}}
	}
	tests := []struct {
		name   string
		spoil  func(o object)
		status finding.Status
		reason string
		notes  []finding.Note
	}{
		{"a note", func(o object) { o["toolExecutionNotifications"] = []any{said("note", "n"), said("none", "")} }, finding.Completed, "",
			[]finding.Note{{Level: finding.Information, Message: "n"}}},
		{"a warning", func(o object) { o["toolExecutionNotifications"] = []any{said("warning", "w")} }, finding.Completed, "",
			[]finding.Note{{Level: finding.Warning, Message: "w"}}},
		{"an error", func(o object) { o["toolExecutionNotifications"] = []any{said("error", "cannot\nparse")} }, finding.Partial, "the tool reports an error: cannot parse",
			[]finding.Note{{Level: finding.Gap, Message: "cannot parse"}}},
		{"an error without words", func(o object) { o["toolConfigurationNotifications"] = []any{said("error", "")} }, finding.Partial, "py/diagnostics/extraction-errors",
			[]finding.Note{{Level: finding.Gap, Message: "py/diagnostics/extraction-errors"}}},
		{"an error that says nothing", func(o object) { o["toolExecutionNotifications"] = []any{object{"level": "error"}} }, finding.Partial, "without a word",
			[]finding.Note{{Level: finding.Gap, Message: "an error without a word about it"}}},
		{"failed", func(o object) {
			o["executionSuccessful"] = false
			o["toolExecutionNotifications"] = []any{said("error", "e")}
		}, finding.Failed, "did not run successfully", []finding.Note{{Level: finding.Gap, Message: "e"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log, invocation := minimal(), object{"executionSuccessful": true}
			tt.spoil(invocation)
			run0(log)["invocations"] = []any{invocation}
			run := decodeOf(t, log).Runs[0]
			if d := cmp.Diff(tt.notes, run.Notes); d != "" || run.Status != tt.status || !strings.Contains(run.Reason, tt.reason) {
				t.Errorf("%v, %q: %s", run.Status, run.Reason, d)
			}
		})
	}
	log := minimal()
	run0(log)["invocations"] = []any{object{"toolExecutionNotifications": append(repeat(2*maxNotes, func(i int) any { return said("note", fmt.Sprint(i)) }), said("error", "late"))}}
	if run := decodeOf(t, log).Runs[0]; run.Status != finding.Partial || len(run.Notes) != maxNotes+1 {
		t.Errorf("an error behind many notes: %v, %d notes", run.Status, len(run.Notes))
	}
}

func TestDecodeProblemSeverity(t *testing.T) {
	for severity, want := range map[string]finding.Severity{"error": finding.High, "warning": finding.Medium, "recommendation": finding.Low, "x": finding.Medium} {
		log := minimal()
		rule0(log)["properties"] = object{"problem.severity": severity, "precision": "high", "tags": []any{"external/cwe/cwe-079"}}
		if f := only(t, log); f.Severity != want {
			t.Errorf("%s: %v", severity, f.Severity)
		}
		rule0(log)["defaultConfiguration"] = object{"level": "note"}
		if f := only(t, log); f.Severity != finding.Low {
			t.Errorf("%s: the rule's own level counts before it, got %v", severity, f.Severity)
		}
	}
}

func TestDecodeBoundsExtensions(t *testing.T) {
	log := minimal()
	run0(log)["tool"].(object)["extensions"] = repeat(maxExtensions+1, func(int) any { return object{} })
	document, err := json.Marshal(log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(bytes.NewReader(document), "x"); err == nil || !strings.Contains(err.Error(), "extensions: more than 10000") {
		t.Errorf("got %v", err)
	}
}
