// Package alert turns what an engine says of single exchanges, the one built
// in or OWASP ZAP, into findings: one for each rule, method, path and
// parameter, with all the addresses. Both engines so name the same thing alike.
package alert

import (
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/dast/rule"
	"github.com/scangate/scangate/text"
)

// Alert is what an engine says of one exchange.
type Alert struct {
	Ref        string // the rule, and which of its kinds of alerts: "10020-1"
	Name       string
	Risk       rule.Risk
	Confidence rule.Confidence
	Method     string
	URL        *url.URL
	Param      string // the header, cookie or parameter that it is about
	Evidence   string // what shows it; never a secret
	Detail     string // more for people
	Text       string // what is wrong in general
	Fix        string // what to do about it
	References []string
	CWE, WASC  int // 0: none

	// Suppressed is what says that a rule is not to be reported. It is the
	// same for all alerts of one Ref; nil: nothing does.
	Suppressed *finding.Suppression
}

// Place is the file of the repository that findings are reported in. Its zero
// value stands for a path made of each address: dast/<host>/<path>.
type Place struct {
	Path string
	Line int
}

const (
	// maxFindings bounds what one target can make of results.
	maxFindings = 20_000
	// maxListed bounds the addresses that a finding lists, and maxLists those
	// of all findings of a target.
	maxListed, maxLists = 100, 50_000
	// maxText, maxShown and maxWord bound single texts and addresses, in
	// characters.
	maxText, maxShown, maxWord = 2000, 500, 200
)

// shown is an address without what may be a secret in it: values of
// parameters, a name and a password.
func shown(u *url.URL) string {
	s := u.Scheme + "://" + u.Host + u.EscapedPath()
	if u.RawQuery == "" {
		return text.OneLine(s, maxShown)
	}
	var names []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name+"=…")
	}
	return text.OneLine(s+"?"+strings.Join(names, "&"), maxShown)
}

// withoutParameters returns an address without the values of parameters in its
// path, where some servers put the id of a session: /cart;jsessionid=….
func withoutParameters(u *url.URL) *url.URL {
	path := u.EscapedPath()
	if !strings.Contains(path, ";") {
		return u
	}
	parts := strings.Split(path, "/")
	for i, part := range parts {
		pieces := strings.Split(part, ";")
		for j, p := range pieces[1:] {
			if name, _, ok := strings.Cut(p, "="); ok {
				pieces[j+1] = name + "="
			}
		}
		parts[i] = strings.Join(pieces, ";")
	}
	out := *u
	out.RawPath = strings.Join(parts, "/")
	var err error
	if out.Path, err = url.PathUnescape(out.RawPath); err != nil {
		return u // it comes from an address: what is left of it can be decoded
	}
	return &out
}

// pathOf is where a finding without a file of its own is reported: GitHub wants
// relative paths. The port, which changes from run to run, is left out.
func pathOf(u *url.URL) string {
	host := strings.Trim(strings.ReplaceAll(u.Hostname(), ":", "-"), "./")
	if host == "" {
		host = "unknown"
	}
	return path.Join("dast", text.OneLine(host, maxWord), path.Clean("/"+text.OneLine(u.Path, maxShown)))
}

var severities = map[rule.Risk]finding.Severity{
	rule.Informational: finding.Info, rule.Low: finding.Low, rule.Medium: finding.Medium, rule.High: finding.High,
}

var precisions = map[rule.Confidence]string{rule.LowConfidence: "low", rule.MediumConfidence: "medium", rule.HighConfidence: "high"}

// ruleOf describes the rule of an alert.
func ruleOf(a *Alert) finding.Rule {
	r := finding.Rule{
		ID: a.Ref, Title: text.OneLine(a.Name, maxWord), Description: text.Clean(text.Cut(a.Text, 4*maxText)), Help: text.Clean(text.Cut(a.Fix, 4*maxText)),
		Severity: severities[a.Risk], Precision: precisions[a.Confidence], References: a.References,
	}
	if a.CWE > 0 {
		r.Tags = append(r.Tags, "external/cwe/cwe-"+strconv.Itoa(a.CWE))
	}
	if a.WASC > 0 {
		r.Tags = append(r.Tags, "WASC-"+strconv.Itoa(a.WASC))
	}
	return r
}
