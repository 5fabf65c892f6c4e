package secret

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func TestNew(t *testing.T) {
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{}, ""},
		{Options{History: "full"}, ""},
		{Options{History: "none"}, ""},
		{Options{History: "range", Since: "main"}, ""},
		{Options{History: "range", Staged: true}, ""},
		{Options{History: "range"}, `history "range" needs a revision to start from: give --since REV`},
		{Options{History: "all"}, `unknown history "all": use full, range or none`},
		{Options{Since: "--output=x"}, "does not begin with a dash"},
		{Options{Since: "a\nb"}, "not the name of a revision"},
		{Options{Since: strings.Repeat("a", 2000)}, "not the name of a revision"},
		{Options{Since: "main", Staged: true}, "exclude each other"},
	} {
		s, err := New(tt.o)
		if tt.want == "" {
			if err != nil || s.Name() != "secret" {
				t.Errorf("%+v: %v", tt.o, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q", tt.o, err, tt.want)
		}
	}
}

// TestVersion holds the constant and the requirement together.
func TestVersion(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`github.com/zricethezav/gitleaks/v8 (\S+)`).FindSubmatch(mod)
	want := finding.Engine{Name: "gitleaks", Version: string(m[1])}
	if got := newScanner(t, Options{}).Engine(); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestRules asserts that the table of severities and gitleaks' default rules
// are about the same rules.
func TestRules(t *testing.T) {
	e, err := newGitleaks(true)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]int{}
	for _, class := range ruleClasses {
		for id := range strings.FieldsSeq(class.rules) {
			listed[id]++
		}
	}
	for id, n := range listed {
		if _, ok := e.config.Rules[id]; !ok || n != 1 {
			t.Errorf("%s: listed %d times, known to gitleaks: %v", id, n, ok)
		}
	}
	for id := range guesses {
		if listed[id] == 0 {
			t.Errorf("%s: not listed", id)
		}
	}
	for id := range e.config.Rules {
		if _, ok := severityOf(id); !ok {
			t.Errorf("%s: no severity", id)
		}
		r := ruleOf(e, id)
		if r.Title == "" || strings.ContainsAny(r.Title, "\n") || len(r.Title) > 120 || r.Help == "" || r.Precision == "" {
			t.Errorf("%s: %+v", id, r)
		}
	}
	if r := ruleOf(e, "generic-api-key"); r.Severity != finding.Medium || r.Precision != "low" {
		t.Errorf("generic-api-key: %v, %v", r.Severity, r.Precision)
	}
	if r := ruleOf(e, "private-key"); r.Severity != finding.Critical || r.Title != "Identified a Private Key" {
		t.Errorf("private-key: %v, %q", r.Severity, r.Title)
	}
}

func TestPanicIsAnError(t *testing.T) {
	e, err := newGitleaks(false)
	if err != nil {
		t.Fatal(err)
	}
	e.detector = nil // the first use of it is a runtime error
	if _, err := e.detect(t.Context(), fragment{path: "a.txt", text: awsKey}); err == nil || !strings.HasPrefix(err.Error(), "a.txt: gitleaks failed: ") {
		t.Errorf("got %v", err)
	}
}

func TestDetectHonoursContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if hits, err := newScanner(t, Options{}).engine.detect(ctx, fragment{path: "a", text: "key = " + awsKey, line: 1}); err == nil {
		t.Errorf("no error, %d hits", len(hits))
	}
}

func TestKeyOf(t *testing.T) {
	if Key("r", "a\r\nb\n") != Key("r", "a\nb") {
		t.Error("line ends matter")
	}
	if Key("r", "ab") == Key("ra", "b") || Key("r", "a") == Key("r", "b") {
		t.Error("different secrets, one key")
	}
}

// TestLocation asserts lines and columns where gitleaks' own are wrong.
func TestLocation(t *testing.T) {
	e := newScanner(t, Options{}).engine
	for _, tt := range []struct {
		name, text string
		cut        bool
		want       hit
	}{
		{"first line", "key = " + awsKey + "\n", false, hit{line: 10, endLine: 10, col: 7, endCol: 27}},
		{"second line", "x\nkey = " + awsKey + "\n", false, hit{line: 11, endLine: 11, col: 7, endCol: 27}},
		{"no line end", "x\ny\nkey = " + awsKey, false, hit{line: 12, endLine: 12, col: 7, endCol: 27}},
		{"behind the middle of a line", "key = " + awsKey + "\n", true, hit{line: 10, endLine: 10}},
		{"an earlier line is allowed", "gitleaks:allow\nkey = " + awsKey, false, hit{line: 11, endLine: 11, col: 7, endCol: 27}},
		{"this line is allowed", "x\nkey = " + awsKey + " #gitleaks:allow", false, hit{line: 11, endLine: 11, col: 7, endCol: 27, allowed: true}},
		{"several lines", "x\n" + pem + "y\n", false, hit{rule: "private-key", line: 11, endLine: 14}},
	} {
		hits, err := e.detect(t.Context(), fragment{path: "a.txt", text: tt.text, line: 10, cut: tt.cut})
		if err != nil || len(hits) != 1 {
			t.Fatalf("%s: %v, %v", tt.name, hits, err)
		}
		got := hits[0]
		if tt.want.rule == "" {
			tt.want.rule = "aws-access-token"
		}
		tt.want.key, tt.want.start = got.key, tt.want.line
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(hit{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestCollectorIgnoresOrder feeds the same hits in many orders.
func TestCollectorIgnoresOrder(t *testing.T) {
	e := newScanner(t, Options{}).engine
	type pair struct {
		f fragment
		h hit
	}
	var all []pair
	for i := range 200 {
		p := pair{fragment{path: fmt.Sprintf("f%d", i%3)}, hit{rule: "github-pat", key: fmt.Sprint(i % 5), line: 1 + i*7%13, col: i % 2, allowed: i%4 == 0}}
		if i%5 != 0 {
			p.f.commit = &commit{hash: strings.Repeat(fmt.Sprint(i%7), 40), time: int64(1000 + i%3), index: i % 7}
		}
		all = append(all, p)
	}
	var want []finding.Finding
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 20 {
		c := newCollector()
		for _, p := range all {
			if err := c.add(p.f, []hit{p.h}); err != nil {
				t.Fatal(err)
			}
		}
		got, _ := c.findings(func(id string) finding.Rule { return ruleOf(e, id) })
		if round == 0 {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" || len(got) != 5 || !slices.ContainsFunc(got, func(f finding.Finding) bool { return len(f.Related) == maxRelated }) {
			t.Fatalf("%d findings (-want +got):\n%s", len(got), diff)
		}
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
}

func TestTooManyFindings(t *testing.T) {
	c := newCollector()
	hits := make([]hit, maxFound)
	for i := range hits {
		hits[i] = hit{rule: "github-pat", key: strconv.Itoa(i), line: 1}
	}
	if err := c.add(fragment{path: "a"}, hits); err != nil {
		t.Fatal(err)
	}
	if err := c.add(fragment{path: "a"}, hits[:1]); err != nil {
		t.Errorf("one that is known: %v", err)
	}
	if err := c.add(fragment{path: "b"}, hits[:1]); err == nil {
		t.Error("one more: no error")
	}
}
