package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample has a scanner of every status and text that tries to break out.
func sample() Report {
	res := finding.Results{
		Version: finding.SchemaVersion, Tool: finding.Engine{Name: "scangate", Version: "1.2.3"}, Root: "shop",
		Runs: []finding.Run{
			{
				Scanner: "dependency", Status: finding.Completed, Plan: "2 lockfiles: npm 1, go 1", Duration: 1234 * time.Millisecond,
				Engine: finding.Engine{Name: "trivy-db"}, Looked: finding.Looked{Files: 2, Packages: 9},
				Rules: []finding.Rule{{ID: "CVE-1", Title: "one", Severity: finding.Critical}, {ID: "CVE-2", Title: "two", Severity: finding.Low}},
				Findings: []finding.Finding{
					{RuleID: "CVE-2", Severity: finding.Low, Message: "b 1.0: two", Location: finding.Location{Path: "web/package-lock.json", StartLine: 7}, Fingerprint: "f2"},
					{RuleID: "CVE-1", Severity: finding.Critical, Message: "a 1.0: one", Fix: "upgrade a to 2.0", Location: finding.Location{Path: "web/package-lock.json", StartLine: 3}, Fingerprint: "f1"},
				},
			},
			{
				Scanner: "secret", Status: finding.Partial, Reason: "history is shallow", Plan: "full history", Duration: 20 * time.Millisecond, Looked: finding.Looked{Commits: 1},
				Rules: []finding.Rule{{ID: "aws|`key`", Title: "key", Severity: finding.High}},
				Findings: []finding.Finding{
					{RuleID: "aws|`key`", Severity: finding.High, Message: "<b>@everyone</b> [x](http://e) | `c`\n::error::no", Location: finding.Location{Path: "a\n::error file=x::boo|.txt", StartLine: 1}, Fingerprint: "f3"},
					{RuleID: "aws|`key`", Severity: finding.Info, Message: "nothing", Location: finding.Location{Path: "b"}, Fingerprint: "f4", Suppressions: []finding.Suppression{{Source: "gitleaks:allow"}}},
				},
				Notes: []finding.Note{{Level: finding.Gap, Path: "x\r\n::add-mask::y", Line: 2, Message: "##[error]too big"}},
			},
			{Scanner: "iac", Status: finding.Failed, Reason: "the scanner panicked: \x1b[31mred", Duration: 3 * time.Second},
			{Scanner: "image", Target: "library/nginx", Status: finding.TimedOut, Reason: "slow"},
			{Scanner: "dast", Status: finding.Skipped, Reason: "no target"},
		},
	}
	return Report{Results: res, Verdict: policy.DefaultPolicy().Judge(res)}
}

