package rule

import (
	"regexp"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func weakAuthRule() *Rule {
	return &Rule{
		ID: 10105, Name: "Weak Authentication Method",
		Risk: High, Confidence: MediumConfidence, CWE: 326, WASC: 4,
		Text: "Basic or Digest authentication is used over an unencrypted connection: who sits on the network reads the password, " +
			"or what it takes to guess it.",
		Fix:        "Offer the site over https alone.",
		References: []string{"https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html"},
		check:      checkWeakAuth,
	}
}

// quotedText may have commas that separate nothing.
var quotedText = regexp.MustCompile(`"[^"]*"`)

// once are the parameters of a challenge that are another each time.
var once = regexp.MustCompile(`(?i)\b(nonce|opaque)="[^"]*"`)

// checkWeakAuth reports credentials that were sent (kind 1) and that are asked
// for (kind 2). What was sent is never shown, nor whose it is.
func checkWeakAuth(x *exchange.Exchange, report func(Alert)) {
	if x.HTTPS() {
		return
	}
	for _, v := range x.RequestHeader.Values("Authorization") {
		scheme, ok := weakScheme(v)
		if !ok {
			continue
		}
		risk := Medium // a digest has to be guessed at first
		if scheme == "Basic" {
			risk = High
		}
		report(Alert{
			Kind: 1, Name: "Authentication Credentials Captured", Risk: risk,
			Evidence: "Authorization: " + scheme + " [redacted]",
		})
	}
	for _, v := range x.Header.Values("WWW-Authenticate") {
		for challenge := range strings.SplitSeq(quotedText.ReplaceAllString(v, `""`), ",") {
			if _, ok := weakScheme(challenge); ok {
				report(Alert{Kind: 2, Risk: Medium, Evidence: "WWW-Authenticate: " + once.ReplaceAllString(v, `$1="…"`)})
				break
			}
		}
	}
}

// weakScheme names the scheme at the beginning of a header field's value if it
// is weak.
func weakScheme(v string) (string, bool) {
	word, _, _ := strings.Cut(strings.TrimSpace(v), " ")
	for _, scheme := range []string{"Basic", "Digest"} {
		if strings.EqualFold(word, scheme) {
			return scheme, true
		}
	}
	return "", false
}
