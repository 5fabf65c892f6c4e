package sarif

import (
	"fmt"
	"strings"

	"github.com/owenrumney/go-sarif/v2/sarif"
	"github.com/scangate/scangate/finding"
)

// The keys of partialFingerprints. GitHub reads the first only.
const (
	lineHashKey    = "primaryLocationLineHash"
	fingerprintKey = "scangate/v1"
)

// policySource marks a suppression that is a judgement of policy and not a
// fact of the scanned content.
const policySource = "scangate policy"

// regionFacts is a location's lines and columns as the scanner gave them. It
// stands in the properties where SARIF as GitHub wants it cannot express them.
type regionFacts struct {
	StartLine   int `json:"startLine,omitempty"`
	StartColumn int `json:"startColumn,omitempty"`
	EndLine     int `json:"endLine,omitempty"`
	EndColumn   int `json:"endColumn,omitempty"`
}

func factsOf(l *finding.Location) regionFacts {
	return regionFacts{l.StartLine, l.StartColumn, l.EndLine, l.EndColumn}
}

// encodeResult writes one finding.
func encodeResult(run *finding.Run, rules *ruleTable, r result) *sarif.Result {
	f := r.Finding
	id := ruleID(run, f.RuleID)
	index := rules.index[id]
	level, _ := levelOf(f.Severity)
	message := escapeMessage(strings.TrimSpace(f.Message))
	if message == "" {
		message = escapeMessage(*rules.list[index].ShortDescription.Text)
	}
	if r.upload {
		message += escapeMessage(foundBy(f))
	}
	out := &sarif.Result{
		RuleID:              &id,
		RuleIndex:           &index,
		Level:               &level,
		Message:             sarif.Message{Text: &message},
		PartialFingerprints: fingerprints(f),
	}
	out.Properties = resultProperties(f)
	if r.decision != nil {
		out.Properties["decision"] = r.decision
	}
	location, anchored := encodeLocation(run, &f.Location, r.below, out.Properties)
	if anchored {
		out.Properties["anchored"] = true
	}
	out.Locations = []*sarif.Location{location}
	for i := range f.Related {
		if l := encodeRelated(run, &f.Related[i], i, r.below); l != nil {
			out.RelatedLocations = append(out.RelatedLocations, l)
		}
	}
	out.CodeFlows = encodeFlows(run, r.flows, r.below)
	if r.upload {
		return out // GitHub reads no suppressions: what has one is here for its alert's sake
	}
	for i, s := range f.Suppressions {
		kind := "inSource"
		if s.Elsewhere {
			kind = "external"
		}
		out.Suppressions = append(out.Suppressions, encodeSuppression(f, i, kind, s.Source, s.Reason))
	}
	if r.omitted != "" {
		out.Suppressions = append(out.Suppressions, encodeSuppression(f, len(f.Suppressions), "external", policySource, r.omitted))
	}
	return out
}

// lineHash is the fingerprint that GitHub reads. The finding's own identity
// stands in where the line is not known, and where it is no part of what is
// found: the alert on a secret stays the same one when its line is deleted and
// the secret is in the history only.
func lineHash(f *finding.Finding) string {
	if f.Location.LineHash != "" && !f.KeyOnly {
		return f.Location.LineHash
	}
	return f.Fingerprint[:min(16, len(f.Fingerprint))] + ":1"
}

func fingerprints(f *finding.Finding) map[string]any {
	if f.Fingerprint == "" && f.Location.LineHash == "" {
		return nil
	}
	out := map[string]any{lineHashKey: lineHash(f)}
	if f.Fingerprint != "" {
		out[fingerprintKey] = f.Fingerprint
	}
	return out
}

// resultProperties holds the facts that SARIF has no place for.
func resultProperties(f *finding.Finding) sarif.Properties {
	p := sarif.Properties{"severity": f.Severity.String()}
	for _, text := range [...]struct{ key, value string }{
		{"severitySource", f.SeveritySource},
		{"framework", f.Framework},
		{"resource", f.Resource},
		{"fix", f.Fix},
		{"key", f.Key},
		{"vector", f.Vector},
		{"published", f.Published},
		{"exploited", f.Exploited},
	} {
		if text.value != "" {
			p[text.key] = text.value
		}
	}
	if validScore(f.Score) {
		p["score"] = f.Score
	}
	if f.EPSS > 0 {
		p["epss"] = f.EPSS
	}
	if f.KeyOnly {
		p["keyOnly"] = true
		if f.Location.LineHash != "" {
			p["lineHash"] = f.Location.LineHash
		}
	}
	if len(f.Aliases) > 0 {
		p["aliases"] = f.Aliases
	}
	if len(f.Witnesses) > 0 {
		p["witnesses"] = f.Witnesses
	}
	if f.SameAs != "" {
		p["sameAs"] = f.SameAs
	}
	if f.Package != nil {
		p["package"] = f.Package
	}
	if f.Layer != nil {
		p["layer"] = f.Layer
	}
	return p
}

