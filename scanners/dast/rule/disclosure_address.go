package rule

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func privateAddressRule() *Rule {
	return &Rule{
		ID: 2, Name: "Private IP Disclosure",
		Risk: Low, Confidence: MediumConfidence, CWE: 497, WASC: 13,
		Text:       "The response has an address of a private network (10.x.x.x, 172.16.x.x to 172.31.x.x, 192.168.x.x) or a private host name of Amazon EC2. It helps to plan attacks on the network behind the site.",
		Fix:        "Remove the address, and configure servers and proxies with their public names.",
		References: []string{"https://www.rfc-editor.org/rfc/rfc1918"},
		check:      checkPrivateAddress,
	}
}

// checkPrivateAddress reports a page once, with the first address as evidence.
func checkPrivateAddress(x *exchange.Exchange, report func(Alert)) {
	if !x.Text() || x.Image() || len(x.Body) == 0 {
		return
	}
	own := bareHost(x.URL.Host)
	var seen []string
	keep := func(text string, at int) bool {
		if bareHost(text) == own || strings.HasPrefix(own, strings.ToLower(text)+".") || inDrawing(x, at) {
			return true
		}
		for _, s := range seen {
			if s == text {
				return true
			}
		}
		seen = append(seen, text)
		return len(seen) < 10
	}
	eachPrivateIP(x.Body, keep)
	if len(seen) < 10 {
		eachPrivateName(x.Body, keep)
	}
	if len(seen) == 0 {
		return
	}
	detail := ""
	if len(seen) > 1 {
		detail = fmt.Sprintf("also: %s", strings.Join(seen[1:], " "))
	}
	report(Alert{Evidence: seen[0], Detail: detail})
}

// eachPrivateIP calls found with each private IPv4 address, its port behind it
// if it has one. It goes from dot to dot.
func eachPrivateIP(b []byte, found func(text string, at int) bool) {
	for dot := 0; ; dot++ {
		next := bytes.IndexByte(b[dot:], '.')
		if next < 0 {
			return
		}
		dot += next
		start := dot
		switch {
		case dot < 2 || !isDigit(b[dot-1]):
			continue
		case string(b[dot-2:dot]) == "10":
			start -= 2
		case dot >= 3 && (string(b[dot-3:dot]) == "172" || string(b[dot-3:dot]) == "192"):
			start -= 3
		default:
			continue
		}
		end := privateEnd(b, start)
		if end < 0 || !apart(b, start, end) || versionBefore(b[:start]) {
			continue
		}
		if !found(string(b[start:withPort(b, end)]), start) {
			return
		}
		dot = end - 1
	}
}

// privateEnd is where the private address that starts at start ends, or -1.
func privateEnd(b []byte, start int) int {
	var octets [4]int
	at := start
	for i := range octets {
		if i > 0 {
			if at >= len(b) || b[at] != '.' {
				return -1
			}
			at++
		}
		n, width := octet(b[at:])
		if width == 0 {
			return -1
		}
		octets[i] = n
		at += width
	}
	if private(octets[0], octets[1]) {
		return at
	}
	return -1
}

func private(a, b int) bool {
	return a == 10 || a == 172 && b >= 16 && b <= 31 || a == 192 && b == 168
}

// octet reads a number up to 255 without leading zeros. Its width is 0 if
// there is none.
func octet(b []byte) (n, width int) {
	for width < len(b) && width < 4 && isDigit(b[width]) {
		n = n*10 + int(b[width]-'0')
		width++
	}
	if width == 0 || width > 3 || n > 255 || width > 1 && b[0] == '0' {
		return 0, 0
	}
	return n, width
}

// apart reports whether b[start:end] is no part of a longer name or number,
// such as a version of five parts.
func apart(b []byte, start, end int) bool {
	if start > 0 && (isWord(b[start-1]) || b[start-1] == '.' || b[start-1] == '-') {
		return false
	}
	if end >= len(b) {
		return true
	}
	return !isWord(b[end]) && !(b[end] == '.' && end+1 < len(b) && isWord(b[end+1]))
}

// versionBefore reports text that ends in a word for a version: what follows
// is one, and not an address.
func versionBefore(b []byte) bool {
	b = bytes.TrimRight(b[max(0, len(b)-16):], " :=\"'")
	for _, word := range []string{"version", "ver", "v", "build", "release"} {
		at := len(b) - len(word)
		if at >= 0 && hasPrefixFold(b[at:], word) && (at == 0 || !isWord(b[at-1])) {
			return true
		}
	}
	return false
}

// withPort is the end of an address with a port, if there is one.
func withPort(b []byte, end int) int {
	if end >= len(b) || b[end] != ':' {
		return end
	}
	port := end + 1
	for port < len(b) && port-end <= 5 && isDigit(b[port]) {
		port++
	}
	if port == end+1 || port < len(b) && isWord(b[port]) {
		return end
	}
	return port
}

// eachPrivateName calls found with each name such as ip-10-0-56-78. It goes
// from dash to dash.
func eachPrivateName(b []byte, found func(text string, at int) bool) {
	for dash := 2; dash < len(b); dash++ {
		next := bytes.IndexByte(b[dash:], '-')
		if next < 0 {
			return
		}
		dash += next
		if !hasPrefixFold(b[dash-2:], "ip-") {
			continue
		}
		at, end := dash-2, dash
		var octets [4]int
		for i := range octets {
			n, width := 0, 0
			if end < len(b) && b[end] == '-' {
				n, width = octet(b[end+1:])
			}
			if width == 0 {
				octets[0] = 0 // no private address begins with it
				break
			}
			octets[i] = n
			end += 1 + width
		}
		if !private(octets[0], octets[1]) || at > 0 && isWord(b[at-1]) || end < len(b) && isWord(b[end]) {
			continue
		}
		if !found(string(b[at:end]), at) {
			return
		}
	}
}

// inDrawing reports a place in a path of an SVG drawing, whose numbers are
// written without space between them.
func inDrawing(x *exchange.Exchange, at int) bool {
	e := elementAt(x, at)
	if e == nil || at >= e.Start+len(e.Tag) {
		return false
	}
	switch e.Name {
	case "path", "polygon", "polyline", "glyph", "animate":
		return true
	}
	return false
}
