// Package levels applies a rules file of ZAP's to alerts, in one way for every
// engine.
//
// The file says how severe a team finds a rule, and thresholds are the
// policy's, so a level sets the severity of its alerts and decides nothing:
//
//	FAIL             at least high
//	WARN             at most medium
//	INFO             info
//	IGNORE, PASS     as it is, and suppressed
//
// OUTOFSCOPE leaves out alerts about the addresses that it names.
package levels

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/dast/alert"
	"github.com/scangate/scangate/scanners/dast/rule"
	"github.com/scangate/scangate/scanners/dast/rulesfile"
	"github.com/scangate/scangate/text"
)

// noRule is an id that a rules file cannot name: that of rules which ZAP has
// not. What it says of all rules holds for them.
const noRule = -1

// maxReason bounds the team's words for a suppression, in characters.
const maxReason = 300

// Apply sets an alert's risk, and whether it is suppressed, to what the file
// says, and reports whether its address is in scope. A nil file says nothing.
func Apply(f *rulesfile.File, a *alert.Alert) (inScope bool) {
	if f == nil {
		return true
	}
	id, kind := split(a.Ref)
	if a.URL != nil {
		u := url.URL{Scheme: a.URL.Scheme, Host: a.URL.Host, Path: a.URL.Path, RawPath: a.URL.RawPath, RawQuery: a.URL.RawQuery}
		if f.OutOfScope(id, kind, u.String()) {
			return false
		}
	}
	s := f.Setting(id, kind)
	switch s.Level {
	case rulesfile.Fail:
		a.Risk = max(a.Risk, rule.High)
	case rulesfile.Warn:
		a.Risk = min(a.Risk, rule.Medium)
	case rulesfile.Info:
		a.Risk = min(a.Risk, rule.Informational)
	case rulesfile.Ignore, rulesfile.Pass:
		a.Suppressed = &finding.Suppression{Source: fmt.Sprintf("%s:%d", f.Name, s.Line), Reason: text.OneLine(s.Message, maxReason)}
	}
	return true
}

// split returns the numbers of an alert's reference: the rule's, and that of
// the kind or 0.
func split(ref string) (id, kind int) {
	first, second, _ := strings.Cut(ref, "-")
	id, err := strconv.Atoi(first)
	if err != nil || id < 0 {
		return noRule, 0
	}
	if kind, err = strconv.Atoi(second); err != nil || kind < 0 {
		kind = 0
	}
	return id, kind
}
