package rule

import "fmt"

// contentRules judge what a page embeds, links to and submits to.
func contentRules() []*Rule {
	return explained(
		mixedContentRule(),
		insecureFormLoadRule(),
		insecureFormPostRule(),
		missingTokenRule(),
		foreignScriptRule(),
		integrityRule(),
		polyfillRule(),
		tabnabbingRule(),
		charsetRule(),
	)
}

// explained adds the page on which ZAP explains a rule to its references.
func explained(rules ...*Rule) []*Rule {
	for _, r := range rules {
		r.References = append(r.References, fmt.Sprintf("https://www.zaproxy.org/docs/alerts/%d/", r.ID))
	}
	return rules
}
