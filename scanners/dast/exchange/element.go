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

// rawText tells an element whose content is text, whatever it looks like.
func rawText(name string) bool {
	switch name {
	case "script", "style", "textarea", "title":
		return true
	}
	return false
}

func (x *Exchange) parseElements() []Element {
	if !x.HTML() || len(x.Body) == 0 {
		return nil
	}
	body := string(x.Body) // which every tag is a part of
	out := make([]Element, 0, min(strings.Count(body, "<")/2+1, 1<<12))
	z := html.NewTokenizer(bytes.NewReader(x.Body))
	z.SetMaxBuf(MaxBody + 1)
	var keep shelf
	at := 0
	inside := -1 // the element whose text comes next
	for len(out) < maxElements {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out
		}
		start, raw := at, z.Raw()
		at += len(raw)
		tag := body[start:at]
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			e := Element{Tag: tag, Start: start, End: at}
			name, more := z.TagName()
			e.Name = word(raw, name, tag)
			for more && len(keep.now) < maxAttrs {
				var k, v []byte
				k, v, more = z.TagAttr()
				keep.now = append(keep.now, Attr{word(raw, k, tag), part(raw, v, tag)})
			}
			e.Attrs = keep.put()
			out = append(out, e)
			inside = -1
			if e.Name == "noscript" {
				z.NextIsNotRawText() // a visitor without scripts sees what is in it
			}
			if kind == html.StartTagToken && rawText(e.Name) {
				inside = len(out) - 1
			}
		case html.TextToken:
			if inside >= 0 {
				out[inside].Text += part(raw, z.Text(), tag)
				out[inside].End = at
			}
		case html.CommentToken:
			out = append(out, Element{Name: "!", Text: part(raw, z.Text(), tag), Start: start, End: at})
		case html.EndTagToken:
			inside = -1
		}
	}
	return out
}

// part returns p as a string. The tokenizer's p is most often a piece of raw
// that it has left as it was: then it is that piece of tag, which is what raw
// was, and nothing is copied. Pieces of one array end where it ends, which
// tells where p begins.
func part(raw, p []byte, tag string) string {
	if at := cap(raw) - cap(p); at >= 0 && at+len(p) <= len(tag) && tag[at:at+len(p)] == string(p) {
		return tag[at : at+len(p)]
	}
	return string(p)
}

// word is part for names.
func word(raw, p []byte, tag string) string {
	if a := atom.Lookup(p); a != 0 {
		return a.String()
	}
	return part(raw, p, tag)
}

// shelf keeps the attributes of many elements together.
type shelf struct {
	now  []Attr // those of the element that is being read
	room []Attr
}

// put returns the attributes of the element that was read.
func (s *shelf) put() []Attr {
	n := len(s.now)
	if n == 0 {
		return nil
	}
	if len(s.room) < n {
		s.room = make([]Attr, max(n, 256))
	}
	out := s.room[:n:n]
	copy(out, s.now)
	s.now, s.room = s.now[:0], s.room[n:]
	return out
}
