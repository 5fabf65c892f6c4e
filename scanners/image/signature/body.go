package signature

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
)

// hashJSON is a hash as version 1 of the log writes it.
type hashJSON struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"value"`
}

func (h hashJSON) is(b []byte) bool {
	var sum []byte
	switch h.Algorithm {
	case "sha256":
		s := sha256.Sum256(b)
		sum = s[:]
	case "sha384":
		s := sha512.Sum384(b)
		sum = s[:]
	case "sha512":
		s := sha512.Sum512(b)
		sum = s[:]
	default:
		return false
	}
	return h.Value == hex.EncodeToString(sum)
}

// hashV2 is a hash as version 2 of the log writes it.
type hashV2 struct {
	Algorithm string `json:"algorithm"`
	Digest    []byte `json:"digest"`
}

func (h hashV2) is(b []byte) bool {
	name := map[string]string{"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}[h.Algorithm]
	return hashJSON{Algorithm: name, Value: hex.EncodeToString(h.Digest)}.is(b)
}

type rawJSON struct {
	RawBytes []byte `json:"rawBytes"`
}

// signatureV2 is a signature and who made it, as version 2 of the log writes it.
type signatureV2 struct {
	Content  []byte `json:"content"`
	Verifier struct {
		PublicKey       *rawJSON `json:"publicKey"`
		X509Certificate *rawJSON `json:"x509Certificate"`
	} `json:"verifier"`
}

// bodyJSON holds the fields of all kinds of entries that are about signatures.
type bodyJSON struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Spec       struct {
		// hashedrekord 0.0.1
		Data struct {
			Hash hashJSON `json:"hash"`
		} `json:"data"`
		Signature struct {
			Content   []byte `json:"content"`
			PublicKey struct {
				Content []byte `json:"content"`
			} `json:"publicKey"`
		} `json:"signature"`
		// dsse 0.0.1
		PayloadHash hashJSON `json:"payloadHash"`
		Signatures  []struct {
			Signature []byte `json:"signature"`
			Verifier  []byte `json:"verifier"`
		} `json:"signatures"`
		// intoto 0.0.1 and 0.0.2
		PublicKey []byte `json:"publicKey"`
		Content   struct {
			Hash        hashJSON `json:"hash"`
			PayloadHash hashJSON `json:"payloadHash"`
			Envelope    struct {
				PayloadType string `json:"payloadType"`
				Signatures  []struct {
					PublicKey []byte `json:"publicKey"`
					Sig       []byte `json:"sig"`
				} `json:"signatures"`
			} `json:"envelope"`
		} `json:"content"`
		// version 2 of the log
		HashedRekordV002 struct {
			Data      hashV2      `json:"data"`
			Signature signatureV2 `json:"signature"`
		} `json:"hashedRekordV002"`
		DSSEV002 struct {
			PayloadHash hashV2        `json:"payloadHash"`
			Signatures  []signatureV2 `json:"signatures"`
		} `json:"dsseV002"`
	} `json:"spec"`
}

// signer is who made a signature, for comparing with what a log recorded.
type signer struct {
	key         crypto.PublicKey
	certificate []byte // DER; empty when it was made with a bare key
}

// is tells whether the log recorded this very certificate, or this key.
func (s signer) is(der []byte, certificate bool) bool {
	if len(s.certificate) > 0 {
		return certificate && bytes.Equal(der, s.certificate)
	}
	if certificate {
		cert, err := x509.ParseCertificate(der)
		return err == nil && sameKey(s.key, cert.PublicKey)
	}
	key, err := x509.ParsePKIXPublicKey(der)
	return err == nil && sameKey(s.key, key)
}

func (s signer) isPEM(text []byte) bool {
	block, _ := pem.Decode(text)
	return block != nil && s.is(block.Bytes, block.Type == "CERTIFICATE")
}

func (s signer) isV2(v signatureV2) bool {
	k, c := v.Verifier.PublicKey, v.Verifier.X509Certificate
	switch {
	case (k == nil) == (c == nil):
		return false
	case c != nil:
		return s.is(c.RawBytes, true)
	}
	return s.is(k.RawBytes, false)
}

// covers shows that the entry is about this signature of the material, by this
// signer, and not about another that somebody put into the log.
func (e entry) covers(m *material, sig []byte, s signer) error {
	var b bodyJSON
	if err := decode(e.body, &b); err != nil {
		return fmt.Errorf("the log entry's body is %w", err)
	}
	if e.kind != "" && e.kind != b.Kind || e.version != "" && e.version != b.APIVersion {
		return errors.New("the log entry's kind is not that of its body")
	}
	var about bool
	switch id := b.Kind + " " + b.APIVersion; id {
	case "hashedrekord 0.0.1":
		about = b.Spec.Data.Hash.is(m.signed()) && bytes.Equal(b.Spec.Signature.Content, sig) &&
			s.isPEM(b.Spec.Signature.PublicKey.Content)
	case "hashedrekord 0.0.2":
		r := b.Spec.HashedRekordV002
		about = r.Data.is(m.signed()) && bytes.Equal(r.Signature.Content, sig) && s.isV2(r.Signature)
	case "dsse 0.0.1":
		for _, l := range b.Spec.Signatures[:min(len(b.Spec.Signatures), maxSigs)] {
			about = about || bytes.Equal(l.Signature, sig) && s.isPEM(l.Verifier)
		}
		about = about && m.kind == statement && b.Spec.PayloadHash.is(m.payload)
	case "dsse 0.0.2":
		r := b.Spec.DSSEV002
		for _, l := range r.Signatures[:min(len(r.Signatures), maxSigs)] {
			about = about || bytes.Equal(l.Content, sig) && s.isV2(l)
		}
		about = about && m.kind == statement && r.PayloadHash.is(m.payload)
	case "intoto 0.0.1": // records the envelope's bytes and not its signatures
		about = m.kind == statement && len(m.envelope) > 0 && b.Spec.Content.Hash.is(m.envelope) && s.isPEM(b.Spec.PublicKey)
	case "intoto 0.0.2":
		twice := []byte(base64.StdEncoding.EncodeToString(sig)) // it encodes what is base64 already
		logged := b.Spec.Content.Envelope
		for _, l := range logged.Signatures[:min(len(logged.Signatures), maxSigs)] {
			about = about || (bytes.Equal(l.Sig, twice) || bytes.Equal(l.Sig, sig)) && s.isPEM(l.PublicKey)
		}
		about = about && m.kind == statement && logged.PayloadType == m.payloadType && b.Spec.Content.PayloadHash.is(m.payload)
	default:
		return errors.New("the log entry is of a kind that says nothing about signatures")
	}
	if !about {
		return errors.New("the log entry is about another signature")
	}
	return nil
}
