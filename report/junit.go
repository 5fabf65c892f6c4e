package report

import (
	"bufio"
	"cmp"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/text"
)

// JUnit writes the results in the XML that CI systems show as tests: a suite
// for the verdict and one for each run, in which a case tells how the run went
// and one more stands for each finding. What fails the build is a failure, what
// does not count is skipped, and a run that did not complete is an error. So
// nothing is green that did not run, and the file is red unless the verdict is
// "passed". It keeps to the schema of Jenkins' xUnit plugin, the strictest of
// its readers.
func JUnit(w io.Writer, r Report) error {
	b := bufio.NewWriterSize(w, 1<<16)
	suites := []junitSuite{verdictSuite(r)}
	for i := range r.Results.Runs {
		suites = append(suites, newSuite(&r.Results.Runs[i], r.Verdict.Decisions[i]))
	}
	all := junitCounts{}
	for i := range suites {
		all.add(suites[i].counts)
	}
	b.WriteString(xml.Header)
	x := xml.NewEncoder(b)
	x.Indent("", "  ")
	root := all.start("testsuites", "scangate")
	if err := x.EncodeToken(root); err != nil {
		return err
	}
	for i := range suites {
		if err := suites[i].write(x); err != nil {
			return err
		}
	}
	if err := x.EncodeToken(root.End()); err != nil {
		return err
	}
	if err := x.Close(); err != nil {
		return err
	}
	b.WriteByte('\n')
	return b.Flush()
}

// junitSuite is a suite before its findings are written: readers want the
// counts first.
type junitSuite struct {
	name      string
	counts    junitCounts
	time      time.Duration
	first     junitCase // how the run, or all of it, went
	run       *finding.Run
	decisions []policy.Decision
}

type junitCounts struct{ tests, failures, errors, skipped int }

func (c *junitCounts) add(other junitCounts) {
	c.tests += other.tests
	c.failures += other.failures
	c.errors += other.errors
	c.skipped += other.skipped
}

func (c *junitCounts) start(element, name string) xml.StartElement {
	out := xml.StartElement{Name: xml.Name{Local: element}}
	add := func(name, value string) {
		out.Attr = append(out.Attr, xml.Attr{Name: xml.Name{Local: name}, Value: value})
	}
	add("name", name)
	add("tests", strconv.Itoa(c.tests))
	add("failures", strconv.Itoa(c.failures))
	add("errors", strconv.Itoa(c.errors))
	if element == "testsuite" { // the schema has it there only
		add("skipped", strconv.Itoa(c.skipped))
	}
	return out
}

// junitCase is a test case. At most one of the pointers is set; none: it passed.
type junitCase struct {
	XMLName   xml.Name     `xml:"testcase"`
	ClassName string       `xml:"classname,attr"`
	Name      string       `xml:"name,attr"`
	Skipped   *junitReason `xml:"skipped"`
	Error     *junitReason `xml:"error"`
	Failure   *junitReason `xml:"failure"`
	Out       string       `xml:"system-out,omitempty"`
}

type junitReason struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

func (c *junitCase) count() junitCounts {
	out := junitCounts{tests: 1}
	switch {
	case c.Failure != nil:
		out.failures = 1
	case c.Error != nil:
		out.errors = 1
	case c.Skipped != nil:
		out.skipped = 1
	}
	return out
}

// verdictSuite says how it all ended. Nothing else in the file would be red
// when a required scanner is not among the results.
func verdictSuite(r Report) junitSuite {
	c := junitCase{ClassName: "scangate", Name: "verdict"}
	var out lines
	for _, reason := range r.Verdict.Reasons {
		out.add("because: " + short(reason, 500))
	}
	for _, n := range r.Verdict.Notices {
		out.add("notice: " + short(n, 500))
	}
	why := &junitReason{Message: r.Verdict.Outcome.String(), Type: r.Verdict.Outcome.String(), Text: out.String()}
	switch r.Verdict.Outcome {
	case policy.Passed:
		c.Out = why.Text
	case policy.Failed:
		c.Failure = why
	default:
		c.Error = why
	}
	return junitSuite{name: "verdict", first: c, counts: c.count()}
}

func newSuite(run *finding.Run, decisions []policy.Decision) junitSuite {
	title := cmp.Or(short(run.Title(), 200), "unnamed")
	c := junitCase{ClassName: title, Name: "scan"}
	why := &junitReason{Message: short(run.Status.String()+": "+run.Reason, 500), Type: run.Status.String()}
	var out lines
	switch run.Status {
	case finding.Completed:
		out.add("looked at: " + short(run.Plan, 500))
	case finding.Skipped:
		c.Skipped = why
	default:
		c.Error = why
	}
	for _, n := range run.Notes {
		out.add("note: " + short(string(n.Level)+": "+n.String(), 500))
	}
	c.Out = out.String()
	s := junitSuite{name: title, first: c, counts: c.count(), time: run.Duration, run: run, decisions: decisions}
	for _, d := range decisions {
		s.counts.tests++
		switch d.Action {
		case policy.Fail:
			s.counts.failures++
		case policy.Ignored:
			s.counts.skipped++
		}
	}
	return s
}

func (s *junitSuite) write(x *xml.Encoder) error {
	start := s.counts.start("testsuite", s.name)
	if s.time > 0 {
		start.Attr = append(start.Attr, xml.Attr{Name: xml.Name{Local: "time"}, Value: strconv.FormatFloat(s.time.Seconds(), 'f', 3, 64)})
	}
	if err := x.EncodeToken(start); err != nil {
		return err
	}
	if err := x.Encode(&s.first); err != nil {
		return err
	}
	seen := map[[2]string]int{}
	for i := range s.decisions {
		c := newCase(s.name, &row{finding: &s.run.Findings[i], decision: s.decisions[i]})
		// Readers tell cases apart by their names.
		key := [2]string{c.ClassName, c.Name}
		if seen[key]++; seen[key] > 1 {
			c.Name += " (" + strconv.Itoa(seen[key]) + ")"
		}
		if err := x.Encode(c); err != nil {
			return err
		}
	}
	return x.EncodeToken(start.End())
}

// newCase is the test case of a finding. No line is in its name, so that it
// stays the same case when something is inserted above.
func newCase(suite string, x *row) *junitCase {
	f := x.finding
	message := short(text.OneLine(head(f.Message, 600), 600), 500)
	c := &junitCase{
		ClassName: suite, Name: cmp.Or(strings.Trim(short(f.RuleID, 100)+": "+text.Cut(message, 200), ": "), "unnamed"),
	}
	if at := where(&finding.Finding{Location: finding.Location{Path: f.Location.Path}, Layer: f.Layer}); at != "-" {
		c.ClassName = cmp.Or(short(at, 500), suite)
	}
	var b strings.Builder
	// Each line begins with a word of ours: CI logs that repeat the text would
	// take a line such as ::error:: for a command.
	b.WriteString("What: " + message + "\nWhere: " + short(where(f), 500))
	for _, fact := range facts(x) {
		b.WriteString("\n" + fact.Name + ": " + fact.Value)
	}
	switch x.decision.Action {
	case policy.Fail:
		c.Failure = &junitReason{Message: message, Type: f.Severity.String(), Text: b.String()}
	case policy.Ignored:
		c.Skipped = &junitReason{Message: short(x.decision.By, 500)}
		c.Out = b.String()
	default:
		c.Out = b.String()
	}
	return c
}
