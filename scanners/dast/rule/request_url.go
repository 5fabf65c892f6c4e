package rule

import (
	"regexp"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func sensitiveURLRule() *Rule {
	return &Rule{
		ID: 10024, Name: "Information Disclosure - Sensitive Information in URL",
		Risk: Informational, Confidence: MediumConfidence, CWE: 598, WASC: 13,
		Text:  "The address has a parameter that seems to carry something private. Addresses are kept in histories and logs and sent to other sites.",
		Fix:   "Send private data in the body of a POST request or in a header.",
		check: checkSensitiveURL,
	}
}

// sensitiveNames are parts of the names of parameters.
var sensitiveNames = []string{
	"user", "pass", "pwd", "token", "ticket", "session", "secret", "credential", "apikey", "api_key", "api-key",
	"accesskey", "access_key", "private_key", "cardnumber", "card_number", "creditcard", "credit_card", "cvv", "ssn", "pincode",
}

var (
	mailAddress = regexp.MustCompile(`\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z]{2,24}\b`)
	socialUS    = regexp.MustCompile(`\b(\d{3})-(\d{2})-(\d{4})\b`)
)

// checkSensitiveURL reports each parameter for its name and for what is in its
// value.
func checkSensitiveURL(x *exchange.Exchange, report func(Alert)) {
	for _, p := range params(x.URL.RawQuery) {
		name := strings.ToLower(p.name)
		for _, word := range sensitiveNames {
			if strings.Contains(name, word) {
				report(Alert{Param: cut(p.name), Evidence: p.name, Detail: "the name of the parameter contains " + word})
				break
			}
		}
		value := p.value[:min(len(p.value), 10_000)]
		eachCard([]byte(value), func(c card) bool {
			report(Alert{Param: cut(p.name), Evidence: c.masked(), Detail: "the value looks like the number of a payment card"})
			return false
		})
		if strings.Contains(value, "@") {
			if mail := mailAddress.FindString(value); mail != "" {
				_, host, _ := strings.Cut(mail, "@") // whose it is stays private
				report(Alert{Param: cut(p.name), Evidence: "***@" + host, Detail: "the value has an e-mail address"})
			}
		}
		for _, m := range socialUS.FindAllStringSubmatch(value, 10) {
			if social(m[1], m[2], m[3]) {
				report(Alert{Param: cut(p.name), Evidence: "***-**-" + m[3], Detail: "the value looks like a US social security number"})
				break
			}
		}
	}
}

// social reports the parts of a number that the US administration gives out.
func social(area, group, serial string) bool {
	return area != "000" && area != "666" && area[0] != '9' && group != "00" && serial != "0000"
}
