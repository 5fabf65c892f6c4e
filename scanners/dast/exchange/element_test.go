package exchange

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

func page(body string) *Exchange {
	return New(Exchange{Header: Header{{"content-type", "Text/HTML; charset=utf-8"}}, Body: []byte(body)})
}

func TestElements(t *testing.T) {
	const body = "<!doctype html><P Class='a&amp;b' HIDDEN>x<!-- c --><script src=/a.js>if (a<b) x('</p>')</script><br/></p><x-y>"
	got := page(body).Elements()
	want := []Element{
		{Name: "p", Attrs: []Attr{{"class", "a&b"}, {"hidden", ""}}, Tag: "<P Class='a&amp;b' HIDDEN>"},
		{Name: "!", Text: " c "},
		{Name: "script", Attrs: []Attr{{"src", "/a.js"}}, Tag: "<script src=/a.js>", Text: "if (a<b) x('</p>')"},
		{Name: "br", Tag: "<br/>"},
		{Name: "x-y", Tag: "<x-y>"},
	}
	for i, e := range got {
		if e.Tag != "" && !strings.HasPrefix(body[e.Start:], e.Tag) {
			t.Errorf("%s does not begin at byte %d", e.Tag, e.Start)
		}
		if end := body[:e.End]; !strings.HasSuffix(end, e.Tag) && !strings.HasSuffix(end, e.Text) && e.Name != "!" {
			t.Errorf("%s does not end at byte %d", e.Tag, e.End)
		}
		got[i].Start, got[i].End = 0, 0
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestElementsOfOtherBodies(t *testing.T) {
	if got := New(Exchange{Header: Header{{"Content-Type", "application/json"}}, Body: []byte("<p>")}).Elements(); got != nil {
		t.Error(got)
	}
	if got := page("").Elements(); got != nil {
		t.Error(got)
	}
}

func TestElementsAreBounded(t *testing.T) {
	if got := len(page(strings.Repeat("<b>", maxElements+10)).Elements()); got != maxElements {
		t.Errorf("%d elements", got)
	}
	if x := page(strings.Repeat("x", MaxBody+10)); len(x.Body) != MaxBody {
		t.Errorf("a body of %d bytes", len(x.Body))
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		kind, path string
		is         string
	}{
		{"Text/HTML", "/", "html text"},
		{"application/xhtml+xml", "/", "html xml text"},
		{"application/problem+json", "/", "json text"},
		{"text/plain", "/A.JS", "js text"},
		{"application/javascript", "/", "js text"},
		{"text/css", "/x", "css text"},
		{"image/svg+xml", "/", "xml image text"},
		{"application/pdf", "/", ""},
		{"", "/", ""},
	} {
		x := New(Exchange{Header: Header{{"CONTENT-TYPE", c.kind}}})
		x.URL.Path = c.path
		var got []string
		for _, k := range []struct {
			name string
			is   bool
		}{{"html", x.HTML()}, {"json", x.JSON()}, {"js", x.JavaScript()}, {"css", x.CSS()}, {"xml", x.XML()}, {"image", x.Image()}, {"text", x.Text()}} {
			if k.is {
				got = append(got, k.name)
			}
		}
		if strings.Join(got, " ") != c.is {
			t.Errorf("%s %s: %s", c.kind, c.path, got)
		}
	}
}

func TestHeader(t *testing.T) {
	h := Header{{"A", "1"}, {"b", "2"}, {"a", "3"}}
	if d := cmp.Diff([]string{"1", "3"}, h.Values("a")); d != "" {
		t.Error(d)
	}
	if v, ok := h.Get("B"); v != "2" || !ok || h.Has("c") {
		t.Error(v, ok)
	}
}

// What an element has is what the tokenizer says of it, whether it is a piece
// of the page or had to be unescaped.
func TestElementsAreTheTokenizers(t *testing.T) {
	page := "<A HREF='/x?a=1&amp;b=2' Data-Own=plain  data-own2=\"l1\r\nl2\" title=a&lt;b hidden =x/>t&amp;t<script type=x>a&amp;b\r\nc</script>" +
		"<!-- c&amp;\r\nd --><own-element a b=1 a=2><TEXTAREA id=&#65;>x&#66;y</textarea><p class=\"\"><img src=é alt='\x00'><br/><title>&notit;</title>"
	page = strings.Repeat(page, 3)
	x := New(Exchange{Header: Header{{"Content-Type", "text/html"}}, Body: []byte(page)})
	var want []Element
	z := html.NewTokenizer(strings.NewReader(page))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		token := z.Token()
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken:
			e := Element{Name: token.Data}
			for _, a := range token.Attr {
				e.Attrs = append(e.Attrs, Attr{a.Key, a.Val})
			}
			want = append(want, e)
		case html.TextToken:
			if last := &want[len(want)-1]; rawText(last.Name) && last.Text == "" {
				last.Text = token.Data
			}
		case html.CommentToken:
			want = append(want, Element{Name: "!", Text: token.Data})
		}
	}
	got := slices.Clone(x.Elements())
	for i, e := range got {
		if page[e.Start:e.Start+len(e.Tag)] != e.Tag {
			t.Errorf("%s is not at %d", e.Tag, e.Start)
		}
		got[i].Tag, got[i].Start, got[i].End = "", 0, 0
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
