package rule

// disclosureRules judge what a response gives away.
func disclosureRules() []*Rule {
	return explained(
		applicationErrorRule(),
		debugMessageRule(),
		bannerRule(),
		directoryRule(),
		privateAddressRule(),
		cardRule(),
		hashRule(),
		sourceRule(),
		bigRedirectRule(),
	)
}
