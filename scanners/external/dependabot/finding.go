package dependabot

import (
	"cmp"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// findings makes a finding of each alert, and a rule of each advisory.
func findings(all []alert, tree *scanners.Tree) ([]finding.Finding, []finding.Rule) {
	rules := map[string]finding.Rule{}
	keys := map[[2]string]bool{}
	out := make([]finding.Finding, 0, len(all))
	for i := range all {
		a := &all[i]
		f := a.finding(tree)
		// An advisory with several ranges of versions makes an alert for each
		// that a manifest falls into.
		if keys[[2]string{f.RuleID, f.Key}] {
			f.Key += " " + line(a.Vulnerability.Range, maxID)
		}
		keys[[2]string{f.RuleID, f.Key}] = true
		out = append(out, f)
		rule := a.rule()
		if old, ok := rules[f.RuleID]; ok {
			// Severities are of the advisory, but for one that changed
			// between two pages; the worse counts.
			old.Severity, old.Score = max(old.Severity, rule.Severity), max(old.Score, rule.Score)
			rule = old
		}
		rules[f.RuleID] = rule
	}
	return out, slices.SortedFunc(maps.Values(rules), func(a, b finding.Rule) int { return strings.Compare(a.ID, b.ID) })
}

func (a *alert) finding(tree *scanners.Tree) finding.Finding {
	eco := ecosystemOf(a.Dependency.Package.Ecosystem)
	name := a.Dependency.Package.Name
	fixed := line(string(a.Vulnerability.Patched), maxID)
	manifest := manifestPath(a.Dependency.ManifestPath)
	score, vector := a.Advisory.cvss()
	f := finding.Finding{
		RuleID: a.id(), Severity: a.severity(), SeveritySource: "ghsa", Score: score, Vector: vector,
		Published: date(a.Advisory.PublishedAt),
		Aliases:   a.aliases(),
		Package: &finding.Package{
			Ecosystem: eco.name, Name: name, FixedVersion: fixed, Status: "affected", PURL: eco.packageURL(name),
			Relationship: relationships[a.Dependency.Relationship], Dev: a.Dependency.Scope == "development",
		},
		// The identity is that of the alert: the manifest of the default
		// branch, whether or not the scanned tree has it.
		Key: manifest + " " + eco.name + " " + name, KeyOnly: true,
	}
	message := name + ": " + cmp.Or(a.Advisory.Summary, f.RuleID)
	if manifest != "" && tree.Has(manifest) {
		f.Location.Path = manifest
	} else if manifest != "" {
		message += "; in " + line(manifest, maxWords)
	}
	if r := line(a.Vulnerability.Range, maxID); r != "" {
		message += "; vulnerable are versions " + r
	}
	if fixed != "" {
		f.Package.Status = "fixed"
		f.Message = message + "; fixed in " + fixed
		f.Fix = "update " + name + " to " + fixed + " or later"
	} else {
		f.Message = message + "; no fixed version is known"
		f.Fix = "no fixed version is known"
	}
	if link := webLink(a.HTMLURL); link != "" {
		f.Fix += "; see " + link
	}
	if s, ok := a.suppression(); ok {
		f.Suppressions = []finding.Suppression{s}
	}
	return f
}

// suppression is the dismissal of the alert. A state that is not known is no
// dismissal: better one finding too many.
func (a *alert) suppression() (finding.Suppression, bool) {
	s := finding.Suppression{Source: "dependabot", Elsewhere: true}
	switch a.State {
	case "dismissed":
		reason := cmp.Or(strings.ReplaceAll(a.DismissedReason, "_", " "), "dismissed")
		if a.DismissedComment != "" {
			reason += ": " + a.DismissedComment
		}
		s.Reason = reason
	case "auto_dismissed":
		s.Reason = "dismissed by an auto-triage rule of the repository"
	default:
		return s, false
	}
	return s, true
}

func (a *alert) rule() finding.Rule {
	score, _ := a.Advisory.cvss()
	r := finding.Rule{
		ID: a.id(), Title: cmp.Or(a.Advisory.Summary, a.id()), Description: a.Advisory.Description,
		Severity: a.severity(), Score: score, Precision: "very-high",
	}
	if ghsaForm.MatchString(a.Advisory.GHSA) {
		r.References = []string{"https://github.com/advisories/" + a.Advisory.GHSA}
	}
	for _, ref := range a.Advisory.References {
		if link := webLink(ref.URL); link != "" && !slices.Contains(r.References, link) {
			r.References = append(r.References, link)
		}
	}
	for _, c := range a.Advisory.CWEs {
		if cweForm.MatchString(c.ID) {
			r.Tags = append(r.Tags, "external/cwe/"+strings.ToLower(c.ID))
		}
	}
	slices.Sort(r.Tags)
	r.Tags = slices.Compact(r.Tags)
	return r
}

// severity is the advisory's, as GitHub shows it.
func (a *alert) severity() finding.Severity {
	name := cmp.Or(a.Advisory.Severity, a.Vulnerability.Severity)
	if strings.EqualFold(name, "moderate") {
		return finding.Medium
	}
	s, err := finding.ParseSeverity(name)
	if err != nil || s == finding.Unknown {
		score, _ := a.Advisory.cvss()
		return finding.SeverityOfScore(score)
	}
	return s
}

// cvss is the base score and its vector: that of version 3 before that of 4,
// as elsewhere, so that scores of one advisory compare.
func (a *advisory) cvss() (float64, string) {
	for _, c := range []cvss{a.CVSSs.V3, a.CVSS, a.CVSSs.V4} {
		if c.Score > 0 && c.Score <= 10 {
			return c.Score, line(c.Vector, maxID)
		}
	}
	return 0, ""
}

// relationships are ours for GitHub's; the rest says nothing.
var relationships = map[string]string{"direct": "direct", "transitive": "indirect", "indirect": "indirect"}

// date is the day of a time.
func date(t string) string {
	parsed, err := time.Parse(time.RFC3339, t)
	if err != nil {
		return ""
	}
	return parsed.UTC().Format(time.DateOnly)
}

// manifestPath is a path below the repository's root, or empty.
func manifestPath(p string) string {
	p = strings.TrimLeft(p, "/")
	if p == "" || len(p) > maxPath || p != text.Clean(p) || strings.ContainsAny(p, "\n\t") {
		return ""
	}
	p = path.Clean(p)
	if p == "." || !filepath.IsLocal(filepath.FromSlash(p)) {
		return ""
	}
	return p
}

// webLink keeps what is an address on the web.
func webLink(l string) string {
	if !strings.HasPrefix(l, "https://") && !strings.HasPrefix(l, "http://") || len(l) > maxWords || l != text.OneLine(l, maxWords) || strings.ContainsAny(l, " <>\"`") {
		return ""
	}
	return l
}
