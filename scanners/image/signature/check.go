package signature

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// claim is what an accepted signature says.
type claim struct {
	signer    string
	predicate string // of an attestation
	plain     bool   // it is a signature and not an attestation of something more
}

// Cosign's statement that an image is signed and nothing more.
const signPredicate = "https://sigstore.dev/cosign/sign/v1"

// check verifies one signature in full. Its error says why it does not count.
func (v *Verifier) check(m *material, digest v1.Hash) (claim, error) {
	s := signer{key: v.key, certificate: m.certificate}
	var cert *signerCert
	if v.key == nil {
		if len(m.certificate) == 0 {
			return claim{}, errors.New("signed with a key and not with a certificate")
		}
		var err error
		if cert, err = parseSigner(m.certificate); err != nil {
			return claim{}, err
		}
		s.key = cert.PublicKey
	} else {
		s.certificate = nil // the key counts, whoever else vouches for it
	}
	sig, err := m.signatureBy(s)
	if err != nil {
		if v.key != nil {
			err = fmt.Errorf("not signed with %s", v.signer)
		}
		return claim{}, err
	}
	c, err := m.claim(digest)
	if err != nil {
		return claim{}, err
	}
	if v.key != nil {
		c.signer = v.signer
		if v.needLog {
			_, err = v.times(m, sig, s)
		}
		return c, err
	}
	if err := v.certified(cert, m, sig, s); err != nil {
		return claim{}, err
	}
	c.signer = cert.identity + " (" + cert.issuer + ")"
	if !v.identity.matches(cert.identity) || !v.issuer.matches(cert.issuer) {
		return claim{}, fmt.Errorf("signed by %s, not by %s", c.signer, v.signer)
	}
	return c, nil
}

// certified shows that the certificate, and the names in it, are genuine and
// were in force when the signature was made.
func (v *Verifier) certified(cert *signerCert, m *material, sig []byte, s signer) error {
	times, err := v.times(m, sig, s)
	if err != nil {
		return err
	}
	if len(times) == 0 {
		return errors.New("nobody that is trusted says when it was signed: the log entry has no signed time and there is no valid timestamp")
	}
	// All of them have to agree that the certificate was in force: a time that
	// is out of it makes the others doubtful.
	var chains [][]*x509.Certificate
	for _, at := range times {
		if chains, err = v.root.chains(cert, at); err != nil {
			return err
		}
	}
	return v.root.logged(cert, chains)
}

// times returns when the signature was made by the word of those that the
// trusted root trusts: a log's promise, or a timestamp. Where the root has a
// transparency log, there must be an entry, whatever timestamps there are.
func (v *Verifier) times(m *material, sig []byte, s signer) ([]time.Time, error) {
	var times, stamps []time.Time
	var reason error
	for _, der := range m.stamps {
		// Cosign's tags have the timestamp of an attestation over its envelope.
		at, err := v.root.stamped(der, sig, m.envelope)
		if err != nil {
			reason = err
			continue
		}
		stamps = append(stamps, at)
	}
	entered := !v.root.hasLogs && len(stamps) > 0
	if v.root.hasLogs || reason == nil {
		reason = errors.New("no transparency log entry")
	}
	for _, e := range m.entries {
		at, err := e.verify(v.root, stamps)
		if err == nil {
			err = e.covers(m, sig, s)
		}
		if err != nil {
			reason = err
			continue
		}
		if entered = true; !at.IsZero() {
			times = append(times, at)
		}
	}
	if !entered {
		return nil, reason
	}
	return append(times, stamps...), nil
}

// signatureBy returns the signature of the material that the key made.
func (m *material) signatureBy(s signer) ([]byte, error) {
	message := m.signed()
	for _, sig := range m.sigs {
		if len(sig) > 0 && len(sig) <= maxRSA/8 && verified(s.key, message, sig) {
			return sig, nil
		}
	}
	return nil, errors.New("the signature was not made with the certificate's key, or over something else")
}

// claim reads what is signed and shows that it is about the digest.
func (m *material) claim(digest v1.Hash) (claim, error) {
	switch m.kind {
	case wholeManifest:
		if sum := sha256.Sum256(m.payload); hex.EncodeToString(sum[:]) != digest.Hex {
			return claim{}, errOther
		}
		return claim{plain: true}, nil
	case simpleSigning:
		var p struct {
			Critical struct {
				Image struct {
					Digest string `json:"docker-manifest-digest"`
				} `json:"image"`
				Type string `json:"type"`
			} `json:"critical"`
		}
		if err := decode(m.payload, &p); err != nil {
			return claim{}, fmt.Errorf("the signed payload is %w", err)
		}
		if p.Critical.Type != "cosign container image signature" {
			return claim{}, errors.New("the signed payload is not a container image signature")
		}
		if p.Critical.Image.Digest != digest.String() {
			return claim{}, errOther
		}
		return claim{plain: true}, nil
	}
	return m.statement(digest)
}

// maxSubjects bounds the things that one attestation is about.
const maxSubjects = 10_000

func (m *material) statement(digest v1.Hash) (claim, error) {
	if m.payloadType != statementType {
		return claim{}, errors.New("the signed envelope does not hold an in-toto statement")
	}
	var st struct {
		Type    string `json:"_type"`
		Subject []struct {
			Digest map[string]string `json:"digest"`
		} `json:"subject"`
		PredicateType string `json:"predicateType"`
	}
	if err := decode(bytes.TrimSpace(m.payload), &st); err != nil {
		return claim{}, fmt.Errorf("the signed statement is %w", err)
	}
	if st.Type != "https://in-toto.io/Statement/v1" && st.Type != "https://in-toto.io/Statement/v0.1" {
		return claim{}, errors.New("the signed statement is not an in-toto statement of version 0.1 or 1")
	}
	if len(st.Subject) > maxSubjects {
		return claim{}, fmt.Errorf("the signed statement is about more than %d things", maxSubjects)
	}
	if strings.TrimSpace(st.PredicateType) == "" {
		return claim{}, errors.New("the signed statement has no predicate type")
	}
	for _, s := range st.Subject {
		if s.Digest["sha256"] == digest.Hex {
			return claim{predicate: st.PredicateType, plain: st.PredicateType == signPredicate}, nil
		}
	}
	return claim{}, errOther
}
