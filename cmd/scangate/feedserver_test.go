package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/vulndb/feed"
)

// finds is a scanner that finds advisories: id, or id=alias.
type finds struct{ name, ids string }

func (f finds) Name() string { return f.name }

func (f finds) Plan(context.Context, scanners.Target) (scanners.Work, error) {
	return scanners.Work{What: "1 file"}, nil
}

func (f finds) Scan(context.Context, scanners.Target, scanners.Work) (scanners.Report, error) {
	r := scanners.Report{Looked: finding.Looked{Files: 1}}
	for _, name := range strings.Fields(f.ids) {
		id, alias, has := strings.Cut(name, "=")
		r.Rules = append(r.Rules, finding.Rule{ID: id, Title: "a hole", Severity: finding.Low})
		x := finding.Finding{RuleID: id, Severity: finding.Low, Message: id, Key: id, Location: finding.Location{Path: "main.go", StartLine: 1}}
		if has {
			x.Aliases = []string{alias}
		}
		r.Findings = append(r.Findings, x)
	}
	return r, nil
}

// findings makes a list of scanners: a name, what it finds, and so on.
func findings(spec ...string) (list []entry) {
	for pair := range slices.Chunk(spec, 2) {
		list = append(list, entry{name: pair[0], make: func(s config.Section, _ settings) ([]scanners.Scanner, error) {
			return build(s, &struct{}{}, func(struct{}) (finds, error) { return finds{pair[0], pair[1]}, nil })
		}})
	}
	return list
}

// feedServer has both feeds. CVE-2020-10000 to 10599 are known to be exploited;
// the higher the number up to 69999, the likelier it is to be.
type feedServer struct {
	*httptest.Server
	mu       sync.Mutex
	released time.Time
	broken   bool
	asked    []string
}

func newFeedServer(t *testing.T) *feedServer {
	t.Helper()
	s := &feedServer{released: time.Now().UTC().Truncate(time.Second)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *feedServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, strings.Trim(r.URL.Path, "/"))
	date := s.released.Format(time.RFC3339)
	var b bytes.Buffer
	switch {
	case s.broken:
		w.WriteHeader(http.StatusNotFound)
	case r.URL.Path == "/kev":
		fmt.Fprintf(&b, `{"catalogVersion": "1", "dateReleased": %q, "count": 600, "vulnerabilities": [`, date)
		for i := range 600 {
			fmt.Fprintf(&b, `%s{"cveID": "CVE-2020-%d", "dateAdded": "2022-01-02"}`, strings.Repeat(",", min(i, 1)), 10_000+i)
		}
		b.WriteString("]}")
	default:
		fmt.Fprintf(&b, "#model_version:v1,score_date:%s\ncve,epss,percentile\n", date)
		for i := range 60_000 {
			fmt.Fprintf(&b, "CVE-2020-%d,%.5f,0.5\n", 10_000+i, float64(i)/60_000)
		}
	}
	w.Write(b.Bytes())
}

// requests are those since the last time, sorted.
func (s *feedServer) requests() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.asked
	s.asked = nil
	slices.Sort(out)
	return strings.Join(out, " ")
}

func (s *feedServer) set(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

// put makes a feed of the server the one in dir, as of some time ago.
func (s *feedServer) put(t *testing.T, kind *feed.Kind, dir string, ago time.Duration) {
	t.Helper()
	then := time.Now().Add(-ago)
	s.mu.Lock()
	s.released = then.UTC().Truncate(time.Second)
	s.mu.Unlock()
	_, _, err := kind.Update(t.Context(), dir, feed.Options{Address: s.URL + "/" + kind.Key(), Now: func() time.Time { return then }})
	if err != nil {
		t.Fatal(err)
	}
	s.requests()
}

const (
	failOnKEV  = "{match: {kev: true}, action: fail, because: exploited}"
	failOnEPSS = `{match: {epss: ">=0.5"}, action: fail, because: likely}`
)

// newFeedTry runs in a place where nothing is downloaded from but the server.
func newFeedTry(t *testing.T, s *feedServer, found ...string) *try {
	t.Helper()
	y := newTry(t, "")
	y.scanners, y.feeds.Transport = findings(found...), nil
	y.rules(s, "", "")
	return y
}

// rules writes the configuration.
func (y *try) rules(s *feedServer, db string, rules ...string) {
	y.t.Helper()
	y.write(config.DefaultName, fmt.Sprintf("db: {kev: %q, epss: %q%s}\npolicy:\n  rules: [%s]\n", s.URL+"/kev", s.URL+"/epss", db, strings.Join(slices.DeleteFunc(rules, func(r string) bool { return r == "" }), ", ")))
}

func defaultDir(t *testing.T) string {
	t.Helper()
	dir, isDefault := (&app{getenv: os.Getenv}).database("")
	if !isDefault {
		t.Fatal("a database is named in the environment")
	}
	return dir
}
