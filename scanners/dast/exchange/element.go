package exchange

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxElements bounds how much of a page is looked at.
const maxElements = 200_000

// maxAttrs bounds the attributes of an element that are looked at.
const maxAttrs = 1000

// Element is a start tag of an HTML page, or a comment.
type Element struct {
	Name  string // in lower case; "!" for a comment
	Attrs []Attr
	Text  string // of script, style, textarea, title and comments
	Tag   string // the start tag as it is written
	Start int    // where Tag begins in the body, in bytes
	End   int    // where it ends; for those with Text, where the text ends
}

// Attr is an attribute. Its name is in lower case, its value unescaped.
type Attr struct{ Name, Value string }

// Attr returns the value of an attribute, and whether it is there.
func (e Element) Attr(name string) (string, bool) {
	for _, a := range e.Attrs {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// Value returns the value of an attribute without the space around it.
func (e Element) Value(name string) string {
	v, _ := e.Attr(name)
	return strings.TrimSpace(v)
}

// raw are the elements whose content is text, whatever it looks like.
var raw = map[string]bool{"script": true, "style": true, "textarea": true, "title": true}

func (x *Exchange) parseElements() []Element {
	if !x.HTML() || len(x.Body) == 0 {
		return nil
	}
	body := string(x.Body) // which every tag is a part of
	out := make([]Element, 0, min(strings.Count(body, "<")/2+1, 1<<12))
	z := html.NewTokenizer(bytes.NewReader(x.Body))
	z.SetMaxBuf(MaxBody + 1)
	at := 0
	inside := -1 // the element whose text comes next
	for len(out) < maxElements {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out
		}
		start := at
		at += len(z.Raw())
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			e := Element{Tag: body[start:at], Start: start, End: at}
			name, more := z.TagName()
			e.Name = atom.String(name)
			for more && len(e.Attrs) < maxAttrs {
				var k, v []byte
				k, v, more = z.TagAttr()
				e.Attrs = append(e.Attrs, Attr{atom.String(k), string(v)})
			}
			out = append(out, e)
			inside = -1
			if e.Name == "noscript" {
				z.NextIsNotRawText() // a visitor without scripts sees what is in it
			}
			if kind == html.StartTagToken && raw[e.Name] {
				inside = len(out) - 1
			}
		case html.TextToken:
			if inside >= 0 {
				out[inside].Text += string(z.Text())
				out[inside].End = at
			}
		case html.CommentToken:
			out = append(out, Element{Name: "!", Text: string(z.Text()), Start: start, End: at})
		case html.EndTagToken:
			inside = -1
		}
	}
	return out
}
