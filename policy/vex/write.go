package vex

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/text"
)

// Ignore is a decision that an advisory does not affect packages.
type Ignore struct {
	ID            string    // of the advisory
	Aliases       []string  // its other names
	Products      []Product // what is not affected
	Justification string    // one of Justifications; without one it is no statement
	Reason        string    // in words
	Expires       time.Time // when it stops to hold; zero: never
}

// Product is what a statement is about: a package, with a version or without,
// or an image, repository or file with packages in it.
type Product struct {
	PURL  string
	Parts []string // package URLs of the packages; none: the product itself
}

// compareProducts is the order of products in a document.
func compareProducts(a, b Product) int {
	return cmp.Or(strings.Compare(a.PURL, b.PURL), slices.Compare(a.Parts, b.Parts))
}

// Origin is who makes the statements, and when.
type Origin struct {
	Author    string
	Timestamp time.Time
}

type openVEXOut struct {
	Context    string                `json:"@context"`
	ID         string                `json:"@id"`
	Author     string                `json:"author"`
	Timestamp  string                `json:"timestamp"`
	Version    int                   `json:"version"`
	Tooling    string                `json:"tooling"`
	Statements []openVEXStatementOut `json:"statements"`
}

type openVEXStatementOut struct {
	Vulnerability struct {
		Name    string   `json:"name"`
		Aliases []string `json:"aliases,omitempty"`
	} `json:"vulnerability"`
	Products      []openVEXProductOut `json:"products"`
	Status        string              `json:"status"`
	StatusNotes   string              `json:"status_notes,omitempty"`
	Justification string              `json:"justification"`
	Impact        string              `json:"impact_statement,omitempty"`
}

type openVEXProductOut struct {
	ID    string         `json:"@id"`
	Parts []openVEXIDOut `json:"subcomponents,omitempty"`
}

type openVEXIDOut struct {
	ID string `json:"@id"`
}

// Write returns an OpenVEX document of the ignores that carry a justification,
// sorted; the same input gives the same bytes. What is left out is named, a
// line each: an ignore that has expired by the timestamp, and one that no
// package URL narrows, since a statement holds for nothing without a product.
// Ignores without a justification are no statements, and not named. A
// justification or package URL that OpenVEX does not know is an error.
func Write(ignores []Ignore, o Origin) (data []byte, left []string, err error) {
	if strings.TrimSpace(o.Author) == "" || o.Timestamp.IsZero() {
		return nil, nil, errors.New("an OpenVEX document needs an author and a timestamp")
	}
	out := openVEXOut{
		Context: openVEXContext + "/v0.2.0", Author: text.OneLine(o.Author, maxWord),
		Timestamp: o.Timestamp.UTC().Format(time.RFC3339), Version: 1, Tooling: "scangate", Statements: []openVEXStatementOut{},
	}
	for _, g := range ignores {
		if g.Justification == "" {
			continue
		}
		id := strings.TrimSpace(g.ID)
		switch {
		case id == "":
			return nil, nil, errors.New("an ignore with a justification names no advisory: give it an id")
		case !slices.Contains(Justifications(), g.Justification):
			return nil, nil, fmt.Errorf("ignore %s: unknown justification %q%s", cutName(id), cutName(g.Justification), text.Suggest(g.Justification, Justifications()))
		case !g.Expires.IsZero() && !g.Expires.After(o.Timestamp):
			left = append(left, fmt.Sprintf("ignore %s: expired on %s", cutName(id), g.Expires.UTC().Format(time.DateOnly)))
			continue
		case len(g.Products) == 0:
			left = append(left, fmt.Sprintf("ignore %s: it names no package: a statement needs a package URL such as pkg:npm/lodash@4.17.20", cutName(id)))
			continue
		}
		s := openVEXStatementOut{Status: "not_affected", Justification: g.Justification, Impact: text.OneLine(g.Reason, 2000)}
		s.Vulnerability.Name = text.OneLine(id, maxWord)
		if !g.Expires.IsZero() {
			s.StatusNotes = "to be reviewed by " + g.Expires.UTC().Format(time.DateOnly)
		}
		s.Vulnerability.Aliases = g.Aliases
		if s.Products, err = productsOut(g.Products); err != nil {
			return nil, nil, fmt.Errorf("ignore %s: %w", cutName(id), err)
		}
		out.Statements = append(out.Statements, s)
	}
	slices.SortStableFunc(out.Statements, func(a, b openVEXStatementOut) int {
		return cmp.Or(strings.Compare(a.Vulnerability.Name, b.Vulnerability.Name), slices.CompareFunc(a.Products, b.Products, func(x, y openVEXProductOut) int {
			return cmp.Or(strings.Compare(x.ID, y.ID), slices.CompareFunc(x.Parts, y.Parts, func(x, y openVEXIDOut) int { return strings.Compare(x.ID, y.ID) }))
		}), strings.Compare(a.Justification, b.Justification), strings.Compare(a.Impact, b.Impact), strings.Compare(a.StatusNotes, b.StatusNotes))
	})
	// The identifier must be the document's own, so it is made of its content.
	body, err := encode(out)
	if err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256(body)
	out.ID = "https://openvex.dev/docs/public/vex-" + hex.EncodeToString(sum[:])
	data, err = encode(out)
	return data, left, err
}

// productsOut are the products as they are written, each once.
func productsOut(products []Product) (out []openVEXProductOut, err error) {
	for _, p := range slices.CompactFunc(slices.SortedFunc(slices.Values(products), compareProducts), func(a, b Product) bool { return compareProducts(a, b) == 0 }) {
		for _, word := range append([]string{p.PURL}, p.Parts...) {
			if _, err := parsePURL(word); err != nil {
				return nil, fmt.Errorf("%s: %w", cutName(word), err)
			}
		}
		o := openVEXProductOut{ID: p.PURL}
		for _, part := range p.Parts {
			o.Parts = append(o.Parts, openVEXIDOut{part})
		}
		out = append(out, o)
	}
	return out, nil
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}
