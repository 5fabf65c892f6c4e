package scanners

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

var marksNow = time.Date(2027, 1, 15, 12, 0, 0, 0, time.UTC)

func TestReadMark(t *testing.T) {
	for line, want := range map[string]string{
		"x # scangate:ignore R-1 why not":                         "r-1|why not",
		"# scangate:ignore R-1 why":                               "r-1|why alone",
		"\t// scangate:ignore R-1,*-b , c: why":                   "r-1,*-b,c|why alone",
		"/* scangate:ignore R-1 why */":                           "r-1|why alone",
		"<a/> <!-- scangate:ignore R-1 why -->":                   "r-1|why",
		"-- scangate:ignore * why":                                "*|why alone",
		"; scangate:ignore a.b/c@1 until=2027-01-15 why":          "a.b/c@1|why alone",
		"x # v2 # scangate:ignore R-1 why":                        "r-1|why",
		"#scangate:ignore R-1 why":                                "r-1|why alone",
		"# scangate:ignore R-1":                                   "scangate:ignore gives no reason: write it behind the rule",
		"# scangate:ignore":                                       "scangate:ignore names no rule: write scangate:ignore RULE reason",
		"# scangate:ignore:R-1 why":                               "scangate:ignore is not understood: write scangate:ignore RULE reason",
		"# scangate:ignore R-1 until=2027-01-14 why":              "scangate:ignore expired on 2027-01-14",
		"# scangate:ignore R-1 until=soon why":                    "scangate:ignore has an end that is not a date: write until=2027-01-31",
		"# scangate:ignore " + strings.Repeat("a,", 60) + "b why": "scangate:ignore names more rules than a mark can",
		`x = "scangate:ignore R-1 why"`:                           "",
		`x = "# scangate:ignore R-1 why"`:                         "",
		"# not scangate:ignore R-1 why":                           "",
		"# scangate:ignored R-1 why":                              "",
		"http://scangate:ignore R-1 why":                          "",
	} {
		m, got := readMark(line, marksNow), ""
		switch {
		case m != nil && m.problem != "":
			got = m.problem
		case m != nil:
			got = strings.Join(m.ids, ",") + "|" + m.reason
			if m.alone {
				got += " alone"
			}
		}
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", line, got, want)
		}
	}
}

// at makes a finding without columns.
func at(path string, line int, rule string, aliases ...string) finding.Finding {
	return finding.Finding{RuleID: rule, Aliases: aliases, Package: &finding.Package{Name: "p"}, Location: finding.Location{Path: path, StartLine: line}}
}

func TestMarks(t *testing.T) {
	outside := plant(t, map[string]string{"x.txt": "a # scangate:ignore * outside\n"})
	dir := plant(t, map[string]string{
		"req.txt": "a==1 # scangate:ignore CVE-1 not used\nb==1\n# scangate:ignore GHSA-* below\nc==1\n\nd==1\r\n# scangate:ignore CVE-9\ne==1\n",
		"last":    strings.Repeat("x", 70<<10) + "\n" + strings.Repeat("y ", 500) + "# scangate:ignore CVE-1 at the end",
		"long":    strings.Repeat("z", 70<<10) + " # scangate:ignore CVE-1 too far",
	})
	if err := os.Symlink(outside, dir+"/out"); err != nil {
		t.Fatal(err)
	}
	history, image := at("req.txt", 1, "CVE-1"), at("req.txt", 1, "CVE-1")
	history.Location.Commit, image.Layer = "abc", &finding.Layer{}
	marked := at("req.txt", 1, "CVE-1")
	marked.Suppressions = []finding.Suppression{{Source: "other"}}
	runs := []finding.Run{
		{Scanner: "dependency", Findings: []finding.Finding{
			at("req.txt", 1, "cve-1"), at("req.txt", 1, "CVE-2"), at("req.txt", 2, "CVE-1"), at("req.txt", 4, "CVE-3", "GHSA-x"), at("req.txt", 6, "CVE-1"), at("req.txt", 8, "CVE-9"),
			at("req.txt", 8, "CVE-9"), at("last", 2, "CVE-1"), at("long", 1, "CVE-1"), at("out/x.txt", 1, "CVE-1"), at("../x.txt", 1, "CVE-1"), at("", 1, "CVE-1"), at("gone", 1, "CVE-1"), at("req.txt", 99, "CVE-1"),
			history, image, marked,
		}},
		{Scanner: "iac", Findings: []finding.Finding{at("req.txt", 1, "CVE-1")}},
	}
	ReadLines(runs, walk(t, dir), marksNow)
	var got []string
	for _, run := range runs {
		for i, f := range run.Findings {
			for _, s := range f.Suppressions {
				got = append(got, strings.Join([]string{run.Scanner, string(rune('a' + i)), s.Source, s.Reason}, " "))
			}
		}
		for _, n := range run.Notes {
			got = append(got, string(n.Level)+" "+n.String())
		}
	}
	want := []string{
		"dependency a scangate:ignore not used", "dependency d scangate:ignore below", "dependency h scangate:ignore at the end", "dependency q other ",
		"warning req.txt:7: scangate:ignore gives no reason: write it behind the rule",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if runs[0].Findings[0].Location.LineHash == "" || runs[0].Findings[14].Location.LineHash != "" {
		t.Error("line hashes are wrong")
	}
}

// TestReasonsQuoteNoSecret has a secret behind the mark of another finding.
func TestReasonsQuoteNoSecret(t *testing.T) {
	word := strings.Repeat("s3", 10)
	dir := plant(t, map[string]string{
		"a": "k = v # scangate:ignore R-1 it is " + word + " now\n",
		"b": "k = " + word + " # scangate:ignore R-1 known\n",
		"c": "# scangate:ignore R-1 it is " + word + "\nx\n",
	})
	secret := func(path string, line, from, to int) finding.Finding {
		return finding.Finding{RuleID: "key", Location: finding.Location{Path: path, StartLine: line, StartColumn: from, EndLine: line, EndColumn: to}}
	}
	runs := []finding.Run{
		{Scanner: "dependency", Findings: []finding.Finding{at("a", 1, "R-1"), at("b", 1, "R-1"), at("c", 2, "R-1")}},
		{Scanner: "secret", Findings: []finding.Finding{secret("a", 1, 35, 55), secret("b", 1, 5, 25), secret("c", 1, 0, 0)}},
	}
	ReadLines(runs, walk(t, dir), marksNow)
	var got []string
	for _, f := range runs[0].Findings {
		got = append(got, f.Suppressions[0].Reason)
	}
	const hidden = "(not shown, as something was found in this line)"
	if d := cmp.Diff([]string{hidden, "known", hidden}, got); d != "" {
		t.Error(d)
	}
}
