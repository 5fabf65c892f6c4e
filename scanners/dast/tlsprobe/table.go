package tlsprobe

import "strings"

// Risk is how bad an alert is. The numbers are those of the passive rules.
type Risk int

const (
	Informational Risk = iota + 1
	Low
	Medium
	High
)

// Check is something that is looked at.
type Check struct {
	ID         string
	Title      string
	Risk       Risk // of its worst alert
	CWE        int
	Text       string // what is wrong, in a sentence or two of plain text
	Fix        string
	References []string
}

// Alert is what a check has to say.
type Alert struct {
	ID       string // of the check
	Title    string
	Risk     Risk
	Detail   string // what was seen
	Evidence string // short: a version, a suite, a date
}

const (
	rfc8996  = "https://www.rfc-editor.org/rfc/rfc8996" // TLS 1.0 and 1.1 are over
	rfc9325  = "https://www.rfc-editor.org/rfc/rfc9325" // how to use TLS
	rfc6125  = "https://www.rfc-editor.org/rfc/rfc9525" // names
	rfc6066  = "https://www.rfc-editor.org/rfc/rfc6066" // stapling
	rfc9110  = "https://www.rfc-editor.org/rfc/rfc9110" // methods
	mozilla  = "https://wiki.mozilla.org/Security/Server_Side_TLS"
	owaspTLS = "https://cheatsheetseries.owasp.org/cheatsheets/Transport_Layer_Security_Cheat_Sheet.html"
)

// Checks lists all checks, in the order in which their alerts come.
func Checks() []Check {
	return []Check{
		{"tls-old-version", "Outdated TLS version accepted", Medium, 327,
			"The server accepts TLS 1.0 or 1.1, which rest on broken hash functions and were withdrawn in 2021.",
			"Accept TLS 1.2 and 1.3 only.", []string{rfc8996, mozilla}},
		{"tls-no-current-version", "No current TLS version offered", High, 327,
			"The server offers neither TLS 1.2 nor TLS 1.3, so that browsers of today do not connect, and others do so unsafely.",
			"Offer TLS 1.2 and 1.3.", []string{rfc8996, rfc9325}},
		{"tls-no-version-13", "TLS 1.3 not offered", Informational, 327,
			"The server does not offer TLS 1.3, which is faster and has no weak options.",
			"Offer TLS 1.3 beside TLS 1.2.", []string{rfc9325}},
		{"tls-weak-cipher", "Weak cipher suites accepted", Medium, 327,
			"The server accepts cipher suites with a broken cipher (RC4, 3DES), with a CBC mode that is open to attacks on its padding, or without forward secrecy, where whoever gets the key later reads what was recorded before.",
			"Accept suites with ECDHE and AES-GCM or ChaCha20-Poly1305 only.", []string{rfc9325, mozilla}},
		{"tls-expired", "Certificate not valid at this time", High, 298,
			"The certificate has expired or is not valid yet. Browsers warn of the site, and people learn to pass over warnings.",
			"Renew the certificate, and let it be renewed automatically.", []string{owaspTLS}},
		{"tls-expires-soon", "Certificate expires soon", Medium, 298,
			"The certificate expires within days, after which browsers refuse the site.",
			"Renew the certificate, and see why that has not happened automatically.", []string{owaspTLS}},
		{"tls-self-signed", "Self-signed certificate", Medium, 295,
			"The certificate is signed by itself, so that nobody can tell the site from one that pretends to be it.",
			"Use a certificate of an authority that visitors trust.", []string{owaspTLS}},
		{"tls-untrusted", "Certificate chain cannot be verified", Medium, 295,
			"The certificate does not lead to an authority that is trusted. The server may not send the certificates in between.",
			"Send the intermediate certificates, and use an authority that visitors trust.", []string{owaspTLS}},
		{"tls-wrong-name", "Certificate for another name", Medium, 297,
			"The certificate is not for the name of this host, so that browsers warn of the site.",
			"Use a certificate that lists the host among its subject alternative names.", []string{rfc6125}},
		{"tls-weak-key", "Weak key", Medium, 326,
			"A certificate's key is too short to withstand an attacker with means: RSA under 2048 bits, or elliptic curves under 224.",
			"Use RSA with 2048 bits or more, or the curve P-256.", []string{rfc9325}},
		{"tls-weak-signature", "Certificate signed with a broken hash function", Medium, 328,
			"A certificate is signed with MD5 or SHA-1, for which forgeries have been made.",
			"Use certificates that are signed with SHA-256 or better.", []string{owaspTLS}},
		{"tls-no-stapling", "No OCSP response stapled", Informational, 299,
			"The certificate names a place to ask whether it is revoked, and the server does not send the answer along: browsers ask the authority, or nobody.",
			"Turn on OCSP stapling.", []string{rfc6066}},
		{"http-trace", "TRACE answered", Low, 489,
			"The server sends requests back, together with what proxies have added and with cookies that scripts must not read.",
			"Refuse TRACE.", []string{rfc9110}},
		{"http-connect", "CONNECT answered", Medium, 441,
			"The server answers CONNECT, as proxies do, and may let strangers connect to other machines through it.",
			"Refuse CONNECT.", []string{rfc9110}},
	}
}

// alert makes an alert of a check.
func alert(id string, risk Risk, detail string, evidence ...string) Alert {
	a := Alert{ID: id, Risk: risk, Detail: detail, Evidence: strings.Join(evidence, ", ")}
	for _, c := range Checks() {
		if c.ID == id {
			a.Title = c.Title
		}
	}
	return a
}
