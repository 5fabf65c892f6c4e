package image

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	imagename "github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/image/signature"
)

// otherKey is a public key that nothing was signed with.
func otherKey(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// TestSignatures: signed as required, not signed, signed by somebody else, and
// not to be told are four different things.
func TestSignatures(t *testing.T) {
	cosign, err := os.ReadFile("signature/testdata/cosign/cosign.pub")
	if err != nil {
		t.Fatal(err)
	}
	unsigned := imageOf(t, v1.Config{User: "1"}, madeStep{"COPY a /", []entry{{"a", "b"}}})
	dir := t.TempDir()
	layoutOf(t, dir, unsigned)
	tag, err := imagename.NewTag("app:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := tarball.WriteToFile(filepath.Join(dir, "app.tar"), tag, unsigned); err != nil {
		t.Fatal(err)
	}
	saved, err := filepath.Abs("signature/testdata/cosign/saved")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, ref string
		key       []byte
		status    finding.Status
		finding   string // part of its message
		note      string
	}{
		{"signed", "oci:" + saved, cosign, finding.Completed, "", "info signed by"},
		{"by somebody else", "oci:" + saved, otherKey(t), finding.Completed, "is not signed as the configuration requires", ""},
		{"not signed", "oci:app", cosign, finding.Completed, "is not signed as the configuration requires: no signature", ""},
		{"from where no signatures are", "docker-archive:app.tar", cosign, finding.Partial, "", "gap its signature was not checked: an image from an archive carries none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{
				Signature: &signature.Requirement{Key: "cosign.pub"},
				ReadFile:  func(string) ([]byte, error) { return tt.key, nil },
			}
			run := scan(t, o, Reference{Name: tt.ref, Dir: dir}, nil)
			if run.Status != tt.status {
				t.Fatalf("%s: %s", run.Status, run.Reason)
			}
			i := slices.IndexFunc(run.Findings, func(f finding.Finding) bool { return f.RuleID == ruleUnsigned })
			switch {
			case i < 0 && tt.finding != "":
				t.Errorf("no finding; notes %q", notes(run))
			case i >= 0 && (tt.finding == "" || !strings.Contains(run.Findings[i].Message, tt.finding)):
				t.Errorf("%s", run.Findings[i].Message)
			}
			if tt.note != "" && !slices.ContainsFunc(notes(run), func(n string) bool { return strings.HasPrefix(n, tt.note) }) {
				t.Errorf("notes %q", notes(run))
			}
		})
	}
}
