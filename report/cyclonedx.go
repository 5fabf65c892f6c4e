package report

import (
	"io"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
)

// CycloneDX writes the software that the scanners looked at, and the
// vulnerabilities in it, as a CycloneDX 1.6 bill of materials in JSON. Only a
// scan has it. The same results give the same bytes: its serial number is a
// hash of its content, and it holds no time.
func CycloneDX(w io.Writer, r Report) error {
	b, err := newBOM(r, "cyclonedx")
	if err != nil {
		return err
	}
	doc := cdxDocument{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Metadata: cdxMetadata{
			Tools:     cdxTools{[]cdxComponent{{Type: "application", Name: b.tool.Name, Version: b.tool.Version}}},
			Component: cdxComponent{Ref: b.root.ref, Type: "application", Name: b.root.name},
		},
		Components: []cdxComponent{},
	}
	needs := map[string][]string{b.root.ref: nil}
	for _, t := range b.targets() {
		doc.Components = append(doc.Components, cdxComponent{Ref: t.ref, Type: "container", Name: t.name})
		needs[b.root.ref] = append(needs[b.root.ref], t.ref)
	}
	l := newLicences()
	var partial []string
	for i := range b.sources {
		s := &b.sources[i]
		doc.Components = append(doc.Components, cdxSource(s))
		needs[b.holder(s)] = append(needs[b.holder(s)], s.ref)
		needs[s.ref] = s.top
		for j := range s.packages {
			p := &s.packages[j]
			doc.Components = append(doc.Components, cdxPackage(s, p, l))
			needs[p.ref] = p.needs
		}
		if !s.whole {
			partial = append(partial, s.ref)
		}
	}
	doc.Dependencies = append(doc.Dependencies, cdxDependency{b.root.ref, needs[b.root.ref]})
	for _, c := range doc.Components {
		doc.Dependencies = append(doc.Dependencies, cdxDependency{c.Ref, needs[c.Ref]})
	}
	if len(b.incomplete) > 0 {
		doc.Compositions = []cdxComposition{{"incomplete", append([]string{b.root.ref}, partial...)}}
		for _, why := range b.incomplete {
			doc.Metadata.Properties = append(doc.Metadata.Properties, cdxProperty{"scangate:incomplete", why})
		}
	}
	doc.Vulnerabilities = cdxVulnerabilities(r, b)
	id, err := contentID(doc)
	if err != nil {
		return err
	}
	doc.Serial = "urn:uuid:" + id
	return writeDocument(w, doc)
}

func cdxSource(s *bomSource) cdxComponent {
	out := cdxComponent{Ref: s.ref, Type: "application", Name: s.name, Version: s.version}
	if s.System != "" {
		out.Type = "operating-system"
	}
	out.property("scangate:type", s.Type)
	out.property("scangate:ecosystem", s.Ecosystem)
	if s.System != "" {
		out.property("scangate:path", s.Path)
	}
	return out
}

func cdxPackage(s *bomSource, p *bomPackage, l licences) cdxComponent {
	out := cdxComponent{Ref: p.ref, Type: "library", Name: short(p.Name, 500), Version: short(p.Version, 500), PURL: purlOf(p.Component)}
	if out.Name == "" {
		out.Name = "unnamed"
	}
	if p.Dev {
		out.Scope = "excluded" // from what runs in production
	}
	all := licencesOf(p.Licenses)
	for _, name := range all {
		switch {
		case l.ids[name]:
			out.Licenses = append(out.Licenses, cdxLicense{License: &cdxNamed{ID: name}})
		case len(all) == 1 && l.isExpression(name):
			out.Licenses = append(out.Licenses, cdxLicense{Expression: name})
		default:
			out.Licenses = append(out.Licenses, cdxLicense{License: &cdxNamed{Name: name}})
		}
	}
	if place := short(firstOf(p.File, s.Path), 1000); place != "" {
		out.Evidence = &cdxEvidence{[]cdxOccurrence{{Location: place, Line: max(0, p.Line)}}}
	}
	out.property("scangate:relationship", p.Relationship)
	out.property("scangate:layer", p.Layer)
	return out
}

