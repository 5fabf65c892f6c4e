package ignore

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func TestTrivy(t *testing.T) {
	l := Foreign(".trivyignore", []byte("# accepted\n\nCVE-1 exp:2027-02-01 # not used\r\naws-key\nCVE-2 exp:2027-01-15\nCVE-2 exp:soon\n"))
	if d := cmp.Diff([]string{".trivyignore:6 is not honoured: \"exp:soon\" is not a day such as exp:2027-03-31"}, l.Problems); d != "" {
		t.Error(d)
	}
	const by = " ignored by .trivyignore:3 until 2027-01-31: not used"
	want := []string{"dependency CVE-1 web/package-lock.json" + by, "dependency CVE-1 api/package-lock.json" + by, "image CVE-1" + by}
	if d := cmp.Diff(want, ignored(New(l, now), shop())); d != "" {
		t.Error(d) // secrets are not Trivy's, and one entry has expired today
	}
}

func TestTrivyYAML(t *testing.T) {
	l := Foreign(".trivyignore.yaml", []byte(`vulnerabilities:
  - id: CVE-1
    paths: ["web/**", usr/lib/*.jar]
    statement: |
      not
      used
  - id: GHSA-b
    purls: ["pkg:npm/left-pad", "pkg:npm/other@2"]
    expired_at: 2027-02-01
  - id: CVE-1
    path: api
  - id: CVE-1
    purls: [lodash]
  - statement: x
misconfigurations:
  - id: CVE-2
secrets:
  - id: aws-key
other: 1
`))
	want := []string{
		".trivyignore.yaml:11 is not honoured: \"path\" is not understood here; did you mean \"paths\"?",
		".trivyignore.yaml:13 is not honoured: purls: not a package URL",
		".trivyignore.yaml:14 is not honoured: the entry has no id",
		".trivyignore.yaml:18 is not honoured: secrets have other rules here: write their ids into the configuration's ignore, or into .gitleaksignore",
		".trivyignore.yaml:19 is not honoured: \"other\" is not understood here; want one of licenses, misconfigurations, secrets, vulnerabilities",
	}
	if d := cmp.Diff(want, l.Problems); d != "" {
		t.Error(d)
	}
	want = []string{
		"dependency CVE-1 web/package-lock.json ignored by .trivyignore.yaml:2: not used",
		"dependency CVE-2 web/package-lock.json ignored by .trivyignore.yaml:7 until 2027-01-31",
		"image CVE-1 ignored by .trivyignore.yaml:2: not used",
	}
	if d := cmp.Diff(want, ignored(New(l, now), shop())); d != "" {
		t.Error(d)
	}
}

func TestOSV(t *testing.T) {
	l := Foreign("web/osv-scanner.toml", []byte(`# ours
[[IgnoredVulns]]
id = "GHSA-a"
ignoreUntil = 2027-02-01
reason = "only at build time"

[[PackageOverrides]]
name = "left-.*"
nameIsRegex = true
ecosystem = "npm"
vulnerability.ignore = true
effectiveUntil = 2027-02-01T00:00:00Z
reason = "ours"

[[PackageOverrides]]
name = "left-pad"
group = "dev"
ignore = true

[[PackageOverrides]]
ignore = true

[[PackageOverrides]]
ecosystem = "Alpine"
ignore = true

[[PackageOverrides]]
name = "x"
license.override = ["MIT"]
`))
	want := []string{
		"web/osv-scanner.toml:15 is not honoured: groups of dependencies are not known here",
		"web/osv-scanner.toml:20 is not honoured: the override is about every package",
		"web/osv-scanner.toml:23 is not honoured: the ecosystem \"Alpine\" is not known here",
	}
	if d := cmp.Diff(want, l.Problems); d != "" {
		t.Error(d)
	}
	want = []string{
		"dependency CVE-1 web/package-lock.json ignored by web/osv-scanner.toml:2 until 2027-01-31: only at build time",
		"dependency CVE-2 web/package-lock.json ignored by web/osv-scanner.toml:7 until 2027-01-31: ours",
	}
	if d := cmp.Diff(want, ignored(New(l, now), shop())); d != "" {
		t.Error(d)
	}
	root := Foreign("osv-scanner.toml", []byte("[[IgnoredVulns]]\nid = \"CVE-1\"\n"))
	if got := ignored(New(root, now), shop()); got != nil {
		t.Errorf("the root's file reaches into directories: %v", got)
	}
	if got := utc(time.Date(2027, 2, 1, 0, 0, 0, 0, time.FixedZone("date-local", 3600))); !got.Equal(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("a day without a zone is %s", got)
	}
	for in, want := range map[string]string{
		"[[IgnoredVulns]]\nid = \"CVE-1\"\nversion = \"1\"\n": `osv-scanner.toml is not honoured: the key "IgnoredVulns.version" is not known`,
		"[[IgnoredVulns]]\nid = 1\n":                          "osv-scanner.toml is not honoured: not valid TOML, or a value of another kind: line 2 (last key \"IgnoredVulns.id\"): incompatible types: TOML value has type int64; destination has type string",
		"[[IgnoredVulns]\n":                                   "osv-scanner.toml:2 is not honoured: not valid TOML, or a value of another kind: expected end of table array name delimiter ']', but got '\\n' instead",
		"[[IgnoredVulns]]\n":                                  "osv-scanner.toml:1 is not honoured: the entry has no id, or one that is too long",
		"a = " + strings.Repeat("[", 100_000):                 "osv-scanner.toml is not honoured: nested too deep",
		strings.Repeat("a.", 100_000) + "b = 1":               "osv-scanner.toml is not honoured: nested too deep",
	} {
		if l := Foreign("osv-scanner.toml", []byte(in)); len(l.Entries) > 0 || len(l.Problems) != 1 || l.Problems[0] != want {
			t.Errorf("%.40q\ngot  %q\nwant %q", in, l.Problems, want)
		}
	}
}

