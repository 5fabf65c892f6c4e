package vex

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

type csafProduct struct {
	ID     string `json:"product_id"`
	Name   string `json:"name"`
	Helper struct {
		PURL string `json:"purl"`
	} `json:"product_identification_helper"`
}

type csafBranch struct {
	Product  *csafProduct `json:"product"`
	Branches []csafBranch `json:"branches"`
}

type csafTree struct {
	Branches      []csafBranch  `json:"branches"`
	Products      []csafProduct `json:"full_product_names"`
	Relationships []struct {
		Part    string      `json:"product_reference"`
		Whole   string      `json:"relates_to_product_reference"`
		Product csafProduct `json:"full_product_name"`
	} `json:"relationships"`
	Groups []struct {
		ID       string   `json:"group_id"`
		Products []string `json:"product_ids"`
	} `json:"product_groups"`
}

// csafRemark is a flag or a threat, on products or groups of them.
type csafRemark struct {
	Label    string   `json:"label"`    // of a flag
	Category string   `json:"category"` // of a threat
	Details  string   `json:"details"`
	Products []string `json:"product_ids"`
	Groups   []string `json:"group_ids"`
}

type csafVulnerability struct {
	CVE string `json:"cve"`
	IDs []struct {
		Text string `json:"text"`
	} `json:"ids"`
	Status struct {
		NotAffected        []string `json:"known_not_affected"`
		Fixed              []string `json:"fixed"`
		FirstFixed         []string `json:"first_fixed"`
		Affected           []string `json:"known_affected"`
		FirstAffected      []string `json:"first_affected"`
		LastAffected       []string `json:"last_affected"`
		UnderInvestigation []string `json:"under_investigation"`
	} `json:"product_status"`
	Flags        []csafRemark `json:"flags"`
	Threats      []csafRemark `json:"threats"`
	Remediations []csafRemark `json:"remediations"`
}

// csaf reads an advisory of CSAF 2.0, of the VEX profile or any other one.
func (d *Document) csaf(data []byte, lines []int) error {
	var doc struct {
		Document struct {
			Tracking struct {
				Date string `json:"current_release_date"`
			} `json:"tracking"`
		} `json:"document"`
		Tree            csafTree          `json:"product_tree"`
		Vulnerabilities []json.RawMessage `json:"vulnerabilities"`
	}
	if err := decode(data, &doc); err != nil {
		return fmt.Errorf("%s:%w", d.Name, err)
	}
	products, groups := doc.Tree.products(), map[string][]string{}
	for _, g := range doc.Tree.Groups {
		groups[g.ID] = g.Products
	}
	for i, raw := range doc.Vulnerabilities {
		var v csafVulnerability
		line := lineOf(lines, i)
		if err := d.element(line, raw, &v); err != nil {
			return err
		}
		d.claims++
		base := claim{line: line, ids: []string{v.CVE}, known: Justifications(), stamps: []string{doc.Document.Tracking.Date}}
		for _, id := range v.IDs {
			base.ids = append(base.ids, id.Text)
		}
		s, told := v.Status, false
		for _, list := range []struct {
			status   status
			products []string
		}{
			{affected, slices.Concat(s.Affected, s.FirstAffected, s.LastAffected)},
			{underInvestigation, s.UnderInvestigation},
			{notAffected, s.NotAffected},
			{fixed, slices.Concat(s.Fixed, s.FirstFixed)},
		} {
			base.status, told = list.status, told || len(list.products) > 0
			if err := d.addProducts(base, v, list.products, products, groups); err != nil {
				return err
			}
		}
		if !told {
			d.notice(line, "the vulnerability says of no product whether it is affected: give it a product_status")
		}
	}
	return nil
}

// reason is why a product is not affected, or how it was fixed.
type reason struct{ label, words string }

// reasons are those that the remarks give, by product.
func (d *Document) reasons(all []csafRemark, groups map[string][]string) (map[string]reason, error) {
	out := map[string]reason{}
	for _, r := range all {
		on := r.on(groups)
		if err := d.spend(len(on)); err != nil {
			return nil, err
		}
		for _, id := range on {
			have := out[id]
			out[id] = reason{cmp.Or(have.label, r.Label), cmp.Or(have.words, r.Details)}
		}
	}
	return out, nil
}

// why lists the remarks that give the reasons of a status.
func (v csafVulnerability) why(s status) []csafRemark {
	of := func(all []csafRemark, category string) []csafRemark {
		return slices.DeleteFunc(slices.Clone(all), func(r csafRemark) bool { return r.Category != category })
	}
	switch s {
	case notAffected:
		return append(of(v.Flags, ""), of(v.Threats, "impact")...)
	case fixed:
		return of(v.Remediations, "vendor_fix")
	}
	return nil
}

// addProducts adds a claim on products, one for each reason that is given.
func (d *Document) addProducts(base claim, v csafVulnerability, ids []string, products map[string]product, groups map[string][]string) error {
	if len(ids) == 0 {
		return nil
	}
	reasons, err := d.reasons(v.why(base.status), groups)
	if err != nil {
		return err
	}
	claims := map[reason]*claim{}
	var order []*claim
	for _, id := range ids {
		p, ok := products[id]
		if !ok {
			d.notice(base.line, "the product tree has no product %q", cutName(id))
			continue
		}
		why := reasons[id]
		c := claims[why]
		if c == nil {
			one := base
			one.justification, one.words = why.label, why.words
			c = &one
			claims[why] = c
			order = append(order, c)
		}
		c.targets = append(c.targets, d.targets(base.line, p)...)
	}
	for _, c := range order {
		if err := d.add(*c); err != nil {
			return err
		}
	}
	return nil
}

// on lists the products that a remark is on. One on none says nothing of any:
// the profile asks for them.
func (r csafRemark) on(groups map[string][]string) []string {
	out := slices.Clone(r.Products)
	for _, g := range r.Groups {
		out = append(out, groups[g]...)
	}
	return out
}

// products are the products of the tree, by their ids.
func (t csafTree) products() map[string]product {
	out := map[string]product{}
	add := func(p csafProduct) {
		one := product{label: p.Name}
		if p.Helper.PURL != "" {
			one.purls = []string{p.Helper.PURL}
		}
		if have, twice := out[p.ID]; twice && !slices.Equal(have.purls, one.purls) {
			one.purls = nil // it is not said which of them is meant
		}
		out[p.ID] = one
	}
	for _, p := range t.Products {
		add(p)
	}
	var walk func([]csafBranch)
	walk = func(all []csafBranch) { // as deep as the document nests
		for _, b := range all {
			if b.Product != nil {
				add(*b.Product)
			}
			walk(b.Branches)
		}
	}
	walk(t.Branches)
	for _, r := range t.Relationships {
		add(r.Product)
		one, whole, part := out[r.Product.ID], out[r.Whole], out[r.Part]
		if len(one.purls) > 0 {
			continue // it has a package URL of its own
		}
		one.purls, one.parts = whole.purls, part.parts
		if len(one.parts) == 0 {
			one.parts = []product{part}
		}
		if len(whole.purls) == 0 && part.pinned() {
			// A platform, which only a CPE names: the version of its package
			// says enough.
			one = part
		}
		out[r.Product.ID] = one
	}
	return out
}

// pinned reports whether the product is one version of a package.
func (p product) pinned() bool {
	u, err := p.url()
	return err == nil && u != nil && u.Version != "" && len(p.parts) == 0
}
