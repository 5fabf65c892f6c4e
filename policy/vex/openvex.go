package vex

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

// openVEXContext begins the context of a document; the version follows.
const openVEXContext = "https://openvex.dev/ns"

func isOpenVEX(context string) bool {
	rest, ok := strings.CutPrefix(context, openVEXContext)
	return ok && (rest == "" || strings.HasPrefix(rest, "/v0."))
}

// Justifications are the labels of OpenVEX, which CSAF has, too.
func Justifications() []string {
	return []string{
		"component_not_present", "inline_mitigations_already_exist", "vulnerable_code_cannot_be_controlled_by_adversary",
		"vulnerable_code_not_in_execute_path", "vulnerable_code_not_present",
	}
}

// openVEXPart is a part of a product. Documents of version 0.0.1 have its
// identifier alone.
type openVEXPart struct {
	ID          string `json:"@id,omitempty"`
	Identifiers struct {
		PURL string `json:"purl"`
	} `json:"identifiers,omitzero"`
}

// UnmarshalJSON reads either form.
func (c *openVEXPart) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &c.ID)
	}
	type plain openVEXPart
	return json.Unmarshal(data, (*plain)(c))
}

// openVEXProduct is a product, in either form.
type openVEXProduct struct {
	openVEXPart
	Parts []openVEXPart `json:"subcomponents,omitempty"`
}

// UnmarshalJSON reads either form.
func (c *openVEXProduct) UnmarshalJSON(data []byte) error {
	if err := c.openVEXPart.UnmarshalJSON(data); err != nil || data[0] == '"' {
		return err
	}
	var more struct {
		Parts []openVEXPart `json:"subcomponents"`
	}
	err := json.Unmarshal(data, &more)
	c.Parts = more.Parts
	return err
}

// openVEXVulnerability is what a statement is about. Documents of version 0.0.1
// have its name alone.
type openVEXVulnerability struct {
	ID      string   `json:"@id,omitempty"`
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
}

// UnmarshalJSON reads either form.
func (v *openVEXVulnerability) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &v.Name)
	}
	type plain openVEXVulnerability
	return json.Unmarshal(data, (*plain)(v))
}

func (v openVEXVulnerability) names() []string {
	if v.Name == "" && v.ID != "" {
		// The address of an advisory ends in its name.
		return append([]string{path.Base(v.ID)}, v.Aliases...)
	}
	return append([]string{v.Name}, v.Aliases...)
}

type openVEXStatement struct {
	Vulnerability openVEXVulnerability `json:"vulnerability"`
	Timestamp     string               `json:"timestamp,omitempty"`
	Products      []openVEXProduct     `json:"products"`
	Parts         []openVEXPart        `json:"subcomponents,omitempty"` // in version 0.0.1
	Status        string               `json:"status"`
	StatusNotes   string               `json:"status_notes,omitempty"`
	Justification string               `json:"justification,omitempty"`
	Impact        string               `json:"impact_statement,omitempty"`
}

// openVEX reads a document of OpenVEX 0.2.0 and before.
func (d *Document) openVEX(data []byte, lines []int) error {
	var doc struct {
		Timestamp  string            `json:"timestamp"`
		Statements []json.RawMessage `json:"statements"`
	}
	if err := decode(data, &doc); err != nil {
		return fmt.Errorf("%s:%w", d.Name, err)
	}
	states := map[string]status{"not_affected": notAffected, "fixed": fixed, "affected": affected, "under_investigation": underInvestigation}
	for i, raw := range doc.Statements {
		var s openVEXStatement
		line := lineOf(lines, i)
		if err := d.element(line, raw, &s); err != nil {
			return err
		}
		c := claim{
			line: line, ids: s.Vulnerability.names(), status: states[s.Status], justification: s.Justification, known: Justifications(),
			words: s.Impact, stamps: []string{s.Timestamp, doc.Timestamp},
		}
		if c.status == fixed {
			c.words = s.StatusNotes
		}
		d.claims++
		if len(s.Products) == 0 {
			d.notice(line, "the statement names no product, so it applies to nothing: give it products")
		}
		for _, p := range s.Products {
			top := p.product()
			for _, part := range slices.Concat(p.Parts, s.Parts) {
				top.parts = append(top.parts, part.product())
			}
			c.targets = append(c.targets, d.targets(line, top)...)
		}
		if err := d.add(c); err != nil {
			return err
		}
	}
	return nil
}

// product is the component without its parts.
func (c openVEXPart) product() product {
	p := product{label: c.ID}
	for _, word := range []string{c.ID, c.Identifiers.PURL} {
		if isPURL(word) || word != "" && word == c.Identifiers.PURL {
			p.purls = append(p.purls, word)
		}
	}
	return p
}
