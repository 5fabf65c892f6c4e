package rule

import (
	"sort"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// elementAt returns the last element that begins at or before a place in an
// HTML body, or nil.
func elementAt(x *exchange.Exchange, at int) *exchange.Element {
	elements := x.Elements()
	i := sort.Search(len(elements), func(i int) bool { return elements[i].Start > at })
	if i == 0 {
		return nil
	}
	return &elements[i-1]
}

// readable reports whether people or scripts read a place in an HTML body:
// not if it is in a tag, in a comment or in a style sheet. Other bodies are
// readable throughout.
func readable(x *exchange.Exchange, at int) bool {
	e := elementAt(x, at)
	if e == nil {
		return true
	}
	if at < e.Start+len(e.Tag) {
		return false
	}
	return e.Name != "!" && e.Name != "style" || at >= e.End
}
