package secret

import (
	"encoding/base64"
	"encoding/hex"
	"path"
	"regexp"
	"slices"
	"strings"
)

// doubtful is the rule that takes a string for a secret because of the words
// in front of it.
const doubtful = "generic-api-key"

// How much of the line around a secret is looked at, in bytes.
const (
	nearBefore = 80
	nearAfter  = 40
)

// suspect is a string that rule took for a secret.
type suspect struct {
	secret string
	near   string // what stands around it, without it
	path   string
}

// doubt is a class of strings that are probably no secrets. It lowers the
// severity of a finding to low, and says so in its message; it drops nothing.
type doubt struct {
	class  string
	reason string // completes "Probably no secret: "
	meets  func(suspect) bool
}

// doubts are all classes; the first that a string meets counts. The table in
// docs/secret-rules.md is this one, with what each was measured to meet.
var doubts = [...]doubt{
	{"advisory", "it is the id of an advisory", func(s suspect) bool { return advisoryForm.MatchString(s.secret) }},
	{"uuid", "it is a UUID, and those mostly name things", func(s suspect) bool { return uuidForm.MatchString(s.secret) }},
	{"lockfile", "it is in a lockfile, among checksums", func(s suspect) bool { return lockfile(s.path) && hashForm(s.secret) }},
	{"git object", "it is a git object id beside a word that says so", func(s suspect) bool {
		return objectForm.MatchString(s.secret) && objectWords.MatchString(s.near) && !tokenWords.MatchString(s.near)
	}},
	{"checksum", "it has the form of a checksum, beside a word that says so", func(s suspect) bool {
		return hashForm(s.secret) && checksumWords.MatchString(s.near) && !secretWords.MatchString(s.near)
	}},
	{"public key", "it is a public key or the id of one, beside a word that says so", func(s suspect) bool {
		return publicWords.MatchString(s.near) && !secretWords.MatchString(s.near)
	}},
	{"test vector", "it is in a test, and is sample data by its form or by a word beside it", func(s suspect) bool {
		return testPath(s.path) && (sampleForm(s.secret) || vectorWords.MatchString(s.near))
	}},
}

var (
	advisoryForm  = regexp.MustCompile(`(?i)^(?:cve-\d{4}-\w{4,}|ghsa(?:-[0-9a-z]{4}){3})$`)
	uuidForm      = regexp.MustCompile(`(?i)^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	objectForm    = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)
	objectWords   = regexp.MustCompile(`(?i)commit|revision|upstream|submodule|(?:^|[^a-z])(?:rev|sha|tree|blob|ref)(?:$|[^a-z0-9])`)
	tokenWords    = regexp.MustCompile(`(?i)token|passw|pwd|passphrase|secret|credential|private|api[_-]?key|auth`)
	checksumWords = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:sha-?(?:1|2|3|224|256|384|512)|md5|crc|blake2[bs]?|h1)(?:$|[^0-9a-z])|checksum|digest|integrity|fingerprint|etag|hash`)
	secretWords   = regexp.MustCompile(`(?i)passw|pwd|passphrase|secret|credential|private`)
	publicWords   = regexp.MustCompile(`(?i)public[_ -]?key|pub[_-]?key|(?:gpg|pgp)[_ -]?key|signing[_ -]?key[_ -]?id|key[_ -]?(?:id|fingerprint)|verif(?:y|ication|ying)[_ -]?key|publishable|ssh-(?:rsa|ed25519|dss)|ecdsa-sha2`)
	vectorWords   = regexp.MustCompile(`(?i)vector|nonce|plain_?text|cipher_?text|expected|golden|(?:^|[^a-z])(?:want|mock|fake|dummy|sample|example|fixture)`)
	lockfileName  = regexp.MustCompile(`(?i)^(?:.+\.lock|.+\.lockb?|.*[-.]lock\.(?:json|ya?ml|toml)|npm-shrinkwrap\.json|packages\.lock\.json|package\.resolved|go\.sum|go\.work\.sum|cartfile\.resolved|.+\.sum|.*checksums?(?:\.txt)?|sha(?:1|256|512)sums?(?:\.txt)?)$`)
	testName      = regexp.MustCompile(`(?i)(?:[._-](?:test|tests|spec)\.[a-z0-9]+|^test_[^/]*|[A-Za-z0-9]Tests?\.[a-z]+)$`)
	counting      = regexp.MustCompile(`(?i)0123456|1234567|abcdefg|fedcba|987654|example|sample|dummy|fake|test`)
)

var testDirs = []string{"test", "tests", "testing", "testdata", "__tests__", "spec", "specs", "fixture", "fixtures", "mock", "mocks", "__mocks__", "testutil", "test-fixtures", "testvectors"}

// doubtOf says why what a rule found is probably no secret, or "".
func doubtOf(rule, file, secret, lines string) string {
	if rule != doubtful || secret == "" {
		return ""
	}
	s := suspect{secret: secret, path: file}
	if at := strings.Index(lines, secret); at >= 0 {
		end := at + len(secret)
		s.near = lines[max(0, at-nearBefore):at] + "\x00" + lines[end:min(len(lines), end+nearAfter)]
	}
	for i := range doubts {
		if doubts[i].meets(s) {
			return doubts[i].reason
		}
	}
	return ""
}

// hashForm reports whether a string has the length and the characters of what
// a hash function returns, in hexadecimal or base64.
func hashForm(s string) bool {
	if b, err := hex.DecodeString(s); err == nil {
		return hashSize(len(b))
	}
	b, err := decodeBase64(s)
	return err == nil && hashSize(len(b))
}

func hashSize(bytes int) bool { return slices.Contains([]int{16, 20, 28, 32, 48, 64}, bytes) }

func decodeBase64(s string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
}

// sampleForm reports whether a string is hexadecimal, base64 of something to
// read, or counts.
func sampleForm(s string) bool {
	if _, err := hex.DecodeString(s); err == nil || counting.MatchString(s) {
		return true
	}
	b, err := decodeBase64(s)
	return err == nil && !slices.ContainsFunc(b, func(c byte) bool { return !printable(c) })
}

func lockfile(file string) bool { return lockfileName.MatchString(path.Base(file)) }

func testPath(file string) bool {
	dirs := strings.Split(strings.ToLower(path.Dir(file)), "/")
	return testName.MatchString(path.Base(file)) || slices.ContainsFunc(dirs, func(d string) bool { return slices.Contains(testDirs, d) })
}
