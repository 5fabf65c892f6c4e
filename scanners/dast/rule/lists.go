package rule

func headerRules() []*Rule     { return nil }
func cookieRules() []*Rule     { return nil }
func policyRules() []*Rule     { return nil }
func contentRules() []*Rule    { return nil }
func disclosureRules() []*Rule { return nil }
func requestRules() []*Rule    { return nil }
func ownRules() []*Rule        { return nil }