// foundByPrefix begins what foundBy returns.
const foundByPrefix = " (also found by "

// foundBy names the witnesses, for readers who see nothing but the message.
func foundBy(f *finding.Finding) string {
	var b strings.Builder
	for i, w := range f.Witnesses {
		switch {
		case i == 0:
			b.WriteString(foundByPrefix)
		case i == len(f.Witnesses)-1:
			b.WriteString("; and ")
		default:
			b.WriteString("; ")
		}
		b.WriteString(w.Scanner + " as " + w.RuleID + ", " + w.Severity.String())
	}
	if b.Len() > 0 {
		b.WriteString(")")
	}
	return b.String()
}

// encodeLocation writes the one location that GitHub looks at. A location
// without a usable path is anchored to the run's pseudo path.
func encodeLocation(run *finding.Run, l *finding.Location, below string, p sarif.Properties) (*sarif.Location, bool) {
	uri, anchored := placeOf(run, l, below)
	region, facts := regionOf(l)
	if facts != nil {
		p["region"] = facts
	}
	if l.Commit != "" {
		p["commit"] = l.Commit
	}
	if l.Date != "" {
		p["date"] = l.Date
	}
	out := &sarif.Location{PhysicalLocation: &sarif.PhysicalLocation{
		ArtifactLocation: &sarif.ArtifactLocation{URI: &uri},
		Region:           region,
	}}
	return out, anchored
}

// regionOf writes a region of one line, since GitHub shows an alert in a pull
// request only if all its lines are in the diff. What the region cannot say is
// returned as facts.
func regionOf(l *finding.Location) (*sarif.Region, *regionFacts) {
	r := &sarif.Region{StartLine: ptr(max(1, l.StartLine))}
	said := regionFacts{StartLine: *r.StartLine}
	if l.StartLine >= 1 {
		if l.StartColumn >= 1 {
			r.StartColumn, said.StartColumn = ptr(l.StartColumn), l.StartColumn
		}
		if l.EndLine == l.StartLine {
			r.EndLine, said.EndLine = ptr(l.EndLine), l.EndLine
		}
		if (l.EndLine == 0 || l.EndLine == l.StartLine) && l.StartColumn >= 1 && l.EndColumn > l.StartColumn {
			r.EndColumn, said.EndColumn = ptr(l.EndColumn), l.EndColumn
		}
	}
	if facts := factsOf(l); facts != said {
		return r, &facts
	}
	return r, nil
}

// encodeRelated writes a related location; one without a usable path is left
// out, as there is nothing to link to.
func encodeRelated(run *finding.Run, l *finding.Location, i int, below string) *sarif.Location {
	properties := sarif.Properties{}
	out, anchored := encodeLocation(run, l, below, properties)
	if anchored {
		return nil
	}
	out.Id = ptr(uint(i + 1))
	if l.LineHash != "" {
		properties["lineHash"] = l.LineHash
	}
	if text := escapeMessage(strings.TrimSpace(l.Message)); text != "" {
		out.Message = &sarif.Message{Text: &text}
	}
	if len(properties) > 0 {
		out.Properties = properties
	}
	return out
}

// encodeSuppression sets all four optional fields: go-sarif writes null for
// the missing ones, which is not valid SARIF.
func encodeSuppression(f *finding.Finding, i int, kind, source, reason string) *sarif.Suppression {
	guid := guidOf(f.Fingerprint, fmt.Sprint(i), source, reason)
	s := &sarif.Suppression{
		Kind:          kind,
		Status:        ptr("accepted"),
		Location:      &sarif.Location{},
		Guid:          &guid,
		Justification: ptr(strings.ToValidUTF8(reason, "\uFFFD")),
	}
	s.Properties = sarif.Properties{"source": source}
	return s
}
