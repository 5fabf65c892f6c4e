package signature

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// Bounds of RSA keys in bits: below, they can be factored; above, checking
// many signatures takes too long.
const (
	minRSA = 2048
	maxRSA = 8192
)

// parsePublicKey reads a PEM file that holds one public key.
func parsePublicKey(b []byte) (crypto.PublicKey, error) {
	block, rest := pem.Decode(b)
	if block == nil {
		return nil, errors.New("no PEM block in it: write the public key there, as `cosign public-key` prints it")
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("more than one PEM block in it: keep only the public key")
	}
	switch block.Type {
	case "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, errors.New("not a public key: write it anew, as `cosign public-key` prints it")
		}
		return key, checkKey(key)
	case "RSA PUBLIC KEY":
		key, err := x509.ParsePKCS1PublicKey(block.Bytes)
		if err != nil {
			return nil, errors.New("not an RSA public key: write it anew, as `cosign public-key` prints it")
		}
		return key, checkKey(key)
	}
	return nil, errors.New("not a public key but another kind of PEM block: name the file that has the PUBLIC KEY")
}

// checkKey refuses keys that are too weak to prove anything.
func checkKey(key crypto.PublicKey) error {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return nil
		}
		return errors.New("an ECDSA key of a curve that is not supported: use P-256, P-384 or P-521")
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < minRSA || n > maxRSA {
			return fmt.Errorf("an RSA key of %d bits: use %d to %d", n, minRSA, maxRSA)
		}
		return nil
	case ed25519.PublicKey:
		return nil
	}
	return errors.New("a key of a kind that is not supported: use ECDSA, RSA or Ed25519")
}

// verified tells whether sig is a signature of message by the key, which
// checkKey has accepted. The hash is SHA-256, or that of the curve's strength,
// for signers differ; Ed25519 is pure or prehashed, which are kept apart by
// what is signed. No message has a valid signature of one kind that means
// something else in another.
func verified(key crypto.PublicKey, message, sig []byte) bool {
	if verifiedHash(key, crypto.SHA256, message, sig) {
		return true
	}
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P384():
			return verifiedHash(key, crypto.SHA384, message, sig)
		case elliptic.P521():
			return verifiedHash(key, crypto.SHA512, message, sig)
		}
	case ed25519.PublicKey:
		sum := sha512.Sum512(message)
		return len(k) == ed25519.PublicKeySize && ed25519.VerifyWithOptions(k, sum[:], sig, &ed25519.Options{Hash: crypto.SHA512}) == nil
	}
	return false
}

// verifiedHash is verified with one hash; a pure Ed25519 signature has its own.
func verifiedHash(key crypto.PublicKey, h crypto.Hash, message, sig []byte) bool {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, sumOf(h, message), sig)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, h, sumOf(h, message), sig) == nil
	case ed25519.PublicKey:
		return len(k) == ed25519.PublicKeySize && ed25519.Verify(k, message, sig)
	}
	return false
}

// sumOf needs one of the SHA-2 functions, all of which are linked in.
func sumOf(h crypto.Hash, b []byte) []byte {
	w := h.New()
	w.Write(b)
	return w.Sum(nil)
}

// sameKey tells whether two public keys are one.
func sameKey(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && b != nil && k.Equal(b)
}
