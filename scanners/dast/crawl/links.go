package crawl

import (
	"net/url"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// maxLinks bounds how many links of one page are looked at.
const maxLinks = 5000

// link is a reference as a response gives it.
type link struct {
	ref      string
	resource bool   // belongs to a page rather than being one: an image, a script
	redirect bool   // where the response itself sends the client
	refused  Reason // known already: it is not a plain link
}

// attributes lists which attributes of which elements hold an address. True
// stands for a page of its own, false for a part of one.
var attributes = map[string]map[string]bool{
	"a": {"href": true}, "area": {"href": true}, "link": {"href": false, "imagesrcset": false},
	"script": {"src": false}, "img": {"src": false, "srcset": false, "longdesc": true},
	"iframe": {"src": true}, "frame": {"src": true, "longdesc": true}, "portal": {"src": true},
	"source": {"src": false, "srcset": false}, "video": {"src": false, "poster": false}, "audio": {"src": false}, "track": {"src": false},
	"form": {"action": true}, "input": {"src": false, "formaction": true}, "button": {"formaction": true},
	"object": {"data": false}, "embed": {"src": false}, "applet": {"code": false, "archive": false},
	"body": {"background": false}, "image": {"href": false, "xlink:href": false}, "use": {"href": false, "xlink:href": false},
	"blockquote": {"cite": true}, "q": {"cite": true},
}

// order is in which order attributes of one element are looked at.
var order = []string{"href", "xlink:href", "src", "srcset", "imagesrcset", "poster", "data", "code", "archive", "action", "formaction", "longdesc", "background", "cite"}

// links returns what a response refers to, in order and once, and the address that its
// references are relative to. Scripts and style sheets are not looked into.
// The names of elements and addresses are ASCII in all encodings but UTF-16,
// so bodies are read as they come.
func links(x *exchange.Exchange) (base *url.URL, out []link, more bool) {
	base = x.URL
	out = headerLinks(x)
	known := map[link]bool{}
	add := func(l link) {
		if !known[l] {
			known[l] = true
			out = append(out, l)
		}
	}
	based := false
	method := ""
	for _, e := range elements(x) {
		if len(out) >= maxLinks {
			return base, out[:maxLinks], true
		}
		switch e.Name {
		case "base":
			if ref, ok := e.Attr("href"); ok && !based {
				based = true
				if u, why := resolve(base, ref); why == "" {
					base = u
				}
			}
			continue
		case "meta":
			if strings.EqualFold(e.Value("http-equiv"), "refresh") {
				if ref := refreshTarget(e.Value("content")); ref != "" {
					add(link{ref: ref})
				}
			}
			continue
		case "form":
			method = e.Value("method")
		}
		pages, ok := attributes[e.Name]
		if !ok {
			continue
		}
		why := refusal(e)
		for _, name := range order {
			page, ok := pages[name]
			value, there := e.Attr(name)
			if !ok || !there {
				continue
			}
			l := link{ref: value, resource: !page, refused: why}
			switch name {
			case "action":
				l.refused = formRefusal(why, method)
			case "formaction":
				if own, ok := e.Attr("formmethod"); ok {
					l.refused = formRefusal(why, own)
				} else {
					l.refused = formRefusal(why, method)
				}
			case "srcset", "imagesrcset":
				for _, ref := range sourceSet(value) {
					add(link{ref: ref, resource: true, refused: why})
				}
				continue
			}
			add(l)
		}
	}
	return base, out, false
}

// elements returns the elements of a page, with those in noscript: to a client
// without scripts they are as real as the others.
func elements(x *exchange.Exchange) []exchange.Element {
	all := x.Elements()
	var out []exchange.Element
	kept := 0
	for i, e := range all {
		if e.Name != "noscript" {
			continue
		}
		end := len(x.Body)
		if i+1 < len(all) {
			end = all[i+1].Start
		}
		inside := exchange.New(exchange.Exchange{URL: x.URL, Header: x.Header, Body: x.Body[e.End:end]})
		out = append(append(out, all[kept:i+1]...), inside.Elements()...)
		kept = i + 1
	}
	if kept == 0 {
		return all
	}
	return append(out, all[kept:]...)
}

// refusal tells a link that a script turns into another request than GET, or
// that asks before it does what it does.
func refusal(e exchange.Element) Reason {
	for _, name := range []string{"data-method", "data-turbo-method", "data-http-method", "data-verb"} {
		if m := e.Value(name); m != "" && !strings.EqualFold(m, "get") && !strings.EqualFold(m, "head") {
			return Harmful
		}
	}
	for _, name := range []string{"data-confirm", "data-turbo-confirm"} {
		if _, ok := e.Attr(name); ok {
			return Harmful
		}
	}
	if strings.Contains(e.Value("onclick"), "confirm(") {
		return Harmful
	}
	return ""
}

// formRefusal: the address of a form that is sent with GET is asked for,
// without any parameters. That of another form is not: who handles it may not
// look at the method.
func formRefusal(why Reason, method string) Reason {
	method = strings.TrimSpace(method)
	if why == "" && method != "" && !strings.EqualFold(method, "get") {
		return Form
	}
	return why
}

// headerLinks returns what the fields of a response refer to.
func headerLinks(x *exchange.Exchange) []link {
	var out []link
	for _, f := range x.Header {
		switch strings.ToLower(f.Name) {
		case "location":
			out = append(out, link{ref: f.Value, redirect: x.Redirect()})
		case "content-location":
			out = append(out, link{ref: f.Value})
		case "refresh":
			if ref := refreshTarget(f.Value); ref != "" {
				out = append(out, link{ref: ref})
			}
		case "link": // <address>; rel=…, <address>
			rest := f.Value
			for len(out) < maxLinks {
				_, after, ok := strings.Cut(rest, "<")
				ref, next, closed := strings.Cut(after, ">")
				if !ok || !closed {
					break
				}
				out = append(out, link{ref: ref, resource: true})
				rest = next
			}
		}
	}
	return out
}

// refreshTarget returns the address of "5; url=page".
func refreshTarget(s string) string {
	_, rest, ok := strings.Cut(s, ";")
	if !ok {
		if _, rest, ok = strings.Cut(s, ","); !ok {
			return ""
		}
	}
	rest = strings.TrimSpace(rest)
	if len(rest) >= 3 && strings.EqualFold(rest[:3], "url") {
		if after, ok := strings.CutPrefix(strings.TrimSpace(rest[3:]), "="); ok {
			rest = strings.TrimSpace(after)
		}
	}
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		rest, _, _ = strings.Cut(rest[1:], rest[:1])
	}
	return rest
}

// sourceSet returns the addresses of "a.png 1x, b.png 2x".
func sourceSet(s string) []string {
	const space = " \t\r\n\f"
	var out []string
	for len(out) < 100 {
		s = strings.TrimLeft(s, space+",")
		if s == "" {
			break
		}
		n := strings.IndexAny(s, space)
		if n < 0 {
			n = len(s)
		}
		ref := s[:n]
		s = s[n:]
		if bare := strings.TrimRight(ref, ","); bare != ref {
			ref = bare // no descriptor follows
		} else if n := strings.IndexByte(s, ','); n >= 0 {
			s = s[n:]
		} else {
			s = ""
		}
		out = append(out, ref)
	}
	return out
}
