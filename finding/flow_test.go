package finding

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// steps are locations on the lines from first to last.
func steps(first, last int) (out []Location) {
	for line := first; line <= last; line++ {
		out = append(out, Location{Path: "a.go", StartLine: line})
	}
	return out
}

func TestBoundFlows(t *testing.T) {
	short := Flow{Message: "m", Steps: steps(1, 3)}
	long := Flow{Message: "m", Steps: steps(1, 10*MaxFlowSteps+7)}
	full := Flow{Steps: steps(1, MaxFlowSteps)}
	cut := Flow{Message: "m " + FlowCutNote, Steps: append(steps(1, half), steps(10*MaxFlowSteps+7-(MaxFlowSteps-half)+1, 10*MaxFlowSteps+7)...)}
	tests := []struct {
		name     string
		in, want []Flow
	}{
		{"none", nil, nil},
		{"empty", []Flow{{Message: "m"}, {Steps: []Location{{}}}}, nil},
		{"short", []Flow{short}, []Flow{short}},
		{"just full", []Flow{full}, []Flow{full}},
		{"long", []Flow{long}, []Flow{cut}},
		{"cut already", []Flow{cut}, []Flow{cut}},
		{"without a path", []Flow{{Steps: []Location{{Path: "a"}, {StartLine: 3, Message: "elsewhere"}, {Path: "b"}}}}, []Flow{{Steps: []Location{{Path: "a"}, {Path: "b"}}}}},
		{"many", []Flow{short, {}, short, short, short, long}, []Flow{short, short, short, short}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, BoundFlows(tt.in)); d != "" {
				t.Error(d)
			}
		})
	}
	if len(long.Steps) != 10*MaxFlowSteps+7 || long.Steps[half].StartLine != half+1 {
		t.Error("what was given has changed")
	}
}

func TestFlowsAreSaved(t *testing.T) {
	want := Results{Version: SchemaVersion, Runs: []Run{{Scanner: "s", Status: Completed, Findings: []Finding{{
		RuleID: "r", Message: "m", Fingerprint: "f", Flows: []Flow{{Message: "m", Steps: steps(1, 2)}, {Steps: steps(3, 3)}},
	}}}}}
	var b bytes.Buffer
	if err := Encode(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