func TestGolden(t *testing.T) {
	for _, f := range Formats() {
		if strings.HasPrefix(f.Name, "sarif") || slices.Contains([]string{"inventory", "spdx", "cyclonedx", "openvex"}, f.Name) {
			continue // package sarif has its own, and so have those of the inventory
		}
		t.Run(f.Name, func(t *testing.T) {
			var b bytes.Buffer
			if err := f.Write(&b, sample()); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join("testdata", "sample."+f.Name)
			if *update {
				if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), b.String()); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestNothingBreaksOut: whatever scanned content says, no line of a report is
// a workflow command or moves the cursor.
func TestNothingBreaksOut(t *testing.T) {
	for _, format := range []func(io.Writer, Report) error{Markdown, func(w io.Writer, r Report) error { return Table(w, r, TableOptions{}) }} {
		var b bytes.Buffer
		if err := format(&b, sample()); err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexAny(b.String(), "\r\x1b"); i >= 0 {
			t.Errorf("a control character at %q", b.String()[max(0, i-20):i+1])
		}
		for line := range strings.Lines(b.String()) {
			if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
				t.Errorf("a workflow command: %q", line)
			}
		}
	}
}

func TestJSONReadsBack(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, sample()); err != nil {
		t.Fatal(err)
	}
	res, err := finding.Decode(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	again := policy.DefaultPolicy().Judge(res)
	if d := cmp.Diff(sample().Verdict, again); d != "" {
		t.Error("judging the saved results gives another verdict", d)
	}
	if d := res.Runs[0].Findings[1].Decision; d == nil || d.Action != "fail" || res.Verdict.Outcome != "failed" {
		t.Errorf("decision %+v, verdict %+v", d, res.Verdict)
	}
}

func TestSARIFCopies(t *testing.T) {
	count := func(format string) map[string]int {
		o, err := ParseOutput(format + "=-")
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := o.Format.Write(&b, sample()); err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Runs []struct {
				AutomationDetails struct{ ID string }
				Results           []any
			}
		}
		if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, r := range doc.Runs {
			got[r.AutomationDetails.ID] = len(r.Results)
		}
		return got
	}
	// Of five scanners one completed: the others contribute no run, because an
	// upload without their findings would close their alerts.
	want := map[string]int{"scangate/dependency/": 2}
	for _, format := range []string{"sarif", "sarif-upload"} {
		if d := cmp.Diff(want, count(format)); d != "" {
			t.Error(format, d)
		}
	}
}

func TestParseOutput(t *testing.T) {
	for spec, want := range map[string]string{
		"srif=x": `unknown format "srif"; did you mean "sarif"?`, "sarif": "want FORMAT=FILE", "sarif=": "want FORMAT=FILE", "=x": "unknown format",
	} {
		if _, err := ParseOutput(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", spec, err, want)
		}
	}
	if o, err := ParseOutput("json=a=b"); err != nil || o.File != "a=b" {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestWriteFileIsAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	hello := func(w io.Writer) error { _, err := io.WriteString(w, "hello"); return err }
	if err := WriteFile(name, hello); err != nil {
		t.Fatal(err)
	}
	full := func(w io.Writer) error {
		io.WriteString(w, strings.Repeat("x", 1<<20))
		return fmt.Errorf("encoding: %w", &os.PathError{Op: "write", Path: "/tmp/…", Err: syscall.ENOSPC})
	}
	err := WriteFile(name, full)
	if err == nil || err.Error() != "cannot write "+name+": no space left on device" {
		t.Errorf("a full disk: %v", err)
	}
	if got, _ := os.ReadFile(name); string(got) != "hello" {
		t.Errorf("the old content is gone: %.20q", got)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("files left behind: %v", left)
	}
	if err := WriteFile(dir, hello); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a directory: %v", err)
	}
	for _, check := range []func(string) error{CheckWritable, func(n string) error { return WriteFile(n, hello) }} {
		if err := check(filepath.Join(dir, "no", "out")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("no such directory: %v", err)
		}
	}
	// Links: to a file, it is the link that is replaced; to anything else, no.
	for link, to := range map[string]string{"to-file": "out", "to-dir": dir, "to-device": "/dev/full"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
		err := WriteFile(filepath.Join(dir, link), func(w io.Writer) error { _, err := io.WriteString(w, "other"); return err })
		if (err == nil) != (link == "to-file") {
			t.Errorf("%s: %v", link, err)
		}
	}
	if got, _ := os.ReadFile(name); string(got) != "hello" {
		t.Errorf("a link was followed: %q", got)
	}
	// A device is written to, never replaced.
	if err := WriteFile("/dev/full", hello); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("/dev/full: %v", err)
	}
	if info, err := os.Stat("/dev/full"); err != nil || info.Mode().IsRegular() {
		t.Errorf("/dev/full is no device any more: %v %v", info, err)
	}
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "a\nb": `a\nb`, "\r": `\u000d`, "\x1b[2J": `\u001b[2J`, "a\xffb": `a\xffb`, "ä\uFFFD": "ä\uFFFD",
		"##[error]x": "## [error]x", "###[a": "### [a", "a\u202Eb": `a\u202eb`, "x\ty": "x y",
	} {
		if got := Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("a\n::error::b\x1b##[x")
	f.Fuzz(func(t *testing.T, s string) {
		got := Line(s)
		if strings.ContainsAny(got, "\n\r\x1b\x00\x07\u2028\u202e") || strings.Contains(got, "##[") {
			t.Errorf("Line(%q) = %q", s, got)
		}
		for _, r := range got {
			if r < 0x20 {
				t.Errorf("Line(%q) keeps %q", s, r)
			}
		}
	})
}

func TestInventory(t *testing.T) {
	r := Report{Results: finding.Results{Tool: finding.Engine{Name: "scangate", Version: "1"}, Runs: []finding.Run{
		{Scanner: "dependency", Status: finding.Completed, Looked: finding.Looked{Packages: 2}, Inventory: []finding.Source{{
			Path: "package-lock.json", Type: "npm", Ecosystem: "npm",
			Packages: []finding.Component{{ID: "a@1", Name: "a", Version: "1", PURL: "pkg:npm/a@1", Licenses: []string{"MIT"}, Line: 7, DependsOn: []string{"b@2"}}, {ID: "b@2", Name: "b", Version: "2", Dev: true}},
		}}},
		{Scanner: "image", Target: "oci:x", Status: finding.Partial, Inventory: []finding.Source{{Path: "lib/apk/db/installed", Type: "alpine", System: "alpine 3.20", Ecosystem: "alpine"}}},
		{Scanner: "secret", Status: finding.Completed, Looked: finding.Looked{Files: 1}},
	}}}
	var b strings.Builder
	if err := Inventory(&b, r); err != nil {
		t.Fatal(err)
	}
	want := `{"schemaVersion":1,"tool":{"name":"scangate","version":"1"},"sources":[` +
		`{"scanner":"dependency","status":"completed","path":"package-lock.json","type":"npm","ecosystem":"npm","packages":[` +
		`{"id":"a@1","name":"a","version":"1","purl":"pkg:npm/a@1","licenses":["MIT"],"line":7,"dependsOn":["b@2"]},{"id":"b@2","name":"b","version":"2","dev":true}]},` +
		`{"scanner":"image","target":"oci:x","status":"partial","path":"lib/apk/db/installed","type":"alpine","system":"alpine 3.20","ecosystem":"alpine","packages":[]}]}`
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(b.String())); err != nil || compact.String() != want {
		t.Errorf("%v\n%s, want\n%s", err, compact.String(), want)
	}
	r.Results.Runs[0].Inventory = nil
	if err := Inventory(io.Discard, r); err == nil || !strings.Contains(err.Error(), "scangate scan") {
		t.Errorf("saved results: %v", err)
	}
}
