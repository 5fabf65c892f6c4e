package since

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/scangate/scangate/finding"
)

// made is a finding with its fingerprint.
func made(scanner string, f finding.Finding) finding.Finding {
	f.Fingerprint = finding.FingerprintOf(scanner, f)
	return f
}

// side is a set of findings, and the files that they are in.
type side struct {
	findings []finding.Finding
	files    map[string]bool
}

// random makes findings of few rules, keys and files, so that many are alike.
func random(r *rand.Rand, n int) side {
	s := side{files: map[string]bool{}}
	for range r.IntN(n) {
		f := finding.Finding{RuleID: fmt.Sprint("R", r.IntN(2)), Severity: finding.High, Key: fmt.Sprint("k", r.IntN(3)),
			Location: finding.Location{Path: fmt.Sprintf("d%d/f%d", r.IntN(2), r.IntN(3)), StartLine: 1 + r.IntN(9), LineHash: fmt.Sprint(r.IntN(2))}}
		switch r.IntN(4) {
		case 0:
			f.Package = &finding.Package{Ecosystem: "npm", Name: "p", Version: f.Key}
		case 1:
			f.Resource = fmt.Sprint("res", r.IntN(2))
		case 2:
			f.Key = ""
		}
		s.findings = append(s.findings, made("s", f))
		s.files[f.Location.Path] = true
	}
	return s
}

func results(s side) finding.Results {
	return finding.Results{Runs: []finding.Run{{Scanner: "s", Status: finding.Completed, Findings: slices.Clone(s.findings)}}}
}

func base(s, head side) Base {
	return Base{Results: results(s), Had: func(p string) bool { return s.files[p] }, Has: func(p string) bool { return head.files[p] },
		Unchanged: func(string) bool { return false }}
}

func known(res finding.Results) (n int) {
	for _, f := range res.Runs[0].Findings {
		if f.Base != "" {
			n++
		}
	}
	return n
}

// TestOneToOne: no finding of the base stands for two of the head; what is the
// same is known; and neither the order of findings nor a second comparison
// changes anything.
func TestOneToOne(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 2000 {
		was, is := random(r, 12), random(r, 12)
		head := results(is)
		Mark(&head, base(was, is))
		n, fixed := known(head), head.Runs[0].Since.Fixed
		if n > len(was.findings) || n+fixed != len(was.findings) {
			t.Fatalf("%d of %d findings known and %d fixed, of %d in the base", n, len(is.findings), fixed, len(was.findings))
		}
		byRule := map[string]int{}
		for _, f := range was.findings {
			byRule[f.RuleID]++
		}
		for _, f := range head.Runs[0].Findings {
			if f.Base != "" {
				if byRule[f.RuleID]--; byRule[f.RuleID] < 0 {
					t.Fatalf("more findings of %s are known than the base has", f.RuleID)
				}
			}
		}

		mixed := side{slices.Clone(is.findings), is.files}
		r.Shuffle(len(mixed.findings), func(i, j int) { mixed.findings[i], mixed.findings[j] = mixed.findings[j], mixed.findings[i] })
		again := results(mixed)
		Mark(&again, base(was, is))
		if known(again) != n || again.Runs[0].Since.Fixed != fixed {
			t.Fatal("another order of the findings has another outcome")
		}
		Mark(&head, base(was, is))
		if known(head) != n {
			t.Fatal("the second time it comes to something else")
		}

		same := results(was)
		Mark(&same, base(was, was))
		if known(same) != len(was.findings) || same.Runs[0].Since.Fixed != 0 {
			t.Fatalf("of %d findings that are the same %d are known, %d fixed", len(was.findings), known(same), same.Runs[0].Since.Fixed)
		}
	}
}

// TestOneMore: one more finding in the head never makes another one known, and
// one more in the base never makes one new.
func TestOneMore(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 2000 {
		was, is := random(r, 10), random(r, 10)
		if len(is.findings) == 0 || len(was.findings) == 0 {
			continue
		}
		head := results(is)
		Mark(&head, base(was, is))
		n := known(head)

		fewer := results(side{is.findings[1:], is.files})
		Mark(&fewer, base(was, is))
		if m := known(fewer); m > n || m < n-1 {
			t.Fatalf("%d known with one finding less, %d with it", m, n)
		}
		less := results(is)
		Mark(&less, base(side{was.findings[1:], was.files}, is))
		if m := known(less); m > n || m < n-1 {
			t.Fatalf("%d known with one less in the base, %d with it", m, n)
		}
	}
}

// TestNotComparable: without a whole scan of the base everything is new, and
// without one of the head nothing is fixed.
func TestNotComparable(t *testing.T) {
	s := side{[]finding.Finding{made("s", finding.Finding{RuleID: "R", Key: "k", Location: finding.Location{Path: "f"}})}, map[string]bool{"f": true}}
	none := side{nil, s.files}
	for _, tt := range []struct {
		name        string
		head, base  finding.Status
		target, why string
		is          side
		known, gone int
	}{
		{"both complete", finding.Completed, finding.Completed, "", "", s, 1, 0},
		{"fixed", finding.Completed, finding.Completed, "", "", none, 0, 1},
		{"the head is not complete", finding.Partial, finding.Completed, "", "", none, 0, 0},
		{"the head has failed", finding.Failed, finding.Completed, "", "", s, 1, 0},
		{"the base is not complete", finding.Completed, finding.Partial, "", "its scan of the base has partial: why", s, 0, 0},
		{"the base has timed out", finding.Completed, finding.TimedOut, "", "its scan of the base has timed-out: why", s, 0, 0},
		{"an image", finding.Completed, finding.Completed, "oci:x", "what it looks at is no part of the commit that the pull request branched off", s, 0, 0},
	} {
		head, b := results(tt.is), base(s, tt.is)
		head.Runs[0].Status, head.Runs[0].Target = tt.head, tt.target
		b.Results.Runs[0].Status, b.Results.Runs[0].Reason, b.Results.Runs[0].Target = tt.base, "why", tt.target
		Mark(&head, b)
		if got := head.Runs[0].Since; known(head) != tt.known || got.Fixed != tt.gone || got.Unknown != tt.why {
			t.Errorf("%s: %d known, %+v", tt.name, known(head), got)
		}
	}
}

// BenchmarkMark compares 100,000 findings with as many, of which a tenth moved.
func BenchmarkMark(b *testing.B) {
	var was, is side
	was.files, is.files = map[string]bool{}, map[string]bool{}
	for i := range 100_000 {
		f := finding.Finding{RuleID: fmt.Sprint("R", i%300), Key: fmt.Sprint("k", i%1000), Location: finding.Location{Path: fmt.Sprint("dir/file", i%5000), StartLine: i%900 + 1}}
		was.findings, was.files[f.Location.Path] = append(was.findings, made("s", f)), true
		if i%5000 < 500 {
			f.Location.Path = "moved/" + f.Location.Path
		}
		f.Location.StartLine += 3
		is.findings, is.files[f.Location.Path] = append(is.findings, made("s", f)), true
	}
	for b.Loop() {
		head := results(is)
		Mark(&head, base(was, is))
		if known(head) != len(is.findings) {
			b.Fatalf("%d known", known(head))
		}
	}
}
