package report

import (
	"fmt"
	"io"
	"strings"
)

// SPDX writes the software that the scanners looked at as an SPDX 2.3 document
// in JSON. Only a scan has it. The same results give the same bytes: its
// namespace is a hash of its content, and for the time that SPDX wants of it
// there is a fixed one.
func SPDX(w io.Writer, r Report) error {
	b, err := newBOM(r, "spdx")
	if err != nil {
		return err
	}
	doc := spdxDocument{
		Version: "SPDX-2.3", DataLicense: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: b.root.name,
		Creation: spdxCreation{
			Created: "1970-01-01T00:00:00Z", Creators: []string{"Tool: " + strings.TrimSuffix(b.tool.Name+"-"+b.tool.Version, "-")},
			Comment: "The time of creation is not recorded, so that the same software gives the same document.",
		},
		Comment: strings.Join(b.incomplete, "\n"),
	}
	if doc.Comment != "" {
		doc.Comment = "This list may not be whole:\n" + doc.Comment
	}
	refs := newSPDXLicences()
	doc.add(spdxPackage{ID: spdxID(b.root.ref), Name: b.root.name, Purpose: "APPLICATION"}, refs)
	doc.relate(doc.ID, "DESCRIBES", spdxID(b.root.ref))
	for _, t := range b.targets() {
		doc.add(spdxPackage{ID: spdxID(t.ref), Name: t.name, Purpose: "CONTAINER"}, refs)
		doc.relate(spdxID(b.root.ref), "CONTAINS", spdxID(t.ref))
	}
	for i := range b.sources {
		s := &b.sources[i]
		source := spdxPackage{ID: spdxID(s.ref), Name: s.name, Version: s.version, Purpose: "APPLICATION"}
		if s.System != "" {
			source.Purpose = "OPERATING-SYSTEM"
		}
		doc.add(source, refs)
		doc.relate(spdxID(b.holder(s)), "CONTAINS", spdxID(s.ref))
		for j := range s.packages {
			p := &s.packages[j]
			doc.add(newSPDXPackage(s, p), refs, p.Licenses...)
			doc.relate(spdxID(s.ref), "CONTAINS", spdxID(p.ref))
			for _, need := range p.needs {
				doc.relate(spdxID(p.ref), "DEPENDS_ON", spdxID(need))
			}
		}
	}
	doc.Extracted = refs.extracted
	id, err := contentID(doc)
	if err != nil {
		return err
	}
	doc.Namespace = "https://github.com/scangate/scangate/spdx/" + id
	return writeDocument(w, doc)
}

func spdxID(ref string) string { return "SPDXRef-" + ref }

func newSPDXPackage(s *bomSource, p *bomPackage) spdxPackage {
	out := spdxPackage{ID: spdxID(p.ref), Name: short(p.Name, 500), Version: short(p.Version, 500), Purpose: "LIBRARY"}
	if out.Name == "" {
		out.Name = "unnamed"
	}
	place := short(firstOf(p.File, s.Path), 1000)
	if place != "" && p.Line > 0 {
		place = fmt.Sprintf("%s:%d", place, p.Line)
	}
	if place != "" {
		out.SourceInfo = "found in " + place
	}
	if p.Dev {
		out.Comment = "for development only"
	}
	if u := purlOf(p.Component); u != "" {
		out.External = []spdxReference{{"PACKAGE-MANAGER", "purl", u}}
	}
	return out
}

// add completes a package: what is not known is said so.
func (d *spdxDocument) add(p spdxPackage, l *spdxLicences, licences ...string) {
	p.Download, p.Concluded, p.Copyright = noAssertion, noAssertion, noAssertion
	p.Declared = l.expression(licencesOf(licences))
	d.Packages = append(d.Packages, p)
}

func (d *spdxDocument) relate(from, how, to string) {
	d.Relationships = append(d.Relationships, spdxRelationship{from, how, to})
}

const noAssertion = "NOASSERTION"

// spdxLicences turns licences into expressions, and remembers the names that
// are none.
type spdxLicences struct {
	licences
	seen      map[string]bool
	extracted []spdxExtracted
}

func newSPDXLicences() *spdxLicences {
	return &spdxLicences{licences: newLicences(), seen: map[string]bool{}}
}

func (l *spdxLicences) expression(list []string) string {
	var parts []string
	for _, s := range list {
		switch {
		case !l.isExpression(s):
			ref := "LicenseRef-" + refOf("licence", s)
			if !l.seen[ref] {
				l.seen[ref] = true
				l.extracted = append(l.extracted, spdxExtracted{ref, s, s})
			}
			s = ref
		case len(list) > 1 && strings.Contains(s, " "):
			s = "(" + s + ")"
		}
		parts = append(parts, s)
	}
	if parts == nil {
		return noAssertion
	}
	return strings.Join(parts, " AND ")
}

// The parts of SPDX 2.3 that are written.
type (
	spdxDocument struct {
		Version       string             `json:"spdxVersion"`
		DataLicense   string             `json:"dataLicense"`
		ID            string             `json:"SPDXID"`
		Name          string             `json:"name"`
		Namespace     string             `json:"documentNamespace"`
		Creation      spdxCreation       `json:"creationInfo"`
		Comment       string             `json:"comment,omitempty"`
		Packages      []spdxPackage      `json:"packages"`
		Extracted     []spdxExtracted    `json:"hasExtractedLicensingInfos,omitempty"`
		Relationships []spdxRelationship `json:"relationships"`
	}
	spdxCreation struct {
		Created  string   `json:"created"`
		Creators []string `json:"creators"`
		Comment  string   `json:"comment"`
	}
	spdxPackage struct {
		ID         string          `json:"SPDXID"`
		Name       string          `json:"name"`
		Version    string          `json:"versionInfo,omitempty"`
		Purpose    string          `json:"primaryPackagePurpose"`
		Download   string          `json:"downloadLocation"`
		Analyzed   bool            `json:"filesAnalyzed"`
		Concluded  string          `json:"licenseConcluded"`
		Declared   string          `json:"licenseDeclared"`
		Copyright  string          `json:"copyrightText"`
		SourceInfo string          `json:"sourceInfo,omitempty"`
		Comment    string          `json:"comment,omitempty"`
		External   []spdxReference `json:"externalRefs,omitempty"`
	}
	spdxReference struct {
		Category string `json:"referenceCategory"`
		Type     string `json:"referenceType"`
		Locator  string `json:"referenceLocator"`
	}
	spdxExtracted struct {
		ID   string `json:"licenseId"`
		Text string `json:"extractedText"`
		Name string `json:"name"`
	}
	spdxRelationship struct {
		From string `json:"spdxElementId"`
		How  string `json:"relationshipType"`
		To   string `json:"relatedSpdxElement"`
	}
)
