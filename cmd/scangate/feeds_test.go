package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/vulndb/feed"
)

func TestScanWithFeeds(t *testing.T) {
	s := newFeedServer(t)
	y := newFeedTry(t, s, "dependency", "CVE-2020-10001 GHSA-x=cve-2020-69999 CVE-1999-0001", "secret", "a-secret")

	// Nobody asks for them, or can be matched by the rule.
	y.run("scan").want(exitPassed, "")
	y.rules(s, "", "{match: {kev: true, scanner: image}, action: fail}")
	y.scanners = append(y.scanners, faults("image=clean")...)
	y.run("scan", "--scanners", "dependency,secret").want(exitPassed, "")
	y.scanners = y.scanners[:2]
	if got := s.requests(); got != "" {
		t.Errorf("asked for %s", got)
	}
	if _, err := os.Stat(filepath.Join(defaultDir(t), "feeds")); err == nil {
		t.Error("there is a directory of feeds")
	}

	// Only what is asked for is downloaded, and once.
	y.rules(s, "", failOnKEV)
	for i := range 2 {
		y.run("scan").want(exitFailed, "dependency: 1 finding fails: exploited (.scangate.yaml:3)")
		if got := s.requests(); got != []string{"kev", ""}[i] {
			t.Errorf("%d: asked for %q", i, got)
		}
	}
	y.rules(s, "", failOnKEV, failOnEPSS)
	y.run("scan", "--output", "sarif=x.sarif").want(exitFailed, "dependency: 1 finding fails: likely (.scangate.yaml:3)")
	if got := s.requests(); got != "epss" {
		t.Errorf("asked for %q", got)
	}
	verdict := y.stdout[strings.Index(y.stdout, "VERDICT"):]

	// What is saved holds all of it, and needs nothing else.
	res, err := readResults(defaultResults)
	if err != nil {
		t.Fatal(err)
	}
	var got [][2]any
	for _, f := range res.Find("dependency").Findings {
		got = append(got, [2]any{f.Exploited, f.EPSS})
	}
	if d := cmp.Diff([][2]any{{"", 0.0}, {"2022-01-02", 0.00002}, {"", 0.99998}}, got); d != "" {
		t.Error(d)
	}
	if len(res.Feeds) != 2 || res.Feeds[0].Name != "kev" || res.Feeds[0].Entries != 600 || res.Feeds[1].Name != "epss" || res.Feeds[1].Entries != 60_000 {
		t.Errorf("%+v", res.Feeds)
	}
	if err := os.RemoveAll(defaultDir(t)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{defaultResults, "x.sarif"} {
		y.run("gate", name).want(exitFailed, verdict)
	}
	y.run("explain", "CVE-2020-10001").want(exitPassed, "decision  fail: fail: exploited (.scangate.yaml:3)")
	y.run("baseline", "write").want(exitPassed, "4 entries")
	if got := s.requests(); got != "" {
		t.Errorf("asked for %q", got)
	}
}

// TestFeedsThatAreNotThere: a policy that asks for what nobody has is never
// passed, and says what to do.
func TestFeedsThatAreNotThere(t *testing.T) {
	s := newFeedServer(t)
	y := newFeedTry(t, s, "dependency", "CVE-1999-0001")
	y.rules(s, "", failOnKEV, failOnEPSS)
	both := func(part string, args ...string) {
		t.Helper()
		y.run(append([]string{"scan"}, args...)...).want(exitIncomplete, part)
		scan := y.stdout[strings.Index(y.stdout, "VERDICT"):]
		y.run(append([]string{"gate", defaultResults}, args...)...).want(exitIncomplete, scan)
	}
	both("asks for kev, which is not known: CISA's catalogue of exploited vulnerabilities (KEV): there is none in "+defaultDir(t)+": `scangate db update` downloads it\n", "--offline")
	both("asks for epss, which is not known: FIRST's exploit predictions (EPSS): there is none in ", "--db", "db")
	if got := s.requests(); got != "" {
		t.Errorf("asked for %q", got)
	}
	s.set(true)
	both("`scangate db update` downloads it (it could not be downloaded: 127.0.0.1")
	y.want(exitIncomplete, "feed: HTTP 404)")
	y.feeds.Transport = noNetwork{}
	both("its name cannot be resolved)")
	y.feeds.Transport = nil

	// One that is damaged is none.
	s.set(false)
	y.run("scan").want(exitPassed, "")
	if err := os.Truncate(filepath.Join(defaultDir(t), "feeds", "epss.feed"), 1<<20); err != nil {
		t.Fatal(err)
	}
	both("feeds/epss.feed cannot be used: it is damaged: its content has another digest: replace it with `scangate db update`")

	// Neither can it be kept where nobody may write.
	if err := os.RemoveAll(defaultDir(t)); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(defaultDir(t)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(defaultDir(t), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	both("not a directory")
}

func TestOldFeeds(t *testing.T) {
	s := newFeedServer(t)
	y := newFeedTry(t, s, "dependency", "CVE-1999-0001")
	y.rules(s, "", failOnKEV)
	s.put(t, feed.KEV(), "db", 30*time.Hour)
	y.run("scan", "--db", "db").want(exitPassed, "")
	s.put(t, feed.KEV(), "old", 72*time.Hour)
	const want = "CISA's catalogue of exploited vulnerabilities (KEV): it was last looked for 3 days ago, over the limit of 48h: run `scangate db update`, or set db.max-age"
	y.run("scan", "--db", "old").want(exitIncomplete, want)
	y.run("scan", "--db", "old", "--offline").want(exitIncomplete, want)
	y.run("gate", defaultResults, "--db", "old").want(exitIncomplete, want)
	y.run("gate", defaultResults, "--db", "db").want(exitPassed, "")
	y.rules(s, ", max-age: 100h", failOnKEV)
	y.run("scan", "--db", "old").want(exitPassed, "")
	y.rules(s, ", max-age: 24h", failOnKEV)
	y.run("scan", "--db", "db").want(exitIncomplete, "over the limit of 24h")
	y.env = map[string]string{"SCANGATE_DB": "db"}
	y.run("scan").want(exitIncomplete, "over the limit of 24h")
	y.env = nil
	if got := s.requests(); got != "" {
		t.Errorf("asked for %q", got)
	}

	// In the default place it is refreshed. When that fails, what is young
	// enough is used, and its age said.
	y.rules(s, "", failOnKEV)
	s.put(t, feed.KEV(), defaultDir(t), 30*time.Hour)
	s.set(true)
	y.run("scan").want(exitPassed, "KEV) could not be refreshed, so what is here is used, of ")
	y.want(exitPassed, "last looked for 30 hours ago: 127.0.0.1:")
	if got := s.requests(); got != "kev" {
		t.Errorf("asked for %q", got)
	}
	y.run("scan").want(exitPassed, "last looked for 30 hours ago") // and not asked again
	y.run("scan", "--offline").want(exitPassed, "")
	if strings.Contains(y.stdout, "refreshed") || s.requests() != "" {
		t.Errorf("--offline:\n%s", y.stdout)
	}
	lock := filepath.Join(defaultDir(t), "feeds", "lock")
	for _, err := range []error{os.Remove(filepath.Join(defaultDir(t), "feeds", "kev.attempt.json")), os.Remove(lock), os.Mkdir(lock, 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	y.run("scan").want(exitPassed, "last looked for 30 hours ago: cannot lock ") // nobody may write there
	s.putOld(t, defaultDir(t))
	y.run("scan").want(exitIncomplete, "over the limit of 48h: run `scangate db update`, or set db.max-age (it could not be refreshed: ")
	s.set(false)
	y.run("db", "update").want(exitIncomplete, "updated to CISA's catalogue of exploited vulnerabilities (KEV) of ")
	y.run("scan").want(exitPassed, "")
}

// putOld replaces the catalogue in dir by an old one.
func (s *feedServer) putOld(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	s.set(false)
	s.put(t, feed.KEV(), dir, 72*time.Hour)
	s.set(true)
	s.mu.Lock()
	s.released = time.Now().UTC()
	s.mu.Unlock()
}

// TestGateLooksUp: results without feeds, and those of jobs that do not agree,
// are looked up.
func TestGateLooksUp(t *testing.T) {
	s := newFeedServer(t)
	y := newFeedTry(t, s, "dependency", "CVE-2020-10001")
	y.run("scan", "--results", "without.json").want(exitPassed, "")
	y.rules(s, "", failOnKEV)
	s.put(t, feed.KEV(), "db", time.Hour)
	y.run("scan", "--db", "db", "--results", "with.json").want(exitFailed, "exploited")
	y.scanners = findings("image", "CVE-2020-10002")
	s.put(t, feed.KEV(), "other", 0)
	y.run("scan", "--db", "other", "--results", "other.json").want(exitFailed, "exploited")
	y.scanners = findings("secret", "a-secret")
	y.run("scan", "--offline", "--results", "secret.json").want(exitIncomplete, "asks for kev")
	y.scanners = append(findings("dependency", "", "image", ""), y.scanners...)
	for _, tt := range []struct {
		files, db string
		code      int
		want      string
	}{
		{"with.json", "none", exitFailed, "dependency: 1 finding fails: exploited"},
		{"with.json secret.json", "none", exitFailed, "dependency: 1 finding fails: exploited"}, // there is nothing to look up
		{"without.json", "none", exitIncomplete, "/none: `scangate db update` downloads it"},
		{"without.json", "db", exitFailed, "dependency: 1 finding fails: exploited"},
		{"with.json other.json", "none", exitIncomplete, "/none: `scangate db update` downloads it"},
		{"with.json other.json", "db", exitFailed, "image: 1 finding fails: exploited"},
		{"without.json other.json", "none", exitIncomplete, "/none: `scangate db update` downloads it"},
		{"without.json other.json", "db", exitFailed, "dependency: 1 finding fails: exploited"},
		{"secret.json", "none", exitIncomplete, "/none: `scangate db update` downloads it"},
	} {
		y.run(append([]string{"gate", "--db", tt.db}, strings.Fields(tt.files)...)...).want(tt.code, tt.want)
		if err := os.RemoveAll("merged.json"); err != nil {
			t.Fatal(err)
		}
		y.run(append([]string{"merge", "-o", "merged.json"}, strings.Fields(tt.files)...)...).want(exitPassed, "")
		y.run("gate", "--db", tt.db, "merged.json").want(tt.code, tt.want)
	}
	if got := s.requests(); got != "" {
		t.Errorf("asked for %q", got)
	}
	y.run("gate", "without.json").want(exitFailed, "exploited")
	if got := s.requests(); got != "kev" {
		t.Errorf("asked for %q", got)
	}
	// The other policy may ask for what this one does not.
	if err := os.Rename(config.DefaultName, "kev.yaml"); err != nil {
		t.Fatal(err)
	}
	y.run("gate", "without.json", "--db", "db", "--policy", "kev.yaml").want(exitPassed, "UNDER kev.yaml: FAILED instead of PASSED")
}
