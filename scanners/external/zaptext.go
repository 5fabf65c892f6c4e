package external

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"

	"github.com/scangate/scangate/scanners/dast/alert"
	"github.com/scangate/scangate/text"
)

// maxMarkup bounds a text with markup, in bytes.
const maxMarkup = 64 << 10

// zapText is the plain text of what ZAP writes with paragraphs, which some
// versions escape once more. What is no text, such as a script, is left out.
func zapText(s string) string {
	s = s[:min(len(s), maxMarkup)]
	out := withoutMarkup(s)
	if strings.HasPrefix(out, "<p>") {
		out = withoutMarkup(out)
	}
	return text.Cut(text.Clean(out), maxText)
}

func withoutMarkup(s string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(2 * maxMarkup)
	hidden := false // the content of the element that has just begun is no text
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return strings.TrimSpace(strings.ToValidUTF8(b.String(), ""))
		case html.TextToken:
			if !hidden {
				b.Write(z.Text())
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "p" {
				b.WriteByte('\n')
			}
		}
		hidden = false
		if kind == html.StartTagToken {
			switch name, _ := z.TagName(); string(name) {
			case "script", "style", "iframe", "noembed", "noframes", "noscript", "xmp", "textarea", "title":
				hidden = true
			}
		}
	}
}

// zapQuotes are the rules whose evidence is a secret, or may be one: an id of a
// session, data of a person, credentials, hashes, code, logs, what a server
// says when it fails.
var zapQuotes = map[int]bool{3: true, 10023: true, 10024: true, 10052: true, 10056: true, 10062: true, 10097: true, 10099: true, 10105: true, 90002: true, 90022: true}

// zapCookies are the rules about cookies.
var zapCookies = map[int]bool{10010: true, 10011: true, 10054: true, 90033: true}

// evidence is what may be shown of what ZAP saw. Of rules that the embedded
// engine does not have, nothing is known and nothing shown.
func (s zapScan) evidence(id int, param, evidence string) string {
	switch {
	case zapCookies[id] && param != "":
		return "Set-Cookie: " + param
	case zapCookies[id], zapQuotes[id], s.known[id] == nil:
		return ""
	}
	return line(masked(evidence), maxID)
}

var headerValue = regexp.MustCompile(`(?i)\b((?:set-)?cookie|(?:proxy-)?authorization)(\s*:\s*[^=;\s]{0,100}).*`)

// masked takes out of a piece of an answer what may be a secret: what
// alert.Masked does, cookies, credentials.
func masked(s string) string {
	return alert.Masked(headerValue.ReplaceAllString(s[:min(len(s), alert.MaxPiece)], "$1: …"))
}

// zapHeaders are header fields as the embedded rules spell them, by their
// names in lower case.
var zapHeaders = func() map[string]string {
	m := map[string]string{}
	for _, name := range []string{
		"x-frame-options", "x-content-type-options", "cache-control", "content-type",
		"Content-Security-Policy", "X-Content-Security-Policy", "X-WebKit-CSP", "Content-Security-Policy-Report-Only",
		"Cross-Origin-Resource-Policy", "Cross-Origin-Embedder-Policy", "Cross-Origin-Opener-Policy",
	} {
		m[strings.ToLower(name)] = name
	}
	return m
}()

// zapParam is what an alert is about, spelled as the embedded rules do.
func zapParam(id int, param string) string {
	if zapCookies[id] {
		param, _, _ = strings.Cut(param, "=") // the name alone, if there is more
	}
	if own, ok := zapHeaders[strings.ToLower(strings.TrimSpace(param))]; ok {
		return own
	}
	return line(masked(param), maxID)
}
