package finding

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSeveritiesParseAndOrder(t *testing.T) {
	last := Severity(-1)
	for _, name := range severityNames {
		s, err := ParseSeverity(strings.ToUpper(name))
		if err != nil || s.String() != name || s <= last {
			t.Errorf("%s: %v, %v", name, s, err)
		}
		last = s
	}
	if _, err := ParseSeverity("hihg"); err == nil || !strings.Contains(err.Error(), "critical") {
		t.Errorf("a wrong name: %v", err)
	}
	for score, want := range map[float64]Severity{0: Unknown, 0.1: Low, 3.9: Low, 4: Medium, 6.9: Medium, 7: High, 8.9: High, 9: Critical, 10: Critical} {
		if got := SeverityOfScore(score); got != want {
			t.Errorf("score %v is %s, want %s", score, got, want)
		}
	}
}

func sample() Results {
	return Results{
		Version: SchemaVersion, Tool: Engine{"scangate", "1"}, Root: "shop",
		Runs: []Run{
			{Scanner: "secret", Status: Completed, Looked: Looked{Files: 2, Commits: 3}, Rules: []Rule{{ID: "R", Title: "t"}},
				Findings: []Finding{{RuleID: "R", Severity: High, Message: "m <&>", Location: Location{Path: "a", StartLine: 1}, Fingerprint: "f"}}},
			{Scanner: "iac", Status: Failed, Reason: "died", Findings: []Finding{}},
		},
	}
}

func TestEncodeAndDecodeAgree(t *testing.T) {
	var one, two bytes.Buffer
	if err := Encode(&one, sample()); err != nil {
		t.Fatal(err)
	}
	text := one.String()
	got, err := Decode(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sample(), got); d != "" {
		t.Error(d)
	}
	if err := Encode(&two, got); err != nil || two.String() != text {
		t.Error("encoding again gives other bytes")
	}
}

func TestDecodeRefusesWhatItCouldMisread(t *testing.T) {
	for in, want := range map[string]string{
		"":                                "ends early",
		"{":                               "ends early",
		`{"schemaVersion":1`:              "ends early",
		`{"schemaVersion":2,"runs":[]}`:   "schemaVersion 2: this scangate reads version 1",
		`{"runs":[]}`:                     "schemaVersion 0",
		`{"schemaVersion":1,"runs":[]} x`: "behind the end",
		`{"schemaVersion":1,"rums":[]}`:   `unknown field "rums"`,
		`{"schemaVersion":1,"runs":[{}]}`: "run 0 names no scanner",
		`{"schemaVersion":1,"runs":[{"scanner":"s","status":"fine"}]}`: `unknown status "fine"`,
		`[]`: "cannot unmarshal array",
		`{"schemaVersion":1,"runs":` + strings.Repeat("[", 20000): "exceeded max depth",
	} {
		if _, err := Decode(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", in, err, want)
		}
	}
}

func TestTheZeroStatusIsNotClean(t *testing.T) {
	if s := (Run{}).Status; s != Failed {
		t.Errorf("a run that says nothing is %s", s)
	}
}

func TestMergeJoinsShards(t *testing.T) {
	f := func(path string) Finding {
		return Finding{RuleID: "R", Fingerprint: path, Location: Location{Path: path, StartLine: 1}}
	}
	a := Results{Tool: Engine{"scangate", "1"}, Runs: []Run{
		{Scanner: "iac", Status: Completed, Plan: "2 files", Looked: Looked{Files: 2}, Rules: []Rule{{ID: "R"}}, Findings: []Finding{f("x"), f("x"), f("y")}},
		{Scanner: "secret", Status: Completed},
		{Scanner: "dependency", Status: Skipped, Reason: "no lockfile"},
	}}
	b := Results{Runs: []Run{
		{Scanner: "iac", Status: Completed, Plan: "1 file", Looked: Looked{Files: 1}, Rules: []Rule{{ID: "R"}, {ID: "S"}}, Findings: []Finding{f("y"), f("z")}},
		{Scanner: "secret", Status: TimedOut, Reason: "slow"},
		{Scanner: "dependency", Status: Completed},
		{Scanner: "image", Target: "a", Status: Completed},
	}}
	got := Merge([]Results{a, b})
	want := []Run{
		{Scanner: "iac", Status: Completed, Plan: "2 files; 1 file", Looked: Looked{Files: 3}, Rules: []Rule{{ID: "R"}, {ID: "S"}}, Findings: []Finding{f("x"), f("x"), f("y"), f("z")}},
		{Scanner: "secret", Status: TimedOut, Reason: "slow"},
		{Scanner: "dependency", Status: Completed},
		{Scanner: "image", Target: "a", Status: Completed},
	}
	if d := cmp.Diff(want, got.Runs); d != "" {
		t.Error(d)
	}
}

func TestKeyOnlyLeavesThePathOut(t *testing.T) {
	at := func(path string, keyOnly bool) Finding {
		return Finding{RuleID: "R", Key: "k", KeyOnly: keyOnly, Location: Location{Path: path, StartLine: 1}}
	}
	if FingerprintOf("s", at("a", true)) != FingerprintOf("s", at("b/c", true)) {
		t.Error("a move changes the fingerprint")
	}
	if FingerprintOf("s", at("a", false)) == FingerprintOf("s", at("b/c", false)) {
		t.Error("without the field the path does not count")
	}
	other := at("a", true)
	other.Key = "l"
	if FingerprintOf("s", at("a", true)) == FingerprintOf("s", other) {
		t.Error("another secret keeps the fingerprint")
	}
}
