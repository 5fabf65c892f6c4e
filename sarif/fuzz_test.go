package sarif

import (
	"bytes"
	"encoding/json"
	"path"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/hostile"
)

// seed adds small documents: most changes of a large one only break its
// syntax.
func seed(f *testing.F) {
	small, err := json.Marshal(minimal())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	const result = `"message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a"},"region":{"startLine":1}}}]`
	for _, run := range []string{
		`{"tool":{"driver":{"name":"scangate"}},"results":[{"properties":{"region":{"startLine":-1},"score":1,"package":{}},` + result + `}]}`,
		`{"tool":{"driver":{"name":"t","rules":[null]},"extensions":[null]},"results":[null],"invocations":null}`,
		`{"tool":{"driver":{"name":"t"}},"results":[{"ruleId":"r","message":{"text":"[a](1)"},"suppressions":[{"kind":"external"}]}],"invocations":[{"executionSuccessful":true,"toolExecutionNotifications":[{"message":{"text":"n"}}]}]}`,
		`{"results":[{"ruleIndex":0,"level":"error","locations":[{"physicalLocation":{"artifactLocation":{"uri":"file:///a/b"}}}]}],"originalUriBaseIds":{"%SRCROOT%":{"uri":"file:///a"}},"tool":{"driver":{"name":"t","rules":[{"id":"r","properties":{"security-severity":"9.8","tags":["x"]}}]}}}`,
		`{"tool":{"driver":{"name":"scangate"}},"automationDetails":{"id":"scangate/a/b/"},"results":[{"ruleId":"r","partialFingerprints":{"scangate/v1":"ab","primaryLocationLineHash":"ab:1"},"relatedLocations":[{"physicalLocation":{"artifactLocation":{"uri":"x"}}}],` + result + `}]}`,
		`{"tool":{"driver":{"name":"CodeQL"}},"threadFlowLocations":[{"index":0,"location":{"physicalLocation":{"artifactLocation":{"uri":"x"},"region":{"startLine":3}}}}],"results":[{"ruleId":"r","codeFlows":[{"message":{"text":"m"},"threadFlows":[{"locations":[{"index":0},{"location":{"message":{"text":"s"},"physicalLocation":{"artifactLocation":{"uri":"../y"}}}}]}]}],` + result + `}]}`,
		`{"tool":{"driver":{"name":"scangate"}},"results":[{"ruleId":"r","codeFlows":[{"threadFlows":[{"locations":[{"location":{"properties":{"region":{}},"physicalLocation":{"artifactLocation":{"uri":"y"}}}}]}]}],` + result + `}],"invocations":[{"executionSuccessful":true,"toolExecutionNotifications":[{"level":"error","message":{"text":""}}]}]}`,
	} {
		f.Add([]byte(`{"version":"2.1.0","runs":[` + run + `]}`))
	}
	for _, document := range hostile.Seeds() {
		f.Add([]byte(document))
	}
	f.Add([]byte("{\"version\":\"2.1.0\",\n\"runs\":[\r\n{\"tool\":{\"driver\":{\"name\":\"t\"}},\n\"results\":[\n{},\n{\"ruleId\":\n7}]}]}"))
	f.Add([]byte(`{"version":"\u001b[2J","runs":[]}`))
	f.Add([]byte(strings.Repeat("7", 5000)))
	f.Add([]byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[{"ruleIndex":` + strings.Repeat("7", 5000) + `}]}]}`))
	f.Add([]byte(`{"version":"2.1.0","runs":[],"properties":{"scangate/incomplete":[{"scanner":"s","status":"failed"}]}}`))
}

func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, document []byte) {
		var r finding.Results
		var err error
		hostile.Bounded(t, len(document), func() {
			r, err = Decode(bytes.NewReader(document), "some/fuzz.sarif")
		})
		if hostile.Place(t, err, "some/fuzz.sarif", document); err != nil {
			return
		}
		if again, err := Decode(iotest.OneByteReader(bytes.NewReader(document)), "some/fuzz.sarif"); err != nil || !cmp.Equal(r, again) {
			t.Fatalf("in pieces it is something else: %v\n%s", err, cmp.Diff(r, again))
		}
		n := 0
		for _, run := range r.Runs {
			n += 1 + len(run.Findings) + len(run.Rules) + len(run.Notes)
		}
		if n > len(document) {
			t.Fatalf("%d things of %d bytes", n, len(document))
		}
		for _, run := range r.Runs {
			if run.Scanner == "" || run.Findings == nil {
				t.Fatalf("a run without scanner or findings: %+v", run)
			}
			for _, x := range run.Findings {
				if x.RuleID == "" || x.Message == "" || x.Fingerprint == "" {
					t.Fatalf("an empty finding: %+v", x)
				}
				places := append([]finding.Location{x.Location}, x.Related...)
				for _, flow := range x.Flows {
					if len(flow.Steps) == 0 || len(flow.Steps) > finding.MaxFlowSteps || len(x.Flows) > finding.MaxFlows {
						t.Fatalf("%d flows, one of %d steps", len(x.Flows), len(flow.Steps))
					}
					places = append(places, flow.Steps...)
				}
				for _, l := range places {
					if p := l.Path; p != "" && (path.Clean(p) != p || strings.HasPrefix(p, "/") || p == ".." || strings.HasPrefix(p, "../")) {
						t.Fatalf("path %q leaves the root", p)
					}
				}
			}
		}
		// What was read can be written, is what GitHub takes, and reads the same.
		first, _ := encode(t, r, Options{})
		again, err := Decode(bytes.NewReader(first), "again")
		if err != nil {
			t.Fatal(err)
		}
		second, _ := encode(t, again, Options{})
		if !bytes.Equal(first, second) {
			t.Fatalf("does not come back:\n%s", cmp.Diff(string(first), string(second)))
		}
		if len(r.Runs) > maxRuns {
			return // cannot be uploaded in one file
		}
		var upload bytes.Buffer
		if _, err := Encode(&upload, r, Options{Upload: true}); err != nil {
			t.Fatal(err)
		}
		found, err := Lint(&upload)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range found {
			if p.Level == Reject {
				t.Fatalf("our own upload copy would be rejected: %v", p)
			}
		}
	})
}

func FuzzLint(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, document []byte) {
		first, err := Lint(bytes.NewReader(document))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range first {
			if p.Level == "" || p.Kind == "" || p.Message == "" || strings.Contains(p.Message, "%!") {
				t.Fatalf("an empty problem: %+v", p)
			}
		}
	})
}
