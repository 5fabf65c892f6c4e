package external

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/scanners/secret"
)

// trivyPackage is a package of a lockfile.
type trivyPackage struct {
	ID           string
	Name         string
	Relationship string
	Dev          bool
	Locations    []struct{ StartLine, EndLine int }
}

type trivyVulnerability struct {
	VulnerabilityID  string
	VendorIDs        []string
	PkgID            string
	PkgName          string
	PkgPath          string
	PkgIdentifier    struct{ PURL string }
	InstalledVersion string
	FixedVersion     string // "0.2.4, 1.2.6"
	Status           string
	SeveritySource   string
	PrimaryURL       string
	Title            string
	Description      string
	Severity         string
	CweIDs           []string
	CVSS             map[string]struct {
		V2Vector, V3Vector, V40Vector string
		V2Score, V3Score, V40Score    float64
	}
	References    []string
	PublishedDate string
	Layer         trivyLayer
}

func (v *trivyVulnerability) read(at *trivyTarget, r *Reading, marks []finding.Suppression) error {
	if v.VulnerabilityID == "" || v.PkgName == "" {
		return errors.New("a vulnerability without id or package")
	}
	a := advisory{
		id: v.VulnerabilityID, aliases: v.VendorIDs, title: v.Title, description: v.Description, published: v.PublishedDate,
		severity: severityOf(v.Severity), source: v.SeveritySource, links: append([]string{v.PrimaryURL}, v.References...), cwes: v.CweIDs,
	}
	for _, source := range []string{v.SeveritySource, "nvd", "ghsa"} {
		c := v.CVSS[source]
		switch {
		case a.score > 0:
		case c.V3Score > 0:
			a.score, a.vector = c.V3Score, c.V3Vector
		case c.V40Score > 0:
			a.score, a.vector = c.V40Score, c.V40Vector
		case c.V2Score > 0:
			a.score, a.vector = c.V2Score, c.V2Vector
		}
	}
	p := packageOf(at.result.Type, v.PkgName, v.InstalledVersion, v.PkgIdentifier.PURL)
	p.FixedVersion, p.Status = v.FixedVersion, line(strings.ReplaceAll(v.Status, "_", "-"), maxID)
	if fixes := strings.Split(v.FixedVersion, ", "); len(fixes) > 1 {
		if nearest := nearestOf(fixes, v.InstalledVersion); nearest != "" {
			p.FixedVersion = nearest
		}
	}
	l := finding.Location{Path: at.path, StartLine: 1}
	file := v.PkgPath
	switch {
	case at.metadata == nil && file != "":
		l.Path = r.target(file)
	case at.metadata != nil && file == "" && at.result.Class == "lang-pkgs" && strings.Contains(at.result.Target, "/"):
		file = at.result.Target // a program, or a lockfile
	}
	if listed := at.packages[v.PkgID]; listed != nil {
		p.Dev = listed.Dev
		if slices.Contains([]string{"direct", "indirect"}, listed.Relationship) {
			p.Relationship = listed.Relationship
		}
		if len(listed.Locations) > 0 {
			l.StartLine = max(listed.Locations[0].StartLine, 1)
		}
	}
	r.addAdvisory(a, p, l, func(f *finding.Finding) {
		f.Suppressions, f.Layer = marks, at.layer(v.Layer, file)
		if f.Layer != nil && f.Layer.File != "" {
			f.Key = f.Layer.File + " " + f.Key
		}
	})
	return nil
}

type trivyMisconfiguration struct {
	ID            string
	AVDID         string
	Title         string
	Description   string
	Message       string
	Resolution    string
	Severity      string
	PrimaryURL    string
	References    []string
	Status        string
	CauseMetadata struct {
		Resource           string
		StartLine, EndLine int
		Occurrences        []struct {
			Resource, Filename string
			Location           struct{ StartLine, EndLine int }
		}
	}
}

