package verify

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	maxAround     = 64 << 10 // bytes of surroundings that are looked through
	maxSecretKeys = 2        // candidates that are tried with one key id
	maxSession    = 4096     // bytes of a session token
	nameBefore    = 80       // bytes before a value in which its name is looked for
)

var (
	// A secret access key has no mark of its own: 40 characters of base64.
	awsRun     = regexp.MustCompile(`[0-9A-Za-z/+]{40,}=*`)
	hexOnly    = regexp.MustCompile(`\A(?:[0-9a-f]+|[0-9A-F]+)\z`)
	awsSession = regexp.MustCompile(`(?i)(?:session|security)[_-]?token["']?[ \t]{0,4}(?:=>|:=|[:=,])[ \t]{0,4}["']?([0-9A-Za-z/+]{100,}={0,2})`)
)

// awsPair finds the secret access keys that may belong to a key id, the
// likeliest first, and the session token that temporary keys need.
func awsPair(id, around string) ([]credential, string) {
	around = around[:min(len(around), maxAround)]
	session := ""
	if strings.HasPrefix(id, "ASIA") {
		m := awsSession.FindStringSubmatch(around)
		if m == nil || len(m[1]) > maxSession {
			return nil, "its session token was not found nearby"
		}
		session = m[1]
	}
	type candidate struct {
		key            string
		unnamed, apart int
	}
	var found []candidate
	here := max(strings.Index(around, id), 0)
	for _, at := range awsRun.FindAllStringIndex(around, -1) {
		key := around[at[0]:at[1]]
		// Hashes are as long, and no random key is in one case.
		if len(key) != 40 || hexOnly.MatchString(key) || strings.ToLower(key) == key || strings.ToUpper(key) == key {
			continue
		}
		line := around[max(0, at[0]-nameBefore):at[0]]
		line = line[strings.LastIndexByte(line, '\n')+1:]
		c := candidate{key: key, unnamed: 1, apart: max(at[0]-here, here-at[0])}
		if strings.Contains(strings.ToLower(line), "secret") {
			c.unnamed = 0
		}
		if !slices.ContainsFunc(found, func(f candidate) bool { return f.key == key }) {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return nil, "its secret access key was not found nearby"
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.unnamed, b.unnamed), cmp.Compare(a.apart, b.apart))
	})
	var all []credential
	for _, c := range found[:min(len(found), maxSecretKeys)] {
		all = append(all, credential{value: id, key: c.key, session: session})
	}
	return all, ""
}

// signSTS signs for the endpoint that knows the keys of all regions.
func signSTS(req *http.Request, body string, cred credential, now time.Time) {
	signV4(req, body, cred, "us-east-1", "sts", now)
}
