package sarif

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/scangate/scangate/finding"
)

// result turns one result into a finding, unless it says that there is none.
func (t *translator) result(r *sarifResult) {
	switch r.Kind {
	case "pass", "notApplicable":
		return
	}
	if r.BaselineState == "absent" {
		return // it was in an earlier scan and is gone
	}
	rule, component := t.ruleOf(r)
	f := finding.Finding{RuleID: firstOf(r.RuleID, r.Rule.ID)}
	if f.RuleID == "" && rule != nil {
		f.RuleID = rule.ID
	}
	f.RuleID = firstOf(f.RuleID, "unnamed")
	t.addRule(f.RuleID, rule)

	f.Message = t.text(r.Message, rule, component)
	if f.Message == "" && rule != nil {
		f.Message = oneLine(firstOf(rule.ShortDescription.Text, rule.FullDescription.Text))
	}
	f.Message = cmp.Or(f.Message, f.RuleID)
	f.Severity, f.Score, f.SeveritySource = t.severity(r, rule)
	t.locations(&f, r)
	t.flows(&f, r)
	t.suppressions(&f, r.Suppressions)
	if t.own {
		t.ownResult(&f, r)
	} else {
		t.foreignResult(&f, r)
	}
	t.out.Findings = append(t.out.Findings, f)
}

// severity resolves how bad a result is: a number of its own, its rule's
// number, its level, its rule's level, and at last SARIF's default, warning.
func (t *translator) severity(r *sarifResult, rule *rule) (finding.Severity, float64, string) {
	source := t.out.Scanner
	if n := r.Properties.number("security-severity"); validScore(n) {
		return finding.SeverityOfScore(n), n, source
	}
	if rule != nil {
		s, n, ok := severityOfRule(rule)
		if own, is := t.trivySeverity(r, rule); is {
			return own, n, source
		}
		if ok {
			return s, n, source
		}
	}
	level := r.Level
	if level == "" && rule != nil {
		level = rule.level()
	}
	if r.Kind != "" && r.Kind != "fail" && r.Level == "" {
		level = "none" // section 3.27.10
	}
	return severityOfLevel(level), 0, "sarif level"
}

// locations sets where the finding is. The first location counts, as it does
// for GitHub; the others are related.
func (t *translator) locations(f *finding.Finding, r *sarifResult) {
	for i := range r.Locations {
		l, other := t.location(&r.Locations[i])
		if i > 0 {
			if l.Path != "" {
				l.Message = plainMessage(r.Locations[i].Message.Text)
				f.Related = append(f.Related, l)
			}
			continue
		}
		f.Location = l
		f.Resource = other
		if logical := r.Locations[i].LogicalLocations; f.Resource == "" && len(logical) > 0 {
			f.Resource = cmp.Or(logical[0].FullyQualifiedName, logical[0].Name)
		}
	}
	for i := range r.RelatedLocations {
		if l := t.related(&r.RelatedLocations[i]); l.Path != "" {
			f.Related = append(f.Related, l)
		}
	}
	if hash := r.PartialFingerprints.text(lineHashKey); f.Location.StartLine > 0 && lineHashForm.MatchString(hash) {
		f.Location.LineHash = hash
	}
}

// related reads a location beside the first one. Without a path it is none.
func (t *translator) related(l *location) finding.Location {
	out, _ := t.location(l)
	if out.Path == "" {
		return out
	}
	out.Message = plainMessage(l.Message.Text)
	if p := l.Properties; t.own {
		out.Commit, out.Date, out.LineHash = p.text("commit"), p.text("date"), p.text("lineHash")
		ownRegion(&out, p)
	}
	return out
}

// lineHashForm is what a primaryLocationLineHash looks like.
var lineHashForm = regexp.MustCompile(`^[0-9a-f]{1,40}(:[0-9]{1,10})?$`)

// location reads one location. Lines without a file mean nothing.
func (t *translator) location(l *location) (out finding.Location, other string) {
	out.Path, other = t.paths.resolve(l.PhysicalLocation.ArtifactLocation)
	if out.Path == "" {
		return out, other
	}
	region := l.PhysicalLocation.Region
	if region.StartLine < 1 {
		return out, other
	}
	out.StartLine = region.StartLine
	out.StartColumn = max(0, region.StartColumn)
	if region.EndLine >= region.StartLine {
		out.EndLine = region.EndLine
	}
	out.EndColumn = max(0, region.EndColumn)
	return out, other
}

