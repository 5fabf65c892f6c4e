package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

// junitSchema is what the schema junit-10.xsd of Jenkins' xUnit plugin, which
// refuses other files, has of elements and their attributes.
var junitSchema = map[string]string{
	"testsuites": "name time tests failures errors",
	"testsuite":  "name tests failures errors group time skipped timestamp hostname id package file log url",
	"testcase":   "name time classname group",
	"failure":    "type message", "error": "type message", "skipped": "type message", "system-out": "",
}

// What readers take from the file: of a case at most one of skipped, error and
// failure, and system-out behind it.
type (
	readCounts struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Skipped  int    `xml:"skipped,attr"`
	}
	readSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		readCounts
		Suites []struct {
			readCounts
			Time  *float64 `xml:"time,attr"`
			Cases []struct {
				ClassName string `xml:"classname,attr"`
				Name      string `xml:"name,attr"`
				Inner     []struct {
					XMLName xml.Name
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:",any"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
)

// readJUnit reads what JUnit writes, complains of what its readers would not
// take, and returns what became of each case.
func readJUnit(t *testing.T, r Report) map[string]string {
	t.Helper()
	var b, again bytes.Buffer
	if err := JUnit(&b, r); err != nil {
		t.Fatal(err)
	}
	if err := JUnit(&again, r); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the second file has other bytes", err)
	}
	for dec := xml.NewDecoder(bytes.NewReader(b.Bytes())); ; {
		token, err := dec.Token()
		if err != nil {
			break // Unmarshal says which
		}
		if e, ok := token.(xml.StartElement); ok {
			allowed, known := junitSchema[e.Name.Local]
			for _, a := range e.Attr {
				known = known && slices.Contains(strings.Fields(allowed), a.Name.Local)
			}
			if !known {
				t.Errorf("not in the schema: %+v", e)
			}
		}
	}
	var doc readSuites
	if err := xml.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	total := readCounts{Name: "scangate"}
	for _, s := range doc.Suites {
		count := readCounts{Name: s.Name}
		seen := map[[2]string]bool{}
		for _, c := range s.Cases {
			count.Tests++
			if key := [2]string{c.ClassName, c.Name}; seen[key] || c.ClassName == "" || c.Name == "" {
				t.Errorf("%s: case %q cannot be told from others", s.Name, key)
			} else {
				seen[key] = true
			}
			names := []string{}
			for _, x := range c.Inner {
				names = append(names, x.XMLName.Local)
				for line := range strings.Lines(x.Text) {
					if strings.HasPrefix(line, "::") || strings.Contains(line, "##[") || strings.ContainsAny(line, "\r\x1b\u202e") {
						t.Errorf("a line of %s: %q", c.Name, line)
					}
				}
			}
			result := strings.TrimSpace(strings.TrimSuffix(strings.Join(names, " "), "system-out"))
			switch result {
			case "failure":
				count.Failures++
			case "error":
				count.Errors++
			case "skipped":
				count.Skipped++
			case "":
				result = "passed"
			default:
				t.Errorf("%s: %s holds %v", s.Name, c.Name, names)
			}
			got[s.Name+" / "+c.Name] = result
		}
		if d := cmp.Diff(count, s.readCounts); d != "" {
			t.Error(d)
		}
		total.Tests += count.Tests
		total.Failures += count.Failures
		total.Errors += count.Errors
		total.Skipped += count.Skipped
	}
	doc.Skipped = total.Skipped // the schema has none there
	if d := cmp.Diff(total, doc.readCounts); d != "" {
		t.Error(d)
	}
	return got
}

func TestJUnit(t *testing.T) {
	want := map[string]string{
		"verdict / verdict": "failure", "secret / scan": "skipped",
		"image oci:dist/image / scan": "passed", "image oci:dist/image / CVE-1: leaf 1.0: request smuggling": "failure",
		"codeql / scan": "passed", "codeql / js/xss: what a user wrote reaches the page": "passed", "codeql / js/xss: in a test": "skipped",
		"trivy / scan": "passed", "trivy / GHSA-1: leaf": "passed",
	}
	if d := cmp.Diff(want, readJUnit(t, rich())); d != "" {
		t.Error(d)
	}
}

// TestJUnitIsHonest: a run that found nothing has a case that passed, one that
// did not complete an error, and the verdict a case of its own.
func TestJUnitIsHonest(t *testing.T) {
	pol := policy.DefaultPolicy()
	pol.Require = []string{"iac", "dast"}
	res := finding.Results{Runs: []finding.Run{
		{Scanner: "iac", Status: finding.Completed, Looked: finding.Looked{Files: 1}}, {Scanner: "secret", Status: finding.TimedOut, Reason: "slow"},
	}}
	got := readJUnit(t, Report{Results: res, Verdict: pol.Judge(res)})
	if d := cmp.Diff(map[string]string{"verdict / verdict": "error", "iac / scan": "passed", "secret / scan": "error"}, got); d != "" {
		t.Error(d)
	}
	res.Runs = res.Runs[:1]
	got = readJUnit(t, Report{Results: res, Verdict: policy.DefaultPolicy().Judge(res)})
	if d := cmp.Diff(map[string]string{"verdict / verdict": "passed", "iac / scan": "passed"}, got); d != "" {
		t.Error(d)
	}
}

func TestJUnitTellsCasesApart(t *testing.T) {
	f := finding.Finding{RuleID: "r", Message: "m", Location: finding.Location{Path: "a", StartLine: 1}}
	res := finding.Results{Runs: []finding.Run{{Scanner: "iac", Status: finding.Completed, Findings: []finding.Finding{f, f, f}}}}
	got := readJUnit(t, Report{Results: res, Verdict: policy.DefaultPolicy().Judge(res)})
	want := map[string]string{"verdict / verdict": "passed", "iac / scan": "passed", "iac / r: m": "passed", "iac / r: m (2)": "passed", "iac / r: m (3)": "passed"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestJUnitOfHostileText(t *testing.T) {
	readJUnit(t, sample())
	for _, s := range []string{
		"]]></failure><testcase/>", `"/><x y="`, "<!-- -->", "<?xml?>", "\x00\x01\x08\x0b\x1b\x7f", "\ufffe\uffff", "\xff\xfe\xed\xa0\x80", "\u202e", "&amp;&lt;&#0;",
		"\n::error::x", "::error::x", "##[error]x", "\r\n", strings.Repeat("&", 1<<20), "",
	} {
		r := filled(s)
		for i := range r.Results.Runs {
			r.Results.Runs[i].Findings = slices.Concat(r.Results.Runs[i].Findings, r.Results.Runs[i].Findings)
			r.Verdict.Decisions[i] = slices.Concat(r.Verdict.Decisions[i], r.Verdict.Decisions[i])
		}
		readJUnit(t, r)
	}
	var b bytes.Buffer
	if err := JUnit(&b, Report{}); err != nil || b.Len() == 0 {
		t.Error(err)
	}
	if err := JUnit(failing{}, sample()); err == nil {
		t.Error("a full disk is no error")
	}
}

// failing is a full disk.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

func BenchmarkJUnit(b *testing.B) {
	r := crowd(100_000)
	b.ReportAllocs()
	for b.Loop() {
		if err := JUnit(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}
