package rule

import (
	"bytes"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func javaObjectRule() *Rule {
	return &Rule{
		ID: 90002, Name: "Java Serialization Object",
		Risk: Medium, Confidence: MediumConfidence, CWE: 502,
		Text: "A serialized Java object goes over the wire. If the server reads such objects from its clients unchecked, one " +
			"that is made for the purpose runs commands on it.",
		Fix:        "Exchange data in a format that is nothing but data, such as JSON, or let an allow list decide which classes are read.",
		References: []string{"https://cheatsheetseries.owasp.org/cheatsheets/Deserialization_Cheat_Sheet.html"},
		check:      checkJavaObject,
	}
}

// checkJavaObject reports each field, parameter and body that has an object,
// in raw bytes, in base64 or in hexadecimal digits. Of the object only its
// first bytes, which are always the same, are shown.
func checkJavaObject(x *exchange.Exchange, report func(Alert)) {
	look := func(param, where string, b []byte) {
		if mark := javaObject(b); mark != "" {
			report(Alert{Param: cut(param), Evidence: mark, Detail: "in " + where})
		}
	}
	for _, p := range params(x.URL.RawQuery) {
		look(p.name, "a parameter of the address", []byte(p.value))
	}
	for _, f := range x.RequestHeader {
		look(f.Name, "the request's header", []byte(f.Value))
	}
	look("", "the request's body", x.RequestBody)
	for _, f := range x.Header {
		look(f.Name, "the response's header", []byte(f.Value))
	}
	look("", "the response's body", x.Body)
}

// javaMagic is how every stream of objects begins: a magic number and version
// 5 (Java Object Serialization Specification, 6.4.2).
var (
	javaMagic  = []byte{0xac, 0xed, 0x00, 0x05}
	javaFinder = newFinder(literals("rO0AB", "aced0005")...)
)

// javaObject returns how the beginning of a stream is written in b, or "".
func javaObject(b []byte) (mark string) {
	if bytes.Contains(b, javaMagic) {
		return "0xaced0005"
	}
	if len(b) < len("rO0AB") {
		return ""
	}
	javaFinder.each(b, func(s *signature, at int, text []byte) bool {
		if s.text == "ro0ab" && string(text) != "rO0AB" || at > 0 && encoded(b, at-1) {
			return true // another case is another value, and inside other data it begins nothing
		}
		mark = string(text)
		return false
	})
	return mark
}

// encoded reports whether b[at] belongs to the same run of base64 or
// hexadecimal digits as what follows. An escape such as %22 ends a run.
func encoded(b []byte, at int) bool {
	c := b[at]
	if at >= 2 && b[at-2] == '%' {
		return false
	}
	return isWord(c) && c != '_'
}
