package sarif

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// minimal is a log that GitHub takes without a word. The tests break it.
func minimal() object {
	return object{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": []any{minimalRun("a/")}}
}

func minimalRun(id string) object {
	return object{
		"tool":              object{"driver": object{"name": "t", "rules": []any{minimalRule("r")}}},
		"automationDetails": object{"id": id},
		"results":           []any{minimalResult(1)},
	}
}

func minimalRule(id string) object {
	text := object{"text": "t"}
	return object{"id": id, "shortDescription": text, "fullDescription": text, "help": object{"text": "t"}, "properties": object{"anything": nil}}
}

func minimalResult(line int) object {
	return object{
		"ruleId": "r", "ruleIndex": 0, "message": object{"text": "m"},
		"locations":           []any{minimalLocation("src/a.go", line)},
		"partialFingerprints": object{lineHashKey: fmt.Sprintf("%x:1", line)},
	}
}

func minimalLocation(uri string, line int) object {
	return object{"physicalLocation": object{"artifactLocation": object{"uri": uri}, "region": object{"startLine": line}}}
}

// The parts of a minimal log that the tests break.
func run0(o object) object    { return o["runs"].([]any)[0].(object) }
func driver0(o object) object { return run0(o)["tool"].(object)["driver"].(object) }
func rule0(o object) object   { return driver0(o)["rules"].([]any)[0].(object) }
func result0(o object) object { return run0(o)["results"].([]any)[0].(object) }
func physical0(o object) object {
	return result0(o)["locations"].([]any)[0].(object)["physicalLocation"].(object)
}

func setURI(o object, uri any) { physical0(o)["artifactLocation"] = object{"uri": uri} }

func repeat(n int, one func(i int) any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = one(i)
	}
	return out
}

