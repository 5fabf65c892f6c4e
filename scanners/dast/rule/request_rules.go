package rule

// requestRules judge a response together with what was asked.
func requestRules() []*Rule {
	return []*Rule{
		sessionInURLRule(),
		sensitiveURLRule(),
		offSiteRedirectRule(),
		weakAuthRule(),
		javaObjectRule(),
	}
}
