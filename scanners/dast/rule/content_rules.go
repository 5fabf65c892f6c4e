package rule

// contentRules judge what a page embeds, links to and submits to.
func contentRules() []*Rule {
	return []*Rule{
		mixedContentRule(),
		insecureFormLoadRule(),
		insecureFormPostRule(),
		missingTokenRule(),
		foreignScriptRule(),
		integrityRule(),
		polyfillRule(),
		tabnabbingRule(),
		charsetRule(),
	}
}
