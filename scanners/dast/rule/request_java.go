package rule

import (
	"bytes"
	"strings"

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
			report(Alert{Evidence: mark, Detail: strings.TrimSpace("in " + where + " " + cut(param))})
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
// 5 (Java Object Serialization Specification, 6.4.2). In base64 it is rO0AB.
var (
	javaMagic = []byte{0xac, 0xed, 0x00, 0x05}
	javaHex   = [][]byte{[]byte("aced0005"), []byte("ACED0005")}
)

// javaObject returns how the beginning of a stream is written in b, or "".
func javaObject(b []byte) string {
	if bytes.Contains(b, javaMagic) {
		return "0xaced0005"
	}
	// An upper-case O is rare in text, an r is not.
	if standing(b, []byte("O0AB"), 'r') >= 0 {
		return "rO0AB"
	}
	for _, hex := range javaHex {
		if standing(b, hex, 0) >= 0 {
			return string(hex)
		}
	}
	return ""
}

// standing returns where text, with the byte before in front of it unless that
// is 0, is in b without being inside other data; or -1.
func standing(b, text []byte, before byte) int {
	for at := 0; ; at++ {
		next := bytes.Index(b[at:], text)
		if next < 0 {
			return -1
		}
		at += next
		start := at
		if before != 0 {
			if start--; start < 0 || b[start] != before {
				continue
			}
		}
		if !encoded(b, start-1) {
			return start
		}
	}
}

// encoded reports whether b[at] belongs to the same run of base64 or
// hexadecimal digits as what follows. An escape such as %22 ends a run.
func encoded(b []byte, at int) bool {
	return at >= 0 && isWord(b[at]) && b[at] != '_' && !(at >= 2 && b[at-2] == '%')
}