// firstOf returns the first text that is not blank.
func firstOf(texts ...string) string {
	if i := slices.IndexFunc(texts, func(s string) bool { return strings.TrimSpace(s) != "" }); i >= 0 {
		return texts[i]
	}
	return ""
}

func (c *cdxComponent) property(name, value string) {
	if value = short(value, 1000); value != "" {
		c.Properties = append(c.Properties, cdxProperty{name, value})
	}
}

// The parts of CycloneDX 1.6 that are written, in the order of its schema.
type (
	cdxDocument struct {
		Schema          string             `json:"$schema"`
		Format          string             `json:"bomFormat"`
		SpecVersion     string             `json:"specVersion"`
		Serial          string             `json:"serialNumber,omitempty"`
		Version         int                `json:"version"`
		Metadata        cdxMetadata        `json:"metadata"`
		Components      []cdxComponent     `json:"components"`
		Dependencies    []cdxDependency    `json:"dependencies"`
		Compositions    []cdxComposition   `json:"compositions,omitempty"`
		Vulnerabilities []cdxVulnerability `json:"vulnerabilities,omitempty"`
	}
	cdxMetadata struct {
		Tools      cdxTools      `json:"tools"`
		Component  cdxComponent  `json:"component"`
		Properties []cdxProperty `json:"properties,omitempty"`
	}
	cdxTools struct {
		Components []cdxComponent `json:"components"`
	}
	cdxComponent struct {
		Ref        string        `json:"bom-ref,omitempty"`
		Type       string        `json:"type"`
		Name       string        `json:"name"`
		Version    string        `json:"version,omitempty"`
		Scope      string        `json:"scope,omitempty"`
		Licenses   []cdxLicense  `json:"licenses,omitempty"`
		PURL       string        `json:"purl,omitempty"`
		Evidence   *cdxEvidence  `json:"evidence,omitempty"`
		Properties []cdxProperty `json:"properties,omitempty"`
	}
	cdxLicense struct {
		License    *cdxNamed `json:"license,omitempty"`
		Expression string    `json:"expression,omitempty"`
	}
	cdxNamed struct {
		ID   string `json:"id,omitempty"`
		Name string `json:"name,omitempty"`
	}
	cdxEvidence struct {
		Occurrences []cdxOccurrence `json:"occurrences"`
	}
	cdxOccurrence struct {
		Location string `json:"location"`
		Line     int    `json:"line,omitempty"`
	}
	cdxProperty struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	cdxDependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn,omitempty"`
	}
	cdxComposition struct {
		Aggregate  string   `json:"aggregate"`
		Assemblies []string `json:"assemblies"`
	}
	cdxVulnerability struct {
		ID             string         `json:"id"`
		References     []cdxReference `json:"references,omitempty"`
		Ratings        []cdxRating    `json:"ratings,omitempty"`
		CWEs           []int          `json:"cwes,omitempty"`
		Description    string         `json:"description,omitempty"`
		Detail         string         `json:"detail,omitempty"`
		Recommendation string         `json:"recommendation,omitempty"`
		Advisories     []cdxAdvisory  `json:"advisories,omitempty"`
		Published      string         `json:"published,omitempty"`
		Analysis       *cdxAnalysis   `json:"analysis,omitempty"`
		Affects        []cdxAffects   `json:"affects"`
		Properties     []cdxProperty  `json:"properties,omitempty"`
	}
	cdxReference struct {
		ID     string    `json:"id"`
		Source cdxOrigin `json:"source"`
	}
	cdxOrigin struct {
		Name string `json:"name"`
	}
	cdxRating struct {
		Source   *cdxOrigin       `json:"source,omitempty"`
		Score    float64          `json:"score,omitempty"`
		Severity finding.Severity `json:"severity"`
		Method   string           `json:"method,omitempty"`
		Vector   string           `json:"vector,omitempty"`
	}
	cdxAdvisory struct {
		URL string `json:"url"`
	}
	cdxAnalysis struct {
		State         string `json:"state"`
		Justification string `json:"justification,omitempty"`
		Detail        string `json:"detail,omitempty"`
	}
	cdxAffects struct {
		Ref string `json:"ref"`
	}
)
