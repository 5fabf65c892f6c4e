package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/vulndb"
)

func TestFeedAddresses(t *testing.T) {
	s := newFeedServer(t)
	y := newFeedTry(t, s, "dependency", "CVE-2020-10001")
	y.run("scan", "--results", "x.json")
	for text, want := range map[string]string{
		"db:\n  kev: http://mirror.example/kev\n":      ".scangate.yaml:2:8: want https://",
		"db:\n  epss: https://a:b@mirror.example/x\n":  ".scangate.yaml:2:9: want an address without a name and password",
		"db:\n  epss: [https://mirror.example/epss]\n": ".scangate.yaml:2:9: db.epss: want a word, not a list",
		"db:\n  keb: https://mirror.example/epss\n":    `unknown key "keb" in db; did you mean "kev"?`,
	} {
		y.write(config.DefaultName, text)
		for _, args := range []string{"scan", "gate x.json", "db update"} {
			y.run(strings.Fields(args)...).want(exitUsage, want)
		}
	}
}

func TestDBWithFeeds(t *testing.T) {
	repo, _ := mirror(t, time.Now())
	facts := advisories(t)
	s := newFeedServer(t)
	y := newFeedTry(t, s, "dependency", "CVE-2020-10001")
	y.mirrors.Transport = nil
	y.env = map[string]string{"SCANGATE_DB": "db"}
	y.run("db", "update", "--no-feeds", "--db-repository", repo).want(exitPassed, "updated to the vulnerability database")
	y.run("db", "status").want(exitPassed, "\nFIRST's exploit predictions (EPSS): none, `scangate db update` downloads it\n")
	if got := s.requests(); got != "" {
		t.Errorf("asked for %q", got)
	}
	y.run("db", "export", "bare.tar.gz").want(exitPassed, "wrote")
	y.run("db", "update", "--db-repository", repo).want(exitPassed, "updated to CISA's catalogue of exploited vulnerabilities (KEV) of ")
	y.want(exitPassed, "60,000 entries, from 127.0.0.1:")
	y.run("db", "update", "--db-repository", repo).want(exitPassed, "nothing newer than FIRST's exploit predictions (EPSS) of ")
	y.run("db", "update", "--java", "--db-repository", "registry.invalid/team/x").want(exitIncomplete, "no mirror has a Java database")
	if got := s.requests(); got != "epss epss kev kev" {
		t.Errorf("asked for %q", got)
	}
	y.run("db", "status").want(exitPassed, "\nCISA's catalogue of exploited vulnerabilities (KEV)\npath ")
	y.want(exitPassed, "age         0 minutes since it was the newest\nstale       no\nentries     600 entries\n")
	y.run("db", "status", "--format", "json").want(exitPassed, "")
	var state dbState
	if err := json.Unmarshal([]byte(y.stdout), &state); err != nil || state.Feeds["kev"].Entries != 600 || state.Feeds["epss"].Stale != "" || state.Feeds["epss"].Released.IsZero() {
		t.Errorf("%v, %s", err, y.stdout)
	}

	// Air-gapped.
	y.run("db", "export", "x.tar.gz").want(exitPassed, "wrote")
	y.run("db", "import", "x.tar.gz", "--db", "far").want(exitPassed, "with FIRST's exploit predictions (EPSS) of ")
	y.run("db", "import", "bare.tar.gz", "--db", "bare").want(exitPassed, "imported the vulnerability database")
	y.rules(s, "", failOnKEV)
	y.run("scan", "--offline", "--db", "far").want(exitFailed, "exploited")
	y.run("scan", "--offline", "--db", "bare").want(exitIncomplete, "there is none in ")
	if got := s.requests(); got != "" {
		t.Errorf("asked for %q", got)
	}

	// What fails does not keep the others away, and is not passed over.
	s.set(true)
	y.run("db", "update", "--db-repository", repo).want(exitIncomplete, "nothing newer than the vulnerability database")
	y.want(exitIncomplete, "feed: HTTP 404 (db.kev in the configuration names another address, --no-feeds leaves the feeds out)")
	y.run("db", "status").want(exitPassed, "problem     127.0.0.1:")
	if err := os.WriteFile(filepath.Join("db", "feeds", "kev.feed"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	y.run("db", "status").want(exitIncomplete, "kev.feed cannot be used: it is damaged")
	y.run("db", "export", "y.tar.gz").want(exitIncomplete, "kev.feed cannot be used: it is damaged")
	if err := vulndb.Build(facts, "built", time.Now()); err != nil {
		t.Fatal(err)
	}
	y.run("db", "status", "--db", "built").want(exitPassed, "(KEV): none,")
}
