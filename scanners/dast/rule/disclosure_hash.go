package rule

import (
	"bytes"
	"regexp"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func hashRule() *Rule {
	return &Rule{
		ID: 10097, Name: "Hash Disclosure",
		Risk: High, Confidence: HighConfidence, CWE: 497, WASC: 13,
		Text:       "The response has the hash of a password, as crypt(3) and its relatives write it. With time or money the password can be found from it.",
		Fix:        "Do not send hashes of passwords to the browser, and change the passwords.",
		References: []string{"https://openwall.info/wiki/john/sample-hashes"},
		check:      checkHash,
	}
}

// hashForm is a way to write a hash. Only forms that say what they are count:
// a bare hexadecimal number can be anything.
type hashForm struct {
	kind   int // ZAP's; 0 for forms that came after its list
	name   string
	risk   Risk
	prefix string // what is shown of it
	re     *regexp.Regexp
}

// hashForms begin with a dollar sign, but for the last. The expressions end in
// a byte that does not belong to the hash.
var hashForms = []hashForm{
	{2, "Kerberos AFS DES", High, "$K4$", regexp.MustCompile(`^\$K4\$[0-9a-f]{16},?(?:[^0-9a-zA-Z]|$)`)},
	{3, "OpenBSD Blowfish", High, "$2a$", regexp.MustCompile(`^\$2a\$\d\d\$[./0-9A-Za-z]{53}(?:[^./0-9A-Za-z]|$)`)},
	{4, "MD5 Crypt", High, "$1$", regexp.MustCompile(`^\$1\$[./0-9A-Za-z]{1,8}\$[./0-9A-Za-z]{22}(?:[^./0-9A-Za-z]|$)`)},
	{5, "SHA-256 Crypt", High, "$5$", regexp.MustCompile(`^\$5\$(?:rounds=\d{1,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{43}(?:[^./0-9A-Za-z]|$)`)},
	{6, "SHA-512 Crypt", High, "$6$", regexp.MustCompile(`^\$6\$(?:rounds=\d{1,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}(?:[^./0-9A-Za-z]|$)`)},
	{7, "BCrypt", High, "$2b$", regexp.MustCompile(`^\$2[bxy]\$\d\d\$[./0-9A-Za-z]{53}(?:[^./0-9A-Za-z]|$)`)},
	{8, "NTLM", High, "$NT$", regexp.MustCompile(`^\$NT\$[0-9a-f]{32}(?:[^0-9a-zA-Z]|$)`)},
	{0, "Apache MD5", High, "$apr1$", regexp.MustCompile(`^\$apr1\$[./0-9A-Za-z]{1,8}\$[./0-9A-Za-z]{22}(?:[^./0-9A-Za-z]|$)`)},
	{0, "yescrypt", High, "$y$", regexp.MustCompile(`^\$y\$[./0-9A-Za-z]{1,12}\$[./0-9A-Za-z]{1,86}\$[./0-9A-Za-z]{43}(?:[^./0-9A-Za-z]|$)`)},
	{0, "Argon2", High, "$argon2", regexp.MustCompile(`^\$argon2(?:id|i|d)\$(?:v=\d+\$)?m=\d+,t=\d+,p=\d+\$[0-9A-Za-z+/]{8,90}\$[0-9A-Za-z+/]{16,90}`)},
	{9, "Salted SHA-1", Low, "{SSHA}", regexp.MustCompile(`^\{SSHA\}[0-9A-Za-z+/]{30,100}={0,2}`)},
}

// checkHash reports each form once. The hash itself is not shown.
func checkHash(x *exchange.Exchange, report func(Alert)) {
	if x.JavaScript() || x.CSS() || x.Image() {
		return
	}
	var seen [16]bool
	tries := 0
	try := func(at int) {
		window := x.Body[at:min(len(x.Body), at+maxConfirm)]
		for i, f := range hashForms {
			if !seen[i] && bytes.HasPrefix(window, []byte(f.prefix[:2])) && f.re.Match(window) {
				seen[i] = true
				report(Alert{Kind: f.kind, Name: "Hash Disclosure - " + f.name, Risk: f.risk, Evidence: string(window[:len(f.prefix)]) + "…"})
			}
		}
	}
	for _, mark := range []byte{'$', '{'} {
		for at := 0; ; at++ {
			next := bytes.IndexByte(x.Body[at:], mark)
			if next < 0 {
				break
			}
			if at += next; at+1 < len(x.Body) && hashMark(mark, x.Body[at+1]) && tries < maxTries {
				tries++
				try(at)
			}
		}
	}
}

// hashMark reports two bytes that some form begins with.
func hashMark(mark, next byte) bool {
	if mark == '{' {
		return next == 'S'
	}
	switch next {
	case 'K', '1', '2', '5', '6', 'N', 'a', 'y':
		return true
	}
	return false
}
