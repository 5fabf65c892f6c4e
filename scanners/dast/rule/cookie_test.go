package rule

import (
	"strings"
	"testing"
)

// The values are words that no alert may repeat.
func TestCookieRules(t *testing.T) {
	set := func(attrs string) string {
		return "https://www.a.example/ 200\nset-cookie: sid=confidential" + attrs + "\nDate: Thu, 01 Jan 2026 00:00:00 GMT"
	}
	plain := func(attrs string) string { return strings.Replace(set(attrs), "https:", "http:", 1) }
	const one = "|sid|Set-Cookie: sid"
	deleted := "; Expires=Thu, 01-Jan-1970 00:00:01 GMT"

	headerCheck(t, "10010", []headerCase{
		{set("; Secure"), []string{"10010|Low" + one}},
		{plain("; path=/; http-only"), []string{"10010|Low" + one}},
		{set("; Expires=0"), []string{"10010|Low" + one}}, // unreadable is not expired
		{set("; HttpOnly") + "\nSet-Cookie: two=confidential", []string{"10010|Low|two|Set-Cookie: two"}},
		{set("; Secure;HTTPONLY"), nil},
		{set(deleted), nil},
		{set("; max-age=0"), nil},
		{"https://a.example/ 200", nil},
	})
	headerCheck(t, "10011", []headerCase{
		{set(""), []string{"10011|Low" + one}},
		{set("; HttpOnly; Expires=Thu, 01 Jan 2026 00:00:01 GMT"), []string{"10011|Low" + one}},
		{set("; secure"), nil},
		{plain(""), nil},
		{set(deleted), nil},
	})
	headerCheck(t, "10054", []headerCase{
		{set(""), []string{"10054-1|Low" + one}},
		{plain("; SameSite=none; Secure"), []string{"10054-2|Low" + one}},
		{set("; SameSite=Medium"), []string{"10054-3|Low" + one}},
		{set("; SameSite"), []string{"10054-3|Low" + one}},
		{set("; samesite = lax"), nil},
		{set("; SameSite=Strict"), nil},
		{set(deleted), nil},
	})
	headerCheck(t, "90033", []headerCase{
		{set("; Domain=a.example"), []string{"90033|Informational||Set-Cookie: sid"}},
		{set("; domain=.A.example"), []string{"90033|Informational||Set-Cookie: sid"}},
		{set("; Domain=a.example") + "\nSet-Cookie: two=confidential; Domain=a.example", []string{"90033|Informational||Set-Cookie: sid"}},
		{set("; Domain=www.a.example"), nil},
		{set("; Domain=.www.a.example"), nil},
		{set("; Domain=w.a.example"), nil},
		{set("; Domain="), nil},
		{set(""), nil},
		{set("; Domain=a.example" + deleted), nil},
		{"http://10.0.0.1/ 200\nSet-Cookie: a=b; Domain=0.0.1", nil},
	})
}
