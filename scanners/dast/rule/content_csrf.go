package rule

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func missingTokenRule() *Rule {
	return &Rule{
		ID: 10202, Name: "Absence of Anti-CSRF Tokens",
		Risk: Medium, Confidence: LowConfidence, CWE: 352, WASC: 9,
		Text: "A form that changes something carries no known anti-CSRF token. If nothing else protects it, another site can " +
			"send it in the name of a user who is logged in.",
		Fix: "Use the protection that the web framework offers: an unguessable token in every form that changes something, " +
			"checked on the server. SameSite cookies and a check of the Origin header help besides.",
		References: []string{"https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html"},
		check:      checkMissingToken,
	}
}

// tokenNames are the fields in which frameworks send their token. The first
// group is what ZAP knows out of the box; the second belongs to frameworks
// that it leaves to its user.
var tokenNames = map[string]bool{
	"anticsrf": true, "csrftoken": true, "__requestverificationtoken": true, "csrfmiddlewaretoken": true,
	"authenticity_token": true, "owasp_csrftoken": true, "anoncsrf": true, "csrf_token": true, "_csrf": true,
	"_csrfsecret": true, "__csrf_magic": true, "csrf": true, "_token": true, "_csrf_token": true, "_csrftoken": true,

	"csrf-token": true, "x-csrf-token": true, "xsrf-token": true, "xsrf_token": true, "xsrftoken": true, "_xsrf": true,
	"yii_csrf_token": true, "yii2_csrf_token": true, "_wpnonce": true, "gorilla.csrf.token": true, "__anti-forgery-token": true,
}

// checkMissingToken reports every form that is not sent with GET and has no
// input whose name or id is that of a token.
func checkMissingToken(x *exchange.Exchange, report func(Alert)) {
	elements := x.Elements()
	var owners map[string]bool
	count := 0
	for i, form := range elements {
		if form.Name != "form" {
			continue
		}
		count++
		if method := strings.ToLower(form.Value("method")); method == "" || method == "get" || method == "dialog" {
			continue
		}
		names, safe := formFields(x, elements, i)
		if safe {
			continue
		}
		if owners == nil {
			owners = tokenOwners(elements)
		}
		if id := form.Value("id"); id != "" && owners[id] {
			continue
		}
		report(Alert{
			Evidence: shown([]byte(form.Tag)),
			Detail:   fmt.Sprintf("no known anti-CSRF token among the fields of form %d: %s", count, cut(strings.Join(names, " "))),
		})
	}
}

// formFields names the inputs of the form at index i, sorted, and reports
// whether one of them is a token.
func formFields(x *exchange.Exchange, elements []exchange.Element, i int) (names []string, safe bool) {
	id := elements[i].Value("id")
	end := formEnd(x, elements, i)
	for _, e := range elements[i+1:] {
		if e.Start >= end {
			break
		}
		if e.Name != "input" {
			continue
		}
		if owner, ok := e.Attr("form"); ok && owner != id {
			continue
		}
		if tokenField(e) {
			return nil, true
		}
		if name := e.Value("name"); name != "" && len(names) < 100 {
			names = append(names, fmt.Sprintf("%q", name))
		}
	}
	slices.Sort(names)
	return slices.Compact(names), false
}

// tokenOwners are the ids of forms whose token stands elsewhere on the page.
func tokenOwners(elements []exchange.Element) map[string]bool {
	owners := map[string]bool{}
	for _, e := range elements {
		if e.Name != "input" {
			continue
		}
		if owner, ok := e.Attr("form"); ok && tokenField(e) {
			owners[owner] = true
		}
	}
	return owners
}

// tokenField reports an input whose name or id is that of a token.
func tokenField(e exchange.Element) bool {
	return tokenName(e.Value("name")) || tokenName(e.Value("id"))
}

// tokenName also knows the last part of "login[_token]".
func tokenName(name string) bool {
	name = strings.ToLower(name)
	if open := strings.LastIndexByte(name, '['); open >= 0 && strings.HasSuffix(name, "]") {
		name = name[open+1 : len(name)-1]
	}
	return tokenNames[name]
}

// formEnd is where the form at index i ends: at its end tag, at the next form
// (forms do not nest) or with the page.
func formEnd(x *exchange.Exchange, elements []exchange.Element, i int) int {
	from := elements[i].End
	for _, e := range elements[i+1:] {
		// What stands in scripts and comments is no end tag, so look between.
		if at := endTag(x.Body[from:e.Start]); at >= 0 {
			return from + at
		}
		if e.Name == "form" {
			return e.Start
		}
		from = e.End
	}
	if at := endTag(x.Body[from:]); at >= 0 {
		return from + at
	}
	return len(x.Body)
}

func endTag(b []byte) int {
	for at := 0; ; {
		next := bytes.IndexByte(b[at:], '<')
		if next < 0 {
			return -1
		}
		if at += next; hasPrefixFold(b[at:], "</form") {
			return at
		}
		at++
	}
}
