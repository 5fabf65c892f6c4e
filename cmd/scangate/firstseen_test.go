package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

// edit replaces a part of a file, which must be there.
func edit(t *testing.T, name, old, new string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil || !strings.Contains(string(data), old) {
		t.Fatalf("%s: no %q: %v\n%s", name, old, err, data)
	}
	keep(t, name, strings.ReplaceAll(string(data), old, new))
}

func TestGraceSinceFirstSeen(t *testing.T) {
	y := newTry(t, "secret=high")
	now := time.Now().UTC()
	day := func(ago int) string { return now.AddDate(0, 0, -ago).Format(time.DateOnly) }
	keep(t, ".scangate.yaml", "policy: {rules: [{match: {scanner: secret}, action: fail, after: 14d, since: first-seen}]}\n")

	y.run("scan").want(0, "notice: first seen: 0 of 1 finding by an earlier scan; the dates begin today, and so does every grace period that is counted from them")
	y.want(0, "no results of an earlier scan: .scangate/results.json: no such file or directory; --previous FILE names them")
	y.run("scan").want(0, "notice: first seen: 1 of 1 finding by an earlier scan; the dates begin on "+day(0))

	// Ten days later.
	edit(t, defaultResults, `"firstSeen": "`+day(0), `"firstSeen": "`+day(10))
	y.run("scan").want(0, "the dates begin on "+day(10))
	y.run("gate", defaultResults).want(0, "VERDICT: PASSED")

	// A scanner that dies renews nothing, and neither does a scan of something else.
	y.scanners = faults("secret=fail,iac=clean")
	y.run("scan").want(exitIncomplete, "secret: failed")
	y.run("scan", "--scanners", "iac").want(0, "PASSED")
	y.scanners = faults("secret=high")
	y.run("scan").want(0, "the dates begin on "+day(10))

	// Twenty days later the grace is over, in what is saved, too.
	edit(t, defaultResults, `"firstSeen": "`+day(10), `"firstSeen": "`+day(20))
	y.run("scan").want(1, "VERDICT: FAILED")
	y.run("gate", defaultResults).want(1, "VERDICT: FAILED")
	data, err := os.ReadFile(defaultResults)
	if err != nil {
		t.Fatal(err)
	}
	keep(t, "nightly.json", string(data))

	// Results that are lost are named, and those of another scan serve as well.
	if err := os.Remove(defaultResults); err != nil {
		t.Fatal(err)
	}
	y.run("scan", "--results", "r.json", "--previous", "nightly.json").want(1, "the dates begin on "+day(20))
	y.run("scan", "--results", "s.json", "--previous", "gone.json").want(0, "no results of an earlier scan: gone.json")
	keep(t, "s.json", "{")
	y.run("scan", "--results", "s.json").want(0, "no results of an earlier scan: s.json: ")

	// A date to come is no grace, and none at all no verdict.
	keep(t, "r.json", string(data))
	edit(t, "r.json", `"firstSeen": "`+day(20), `"firstSeen": "`+day(-5))
	y.run("gate", "r.json").want(1, "VERDICT: FAILED")
	edit(t, "r.json", `"firstSeen": "`+day(-5), `"firstSeen": "`)
	y.run("gate", "r.json", "--fail-on", "none").want(exitIncomplete, "asks for first-seen, which 1 finding does not have")

	// The baseline knows the date, too.
	keep(t, "r.json", string(data))
	y.run("baseline", "write", "zb.json", "--results", "r.json").want(0, "1 entry")
	edit(t, "zb.json", `"seen": "`+day(20)+`"`, `"seen": "`+day(30)+`"`)
	y.run("scan", "--results", "s.json", "--baseline", "zb.json").want(0, "the dates begin on "+day(30))
	y.run("gate", "s.json").want(1, "VERDICT: FAILED")

	// A policy that does not count from these days is told nothing of them.
	keep(t, ".scangate.yaml", "policy: {rules: [{match: {scanner: secret}, action: warn, after: 14d}]}\n")
	if y.run("scan"); strings.Contains(y.stdout, "first seen") {
		t.Error(y.stdout)
	}
}
