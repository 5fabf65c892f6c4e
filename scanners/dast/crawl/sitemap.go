package crawl

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

const (
	maxSitemaps    = 20   // files of one site
	maxSitemapURLs = 5000 // addresses of one file
)

// parseSitemap returns the addresses in a sitemap, or the further sitemaps in
// an index of them. A document that declares anything, such as entities, is
// refused: sitemaps have no need to. What comes before a mistake counts.
func parseSitemap(body []byte, limit int64) (pages, sitemaps []string) {
	if bytes.HasPrefix(body, []byte{0x1f, 0x8b}) { // a file that is packed, not a packed transfer
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, nil
		}
		body, _ = io.ReadAll(io.LimitReader(z, limit))
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Strict = true
	d.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) {
		if strings.HasPrefix(strings.ToLower(charset), "utf-16") {
			return nil, errors.New("not an encoding that holds ASCII")
		}
		return r, nil // addresses are ASCII
	}
	parent, inside, depth := "", "", 0
	var text strings.Builder
	for len(pages)+len(sitemaps) < maxSitemapURLs {
		token, err := d.RawToken()
		if err != nil {
			break
		}
		switch t := token.(type) {
		case xml.Directive:
			if bytes.Contains(t, []byte("ENTITY")) || bytes.HasPrefix(t, []byte("DOCTYPE")) {
				return nil, nil
			}
		case xml.StartElement:
			if depth++; depth > 16 {
				return pages, sitemaps
			}
			if t.Name.Local == "url" || t.Name.Local == "sitemap" {
				parent = t.Name.Local
			}
			inside = t.Name.Local
			text.Reset()
		case xml.CharData:
			if inside == "loc" && text.Len() <= maxAddress {
				text.Write(t)
			}
		case xml.EndElement:
			depth--
			if t.Name.Local == "loc" {
				switch loc := strings.TrimSpace(text.String()); {
				case loc == "":
				case parent == "sitemap":
					sitemaps = append(sitemaps, loc)
				case parent == "url":
					pages = append(pages, loc)
				}
			}
			inside = ""
		}
	}
	return pages, sitemaps
}
