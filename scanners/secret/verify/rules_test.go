package verify_test

import (
	"testing"

	"github.com/scangate/scangate/scanners/secret"
	"github.com/scangate/scangate/scanners/secret/verify"
)

// TestRulesAreThoseOfTheScanner: what the scanner finds by a rule's name can
// be checked under that name.
func TestRulesAreThoseOfTheScanner(t *testing.T) {
	finder, err := secret.NewFinder()
	if err != nil {
		t.Fatal(err)
	}
	v, err := verify.New(verify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for rule, sample := range verify.Samples() {
		name := "token"
		switch rule { // rules that look for a name beside the secret
		case "cloudflare-api-key", "mailgun-private-api-token", "telegram-bot-api-token":
			name = map[byte]string{'c': "cloudflare_key", 'm': "mailgun_key", 't': "telegram_token"}[rule[0]]
		}
		matches, err := finder.Text(t.Context(), name+" = \""+sample+"\"\n")
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, m := range matches {
			found = found || m.Rule == rule
		}
		if !found || !v.Supports(rule) {
			t.Errorf("%s: the scanner says %v", rule, matches)
		}
	}
}
