package plugin

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/url"
	"time"
)

const (
	workflow = "https://github.com/acme/tools/.github/workflows/release.yml@refs/heads/main"
	issuer   = "https://token.actions.githubusercontent.com"
)

// sigstore is an authority and a transparency log.
type sigstore struct {
	start time.Time
	caKey *ecdsa.PrivateKey
	ca    *x509.Certificate
	rekor *ecdsa.PrivateKey
}

type obj = map[string]any

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newKey() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

func publicPEM(key *ecdsa.PrivateKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(key.Public()))}))
}

func sign(key crypto.Signer, message []byte) []byte {
	sum := sha256.Sum256(message)
	return must(key.Sign(rand.Reader, sum[:], crypto.SHA256))
}

func newSigstore() *sigstore {
	s := &sigstore{start: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), caKey: newKey(), rekor: newKey()}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: s.start, NotAfter: s.start.AddDate(10, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	s.ca = must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, t, s.caKey.Public(), s.caKey))))
	return s
}

func (s *sigstore) logID() []byte {
	sum := sha256.Sum256(must(x509.MarshalPKIXPublicKey(s.rekor.Public())))
	return sum[:]
}

// trustedRoot names no certificate transparency log, and so asks for none.
func (s *sigstore) trustedRoot() []byte {
	return must(json.Marshal(obj{
		"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
		"tlogs": []any{obj{
			"baseUrl": "https://rekor.test", "hashAlgorithm": "SHA2_256", "logId": obj{"keyId": s.logID()},
			"publicKey": obj{"rawBytes": must(x509.MarshalPKIXPublicKey(s.rekor.Public())), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": obj{"start": s.start}},
		}},
		"certificateAuthorities": []any{obj{
			"uri": "https://fulcio.test", "validFor": obj{"start": s.start},
			"certChain": obj{"certificates": []any{obj{"rawBytes": s.ca.Raw}}},
		}},
	}))
}

// bundle signs content with a certificate that is valid for ten minutes, which
// are long over, and enters it into the log at a time; nil: not at all.
func (s *sigstore) bundle(content []byte, logged *time.Time) []byte {
	key := newKey()
	at := s.start.Add(24 * time.Hour)
	t := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: at, NotAfter: at.Add(10 * time.Minute), URIs: []*url.URL{must(url.Parse(workflow))},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 8}, Value: must(asn1.MarshalWithParams(issuer, "utf8"))}},
	}
	cert := must(x509.CreateCertificate(rand.Reader, t, s.ca, key.Public(), s.caKey))
	sig := sign(key, content)
	sum := sha256.Sum256(content)
	material := obj{"certificate": obj{"rawBytes": cert}}
	if logged != nil {
		body := must(json.Marshal(obj{"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": obj{
			"data":      obj{"hash": obj{"algorithm": "sha256", "value": hex.EncodeToString(sum[:])}},
			"signature": obj{"content": sig, "publicKey": obj{"content": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})}},
		}}))
		// The order of the keys is that of canonical JSON, which is the alphabet's.
		promise := must(json.Marshal(obj{"body": body, "integratedTime": logged.Unix(), "logID": hex.EncodeToString(s.logID()), "logIndex": 7}))
		material["tlogEntries"] = []any{obj{
			"logIndex": "7", "logId": obj{"keyId": s.logID()}, "kindVersion": obj{"kind": "hashedrekord", "version": "0.0.1"},
			"integratedTime": logged.Unix(), "canonicalizedBody": body, "inclusionPromise": obj{"signedEntryTimestamp": sign(s.rekor, promise)},
		}}
	}
	return must(json.Marshal(obj{
		"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": material,
		"messageSignature": obj{"messageDigest": obj{"algorithm": "SHA2_256", "digest": sum[:]}, "signature": sig},
	}))
}
