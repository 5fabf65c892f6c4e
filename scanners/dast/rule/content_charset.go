package rule

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func charsetRule() *Rule {
	return &Rule{
		ID: 90011, Name: "Charset Mismatch",
		Risk: Informational, Confidence: LowConfidence, CWE: 436, WASC: 15,
		Text: "The Content-Type header names one character set and the page itself another. Programs that believe the one or the " +
			"other read different text, which can let a script through a filter.",
		Fix:        "Send UTF-8 and say so in the header and in the page.",
		References: []string{"https://html.spec.whatwg.org/multipage/semantics.html#charset"},
		check:      checkCharset,
	}
}

var (
	charsetParam = regexp.MustCompile(`(?i)(?:^|[;,\s])charset\s*=\s*["']?\s*([^\s"';,>]+)`)
	xmlEncoding  = regexp.MustCompile(`^(?:\xef\xbb\xbf)?\s*<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z][\w.:-]*)["']`)
)

// checkCharset compares the header's character set with those of the page:
// kinds 1 and 2 for meta elements, 4 for an XML declaration.
func checkCharset(x *exchange.Exchange, report func(Alert)) {
	if len(x.Body) == 0 || !x.HTML() && !x.XML() {
		return
	}
	value, _ := x.Header.Get("Content-Type")
	header := charsetOf(value)
	if header == "" {
		return
	}
	differ := func(kind int, name, where, other string) {
		if other != "" && !sameCharset(header, other) {
			report(Alert{Kind: kind, Name: name, Detail: fmt.Sprintf("the header says %s and %s %s", cut(header), where, cut(other))})
		}
	}
	if !x.HTML() {
		if m := xmlEncoding.FindSubmatch(x.Body[:min(len(x.Body), maxConfirm)]); m != nil {
			differ(4, "Charset Mismatch", "the XML declaration", string(m[1]))
		}
		return
	}
	content, plain := metaCharsets(x)
	differ(1, "Charset Mismatch (Header Versus Meta Content-Type Charset)", "the content-type meta element", content)
	differ(2, "Charset Mismatch (Header Versus Meta Charset)", "the charset meta element", plain)
}

// metaCharsets returns the first character set of either form of meta element.
func metaCharsets(x *exchange.Exchange) (content, plain string) {
	for _, e := range x.Elements() {
		if e.Name != "meta" {
			continue
		}
		if content == "" && strings.EqualFold(e.Value("http-equiv"), "content-type") {
			content = charsetOf(e.Value("content"))
		}
		if plain == "" {
			plain = e.Value("charset")
		}
	}
	return content, plain
}

func charsetOf(contentType string) string {
	if len(contentType) > maxConfirm {
		return ""
	}
	m := charsetParam.FindStringSubmatch(contentType)
	if m == nil {
		return ""
	}
	return m[1]
}

// sameCharset knows the one alias that everybody writes.
func sameCharset(a, b string) bool {
	plain := func(s string) string {
		if s = strings.ToLower(s); s == "utf8" {
			return "utf-8"
		}
		return s
	}
	return plain(a) == plain(b)
}