// suppressions takes over the accepted ones. Section 3.35.3: no status means
// accepted. What policy ignored in an earlier scan is judged anew.
func (t *translator) suppressions(f *finding.Finding, list []suppression) {
	for _, s := range list {
		source := s.Properties.text("source")
		if s.Status != "" && s.Status != "accepted" || t.own && s.Kind == "external" && source == policySource {
			continue
		}
		if !t.own || source == "" {
			source = strings.TrimSpace(t.out.Scanner + " " + s.Kind)
		}
		f.Suppressions = append(f.Suppressions, finding.Suppression{Source: source, Reason: s.Justification, Elsewhere: s.Kind == "external"})
	}
}

// fingerprintForm is what a fingerprint of ours looks like.
var fingerprintForm = regexp.MustCompile(`^[0-9a-zA-Z:._-]{1,128}$`)

// ownResult takes back what Encode put into properties.
func (t *translator) ownResult(f *finding.Finding, r *sarifResult) {
	p := r.Properties
	if s, err := finding.ParseSeverity(p.text("severity")); err == nil {
		f.Severity, f.Score, f.SeveritySource = s, 0, ""
	}
	if n := p.number("score"); validScore(n) {
		f.Score = n
	}
	f.SeveritySource = cmp.Or(p.text("severitySource"), f.SeveritySource)
	f.Framework, f.Resource = p.text("framework"), p.text("resource")
	f.Fix, f.Key = p.text("fix"), p.text("key")
	f.Vector, f.Published, f.Exploited = p.text("vector"), p.text("published"), p.text("exploited")
	if n := p.number("epss"); n > 0 && n <= 1 {
		f.EPSS = n
	}
	f.KeyOnly = string(p["keyOnly"]) == "true"
	f.Aliases = p.texts("aliases")
	var pkg finding.Package
	if p["package"] != nil && json.Unmarshal(p["package"], &pkg) == nil {
		f.Package = &pkg
	}
	var layer finding.Layer
	if p["layer"] != nil && json.Unmarshal(p["layer"], &layer) == nil {
		f.Layer = &layer
	}
	f.Location.Commit, f.Location.Date = p.text("commit"), p.text("date")
	ownRegion(&f.Location, p)
	if p["anchored"] != nil {
		f.Location.Path = ""
	}
	f.Fingerprint = r.PartialFingerprints.text(fingerprintKey)
	f.Location.LineHash = r.PartialFingerprints.text(lineHashKey)
	if !fingerprintForm.MatchString(f.Fingerprint) {
		f.Fingerprint = finding.FingerprintOf(t.out.Scanner, *f)
	}
	if f.KeyOnly {
		f.Location.LineHash = ""
		if hash := p.text("lineHash"); lineHashForm.MatchString(hash) {
			f.Location.LineHash = hash
		}
	}
	if stand := (finding.Finding{Fingerprint: f.Fingerprint}); f.Location.LineHash == lineHash(&stand) {
		f.Location.LineHash = ""
	}
}

// ownRegion takes back lines and columns that a SARIF region could not say.
func ownRegion(l *finding.Location, p properties) {
	var facts regionFacts
	if p["region"] != nil && json.Unmarshal(p["region"], &facts) == nil {
		l.StartLine, l.StartColumn, l.EndLine, l.EndColumn = facts.StartLine, facts.StartColumn, facts.EndLine, facts.EndColumn
	}
}

// foreignResult gives a finding of another tool an identity. The line hash
// says which line of the file it is; without one, the message has to.
func (t *translator) foreignResult(f *finding.Finding, r *sarifResult) {
	// Gitleaks names the commit among its fingerprints.
	if sha := r.PartialFingerprints.text("commitSha"); commitForm.MatchString(sha) {
		f.Location.Commit = sha
		if date := r.PartialFingerprints.text("date"); len(date) >= 10 && dateForm.MatchString(date[:10]) {
			f.Location.Date = date[:10]
		}
	}
	f.Key = f.Location.LineHash
	if f.Key == "" {
		// Hashed, since a message may be long, and is not ours to repeat.
		sum := sha256.Sum256([]byte(f.Message))
		f.Key = "message:" + hex.EncodeToString(sum[:8])
	}
	// Two results that differ in place or message are two findings; the very same
	// one twice is one, and deduplication sees that by the equal fingerprint.
	same := strings.Join([]string{f.RuleID, f.Location.Path, f.Key}, "\x00")
	at := fmt.Sprintf("%s\x00%d:%d\x00%s", same, f.Location.StartLine, f.Location.StartColumn, f.Message)
	if t.keys[at] == 0 {
		t.keys[same]++
		t.keys[at] = t.keys[same]
	}
	if n := t.keys[at]; n > 1 {
		f.Key = fmt.Sprintf("%s#%d", f.Key, n)
	}
	f.Fingerprint = finding.FingerprintOf(t.out.Scanner, *f)
}

var (
	commitForm = regexp.MustCompile(`^[0-9a-f]{40,64}$`)
	dateForm   = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
)
