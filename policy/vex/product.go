package vex

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/scangate/scangate/text"
)

// product is what a document names: by a package URL, if at all, with the
// parts of it that the statement is about.
type product struct {
	purls []string
	label string // names it where it has no package URL
	parts []product
}

// targets turns a product into what can be compared with findings. What cannot
// be is told, and never applies.
func (d *Document) targets(line int, p product) []target {
	url, err := p.url()
	if err != nil {
		d.notice(line, "%s: %v", p.name(), err)
		return nil
	}
	switch {
	case len(p.parts) == 0 && url == nil:
		d.notice(line, "%s: a product without a package URL cannot be told: give it one such as pkg:npm/lodash@4.17.20", p.name())
		return nil
	case len(p.parts) == 0 && (isImage(*url) || isRepository(*url) && url.Subpath != ""):
		return []target{{in: url}}
	case len(p.parts) == 0:
		return []target{{pkg: url}}
	case url == nil || !isImage(*url) && !isRepository(*url):
		d.notice(line, "%s: its parts hold for nothing else, and it is neither an image nor a repository: name it pkg:oci/NAME@DIGEST or pkg:github/OWNER/NAME", p.name())
		return nil
	}
	var out []target
	for _, part := range p.parts {
		inner, err := part.url()
		if err == nil && inner == nil {
			err = fmt.Errorf("a part without a package URL cannot be told")
		}
		if err != nil {
			d.notice(line, "%s: %v", part.name(), err)
			continue
		}
		out = append(out, target{in: url, pkg: inner})
	}
	return out
}

// url is the product's package URL, nil when it has none. Of several, the one
// that says more.
func (p product) url() (*packageurl.PackageURL, error) {
	var out *packageurl.PackageURL
	for _, word := range p.purls {
		u, err := parsePURL(word)
		switch {
		case err != nil:
			return nil, err
		case strings.HasPrefix(u.Version, "vers:"):
			return nil, fmt.Errorf("a range of versions is not supported: name each version")
		case out == nil || covers(*out, u):
			out = &u
		case !covers(u, *out):
			return nil, fmt.Errorf("it has package URLs of different things: keep one")
		}
	}
	return out, nil
}

// name names the product in a message.
func (p product) name() string {
	word := p.label
	if len(p.purls) > 0 {
		word = p.purls[0]
	}
	return cmp.Or(text.OneLine(word, 100), "a product")
}

// cutName shortens an identifier of a document for a message.
func cutName(word string) string { return text.OneLine(word, 100) }
