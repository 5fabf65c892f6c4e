package csp

import (
	"encoding/base64"
	"regexp"
	"strings"
)

// takes is what a directive takes as its value.
type takes int

const (
	unknown   takes = iota
	sources         // source expressions
	ancestors       // source expressions that name places only
	nothing         // it has no value
	words           // anything else
	flags           // sandbox's
	addresses       // of reports
	gone            // browsers pass over it
)

// kindOf knows the directives. The second value says what to do without one
// that has been withdrawn.
func kindOf(name string) (takes, string) {
	switch name {
	case "default-src", "child-src", "connect-src", "font-src", "frame-src", "fenced-frame-src", "img-src", "manifest-src", "media-src",
		"object-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr", "worker-src",
		"base-uri", "form-action":
		return sources, ""
	case "prefetch-src":
		return sources, "default-src governs prefetching"
	case "frame-ancestors":
		return ancestors, ""
	case "upgrade-insecure-requests":
		return nothing, ""
	case "block-all-mixed-content":
		return nothing, "browsers block or upgrade mixed content anyhow"
	case "sandbox":
		return flags, ""
	case "report-uri":
		return addresses, ""
	case "report-to", "require-trusted-types-for", "trusted-types", "webrtc":
		return words, ""
	case "plugin-types":
		return gone, "object-src 'none' keeps plug-ins out"
	case "referrer":
		return gone, "the Referrer-Policy header took its place"
	case "reflected-xss":
		return gone, "it never became part of the standard"
	case "navigate-to":
		return gone, "it never became part of the standard"
	case "require-sri-for":
		return gone, "it never became part of the standard"
	}
	return unknown, ""
}

var directiveName = regexp.MustCompile(`^[a-z0-9-]+$`)

// examine parses a directive's values and notes what is wrong with them.
func (p *Policy) examine(d *Directive) {
	if !directiveName.MatchString(d.Name) {
		p.note(Error, "", "a directive's name has characters other than letters, digits and hyphens")
		return
	}
	kind, instead := kindOf(d.Name)
	switch {
	case kind == unknown:
		p.note(Warning, d.Name, "no directive of the standard has this name")
		return
	case instead != "":
		p.note(Warning, d.Name, "withdrawn: "+instead)
	}
	switch kind {
	case sources, ancestors:
		p.examineSources(d, kind)
	case nothing:
		if len(d.Values) > 0 {
			p.note(Error, d.Name, "takes no value")
		}
	case flags:
		for _, v := range d.Values {
			if !strings.HasPrefix(strings.ToLower(v), "allow-") {
				p.note(Error, d.Name, "its values begin with allow-")
			}
		}
	case addresses:
		if len(d.Values) == 0 {
			p.note(Error, d.Name, "names no address")
		}
	case words:
		if len(d.Values) == 0 && d.Name != "trusted-types" {
			p.note(Error, d.Name, "has no value")
		}
	}
}

func (p *Policy) examineSources(d *Directive, kind takes) {
	seen := make(map[string]bool, len(d.Values))
	for _, v := range d.Values {
		s := parseSource(v)
		d.Sources = append(d.Sources, s)
		if seen[s.Text] {
			p.note(Warning, d.Name, "the same source twice")
			continue
		}
		seen[s.Text] = true
		switch {
		case s.Kind == Invalid:
			p.note(Error, d.Name, "not a source: "+describe(v))
		case s.Kind == None && len(d.Values) > 1:
			p.note(Error, d.Name, "'none' beside other sources is passed over")
		case kind == ancestors && (s.Kind == Nonce || s.Kind == Hash || s.Kind == Keyword && s.Text != "'self'"):
			p.note(Error, d.Name, "takes hosts, schemes, 'self' and 'none' only")
		case s.Kind == Host && bare(s.Text):
			p.note(Warning, d.Name, "names a host "+s.Text+": the keyword is written with quotes")
		case s.Kind == Hash:
			p.examineHash(d, s)
		}
	}
}

// bare reports a host that was meant to be a keyword.
func bare(s string) bool {
	low := strings.ToLower(s)
	return low == "none" || keyword("'"+low+"'") ||
		strings.HasPrefix(low, "nonce-") || strings.HasPrefix(low, "sha256-") || strings.HasPrefix(low, "sha384-") || strings.HasPrefix(low, "sha512-")
}

func (p *Policy) examineHash(d *Directive, s Source) {
	m := hashSource.FindStringSubmatch(s.Text)
	want := map[string]int{"sha256": 32, "sha384": 48, "sha512": 64}[strings.ToLower(m[1])]
	text := strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(m[2])
	if sum, err := base64.RawStdEncoding.DecodeString(text); err != nil || len(sum) != want {
		p.note(Error, d.Name, "a hash of the wrong length, which matches nothing")
	}
}

// describe shows a source that is none, shortened. What may be a nonce with a
// mistake in it is not shown.
func describe(s string) string {
	low := strings.ToLower(s)
	switch {
	case strings.HasPrefix(low, "'nonce-"), strings.HasPrefix(low, "'sha"):
		return "a nonce or hash that is not in base64"
	case len(s) > 60:
		return s[:60] + "…"
	}
	return s
}
