package rule

import (
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func cardRule() *Rule {
	return &Rule{
		ID: 10062, Name: "PII Disclosure",
		Risk: High, Confidence: HighConfidence, CWE: 359, WASC: 13,
		Text:       "The response has what looks like the number of a payment card: its check digit is right and the range belongs to an issuer.",
		Fix:        "Show at most the first six and the last four digits of a card number, and send no more to the browser.",
		References: []string{"https://www.pcisecuritystandards.org/"},
		check:      checkCard,
	}
}

func checkCard(x *exchange.Exchange, report func(Alert)) {
	if !x.HTML() && !x.JSON() && !x.XML() || x.CSS() || x.Image() {
		return
	}
	seen := map[string]bool{}
	eachCard(x.Body, func(c card) bool {
		if seen[c.number] || !readable(x, c.at) {
			return true
		}
		seen[c.number] = true
		report(Alert{Confidence: c.confidence(), Evidence: c.masked(), Detail: "card type: " + c.issuer.name})
		return len(seen) < maxAlerts
	})
}

// card is a number that may be a payment card's.
type card struct {
	number string // digits only; never to be shown
	at     int
	issuer *issuer
}

// masked is the number with all but the first six and last four digits hidden.
func (c card) masked() string {
	return c.number[:6] + strings.Repeat("*", len(c.number)-10) + c.number[len(c.number)-4:]
}

// confidence is high in ranges that are given to one network alone.
func (c card) confidence() Confidence {
	if c.issuer.shared {
		return MediumConfidence
	}
	return HighConfidence
}

// issuer is a range of first digits (IIN, ISO/IEC 7812).
type issuer struct {
	name     string
	from, to int // the first four digits
	lengths  string
	shared   bool // given out in parts to many, or no longer
}

// issuers are the ranges that the networks publish. lengths has the letter
// 'a'+n for a number of n digits.
var issuers = []issuer{
	{"Visa", 4000, 4999, digits(13, 16, 19), false},
	{"Mastercard", 5100, 5599, digits(16), false},
	{"Mastercard", 2221, 2720, digits(16), false},
	{"American Express", 3400, 3499, digits(15), false},
	{"American Express", 3700, 3799, digits(15), false},
	{"Diners Club", 3000, 3059, digits(14), false},
	{"Diners Club", 3095, 3095, digits(14), false},
	{"Diners Club", 3600, 3699, digits(14), false},
	{"Diners Club", 3800, 3999, digits(14), false},
	{"JCB", 3528, 3589, digits(16), false},
	{"JCB", 1800, 1800, digits(15), true},
	{"JCB", 2131, 2131, digits(15), true},
	{"Discover", 6011, 6011, digits(16), false},
	{"Discover", 6440, 6599, digits(16), false},
	{"Maestro", 5000, 5099, digits(12, 13, 14, 15, 16, 17, 18, 19), true},
	{"Maestro", 5600, 5899, digits(12, 13, 14, 15, 16, 17, 18, 19), true},
	{"Maestro", 6304, 6304, digits(12, 13, 14, 15, 16, 17, 18, 19), true},
	{"Maestro", 6390, 6390, digits(12, 13, 14, 15, 16, 17, 18, 19), true},
	{"Maestro", 6700, 6799, digits(12, 13, 14, 15, 16, 17, 18, 19), true},
	{"UnionPay", 6200, 6299, digits(16, 17, 18, 19), true},
}

func digits(lengths ...int) string {
	b := make([]byte, len(lengths))
	for i, n := range lengths {
		b[i] = byte('a' + n)
	}
	return string(b)
}

// issuerOf returns whose card a number may be, or nil.
func issuerOf(number string) *issuer {
	first := 0
	for _, c := range number[:4] {
		first = first*10 + int(c-'0')
	}
	for i := range issuers {
		s := &issuers[i]
		if first >= s.from && first <= s.to && strings.IndexByte(s.lengths, byte('a'+len(number))) >= 0 {
			return s
		}
	}
	return nil
}

// luhn reports whether the last digit of a number checks the others.
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
