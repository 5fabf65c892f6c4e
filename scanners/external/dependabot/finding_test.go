package dependabot

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

const npmLock = `{
  "packages": {
    "": {"dependencies": {"left-padder": "^1.0.0"}},
    "node_modules/left-padder": {
      "version": "1.2.0"
    }
  }
}
`

func TestOpenAlert(t *testing.T) {
	h := newHub(t, sample(12))
	s, _ := h.scanner(t)
	got, err := scan(t, s, tree(t, map[string]string{"web/package-lock.json": npmLock}))
	if err != nil {
		t.Fatal(err)
	}
	want := finding.Finding{
		RuleID: "GHSA-0012-xxxx-cccc", Severity: finding.High, SeveritySource: "ghsa", Score: 7.5, Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", Published: "2026-02-03",
		Message:  "left-padder: Padding without end; vulnerable are versions >= 1.0.0, < 1.3.1; fixed in 1.3.1",
		Fix:      "update left-padder to 1.3.1 or later; see https://github.com/octo/shop/security/dependabot/12",
		Location: finding.Location{Path: "web/package-lock.json", StartLine: 4},
		Package:  &finding.Package{Ecosystem: "npm", Name: "left-padder", FixedVersion: "1.3.1", Status: "fixed", PURL: "pkg:npm/left-padder", Relationship: "indirect"},
		Aliases:  []string{"CVE-2026-0012"},
		Key:      "web/package-lock.json npm left-padder", KeyOnly: true,
	}
	if diff := cmp.Diff([]finding.Finding{want}, got.Findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	rule := finding.Rule{
		ID: "GHSA-0012-xxxx-cccc", Title: "Padding without end", Description: "It pads.\n\nFor ever.", Severity: finding.High, Score: 7.5, Precision: "very-high",
		References: []string{"https://github.com/advisories/GHSA-0012-xxxx-cccc", "https://example.org/padding"},
		Tags:       []string{"external/cwe/cwe-400", "external/cwe/cwe-835"},
	}
	if diff := cmp.Diff([]finding.Rule{rule}, got.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if got.Looked.URLs != 1 || got.Looked.Packages != 1 || got.Looked.Bytes < 500 {
		t.Errorf("looked at %+v", got.Looked)
	}
}

func TestStates(t *testing.T) {
	for _, c := range []struct {
		name    string
		changes []any
		want    []finding.Suppression // nil: it counts
		out     bool                  // it is left out
	}{
		{"open", nil, nil, false},
		{"fixed", []any{"state", "fixed", "fixed_at", "2026-03-01T00:00:00Z"}, nil, true},
		{"dismissed", []any{"state", "dismissed", "dismissed_reason", "tolerable_risk", "dismissed_comment", "only our own\ninput is padded"}, []finding.Suppression{{Source: "dependabot", Elsewhere: true, Reason: "tolerable risk: only our own input is padded"}}, false},
		{"dismissed without a comment", []any{"state", "dismissed", "dismissed_reason", "no_bandwidth"}, []finding.Suppression{{Source: "dependabot", Elsewhere: true, Reason: "no bandwidth"}}, false},
		{"dismissed without a reason", []any{"state", "dismissed"}, []finding.Suppression{{Source: "dependabot", Elsewhere: true, Reason: "dismissed"}}, false},
		{"auto-dismissed", []any{"state", "auto_dismissed", "auto_dismissed_at", "2026-03-01T00:00:00Z"}, []finding.Suppression{{Source: "dependabot", Elsewhere: true, Reason: "dismissed by an auto-triage rule of the repository"}}, false},
		{"a state of the future", []any{"state", "pondered"}, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := newHub(t, sample(1, c.changes...)).scanner(t)
			got, err := scan(t, s, tree(t, nil))
			if err != nil {
				t.Fatal(err)
			}
			if c.out {
				if len(got.Findings) != 0 {
					t.Errorf("found %v", got.Findings)
				}
				return
			}
			if len(got.Findings) != 1 {
				t.Fatalf("found %d", len(got.Findings))
			}
			if diff := cmp.Diff(c.want, got.Findings[0].Suppressions); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFields(t *testing.T) {
	const dep, adv, vul = "dependency.", "security_advisory.", "security_vulnerability."
	for _, c := range []struct {
		name    string
		changes []any
		show    func(f finding.Finding) any
		want    any
	}{
		{"rust", []any{dep + "package", object{"ecosystem": "rust", "name": "time"}}, pack, "cargo time pkg:cargo/time"},
		{"erlang", []any{dep + "package", object{"ecosystem": "erlang", "name": "plug"}}, pack, "hex plug pkg:hex/plug"},
		{"pip", []any{dep + "package", object{"ecosystem": "pip", "name": "Zope_Thing"}}, pack, "pip Zope_Thing pkg:pypi/zope-thing"},
		{"maven", []any{dep + "package", object{"ecosystem": "maven", "name": "org.x:y"}}, pack, "maven org.x:y pkg:maven/org.x/y"},
		{"go", []any{dep + "package", object{"ecosystem": "go", "name": "golang.org/x/net"}}, pack, "go golang.org/x/net pkg:golang/golang.org/x/net"},
		{"rubygems", []any{dep + "package", object{"ecosystem": "rubygems", "name": "rails"}}, pack, "rubygems rails pkg:gem/rails"},
		{"actions", []any{dep + "package", object{"ecosystem": "actions", "name": "octo/act"}}, pack, "actions octo/act pkg:github/octo/act"},
		{"one of the future", []any{dep + "package", object{"ecosystem": "Cobol", "name": "x"}}, pack, "cobol x "},
		{"the package of the vulnerability", []any{dep + "package", nil}, pack, "npm left-padder pkg:npm/left-padder"},
		{"development", []any{dep + "scope", "development"}, func(f finding.Finding) any { return f.Package.Dev }, true},
		{"direct", []any{dep + "relationship", "direct"}, func(f finding.Finding) any { return f.Package.Relationship }, "direct"},
		{"unknown relationship", []any{dep + "relationship", "inconclusive"}, func(f finding.Finding) any { return f.Package.Relationship }, ""},
		{"no fix", []any{vul + "first_patched_version", nil}, func(f finding.Finding) any { return f.Package.Status + "; " + f.Fix }, "affected; no fixed version is known; see https://github.com/octo/shop/security/dependabot/7"},
		{"a plain fixed version", []any{vul + "first_patched_version", "2.0.0"}, func(f finding.Finding) any { return f.Package.FixedVersion }, "2.0.0"},
		{"moderate", []any{adv + "severity", "moderate"}, func(f finding.Finding) any { return f.Severity }, finding.Medium},
		{"severity of the vulnerability", []any{adv + "severity", nil, vul + "severity", "critical"}, func(f finding.Finding) any { return f.Severity }, finding.Critical},
		{"severity of the score", []any{adv + "severity", "dire", vul + "severity", nil}, func(f finding.Finding) any { return f.Severity }, finding.High},
		{"CVSS 4 alone", []any{adv + "cvss", nil, adv + "cvss_severities", object{"cvss_v3": nil, "cvss_v4": object{"score": 8.7, "vector_string": "CVSS:4.0/AV:N"}}}, func(f finding.Finding) any { return f.Vector }, "CVSS:4.0/AV:N"},
		{"a score that cannot be", []any{adv + "cvss", object{"score": 11}, adv + "cvss_severities", nil}, func(f finding.Finding) any { return f.Score }, 0.0},
		{"no GHSA", []any{adv + "ghsa_id", ""}, func(f finding.Finding) any { return f.RuleID + strings.Join(f.Aliases, ",") }, "CVE-2026-0007GHSA-0007-xxxx-cccc"},
		{"a bad link", []any{"html_url", "https://x.example/ y"}, func(f finding.Finding) any { return f.Fix }, "update left-padder to 1.3.1 or later"},
		{"a manifest elsewhere", []any{dep + "manifest_path", "/api/go.mod"}, func(f finding.Finding) any { return f.Location.Path + f.Key }, "api/go.mod npm left-padder"},
		{"a manifest outside", []any{dep + "manifest_path", "../../etc/passwd"}, func(f finding.Finding) any { return f.Location.Path + f.Key }, " npm left-padder"},
		{"a workflow command", []any{adv + "summary", "a\n::error::b ##[group]c", dep + "package", object{"ecosystem": "npm", "name": "::warning::x"}}, func(f finding.Finding) any { return f.Message[:40] }, "warning::x: a ::error::b # [group]c; in "},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := newHub(t, sample(7, c.changes...)).scanner(t)
			got, err := scan(t, s, tree(t, nil))
			if err != nil || len(got.Findings) != 1 {
				t.Fatalf("%d findings, %v, %v", len(got.Findings), got.Notes, err)
			}
			if diff := cmp.Diff(c.want, c.show(got.Findings[0])); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func pack(f finding.Finding) any {
	return f.Package.Ecosystem + " " + f.Package.Name + " " + f.Package.PURL
}

// An identity must not depend on what else there is, on texts that change, or
// on what the scanned tree holds.
func TestIdentity(t *testing.T) {
	identity := func(tr map[string]string, alerts ...any) []string {
		s, _ := newHub(t, alerts...).scanner(t)
		got, err := scan(t, s, tree(t, tr))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, f := range got.Findings {
			out = append(out, finding.FingerprintOf("dependabot", f))
		}
		return out
	}
	first := identity(nil, sample(1))
	for name, again := range map[string][]string{
		"with the file":          identity(map[string]string{"web/package-lock.json": npmLock}, sample(1)),
		"with lines before it":   identity(map[string]string{"web/package-lock.json": "\n\n" + npmLock}, sample(1)),
		"with another range":     identity(nil, sample(1, "security_vulnerability.vulnerable_version_range", "< 2")),
		"when it is dismissed":   identity(nil, sample(1, "state", "dismissed")),
		"with another title":     identity(nil, sample(1, "security_advisory.summary", "Other")),
		"by another number":      identity(nil, sample(9, "security_advisory.ghsa_id", "GHSA-0001-xxxx-cccc")),
		"before another range":   identity(nil, sample(1), sample(2, "security_advisory.ghsa_id", "GHSA-0001-xxxx-cccc", "security_vulnerability.vulnerable_version_range", "< 1"))[:1],
		"though sent twice":      identity(nil, sample(1), sample(1)),
		"in front of another id": identity(nil, sample(2), sample(1))[:1],
	} {
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	two := identity(nil, sample(1), sample(2, "security_advisory.ghsa_id", "GHSA-0001-xxxx-cccc", "security_vulnerability.vulnerable_version_range", "< 1"))
	other := identity(nil, sample(1, "dependency.manifest_path", "api/package-lock.json"))
	if len(two) != 2 || two[0] == two[1] || other[0] == first[0] {
		t.Errorf("not told apart: %v %v %v", first, two, other)
	}
}
