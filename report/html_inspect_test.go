package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
)

// allowedHTML is all that a page may hold: elements with their attributes.
var allowedHTML = map[string]string{
	"html": "lang", "head": "", "body": "", "meta": "charset name content http-equiv", "title": "", "style": "",
	"header": "class", "main": "", "nav": "aria-label", "section": "aria-labelledby", "div": "class role aria-labelledby tabindex",
	"h1": "", "h2": "id", "h3": "class", "h4": "", "p": "class", "small": "", "span": "class", "strong": "class", "code": "class",
	"ul": "class", "ol": "", "li": "class", "dl": "", "dt": "", "dd": "class", "a": "href rel", "details": "class open", "summary": "class",
	"table": "", "caption": "", "thead": "", "tbody": "", "tr": "", "th": "scope rowspan colspan class", "td": "class",
	"fieldset": "", "legend": "", "label": "", "input": "type id checked",
}

// balanced complains of elements that are not closed where they were opened,
// and of blocks in a paragraph, which would end it.
func balanced(t *testing.T, document []byte) {
	t.Helper()
	var open []string
	for z := html.NewTokenizer(bytes.NewReader(document)); ; {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF || len(open) > 0 {
				t.Errorf("%v, still open: %v", z.Err(), open)
			}
			return
		case html.StartTagToken:
			name := z.Token().Data
			if slices.Contains(open, "p") && !slices.Contains([]string{"span", "code", "strong", "a"}, name) {
				t.Errorf("%s in a paragraph", name)
			}
			if name != "meta" && name != "input" {
				open = append(open, name)
			}
		case html.EndTagToken:
			name := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("</%s> after %v", name, open)
			}
			open = open[:len(open)-1]
		}
	}
}

// inspect parses a page, complains of everything that is not allowed in one,
// and returns its elements in their order.
func inspect(t *testing.T, document []byte) (elements []string) {
	t.Helper()
	balanced(t, document)
	root, err := html.Parse(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	ids, wanted := map[string]bool{}, []string{}
	var csp, style string
	heading := 0
	for n := range root.Descendants() {
		switch n.Type {
		case html.ElementNode:
		case html.TextNode:
			if i := strings.IndexFunc(n.Data, func(r rune) bool {
				return r != '\n' && r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
			}); i >= 0 {
				t.Errorf("a control character in %q", n.Data)
			}
			continue
		case html.DoctypeNode:
			continue
		default:
			t.Errorf("a node of type %d: %.100s", n.Type, n.Data)
			continue
		}
		elements = append(elements, n.Data)
		attributes, ok := allowedHTML[n.Data]
		if !ok {
			t.Errorf("element %s", n.Data)
		}
		name := map[string]string{}
		for _, a := range n.Attr {
			name[a.Key] = a.Val
			if !slices.Contains(strings.Fields(attributes), a.Key) || a.Namespace != "" {
				t.Errorf("attribute %s of %s", a.Key, n.Data)
			}
			switch a.Key {
			case "id":
				if ids[a.Val] {
					t.Errorf("id %s is there twice", a.Val)
				}
				ids[a.Val] = true
			case "aria-labelledby":
				wanted = append(wanted, a.Val)
			case "href":
				if at, ok := strings.CutPrefix(a.Val, "#"); ok {
					wanted = append(wanted, at)
				} else if !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "http://") {
					t.Errorf("a link to %q", a.Val)
				}
			}
		}
		switch {
		case n.Data == "style":
			style = n.FirstChild.Data
		case n.Data == "th" && name["scope"] == "":
			t.Error("a header cell without scope")
		case len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] <= '6':
			level := int(n.Data[1] - '0')
			if level > heading+1 {
				t.Errorf("%s follows a heading of level %d", n.Data, heading)
			}
			heading = level
		case name["http-equiv"] == "Content-Security-Policy":
			csp = name["content"]
		}
	}
	for _, id := range wanted {
		if !ids[id] {
			t.Errorf("nothing has the id %s", id)
		}
	}
	sum := sha256.Sum256([]byte(style))
	if want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"; csp != want {
		t.Errorf("policy %q, want %q", csp, want)
	}
	return elements
}
