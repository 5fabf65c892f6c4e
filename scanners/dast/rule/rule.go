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
	ID         int // ZAP's plug-in id
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
	Kind       int // which of the rule's kinds of alerts, from 1; 0: it has only one
	Name       string
	Risk       Risk
	Confidence Confidence
	Param      string // the header, cookie or parameter that it is about
	Evidence   string // what shows it, cut; never the value of a cookie or a secret
	Detail     string // more for people, such as which directive
}

// maxAlerts bounds what one rule says of one exchange.
const maxAlerts = 100

// maxEvidence bounds Evidence, in bytes.
const maxEvidence = 200

// All lists the rules in the order of their ids.
func All() []*Rule {
	all := slices.Concat(headerRules(), cookieRules(), policyRules(), contentRules(), disclosureRules(), requestRules())
	slices.SortFunc(all, func(a, b *Rule) int { return cmp.Compare(a.ID, b.ID) })
	return all
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
	a.Rule = r.ID
	a.Name = cmp.Or(a.Name, r.Name)
	a.Risk = cmp.Or(a.Risk, r.Risk)
	a.Confidence = cmp.Or(a.Confidence, r.Confidence)
	a.Evidence = cut(a.Evidence)
	return a
}

// Ref names the kind of alert as ZAP does: the rule's id, with the kind's
// number behind it where it has kinds, "10020-1".
func (a Alert) Ref() string {
	if a.Kind == 0 {
		return strconv.Itoa(a.Rule)
	}
	return fmt.Sprintf("%d-%d", a.Rule, a.Kind)
}

func cut(s string) string {
	if len(s) <= maxEvidence {
		return s
	}
	return strings.ToValidUTF8(s[:maxEvidence], "")
}
