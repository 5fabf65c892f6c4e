package verify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// signV4 signs a request with AWS's Signature Version 4. All its headers but
// the User-Agent, which proxies may change, are part of what is signed. The
// path must be "/": others need rules of encoding that are not here.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
func signV4(req *http.Request, body string, cred credential, region, service string, now time.Time) {
	stamp := now.UTC().Format("20060102T150405Z")
	req.Header.Set("X-Amz-Date", stamp)
	if cred.session != "" {
		req.Header.Set("X-Amz-Security-Token", cred.session)
	}
	values := map[string]string{"host": req.URL.Host}
	for name, v := range req.Header {
		if name != "User-Agent" {
			values[strings.ToLower(name)] = strings.Join(strings.Fields(strings.Join(v, ",")), " ")
		}
	}
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	signed := strings.Join(names, ";")

	var canonical strings.Builder
	canonical.WriteString(req.Method + "\n/\n" + canonicalQuery(req.URL) + "\n")
	for _, name := range names {
		canonical.WriteString(name + ":" + values[name] + "\n")
	}
	canonical.WriteString("\n" + signed + "\n" + hexSHA256(body))

	scope := stamp[:8] + "/" + region + "/" + service + "/aws4_request"
	toSign := "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hexSHA256(canonical.String())
	key := []byte("AWS4" + cred.key)
	for _, part := range []string{stamp[:8], region, service, "aws4_request", toSign} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+cred.value+"/"+scope+
		", SignedHeaders="+signed+", Signature="+hex.EncodeToString(key))
}

// canonicalQuery sorts, and writes a space as %20.
func canonicalQuery(u *url.URL) string { return strings.ReplaceAll(u.Query().Encode(), "+", "%20") }

func hexSHA256(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
