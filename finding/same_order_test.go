package finding

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestOneMoreTakesNoWitness: what is the same as a finding stays its witness,
// whichever of them is shown.
func TestOneMoreTakesNoWitness(t *testing.T) {
	runs := []Run{
		found("dependency", "", Finding{}), // nothing that could be the same
		found("iac", "", wrong("AWS-1", "main.tf", "", 10, 20)),
		found("trivy", "", wrong("AWS-1", "main.tf", "", 18, 30)),
	}
	before := Results{Runs: runs}
	MarkSame(&before)
	if w := before.Runs[2].Findings[0].Witnesses; len(w) != 1 || before.Runs[2].Findings[0].SameAs == "" {
		t.Fatalf("%+v", before.Runs[2].Findings[0])
	}
	// It is shown in place of the first, and has no line in common with the second.
	runs[0] = found("dependency", "", wrong("AWS-1", "main.tf", "", 1, 11))
	after := Results{Runs: runs}
	MarkSame(&after)
	if w := after.Runs[2].Findings[0].Witnesses; !slices.ContainsFunc(w, func(w Witness) bool { return w.Scanner == "iac" }) || after.Runs[2].Findings[0].SameAs != "" {
		t.Errorf("%+v", after.Runs[2].Findings[0])
	}
}

// TestTheGravestWitnessIsNamed: of equal findings of one scanner, and of more
// scanners than can be named, whatever the order.
func TestTheGravestWitnessIsNamed(t *testing.T) {
	for _, first := range []Severity{Low, Critical} {
		r := Results{Runs: []Run{
			found("secret", "", leaked("pat", "a", "1")),
			found("gitleaks", "", Finding{RuleID: "pat", Severity: first, Key: "1", KeyOnly: true, Location: Location{Path: "a"}},
				Finding{RuleID: "pat", Severity: Critical + Low - first, Key: "1", KeyOnly: true, Location: Location{Path: "a"}}),
		}}
		MarkSame(&r)
		if w := r.Runs[0].Findings[0].Witnesses; len(w) != 1 || w[0].Severity != Critical {
			t.Errorf("%s first: %+v", first, w)
		}
	}
	var many []Finding
	for i := range 3 * maxWitnesses {
		f := vulnerable("CVE-1", "a", "leaf", "1", High)
		f.Key = fmt.Sprint(i)
		many = append(many, f)
	}
	r := Results{Runs: []Run{found("dependency", "", vulnerable("CVE-1", "a", "leaf", "1", Low)), found("npm-audit", "", many...), found("zebra", "", vulnerable("CVE-1", "a", "leaf", "1", Medium))}}
	MarkSame(&r)
	if w := r.Runs[0].Findings[0].Witnesses; len(w) != maxWitnesses || w[len(w)-1].Scanner != "zebra" {
		t.Errorf("%d, and the last one is %+v", len(w), w[len(w)-1])
	}
}

// TestManyOfTheSameAreQuick: what somebody writes into a lockfile a thousand
// times must not take a thousand times a thousand.
func TestManyOfTheSameAreQuick(t *testing.T) {
	var runs []Run
	for _, scanner := range []string{"dependency", "trivy", "grype"} {
		var all []Finding
		for i := range 2000 {
			f := vulnerable("CVE-1", "a", "leaf", "1", High)
			f.Key = fmt.Sprint(i)
			all = append(all, f)
		}
		runs = append(runs, found(scanner, "", all...))
	}
	r := Results{Runs: runs}
	start := time.Now()
	MarkSame(&r)
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %s", took)
	}
	if n := len(r.Runs[2].Findings[1999].Witnesses); n != maxWitnesses {
		t.Errorf("%d witnesses", n)
	}
}
