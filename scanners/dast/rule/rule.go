// Package rule holds the passive rules: what a response, seen beside its
// request, says about the security of a web application. Ids, names, risks and
// confidences are those of OWASP ZAP, so that what people know of them holds.
// Rules are pure functions of an exchange.
package rule

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// Risk is how bad an alert is.
type Risk int

const (
	Informational Risk = iota + 1
	Low
	Medium
	High
)

// String returns ZAP's word.
func (r Risk) String() string { return [...]string{"", "Informational", "Low", "Medium", "High"}[r] }

// Confidence is how sure a rule is.
type Confidence int

const (
	LowConfidence Confidence = iota + 1
	MediumConfidence
	HighConfidence
)

// String returns ZAP's word.
func (c Confidence) String() string { return [...]string{"", "Low", "Medium", "High"}[c] }

// Rule is a passive rule.
type Rule struct {
	ID         int    // ZAP's plug-in id; 0: ZAP has no such rule
	Own        string // the name of a rule that ZAP has not, "scangate-referrer-policy"
	Name       string
	Risk       Risk // of its worst alert
	Confidence Confidence
	CWE        int
	WASC       int
	Text       string   // what is wrong, in a sentence or two of plain text
	Fix        string   // what to do about it
	References []string // links

	check func(x *exchange.Exchange, report func(Alert))
}

// Alert is what a rule has to say of an exchange. What it leaves out is the
// rule's.
type Alert struct {
	Rule       int
	Own        string // the rule's, where Rule is 0
	Kind       int    // which of the rule's kinds of alerts, from 1; 0: it has only one
	Name       string
	Risk       Risk
	Confidence Confidence
	Param      string // the header, cookie or parameter that it is about
	Evidence   string // what shows it, cut; never the value of a cookie or a secret
	Detail     string // more for people, such as which directive
}

// maxAlerts bounds what one rule says of one exchange.
const maxAlerts = 100

// maxEvidence bounds Evidence, and maxParam a Param that the page wrote, in
// bytes.
const maxEvidence, maxParam = 200, 2048

// All lists the rules: ZAP's in the order of their ids, then our own in the
// order of their names.
func All() []*Rule {
	all := slices.Concat(headerRules(), cookieRules(), policyRules(), contentRules(), disclosureRules(), requestRules(), ownRules())
	slices.SortFunc(all, func(a, b *Rule) int {
		return cmp.Or(compareOwn(a, b), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Own, b.Own))
	})
	return all
}

// compareOwn puts the rules of our own behind ZAP's.
func compareOwn(a, b *Rule) int {
	switch {
	case (a.ID == 0) == (b.ID == 0):
		return 0
	case a.ID == 0:
		return 1
	}
	return -1
}

// Key names the rule: ZAP's id, "10020", or the name of one of our own.
func (r *Rule) Key() string { return key(r.ID, r.Own) }

func key(id int, own string) string {
	if id == 0 {
		return own
	}
	return strconv.Itoa(id)
}

// Judge applies one rule. The alerts come in a fixed order.
func (r *Rule) Judge(x *exchange.Exchange) []Alert {
	var out []Alert
	r.check(x, func(a Alert) {
		if len(out) < maxAlerts {
			out = append(out, r.complete(a))
		}
	})
	return out
}

// complete fills in what an alert leaves to its rule.
func (r *Rule) complete(a Alert) Alert {
	a.Rule, a.Own = r.ID, r.Own
	a.Name = cmp.Or(a.Name, r.Name)
	a.Risk = cmp.Or(a.Risk, r.Risk)
	a.Confidence = cmp.Or(a.Confidence, r.Confidence)
	a.Evidence = cut(a.Evidence)
	return a
}

// Key names the alert's rule as Rule.Key does.
func (a Alert) Key() string { return key(a.Rule, a.Own) }

// Ref names the kind of alert as ZAP does: the rule's id, with the kind's
// number behind it where it has kinds, "10020-1".
func (a Alert) Ref() string {
	if a.Kind == 0 {
		return a.Key()
	}
	return fmt.Sprintf("%s-%d", a.Key(), a.Kind)
}

func cut(s string) string {
	if len(s) <= maxEvidence {
		return s
	}
	return strings.ToValidUTF8(s[:maxEvidence], "")
}
