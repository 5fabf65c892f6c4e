// Package csp parses content security policies as Content Security Policy
// Level 3 describes them, and tells what they allow.
//
// https://www.w3.org/TR/CSP3/
package csp

import (
	"slices"
	"strings"
)

// maxPolicy bounds how much of a policy is read, in bytes. Web servers refuse
// to send headers of that length.
const maxPolicy = 64 << 10

// Policy is one serialized policy.
type Policy struct {
	Text       string // as written
	ASCII      bool   // a policy with other characters is not enforced as it is written
	Directives []Directive
	Notices    []Notice // what is wrong with how it is written, in its order
}

// Directive is one of a policy's directives.
type Directive struct {
	Name    string   // in lower case
	Values  []string // as written
	Sources []Source // of a directive that takes sources
}

// Severity is how bad a notice is.
type Severity int

const (
	Info Severity = iota
	Warning
	Error
)

// Notice is something wrong with how a policy is written.
type Notice struct {
	Severity  Severity
	Directive string // empty: the policy as a whole
	Text      string
}

// Parse reads one policy, as a meta element has it: a comma is no end.
func Parse(s string) Policy {
	p := Policy{Text: s, ASCII: isASCII(s)}
	if len(s) > maxPolicy {
		s = s[:maxPolicy]
		p.note(Warning, "", "the policy is too long: what comes after 64 KiB was not read")
	}
	seen := map[string]bool{}
	for token := range strings.SplitSeq(s, ";") {
		fields := split(token)
		if len(fields) == 0 {
			continue
		}
		d := Directive{Name: strings.ToLower(fields[0]), Values: fields[1:]}
		if !isASCII(token) {
			p.note(Error, "", "a directive with characters other than ASCII is passed over")
			continue
		}
		if seen[d.Name] {
			p.note(Warning, d.Name, "given more than once: only the first counts")
			continue
		}
		seen[d.Name] = true
		p.examine(&d)
		p.Directives = append(p.Directives, d)
	}
	switch { // of the policy as a whole, since one excuses the other
	case seen["report-uri"] && seen["report-to"]:
		p.note(Info, "report-uri", "deprecated: browsers that know report-to pass over it")
	case seen["report-uri"]:
		p.note(Warning, "report-uri", "deprecated: report-to takes its place")
	}
	return p
}

// ParseList reads the value of a header field: policies with commas between
// them. Empty ones are left out, but one is always returned.
func ParseList(s string) List {
	if len(s) > maxPolicy {
		s = s[:maxPolicy+1] // Parse notes it
	}
	var out List
	for part := range strings.SplitSeq(s, ",") {
		if len(split(part)) > 0 {
			out = append(out, Parse(strings.Trim(part, space)))
		}
	}
	if out == nil {
		return List{Parse("")}
	}
	return out
}

// List is policies that hold at the same time: what one of them forbids is
// forbidden.
type List []Policy

// Get returns a directive, and whether the policy has it.
func (p *Policy) Get(name string) (*Directive, bool) {
	i := slices.IndexFunc(p.Directives, func(d Directive) bool { return d.Name == name })
	if i < 0 {
		return nil, false
	}
	return &p.Directives[i], true
}

// Has reports whether the policy has a directive.
func (p *Policy) Has(name string) bool {
	_, ok := p.Get(name)
	return ok
}

func (p *Policy) note(s Severity, directive, text string) {
	if len(p.Notices) < maxNotices {
		p.Notices = append(p.Notices, Notice{s, directive, text})
	}
}

// maxNotices is more than anybody reads.
const maxNotices = 50

// space is what stands between words: ASCII white space only.
const space = " \t\n\r\f"

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(space, r) })
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
