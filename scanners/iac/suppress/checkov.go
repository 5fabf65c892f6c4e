package suppress

import (
	"regexp"
	"strings"
)

// skipMark is Checkov's comment. The names before it were the product's.
var skipMark = regexp.MustCompile(`(?:checkov|bridgecrew|cortex):skip= *([A-Za-z0-9_-]+(?: *, *[A-Za-z0-9_-]+)*)?(?::(.*))?`)

// checkovMarks reads Checkov's mark in a line of a comment:
// checkov:skip=CKV_AWS_20,CKV_AWS_18:reason. What follows the first is its
// reason. It reports whether there is one.
func (p *parser) checkovMarks(c comment) bool {
	if !strings.Contains(c.text, ":skip=") {
		return false
	}
	found := skipMark.FindStringSubmatch(strings.TrimSuffix(c.text, "*/"))
	if found == nil {
		return false
	}
	switch {
	case found[1] == "":
		p.problem(c.line, Checkov+" names no check")
	case p.kind == Kubernetes:
		p.problem(c.line, Checkov+" is an annotation in manifests, and not a comment: write checkov.io/skip1: ID=reason")
	default:
		p.skip(c.line, found[1], found[2])
	}
	if c.alone {
		p.stackLine(c.line)
	}
	return true
}

// skip keeps a mark for the checks of Checkov's in a list. How far it reaches
// is known when all of the file is read.
func (p *parser) skip(line int, list, reason string) {
	if n := p.addSkip(line, list, reason); n >= 0 {
		p.skips = append(p.skips, n)
	}
}

// skipWithin keeps a mark that holds within an extent.
func (p *parser) skipWithin(at extent, line int, list, reason string) {
	if n := p.addSkip(line, list, reason); n >= 0 {
		p.scope(at, n)
	}
}

func (p *parser) addSkip(line int, list, reason string) int {
	m := mark{Mark: Mark{Source: Checkov, Line: line, Reason: strings.TrimSpace(reason)}}
	for id := range strings.SplitSeq(list, ",") {
		id = strings.TrimSpace(id)
		if len(m.skips) == maxIDs {
			p.problem(line, Checkov+" names more checks than a mark can")
			break
		}
		ours := counterparts(id)
		if len(ours) == 0 && len(jointly(id)) == 0 {
			p.unknown(line, Checkov+" of "+named(id)+" has no counterpart here")
		}
		m.ids = append(m.ids, ours...)
		m.skips = append(m.skips, id)
	}
	return p.add(m)
}
