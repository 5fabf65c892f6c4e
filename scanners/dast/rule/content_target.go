package rule

import (
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// place is where a link leads: as far as rules need to know.
type place struct {
	scheme string // in lower case
	host   string // in lower case, without the port
}

// web reports a place that is fetched over HTTP, encrypted or not.
func (p place) web() bool { return (p.scheme == "http" || p.scheme == "https") && p.host != "" }

// pageBase returns where relative links of a page begin: at the first base
// element with an address, or at the page itself.
func pageBase(x *exchange.Exchange) place {
	page := place{strings.ToLower(x.URL.Scheme), bareHost(x.URL.Host)}
	for _, e := range x.Elements() {
		if e.Name != "base" {
			continue
		}
		if href, ok := e.Attr("href"); ok {
			return follow(page, href)
		}
	}
	return page
}

// otherHost reports whether a link from a page leads to another host. Like
// ZAP it does not look at ports, and a subdomain is another host.
func otherHost(x *exchange.Exchange, base place, link string) bool {
	p := follow(base, link)
	return p.web() && p.host != bareHost(x.URL.Host)
}

// follow reads a link as browsers do, who accept much that url.Parse refuses:
// space around it, line breaks within, backslashes, stray percent signs.
func follow(base place, link string) place {
	link = strings.Trim(link, " \t\r\n\f\x00")
	if strings.ContainsAny(link, "\t\r\n") {
		link = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(link)
	}
	scheme, rest, ok := cutScheme(link)
	special := !ok || scheme == "http" || scheme == "https"
	if !special {
		return place{scheme: scheme}
	}
	if !ok {
		scheme = base.scheme
		if len(rest) < 2 || !slash(rest[0]) || !slash(rest[1]) {
			return base
		}
	} else if rest == "" || !slash(rest[0]) {
		if scheme == base.scheme {
			return base // "https:next" is relative
		}
	}
	for rest != "" && slash(rest[0]) {
		rest = rest[1:]
	}
	if end := strings.IndexAny(rest, `/\?#`); end >= 0 {
		rest = rest[:end]
	}
	return place{scheme, bareHost(rest)}
}

func slash(c byte) bool { return c == '/' || c == '\\' }

// cutScheme splits "HTTPS:rest" into "https" and "rest".
func cutScheme(link string) (scheme, rest string, ok bool) {
	for i := range len(link) {
		c := link[i]
		switch {
		case c == ':' && i > 0:
			return strings.ToLower(link[:i]), link[i+1:], true
		case 'a' <= lowerASCII[c] && lowerASCII[c] <= 'z':
		case i > 0 && (isDigit(c) || c == '+' || c == '-' || c == '.'):
		default:
			return "", link, false
		}
	}
	return "", link, false
}

// bareHost is the host of "user@Host.:port" in lower case.
func bareHost(authority string) string {
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		authority = authority[at+1:]
	}
	if strings.HasPrefix(authority, "[") {
		authority, _, _ = strings.Cut(authority[1:], "]")
	} else {
		authority, _, _ = strings.Cut(authority, ":")
	}
	return strings.TrimSuffix(strings.ToLower(authority), ".")
}

// wholeElement is an element as it is written, up to its end tag if that
// follows at once.
func wholeElement(x *exchange.Exchange, e exchange.Element) string {
	end := e.End
	if close := "</" + e.Name + ">"; hasPrefixFold(x.Body[end:], close) {
		end += len(close)
	}
	return shown(x.Body[e.Start:min(end, e.Start+maxEvidence)])
}

// relHas reports whether a rel attribute names a keyword.
func relHas(rel, keyword string) bool {
	for word := range strings.FieldsSeq(rel) {
		if strings.EqualFold(word, keyword) {
			return true
		}
	}
	return false
}

// shown is a part of a page as evidence.
func shown(b []byte) string {
	return strings.ToValidUTF8(string(b[:min(len(b), maxEvidence)]), "")
}
