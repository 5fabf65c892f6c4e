package baseline_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy/baseline"
)

// seen makes a finding of a path and line that was first seen on a day.
func seen(path string, line int, day string) finding.Finding {
	f := at("s", path, line, "R", high)
	f.FirstSeen = day
	return f
}

func days(res finding.Results) (out []string) {
	for _, run := range res.Runs {
		for _, f := range run.Findings {
			out = append(out, f.FirstSeen)
		}
	}
	return out
}

func TestDatesAreCarriedOver(t *testing.T) {
	const today = "2026-11-24"
	for _, c := range []struct {
		name        string
		before, now finding.Results
		want        []string
		known       int
		since       string
	}{
		{"found before", results(run("s", "", done, seen("a", 1, "2026-01-02"))), results(run("s", "", done, seen("a", 9, ""), seen("b", 1, "2020-01-01"))), []string{"2026-01-02", today}, 1, "2026-01-02"},
		{"a second occurrence", results(run("s", "", done, seen("a", 1, "2026-01-02"))), results(run("s", "", done, seen("a", 9, ""), seen("a", 1, ""))), []string{today, "2026-01-02"}, 1, "2026-01-02"},
		{"one less", results(run("s", "", done, seen("a", 1, "2026-03-01"), seen("a", 2, "2026-01-02"))), results(run("s", "", done, seen("a", 2, ""))), []string{"2026-01-02"}, 1, "2026-01-02"},
		{"another target", results(run("s", "oci:a", done, seen("a", 1, "2026-01-02"))), results(run("s", "oci:b", done, seen("a", 1, ""))), []string{today}, 0, "2026-01-02"},
		{"a day to come, and none", results(run("s", "", done, seen("a", 1, "2026-11-25"), seen("b", 1, "soon"))), results(run("s", "", done, seen("a", 1, ""), seen("b", 1, ""))), []string{today, today}, 0, ""},
		{"nothing before", results(), results(run("s", "", done, seen("a", 1, "2020-01-01"))), []string{today}, 0, ""},
		{"what cannot be recognised", results(run("s", "", done, finding.Finding{RuleID: "R", FirstSeen: "2026-01-02"})), results(run("s", "", done, finding.Finding{RuleID: "R", FirstSeen: "2020-01-01"})), []string{""}, 0, ""},
	} {
		got := baseline.DatesOf(c.before, today).Carry(&c.now, today)
		if d := cmp.Diff(c.want, days(c.now)); d != "" || got.Known != c.known || got.Since != c.since {
			t.Errorf("%s: %+v %s", c.name, got, d)
		}
	}
}

// TestAFailureRenewsNoGrace: what a scanner did not look at keeps its date until
// it does, and is forgotten when it is really gone.
func TestAFailureRenewsNoGrace(t *testing.T) {
	res := results(run("s", "", done, seen("a", 1, ""), seen("a", 2, "")), run("t", "x", done, seen("a", 1, "")))
	baseline.Dates{}.Carry(&res, "2026-01-01")
	for _, now := range []finding.Results{
		results(run("s", "", finding.Failed), run("t", "x", finding.TimedOut)),
		results(run("s", "", finding.Partial, seen("a", 2, ""))),
		results(),
		results(finding.Run{Scanner: "s", Status: done, Part: "what is new"}, run("t", "x", finding.Skipped)),
	} {
		baseline.DatesOf(res, "2026-01-05").Carry(&now, "2026-01-05")
		res = now
	}
	if len(res.Dates) != 3 {
		t.Fatalf("%+v", res.Dates)
	}
	var file strings.Builder
	if err := finding.Encode(&file, finding.Merge([]finding.Results{res, res})); err != nil {
		t.Fatal(err)
	}
	res, err := finding.Decode(strings.NewReader(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	now := results(run("s", "", done, seen("a", 1, ""), seen("a", 2, ""), seen("a", 3, "")), run("t", "x", done))
	baseline.DatesOf(res, "2026-01-09").Carry(&now, "2026-01-09")
	if d := cmp.Diff([]string{"2026-01-01", "2026-01-01", "2026-01-09"}, days(now)); d != "" || len(now.Dates) > 0 {
		t.Errorf("%s%+v", d, now.Dates)
	}
}

func TestEntriesHaveDates(t *testing.T) {
	const today = "2026-11-24"
	res := results(run("s", "", done, seen("a", 1, "2026-02-01"), seen("a", 2, "2026-01-02"), seen("b", 1, "")))
	b := reread(t, baseline.Make("b.json", res, nil, nil))
	var got []string
	for _, e := range b.Entries {
		got = append(got, e.Path+" "+e.Seen)
	}
	if d := cmp.Diff([]string{"a 2026-01-02", "b "}, got); d != "" {
		t.Error(d)
	}
	// Written again it keeps the earlier date, and taking out keeps it, too.
	later := results(run("s", "", done, seen("a", 1, "2026-05-05")))
	again := reread(t, baseline.Make("b.json", later, nil, b))
	if len(again.Entries) != 1 || again.Entries[0].Seen != "2026-01-02" || b.Shrunk(b.Compare(later, nil).Stale).Entries[0].Seen != "2026-01-02" {
		t.Errorf("%+v", again.Entries)
	}
	// Of two sources the earlier date of each occurrence holds.
	d := baseline.DatesOf(results(run("s", "", done, seen("a", 1, "2026-01-01"), seen("a", 2, "2026-03-01"))), today)
	d.Join(b.Dates(today))
	now := results(run("s", "", done, seen("a", 1, ""), seen("a", 2, ""), seen("a", 3, "")))
	d.Carry(&now, today)
	if d := cmp.Diff([]string{"2026-01-01", "2026-01-02", today}, days(now)); d != "" {
		t.Error(d)
	}
	const bad = `{"version": 1, "findings": [{"scanner": "s", "rule": "r", "count": 1, "fingerprint": "ab", "seen": "soon"}]}`
	if _, err := baseline.Parse([]byte(bad), "b"); err == nil || err.Error() != "b:1: seen: want a day such as 2026-11-30" {
		t.Errorf("%v", err)
	}
}