func lintOf(t testing.TB, log any) []Problem {
	t.Helper()
	document, err := json.Marshal(log)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Lint(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestLintAcceptsGoodFiles(t *testing.T) {
	if got := lintOf(t, minimal()); len(got) != 0 {
		t.Errorf("the minimal log has problems: %v", got)
	}
	document, _ := encode(t, sample(), Options{Upload: true, Omit: samplePolicy})
	got, err := Lint(bytes.NewReader(document))
	if err != nil || len(got) != 0 {
		t.Errorf("our own upload copy has problems: %v, %v", got, err)
	}
}

func TestLint(t *testing.T) {
	const (
		run    = "/runs/0"
		rule   = run + "/tool/driver/rules/0"
		result = run + "/results/0"
		first  = result + "/locations/0/physicalLocation"
	)
	tests := []struct {
		kind  string
		level Level
		where string
		spoil func(o object)
	}{
		{"no-version", Reject, "", func(o object) { delete(o, "version") }},
		{"version", Reject, "/version", func(o object) { o["version"] = "2.0.0" }},
		{"version", Reject, "/version", func(o object) { o["version"] = 2.1 }},
		{"no-schema", Warn, "", func(o object) { delete(o, "$schema") }},
		{"no-schema", Warn, "/$schema", func(o object) { o["$schema"] = "" }},
		{"schema", Warn, "/$schema", func(o object) { o["$schema"] = "https://json.schemastore.org/sarif-1.0.0.json" }},
		{"no-runs", Reject, "", func(o object) { delete(o, "runs") }},
		{"null", Reject, "/runs", func(o object) { o["runs"] = nil }},
		{"type", Reject, "/runs", func(o object) { o["runs"] = object{} }},
		{"type", Reject, run, func(o object) { o["runs"] = []any{"x"} }},
		{"empty", Warn, "/runs", func(o object) { o["runs"] = []any{} }},
		{"runs", Reject, "/runs", func(o object) {
			o["runs"] = repeat(21, func(i int) any { return minimalRun(fmt.Sprintf("c%d/", i)) })
		}},

		{"no-results", Reject, run, func(o object) { delete(run0(o), "results") }},
		{"null", Reject, run + "/results", func(o object) { run0(o)["results"] = nil }},
		{"type", Reject, run + "/results", func(o object) { run0(o)["results"] = object{} }},
		{"type", Reject, result, func(o object) { run0(o)["results"] = []any{7} }},
		{"null", Reject, result, func(o object) { run0(o)["results"] = []any{nil} }},
		{"results", Drop, run + "/results", func(o object) { run0(o)["results"] = repeat(5_001, func(i int) any { return minimalResult(i + 1) }) }},
		{"results", Reject, run + "/results", func(o object) { run0(o)["results"] = repeat(25_001, func(i int) any { return minimalResult(i + 1) }) }},
		{"no-driver", Reject, run, func(o object) { delete(run0(o), "tool"); result0(o)["ruleIndex"] = -1 }},
		{"no-driver", Reject, run + "/tool", func(o object) { run0(o)["tool"] = object{}; result0(o)["ruleIndex"] = -1 }},
		{"no-tool-name", Reject, run + "/tool/driver", func(o object) { delete(driver0(o), "name") }},
		{"no-tool-name", Reject, run + "/tool/driver/name", func(o object) { driver0(o)["name"] = " " }},
		{"no-rules", Warn, run + "/tool/driver", func(o object) { delete(driver0(o), "rules"); delete(result0(o), "ruleIndex") }},
		{"null", Reject, run + "/tool/driver/rules", func(o object) { driver0(o)["rules"] = nil; delete(result0(o), "ruleIndex") }},
		{"rules", Reject, run + "/tool", func(o object) {
			driver0(o)["rules"] = repeat(25_001, func(i int) any { return minimalRule(fmt.Sprintf("r%d", i)) })
		}},
		{"extensions", Reject, run + "/tool/extensions", func(o object) {
			run0(o)["tool"].(object)["extensions"] = repeat(101, func(int) any { return object{"name": "e"} })
		}},
		{"null", Reject, run + "/artifacts/1", func(o object) { run0(o)["artifacts"] = []any{object{}, nil} }},

		{"no-category", Warn, run, func(o object) { delete(run0(o), "automationDetails") }},
		{"no-category", Warn, run + "/automationDetails", func(o object) { run0(o)["automationDetails"] = object{} }},
		{"no-category", Warn, run + "/automationDetails/id", func(o object) { run0(o)["automationDetails"] = object{"id": "trivy"} }},
		{"no-category", Warn, run + "/automationDetails/id", func(o object) { run0(o)["automationDetails"] = object{"id": "/run-7"} }},
		{"category-run-id", Warn, run + "/automationDetails/id", func(o object) { run0(o)["automationDetails"] = object{"id": "trivy/run-7"} }},
		{"unstable-category", Warn, run + "/automationDetails/id", func(o object) {
			run0(o)["automationDetails"] = object{"id": "scan/" + strings.Repeat("0f", 20) + "/"}
		}},
		{"duplicate-category", Reject, "/runs/1", func(o object) { o["runs"] = []any{minimalRun("a/1"), minimalRun("a/")} }},
		{"unsuccessful", Reject, run + "/invocations/0/executionSuccessful", func(o object) {
			run0(o)["invocations"] = []any{object{"executionSuccessful": false}}
		}},
		{"invocation", Reject, run + "/invocations/0", func(o object) { run0(o)["invocations"] = []any{object{}} }},
		{"type", Reject, run + "/invocations", func(o object) { run0(o)["invocations"] = object{} }},

		{"rule-id", Reject, rule, func(o object) { rule0(o)["id"] = ""; delete(result0(o), "ruleIndex") }},
		{"rule-name", Reject, rule + "/name", func(o object) { rule0(o)["name"] = strings.Repeat("n", 256) }},
		{"rule-text", Warn, rule, func(o object) { delete(rule0(o), "shortDescription") }},
		{"rule-text", Warn, rule, func(o object) { delete(rule0(o), "fullDescription") }},
		{"rule-text", Warn, rule, func(o object) { rule0(o)["help"] = object{"text": ""} }},
		{"null", Reject, rule + "/shortDescription", func(o object) { rule0(o)["shortDescription"] = nil }},
		{"rule-description", Reject, rule + "/shortDescription/text", func(o object) { rule0(o)["shortDescription"] = object{"text": strings.Repeat("ä", 1025)} }},
		{"rule-description", Reject, rule + "/fullDescription/text", func(o object) { rule0(o)["fullDescription"] = object{"text": strings.Repeat("x", 1025)} }},
		{"level", Reject, rule + "/defaultConfiguration/level", func(o object) { rule0(o)["defaultConfiguration"] = object{"level": "high"} }},
		{"security-severity", Reject, rule + "/properties/security-severity", func(o object) { rule0(o)["properties"] = object{"security-severity": 7.5} }},
		{"security-severity", Reject, rule + "/properties/security-severity", func(o object) { rule0(o)["properties"] = object{"security-severity": "HIGH"} }},
		{"security-severity-range", Warn, rule + "/properties/security-severity", func(o object) { rule0(o)["properties"] = object{"security-severity": "11"} }},
		{"tag-count", Drop, rule + "/properties/tags", func(o object) {
			rule0(o)["properties"] = object{"tags": repeat(11, func(i int) any { return fmt.Sprint(i) })}
		}},
		{"tag-count", Reject, rule + "/properties/tags", func(o object) {
			rule0(o)["properties"] = object{"tags": repeat(21, func(i int) any { return fmt.Sprint(i) })}
		}},
		{"tags", Reject, rule + "/properties/tags", func(o object) { rule0(o)["properties"] = object{"tags": "security"} }},
		{"tags", Reject, rule + "/properties/tags/1", func(o object) { rule0(o)["properties"] = object{"tags": []any{"a", "a"}} }},
		{"tags", Reject, rule + "/properties/tags/0", func(o object) { rule0(o)["properties"] = object{"tags": []any{1}} }},
		{"rule-property", Warn, rule + "/properties/precision", func(o object) { rule0(o)["properties"] = object{"precision": "certain"} }},
		{"rule-property", Warn, rule + "/properties/problem.severity", func(o object) { rule0(o)["properties"] = object{"problem.severity": "high"} }},
		{"duplicate-rule", Warn, run + "/tool/driver/rules/1", func(o object) { driver0(o)["rules"] = []any{minimalRule("r"), minimalRule("r")} }},

		{"message", Reject, result, func(o object) { delete(result0(o), "message") }},
		{"message", Reject, result + "/message", func(o object) { result0(o)["message"] = object{"text": " "} }},
		{"message", Reject, result + "/message", func(o object) { result0(o)["message"] = object{"id": "default", "arguments": []any{"x"}} }},
		{"type", Reject, result + "/message/text", func(o object) { result0(o)["message"] = object{"text": object{}} }},
		{"level", Reject, result + "/level", func(o object) { result0(o)["level"] = "critical" }},
		{"kind", Warn, result + "/kind", func(o object) { result0(o)["kind"] = "pass" }},
		{"no-rule", Warn, result, func(o object) { delete(result0(o), "ruleId"); result0(o)["ruleIndex"] = -1 }},
		{"rule-index", Reject, result, func(o object) { result0(o)["ruleIndex"] = 1 }},
		{"rule-index", Reject, result + "/ruleIndex", func(o object) { result0(o)["ruleIndex"] = -2 }},
		{"rule-index", Reject, result + "/ruleIndex", func(o object) { result0(o)["ruleIndex"] = "0" }},
		{"rule-index", Reject, result + "/rule/toolComponent/index", func(o object) {
			delete(result0(o), "ruleIndex")
			result0(o)["rule"] = object{"index": 0, "toolComponent": object{"index": 3}}
		}},
		{"rule-mismatch", Warn, result, func(o object) { result0(o)["ruleId"] = "other" }},
		{"no-fingerprint", Warn, result, func(o object) { delete(result0(o), "partialFingerprints") }},
		{"fingerprint", Reject, result + "/partialFingerprints/a~1b", func(o object) { result0(o)["partialFingerprints"].(object)["a/b"] = 1 }},
		{"suppressed", Warn, result + "/suppressions", func(o object) { result0(o)["suppressions"] = []any{object{"kind": "inSource"}} }},
		{"null", Reject, result + "/suppressions/0/guid", func(o object) {
			result0(o)["suppressions"] = []any{object{"kind": "inSource", "status": nil, "guid": nil}}
		}},
		{"suppression", Reject, result + "/suppressions/0/status", func(o object) {
			result0(o)["suppressions"] = []any{object{"kind": "inSource", "status": "ok"}}
		}},
		{"suppression", Reject, result + "/suppressions/0/kind", func(o object) { result0(o)["suppressions"] = []any{object{}} }},
		{"duplicate", Warn, run + "/results/1", func(o object) { run0(o)["results"] = []any{minimalResult(1), minimalResult(1)} }},
		{"flow-steps", Drop, result + "/codeFlows", func(o object) { result0(o)["codeFlows"] = flowOf(1_001) }},
		{"flow-steps", Reject, result + "/codeFlows", func(o object) { result0(o)["codeFlows"] = flowOf(10_001) }},
		{"uri-scheme", Reject, result + "/codeFlows/0/threadFlows/0/locations/1/location/physicalLocation/artifactLocation/uri", func(o object) {
			result0(o)["codeFlows"] = flowsOf([]any{stepOf("a.go", 1), stepOf("https://x.example/a", 2)})
		}},

		{"no-location", Reject, result, func(o object) { delete(result0(o), "locations") }},
		{"no-location", Reject, result, func(o object) { result0(o)["locations"] = []any{} }},
		{"locations", Drop, result + "/locations", func(o object) {
			result0(o)["locations"] = repeat(101, func(i int) any { return minimalLocation("a", i+1) })
		}},
		{"locations", Reject, result + "/locations", func(o object) {
			result0(o)["locations"] = repeat(1_001, func(i int) any { return minimalLocation("a", i+1) })
		}},
		{"no-physical-location", Reject, first, func(o object) { result0(o)["locations"] = []any{object{}} }},
		{"no-physical-location", Warn, result + "/locations/1/physicalLocation", func(o object) {
			result0(o)["locations"] = []any{minimalLocation("a", 1), object{}}
		}},
		{"no-artifact-location", Reject, first, func(o object) { delete(physical0(o), "artifactLocation") }},
		{"no-uri", Reject, first + "/artifactLocation/uri", func(o object) { setURI(o, "") }},
		{"no-uri", Reject, first + "/artifactLocation/uri", func(o object) { physical0(o)["artifactLocation"] = object{"index": 0} }},
		{"uri-scheme", Reject, first + "/artifactLocation/uri", func(o object) { setURI(o, "https://shop.example/x") }},
		{"uri-scheme", Reject, first + "/artifactLocation/uri", func(o object) { setURI(o, "docker://x") }},
		{"uri-scheme", Reject, first + "/artifactLocation/uri", func(o object) { setURI(o, "localhost:8000/x") }},
		{"uri-scheme", Reject, first + "/artifactLocation/uri", func(o object) { setURI(o, "haproxy:2.4") }},
		{"uri-scheme", Reject, result + "/relatedLocations/0/physicalLocation/artifactLocation/uri", func(o object) {
			result0(o)["relatedLocations"] = []any{minimalLocation("c:/x", 1)}
		}},
		{"uri-absolute", Warn, first + "/artifactLocation/uri", func(o object) { setURI(o, "file:///home/x/a.go") }},
		{"uri-space", Warn, first + "/artifactLocation/uri", func(o object) { setURI(o, "my file") }},
		{"uri-backslash", Warn, first + "/artifactLocation/uri", func(o object) { setURI(o, `src\a.go`) }},
		{"uri-encoding", Warn, first + "/artifactLocation/uri", func(o object) { setURI(o, "50%.txt") }},
		{"uri-outside", Warn, first + "/artifactLocation/uri", func(o object) { setURI(o, "a/../../b") }},
		{"uri-unstable", Warn, first + "/artifactLocation/uri", func(o object) { setURI(o, "app@sha256%3A"+strings.Repeat("0a", 32)) }},
		{"type", Reject, first + "/artifactLocation/uri", func(o object) { setURI(o, "x"); physical0(o)["artifactLocation"].(object)["uri"] = 1 }},
		{"no-region", Warn, first + "/region", func(o object) { delete(physical0(o), "region") }},
		{"no-region", Warn, first + "/region", func(o object) { physical0(o)["region"] = object{"byteOffset": 1} }},
		{"region", Reject, first + "/region/startLine", func(o object) { physical0(o)["region"] = object{"startLine": 0} }},
		{"region", Reject, first + "/region/endColumn", func(o object) { physical0(o)["region"] = object{"startLine": 1, "endColumn": -1} }},
		{"region", Reject, first + "/region/startLine", func(o object) { physical0(o)["region"] = object{"startLine": 1.5} }},
		{"many-lines", Warn, first + "/region", func(o object) { physical0(o)["region"] = object{"startLine": 3, "endLine": 4} }},
		{"region-order", Warn, first + "/region", func(o object) { physical0(o)["region"] = object{"startLine": 3, "endLine": 2} }},
	}
	// Some mistakes are two: they are also what these kinds say.
	also := map[string]string{"no-driver": "", "type": "no-uri", "null": "suppressed", "suppression": "suppressed", "rules": "rule-mismatch",
		"duplicate-category": "category-run-id"}
	for i, tt := range tests {
		t.Run(fmt.Sprintf("%02d %s", i, tt.kind), func(t *testing.T) {
			log := minimal()
			tt.spoil(log)
			got := lintOf(t, log)
			found := false
			for _, p := range got {
				if p.Kind == tt.kind && p.Level == tt.level && p.Where == tt.where {
					found = true
				} else if p.Kind != tt.kind && p.Kind != also[tt.kind] && p.Kind != "message" {
					t.Errorf("another problem: %v", p)
				}
				if len(p.Message) < 10 || strings.ContainsAny(p.Message, "\n") || strings.Contains(p.Message, "%!") {
					t.Errorf("bad message: %q", p.Message)
				}
			}
			if !found {
				t.Errorf("no %s %s at %q among %v", tt.level, tt.kind, tt.where, got)
			}
		})
	}
}

func flowOf(steps int) []any {
	return []any{object{"threadFlows": []any{object{"locations": repeat(steps, func(int) any { return object{} })}}}}
}

func TestLintDocument(t *testing.T) {
	good, err := json.Marshal(minimal())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, document, kind string }{
		{"empty", "", "not-json"},
		{"text", "hello", "not-json"},
		{"cut short", string(good[:len(good)/2]), "not-json"},
		{"two documents", string(good) + "{}", "not-json"},
		{"array", "[" + string(good) + "]", "type"},
		{"null", "null", "null"},
		{"byte-order mark", "\ufeff" + string(good), "byte-order-mark"},
		{"deep", strings.Repeat(`{"x":`, 20_000), "not-json"},
		{"deep in a result", strings.Replace(string(good), `"m"`, strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000), 1), "not-json"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Lint(strings.NewReader(tt.document))
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0].Level != Reject || got[0].Kind != tt.kind {
				t.Errorf("got %v, want one reject of kind %s", got, tt.kind)
			}
		})
	}
	broken := errors.New("disk gone")
	if _, err := Lint(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

func TestLintRuleIndexBeforeTool(t *testing.T) {
	const document = `{"$schema":"sarif-2.1.0","version":"2.1.0","runs":[{"results":[{"ruleIndex":1,"message":{"text":"m"},"partialFingerprints":{"primaryLocationLineHash":"1:1"},
"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a"},"region":{"startLine":1}}}]}],
"automationDetails":{"id":"a/"},"tool":{"driver":{"name":"t","rules":[]}}}]}`
	got, err := Lint(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Kind != "rule-index" || got[0].Level != Reject {
		t.Errorf("got %v, want one reject of kind rule-index", got)
	}
}

func TestLintCapsEachKind(t *testing.T) {
	log := minimal()
	run0(log)["results"] = repeat(100, func(i int) any {
		r := minimalResult(i + 1)
		delete(r, "locations")
		return r
	})
	got := lintOf(t, log)
	if len(got) != maxPerKind+1 {
		t.Fatalf("%d problems, want %d", len(got), maxPerKind+1)
	}
	want := Problem{Reject, "no-location", "", "and 80 more of this kind"}
	if diff := cmp.Diff(want, got[maxPerKind]); diff != "" {
		t.Error(diff)
	}
}

func TestLintGzipSize(t *testing.T) {
	const limit = 100 << 10
	rnd := rand.New(rand.NewPCG(5, 6))
	noise := make([]byte, 2*limit)
	for i := range noise {
		noise[i] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-"[rnd.IntN(64)]
	}
	for size, want := range map[int]int{limit * 11 / 10: 0, limit * 3 / 2: 1} { // about a quarter compresses away
		log := minimal()
		log["properties"] = object{"noise": string(noise[:size])}
		document, err := json.Marshal(log)
		if err != nil {
			t.Fatal(err)
		}
		got, err := lint(bytes.NewReader(document), limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != want || want == 1 && (got[0].Kind != "file-size" || got[0].Level != Reject) {
			t.Errorf("%d bytes of noise, limit %d: got %v", size, limit, got)
		}
	}
}

// large is an artifact copy, as raw as a real one.
func large(t testing.TB, rules, findings int) []byte {
	document, _ := encode(t, manyFindings(rules, findings), Options{})
	return document
}

func TestLintLargeFile(t *testing.T) {
	got, err := Lint(bytes.NewReader(large(t, 500, 6_000)))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Kind != "results" || got[0].Level != Drop {
		t.Errorf("got %v, want one drop of kind results", got)
	}
}

func BenchmarkLint(b *testing.B) {
	document := large(b, 10_000, 25_000)
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Lint(bytes.NewReader(document)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	document := large(b, 10_000, 25_000)
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(bytes.NewReader(document), "large"); err != nil {
			b.Fatal(err)
		}
	}
}
