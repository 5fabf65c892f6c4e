package rule

// requestRules judge a response together with what was asked.
func requestRules() []*Rule {
	return explained(
		sessionInURLRule(),
		sensitiveURLRule(),
		offSiteRedirectRule(),
		weakAuthRule(),
		javaObjectRule(),
	)
}
