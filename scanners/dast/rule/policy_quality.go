package rule

import (
	"slices"
	"strings"

	"github.com/scangate/scangate/scanners/dast/csp"
	"github.com/scangate/scangate/scanners/dast/exchange"
)

// The kinds of alerts about what a policy says.
const (
	policyOldMozilla   = 1
	policyOldWebKit    = 2
	policyNotices      = 3
	policyWildcard     = 4
	policyInlineScript = 5
	policyInlineStyle  = 6
	policyScriptHashes = 7
	policyStyleHashes  = 8
	policyNotASCII     = 9
	policyEval         = 10
	policyMeta         = 11
	policyTwice        = 12
	policyNoFallback   = 13
)

func policyQuality() *Rule {
	return &Rule{
		ID: 10055, Name: "CSP", Risk: Medium, Confidence: HighConfidence, CWE: 693, WASC: 15,
		Text:       "The content security policy lets through what it is there to stop, or is written in a way that browsers do not understand.",
		Fix:        "Name the hosts, or better nonces or hashes, that each directive is to allow; do without 'unsafe-inline' and 'unsafe-eval'; define form-action and frame-ancestors, for which default-src does not stand in.",
		References: []string{headerAlertPage(10055), policyGuide, policySpec, "https://csp-evaluator.withgoogle.com/"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			if !x.HTML() {
				return
			}
			if v, ok := x.Header.Get(policyMozilla); ok {
				report(Alert{Kind: policyOldMozilla, Name: "CSP: " + policyMozilla, Risk: Low, Param: policyMozilla, Evidence: v})
			}
			if v, ok := x.Header.Get(policyWebKit); ok {
				report(Alert{Kind: policyOldWebKit, Name: "CSP: " + policyWebKit, Risk: Low, Param: policyWebKit, Evidence: v})
			}
			header, page := policiesInHeader(x), policiesInPage(x)
			reportPolicy := func(kind int, name, evidence, detail string, risk Risk) {
				report(Alert{Kind: kind, Name: "CSP: " + name, Param: policyField, Evidence: evidence, Detail: detail, Risk: risk})
			}
			if len(header) > 0 && len(page) > 0 {
				reportPolicy(policyTwice, "Header & Meta", page[0].Text, "both hold: what one of them forbids is forbidden", Informational)
			}
			misplaced(page, reportPolicy)
			all := slices.Concat(header, page)
			writing(all, reportPolicy)
			// Browsers do not enforce what they cannot read; how they take
			// the rest of such a policy is nothing to rely on.
			meaning(slices.DeleteFunc(all, func(p csp.Policy) bool { return !p.ASCII }), reportPolicy)
		},
	}
}

type policyReporter func(kind int, name, evidence, detail string, risk Risk)

// misplaced finds directives that browsers pass over in a meta element.
func misplaced(page csp.List, report policyReporter) {
	for i := range page {
		var found []string
		for _, name := range []string{"sandbox", "frame-ancestors"} {
			if page[i].Has(name) {
				found = append(found, name)
			}
		}
		if found != nil {
			report(policyMeta, "Meta Policy Invalid Directive", page[i].Text, "no effect in a meta element: "+strings.Join(found, ", "), Medium)
		}
	}
}

// writing judges how each policy is written.
func writing(all csp.List, report policyReporter) {
	for i := range all {
		p := &all[i]
		if !p.ASCII {
			report(policyNotASCII, "Malformed Policy (Non-ASCII)", p.Text, "", Medium)
			continue
		}
		if len(p.Notices) == 0 {
			continue
		}
		risk := Informational
		var lines []string
		for _, n := range p.Notices {
			if n.Severity > csp.Info {
				risk = Low
			}
			if n.Directive != "" {
				n.Text = n.Directive + ": " + n.Text
			}
			lines = append(lines, n.Text)
		}
		report(policyNotices, "Notices", p.Text, strings.Join(lines, "; "), risk)
	}
}

// meaning judges what the policies allow together: something is allowed if
// none of them forbids it.
func meaning(all csp.List, report policyReporter) {
	if len(all) == 0 {
		return
	}
	text := all[0].Text
	var broad, undefined []string
	for _, name := range []string{"script-src", "style-src", "img-src", "connect-src", "frame-src", "frame-ancestors", "font-src", "media-src",
		"object-src", "manifest-src", "worker-src", "form-action"} {
		alone := name == "frame-ancestors" || name == "form-action" // default-src does not stand in for it
		switch {
		case alone && !all.Has(name):
			undefined = append(undefined, name)
		case all.All(func(p *csp.Policy) bool { return p.AllowsAnyHost(name) }):
			broad = append(broad, name)
		}
	}
	if broad != nil {
		report(policyWildcard, "Wildcard Directive", text, "not defined, or open to every host: "+strings.Join(broad, ", "), Medium)
	}
	inline := func(name string) bool {
		return all.All(func(p *csp.Policy) bool { return p.AllowsInline(name) })
	}
	if inline("script-src-elem") || inline("script-src-attr") {
		report(policyInlineScript, "script-src unsafe-inline", text, "scripts that stand in the page run, injected ones as well", Medium)
	}
	if inline("style-src-elem") || inline("style-src-attr") {
		report(policyInlineStyle, "style-src unsafe-inline", text, "styles that stand in the page hold, injected ones as well", Medium)
	}
	if all.All(func(p *csp.Policy) bool { return p.UnsafeHashes("script-src") }) {
		report(policyScriptHashes, "script-src unsafe-hashes", text, "an attacker can use the code behind the hashes in event handlers", Medium)
	}
	if all.All(func(p *csp.Policy) bool { return p.UnsafeHashes("style-src") }) {
		report(policyStyleHashes, "style-src unsafe-hashes", text, "an attacker can use the styles behind the hashes in attributes", Medium)
	}
	if all.All((*csp.Policy).AllowsEval) {
		report(policyEval, "script-src unsafe-eval", text, "text may be turned into code", Medium)
	}
	if undefined != nil {
		report(policyNoFallback, "Failure to Define Directive with No Fallback", text, "not defined: "+strings.Join(undefined, ", "), Medium)
	}
}
