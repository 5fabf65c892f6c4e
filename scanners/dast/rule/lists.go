package rule

func contentRules() []*Rule    { return nil }
func disclosureRules() []*Rule { return nil }
func requestRules() []*Rule    { return nil }
