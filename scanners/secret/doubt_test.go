package secret

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
)

// sumHex and sumBase64 make strings that look random.
func sumHex(seed string, n int) string {
	sum := sha256.Sum256([]byte(seed))
	return hex.EncodeToString(append(sum[:], sum[:]...))[:n]
}

func sumBase64(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// TestDoubts asserts which strings the rule that guesses is doubted for: those
// that are named in the table, and not those that could well be secrets.
func TestDoubts(t *testing.T) {
	h40, h64, b64 := sumHex("a", 40), sumHex("b", 64), sumBase64("c")
	uuid := h40[:8] + "-" + h40[8:12] + "-" + h40[12:16] + "-" + h40[16:20] + "-" + h40[20:32]
	for _, tt := range []struct{ path, before, secret, want string }{
		{"db.yaml", "key: ", "CVE-2024-12345", "advisory"},
		{"db.yaml", "key: ", "GHSA-28fw-88hq-6jmm", "advisory"},
		{"main.go", "api_id = ", uuid, "uuid"},
		{"main.go", "api_id = ", "x" + uuid, ""},
		{"sub/flake.lock", "authHash: ", b64, "lockfile"},
		{"composer.lock", "key: ", h40, "lockfile"},
		{"composer.lock", "password: ", "Tr0ub4dor-and-3", ""},
		{"api.yaml", "api_commit: ", h40, "git object"},
		{"api.yaml", "api rev = ", h40, "git object"},
		{"api.yaml", "api_key = ", h40, ""},
		{"api.yaml", "commit token = ", h40, ""},
		{"api.yaml", "api_prev = ", h40, ""},
		{"a.yaml", "key-sha256: ", h64, "checksum"},
		{"a.yaml", "key integrity: ", b64, "checksum"},
		{"a.yaml", "password_hash: ", h64, ""},
		{"a.yaml", "key_sha256: ", "Zk39dkWl20dkWlqpzm3", ""},
		{"a.yaml", "public_key: ", "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrB", "public key"},
		{"Dockerfile", "ENV GPG_KEYS=", strings.ToUpper(h40), "public key"},
		{"a.yaml", "private key for public_key: ", h64, ""},
		{"x/testdata/v.json", "key: ", h64, "test vector"},
		{"x_test.go", "key: ", base64Of("the sample nonce"), "test vector"},
		{"x_test.go", "key: ", "Zk39dkWl20dkWlqpzm3", ""},
		{"x_test.go", "wantToken: ", "Zk39dkWl20dkWlqpzm3", "test vector"},
		{"latest/x.go", "key: ", h64, ""},
		{"x.go", "key: ", h64, ""},
		{"x.go", "key: ", base64Of("the sample nonce"), ""},
	} {
		got := ""
		if reason := doubtOf(doubtful, tt.path, tt.secret, tt.before+`"`+tt.secret+`"`); reason != "" {
			for _, d := range doubts {
				if d.reason == reason {
					got = d.class
				}
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s%.8s…: %q, want %q", tt.path, tt.before, tt.secret, got, tt.want)
		}
		if doubtOf("aws-access-token", tt.path, tt.secret, tt.before+tt.secret) != "" {
			t.Error("a rule with a form of its own is doubted")
		}
	}
}

// TestDoubtOnlyLowers asserts that a doubted finding is there, with its reason,
// and that one place without doubt is enough.
func TestDoubtOnlyLowers(t *testing.T) {
	dir := t.TempDir()
	w := &world{t: t, dir: dir}
	w.write("a.yaml", "api_key_sha256: "+sumHex("q", 64)+"\n")
	w.write("b.yaml", "api_key_sha256: "+sumHex("r", 64)+"\n")
	w.write("c.yaml", "api_secret: "+sumHex("r", 64)+"\n")
	r := mustScan(t, dir)
	if len(r.Findings) != 2 {
		t.Fatalf("findings: %v", brief(r.Findings))
	}
	a, b := r.Findings[0], r.Findings[1]
	if a.Severity != finding.Low || !strings.Contains(a.Message, "Probably no secret: it has the form of a checksum") || a.Suppressed() {
		t.Errorf("in doubt: %s, %q", a.Severity, a.Message)
	}
	if b.Severity != finding.Medium || strings.Contains(b.Message, "Probably") || len(b.Related) != 1 {
		t.Errorf("in doubt in one of two places: %s, %q", b.Severity, b.Message)
	}
}
