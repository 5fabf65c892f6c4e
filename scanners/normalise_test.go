package scanners

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func TestNormaliseSortsCleansAndDropsDuplicates(t *testing.T) {
	f := func(path string, line int, rule, msg string) finding.Finding {
		return finding.Finding{RuleID: rule, Message: msg, Key: msg, Location: finding.Location{Path: path, StartLine: line}}
	}
	got := normalise(finding.Run{Scanner: "s", Findings: []finding.Finding{
		f("b", 2, "R1", "x"), f("a", 9, "R2", "y"), f("b", 2, "R1", "x"), f("./a", 3, "R1", "z\x1b[31m\x00"),
		f("../../etc/passwd", 1, "R1", "out"), f("/etc/passwd", 1, "R1", "abs"),
	}})
	var lines []string
	for _, x := range got.Findings {
		lines = append(lines, fmt.Sprintf("%s:%d %s %s", x.Location.Path, x.Location.StartLine, x.RuleID, x.Message))
	}
	want := []string{":0 R1 abs", ":0 R1 out", "a:3 R1 z[31m", "a:9 R2 y", "b:2 R1 x"}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
	for _, x := range got.Findings {
		if len(x.Fingerprint) != 32 {
			t.Errorf("fingerprint %q", x.Fingerprint)
		}
	}
}

func TestFingerprintDoesNotDependOnLines(t *testing.T) {
	a := finding.Finding{RuleID: "R", Key: "k", Location: finding.Location{Path: "p", StartLine: 1}}
	b := a
	b.Location.StartLine = 99
	if finding.FingerprintOf("s", a) != finding.FingerprintOf("s", b) {
		t.Error("a moved line changes the fingerprint")
	}
	for what, change := range map[string]func(*finding.Finding){
		"rule": func(f *finding.Finding) { f.RuleID = "S" }, "key": func(f *finding.Finding) { f.Key = "l" },
		"path": func(f *finding.Finding) { f.Location.Path = "q" },
	} {
		c := a
		change(&c)
		if finding.FingerprintOf("s", a) == finding.FingerprintOf("s", c) {
			t.Errorf("another %s keeps the fingerprint", what)
		}
	}
}

func TestNotesAreBoundedAndGapsComeFirst(t *testing.T) {
	var notes []finding.Note
	for i := range 1000 {
		notes = append(notes, finding.Note{Level: finding.Information, Message: fmt.Sprint(i)})
	}
	notes = append(notes, finding.Note{Level: finding.Gap, Message: "gap"})
	got := normalise(finding.Run{Notes: notes}).Notes
	if len(got) != maxNotes+1 || got[0].Message != "gap" || !strings.Contains(got[maxNotes].Message, "801 more notes") {
		t.Errorf("%d notes, first %v, last %v", len(got), got[0], got[len(got)-1])
	}
}

func TestFlowsAreCleaned(t *testing.T) {
	at := func(path, message string) finding.Location {
		return finding.Location{Path: path, StartLine: -1, Message: message}
	}
	got := normalise(finding.Run{Scanner: "s", Findings: []finding.Finding{{RuleID: "R", Flows: []finding.Flow{
		{Message: "m\x1b", Steps: []finding.Location{at("./a", "x\x00"), at("../../etc/passwd", "out"), at("/etc/passwd", "abs"), at("b/../c", "")}},
		{Steps: []finding.Location{at("..", "")}},
	}}}}).Findings[0].Flows
	want := []finding.Flow{{Message: "m", Steps: []finding.Location{{Path: "a", Message: "x"}, {Path: "c"}}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