func (m *trivyMisconfiguration) read(at *trivyTarget, r *Reading, marks []finding.Suppression) error {
	if m.ID == "" {
		m.ID = m.AVDID
	}
	if m.ID == "" {
		return errors.New("a misconfiguration without id")
	}
	if m.Status == "PASS" {
		return nil
	}
	c := &m.CauseMetadata
	severity := severityOf(m.Severity)
	f := finding.Finding{
		RuleID: m.ID, Severity: severity, SeveritySource: "trivy-checks", Message: work.Unquoted(at.result.Type, line(m.Message, maxWords)), Fix: m.Resolution,
		Location:  finding.Location{Path: at.path, StartLine: c.StartLine, EndLine: c.EndLine},
		Framework: trivyFramework(at.result.Type), Resource: c.Resource, Aliases: otherNames([]string{m.AVDID}, m.ID), Suppressions: marks,
	}
	if f.Message == "" {
		f.Message = m.Title
	}
	// What a check says names the part of the resource, and no line.
	f.Key = line(c.Resource+"/"+f.Message, maxWords)
	for _, o := range c.Occurrences[:min(len(c.Occurrences), maxPlaces)] {
		other := finding.Location{Path: r.target(o.Filename), StartLine: max(o.Location.StartLine, 0), EndLine: max(o.Location.EndLine, 0), Message: line("part of "+o.Resource, maxID)}
		if other.Path != "" && at.metadata == nil && (other.Path != f.Location.Path || other.StartLine > c.StartLine || other.EndLine < c.EndLine) {
			f.Related = append(f.Related, other)
		}
	}
	r.Add(f, finding.Rule{
		Title: m.Title, Description: m.Description, Help: m.Resolution, References: append([]string{m.PrimaryURL}, m.References[:min(len(m.References), maxLinks)]...),
		Severity: severity, Precision: "high",
	})
	return nil
}

// trivyFramework is the name that our own scanner has for a kind of files.
func trivyFramework(kind string) string {
	if strings.HasPrefix(kind, "terraformplan") {
		return "terraform-plan"
	}
	return line(kind, maxID)
}

// trivySecret is a secret; Trivy has already put asterisks in its place.
type trivySecret struct {
	RuleID    string
	Category  string
	Severity  string
	Title     string
	StartLine int
	EndLine   int
	Match     string
	Layer     trivyLayer
}

func (s *trivySecret) read(at *trivyTarget, r *Reading, marks []finding.Suppression) error {
	if s.RuleID == "" {
		return errors.New("a secret without rule")
	}
	severity := severityOf(s.Severity)
	r.Add(finding.Finding{
		RuleID: s.RuleID, Severity: severity, SeveritySource: "trivy", Suppressions: marks,
		Message:  "Found a secret of the kind " + line(s.Title, maxID) + ". Rotate it.",
		Fix:      "Revoke or rotate it at its provider first, then remove it from the file: it stays readable in the history.",
		Location: finding.Location{Path: at.path, StartLine: s.StartLine, EndLine: s.EndLine},
		// What stands around the secret is hashed: it may be one that Trivy
		// has not recognised.
		Key:   secret.Key(s.RuleID, s.Match),
		Layer: at.layer(s.Layer, at.result.Target),
	}, finding.Rule{Title: s.Title, Description: "A secret of " + line(s.Category, maxID) + ".", Severity: severity, Precision: "high"})
	return nil
}

// trivyModified is a result that .trivyignore or the like takes out.
type trivyModified struct {
	Type      string
	Statement string
	Source    string
	Finding   json.RawMessage
}

func (m *trivyModified) read(at *trivyTarget, r *Reading) error {
	marks := []finding.Suppression{{Source: line(m.Source, maxID), Reason: line(m.Statement, maxWords)}}
	if marks[0].Source == "" {
		marks[0].Source = ".trivyignore"
	}
	var result interface {
		read(*trivyTarget, *Reading, []finding.Suppression) error
	}
	switch m.Type {
	case "vulnerability":
		result = &trivyVulnerability{}
	case "misconfiguration":
		result = &trivyMisconfiguration{}
	case "secret":
		result = &trivySecret{}
	default:
		return nil // licences
	}
	if err := json.Unmarshal(m.Finding, result); err != nil {
		return fmt.Errorf("a suppressed result: %w", early(err))
	}
	return result.read(at, r, marks)
}
