package vex

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/scangate/scangate/policy/vex/vers"
)

// cycloneDXJustifications are the labels of CycloneDX.
func cycloneDXJustifications() []string {
	return []string{
		"code_not_present", "code_not_reachable", "requires_configuration", "requires_dependency", "requires_environment",
		"protected_by_compiler", "protected_at_runtime", "protected_at_perimeter", "protected_by_mitigating_control", falsePositive,
	}
}

// falsePositive is a state that is its own justification.
const falsePositive = "false_positive"

type cycloneDXComponent struct {
	Ref        string               `json:"bom-ref"`
	PURL       string               `json:"purl"`
	Components []cycloneDXComponent `json:"components"`
}

type cycloneDXAffects struct {
	Ref      string `json:"ref"`
	Versions []struct {
		Version string `json:"version"`
		Range   string `json:"range"`
		Status  string `json:"status"`
	} `json:"versions"`
}

type cycloneDXVulnerability struct {
	ID         string `json:"id"`
	References []struct {
		ID string `json:"id"`
	} `json:"references"` // the same vulnerability elsewhere
	Analysis *struct {
		State         string `json:"state"`
		Justification string `json:"justification"`
		Detail        string `json:"detail"`
		FirstIssued   string `json:"firstIssued"`
		LastUpdated   string `json:"lastUpdated"`
	} `json:"analysis"`
	Updated string             `json:"updated"`
	Affects []cycloneDXAffects `json:"affects"`
}

// cycloneDX reads a bill of materials with vulnerabilities. Those without an
// analysis are no statements.
func (d *Document) cycloneDX(data []byte, lines []int) error {
	var bom struct {
		Serial   string `json:"serialNumber"`
		Metadata struct {
			Timestamp string             `json:"timestamp"`
			Component cycloneDXComponent `json:"component"`
		} `json:"metadata"`
		Components      []cycloneDXComponent `json:"components"`
		Vulnerabilities []json.RawMessage    `json:"vulnerabilities"`
	}
	if err := decode(data, &bom); err != nil {
		return fmt.Errorf("%s:%w", d.Name, err)
	}
	refs := references{serial: bom.Serial, purls: map[string]string{}}
	refs.add(append(bom.Components, bom.Metadata.Component))
	states := map[string]status{
		"resolved": fixed, "resolved_with_pedigree": fixed, "exploitable": affected, "in_triage": underInvestigation,
		"not_affected": notAffected, falsePositive: notAffected,
	}
	for i, raw := range bom.Vulnerabilities {
		var v cycloneDXVulnerability
		line := lineOf(lines, i)
		if err := d.element(line, raw, &v); err != nil {
			return err
		}
		a := v.Analysis
		if a == nil {
			continue
		}
		c := claim{
			line: line, ids: []string{v.ID}, status: states[a.State], justification: a.Justification, known: cycloneDXJustifications(),
			words: a.Detail, stamps: []string{a.LastUpdated, a.FirstIssued, v.Updated, bom.Metadata.Timestamp},
		}
		if a.State == falsePositive && c.justification == "" {
			c.justification = falsePositive
		}
		for _, r := range v.References {
			c.ids = append(c.ids, r.ID)
		}
		d.claims++
		if len(v.Affects) == 0 {
			d.notice(line, "the statement affects nothing, so it applies to nothing: give it affects")
		}
		if err := d.addAffects(c, v.Affects, refs); err != nil {
			return err
		}
	}
	return nil
}

// addAffects adds a claim for what it affects. Versions that are listed narrow
// it; one that is listed as affected is, whatever the analysis says.
func (d *Document) addAffects(c claim, all []cycloneDXAffects, refs references) error {
	against := c
	against.status, against.justification, against.words = affected, "", ""
	for _, a := range all {
		purl, ok := refs.find(a.Ref)
		if !ok {
			d.notice(c.line, "nothing in the document has the bom-ref %q", cutName(a.Ref))
			continue
		}
		p := product{purls: []string{purl}, label: a.Ref}
		if purl == "" {
			p.purls = nil
		}
		targets := d.targets(c.line, p)
		if len(a.Versions) == 0 {
			c.targets = append(c.targets, targets...)
		}
		for _, v := range a.Versions {
			for _, t := range targets {
				narrow, ok, err := t.narrowed(v.Version, v.Range, v.Status != "unaffected" || !c.status.exempts())
				switch {
				case err != nil && v.Status == "unaffected":
					d.notice(c.line, "%s: %v: name each version", cutName(a.Ref), err)
				case err != nil: // all of it counts
					against.targets = append(against.targets, t)
				case !ok: // other versions than the component has
				case v.Status == "unaffected":
					c.targets = append(c.targets, narrow)
				default:
					against.targets = append(against.targets, narrow)
				}
			}
		}
	}
	if len(against.targets) > 0 {
		if err := d.add(against); err != nil {
			return err
		}
		if len(c.targets) == 0 {
			return nil
		}
	}
	return d.add(c)
}

// narrowed is the target at one version, or at those of a range; false when it
// has another. In doubt a version that cannot be compared is one of them.
func (t target) narrowed(version, versions string, doubt bool) (narrow target, ok bool, err error) {
	switch {
	case t.pkg == nil:
		return t, false, errors.New("an image has no versions but digests")
	case version == "" && versions == "":
		return t, false, errors.New("neither a version nor a range is given")
	case version != "":
		pkg := *t.pkg
		if pkg.Version == "" {
			pkg.Version = version
		}
		t.pkg = &pkg
		return t, pkg.Version == version, nil
	}
	r, err := vers.Parse(versions)
	switch {
	case err != nil:
		return t, false, fmt.Errorf("a range of versions cannot be used: %w", err)
	case !r.For(t.pkg.Type):
		return t, false, errors.New("a range of versions cannot be used: it is of another kind than the package")
	}
	t.versions, t.doubt = r, doubt
	return t, t.pkg.Version == "" || t.ranges(*t.pkg), nil
}

// references are the components of a bill of materials, by what they are
// referred to as.
type references struct {
	serial string
	purls  map[string]string
}

func (r references) add(all []cycloneDXComponent) {
	for _, c := range all {
		if have, twice := r.purls[c.Ref]; twice && have != c.PURL {
			c.PURL = "" // it is not said which of them is meant
		}
		if c.Ref != "" {
			r.purls[c.Ref] = c.PURL
		}
		r.add(c.Components) // as deep as the document nests
	}
}

// find returns the package URL of what is referred to: a component of this
// document, a package URL, or a component of another one, whose name in there
// is often a package URL.
func (r references) find(ref string) (purl string, ok bool) {
	if purl, ok := r.purls[ref]; ok {
		return purl, true
	}
	if rest, link := strings.CutPrefix(ref, "urn:cdx:"); link {
		document, fragment, _ := strings.Cut(rest, "#")
		serial, _, _ := strings.Cut(document, "/")
		if name, err := url.PathUnescape(fragment); err == nil {
			fragment = name
		}
		if r.serial != "" && r.serial == "urn:uuid:"+serial {
			if purl, ok := r.purls[fragment]; ok {
				return purl, true
			}
		}
		ref = fragment
	}
	return ref, isPURL(ref)
}