func TestGrype(t *testing.T) {
	l := Foreign(".grype.yaml", []byte(`check-for-app-update: false
ignore:
  - vulnerability: CVE-1
    include-aliases: true
    reason: not used
    package: {name: "lo.*", version: 1.2.0, type: npm, location: "/web/**"}
  - vulnerability: CVE-2
    fix-state: not-fixed
  - package: {name: "left-p", type: npm}
  - vex-status: not_affected
    vulnerability: CVE-1
  - vulnerability: CVE-1
    namespace: debian
  - package: {type: cobol}
  - package: {name: "("}
  - fix-state: never
  - reason: x
  - {vulnerability: [CVE-1]}
`))
	want := []string{
		".grype.yaml:13 is not honoured: \"namespace\" is not understood here; want one of fix-state, include-aliases, package, reason, vex-justification, vex-status, vulnerability",
		".grype.yaml:14 is not honoured: package.type \"cobol\" is not known here",
		".grype.yaml:15 is not honoured: package.name is not a regular expression, or too long",
		".grype.yaml:16 is not honoured: fix-state: want fixed, not-fixed, wont-fix or unknown",
		".grype.yaml:17 is not honoured: the rule names nothing to ignore",
		".grype.yaml:18 is not honoured: want a single value here, of at most 1024 characters",
	}
	if d := cmp.Diff(want, l.Problems); d != "" {
		t.Error(d)
	}
	want = []string{
		"dependency CVE-1 web/package-lock.json ignored by .grype.yaml:3: not used",
		"dependency CVE-2 web/package-lock.json ignored by .grype.yaml:7",
	}
	if d := cmp.Diff(want, ignored(New(l, now), shop())); d != "" {
		t.Error(d)
	}
}

func TestFixState(t *testing.T) {
	for _, tt := range []struct{ fixed, status, want string }{
		{"2.0", "fixed", "fixed"}, {"2.0", "will-not-fix", "fixed"}, {"", "will-not-fix", "wont-fix"}, {"", "affected", "not-fixed"}, {"", "", "not-fixed unknown"},
	} {
		var got []string
		for _, word := range []string{"fixed", "not-fixed", "wont-fix", "unknown"} {
			if fixState(word)(&finding.Finding{Package: &finding.Package{FixedVersion: tt.fixed, Status: tt.status}}) {
				got = append(got, word)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

func TestForeignBounds(t *testing.T) {
	if l := Foreign(".trivyignore", make([]byte, MaxFile+1)); len(l.Problems) != 1 || !strings.Contains(l.Problems[0], "over the limit of 256 KiB") {
		t.Error(l.Problems)
	}
	if l := Foreign(".trivyignore", []byte(strings.Repeat("CVE-1\n", maxForeign+100))); len(l.Entries) != maxForeign || len(l.Problems) == 0 {
		t.Error(len(l.Entries), len(l.Problems))
	}
	if l := Foreign(".trivyignore", []byte(strings.Repeat("CVE-1 exp:x\n", 1000))); len(l.Problems) != maxProblems+1 {
		t.Error(len(l.Problems))
	}
	if l := Unreadable("a\n::error::b", os.ErrPermission); strings.Contains(l.Problems[0], "\n") {
		t.Error(l.Problems)
	}
	for _, name := range append(RootFiles(), "a/"+DirFile) {
		if l := Foreign(name, nil); l.Entries != nil || l.Problems != nil {
			t.Errorf("an empty %s: %v", name, l)
		}
		if l := Foreign(name, []byte("[")); len(l.Problems) == 0 && name != ".trivyignore" {
			t.Errorf("a broken %s has no problem", name)
		}
	}
}
