package signature

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/scangate/scangate/text"
)

// maxFileSignature bounds a file that holds the signature of another, in bytes.
const maxFileSignature = 1 << 20

// VerifyFile checks the signature of a plain file, given what `cosign
// sign-blob` wrote beside it: the signature alone, the bundle of Cosign 2, or
// a Sigstore bundle of version 0.1 to 0.3. It returns who signed: a key's file
// name, or an identity and its issuer. The error says in one line why the
// signature does not count. The bundle may instead hold Cosign's statement
// that something is signed; other attestations say something about a file
// without vouching for it, and do not count.
func (v *Verifier) VerifyFile(content, signature []byte) (signer string, err error) {
	if len(v.attestations) > 0 || !v.needPlain {
		return "", errors.New("attestations are required of images only")
	}
	if len(signature) > maxFileSignature {
		return "", fmt.Errorf("the signature is larger than %d MiB: is it the right file?", maxFileSignature>>20)
	}
	sum := sha256.Sum256(content)
	digest := v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
	m, err := fromFile(signature)
	if err != nil {
		return "", err
	}
	if m.kind == wholeManifest {
		// A bundle repeats the digest, which may be left out.
		if len(m.payload) > 0 && !bytes.Equal(m.payload, sum[:]) {
			return "", errors.New("the signature is of another file, or the file was changed after it was signed")
		}
		m.payload = content
	}
	c, err := v.check(m, digest)
	if err != nil {
		return "", errors.New(text.OneLine(err.Error(), 400)) // it may quote names of a certificate
	}
	if !c.plain {
		return "", errors.New("the bundle attests something about the file and is no signature of it")
	}
	return text.OneLine(c.signer, 400), nil
}

// fromFile reads what Cosign writes beside a file that it signs.
func fromFile(b []byte) (*material, error) {
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0:
		return nil, errors.New("the signature is empty")
	case b[0] != '{':
		sig, err := base64.StdEncoding.DecodeString(string(b))
		if err != nil || len(sig) == 0 {
			return nil, errors.New("the signature is neither base64 nor a bundle, as `cosign sign-blob` writes them")
		}
		return &material{kind: wholeManifest, sigs: [][]byte{sig}}, nil
	}
	var old struct {
		Signature []byte          `json:"base64Signature"`
		Cert      []byte          `json:"cert"` // a PEM block, or empty
		Entry     json.RawMessage `json:"rekorBundle"`
	}
	if err := decode(b, &old); err != nil {
		return nil, fmt.Errorf("the bundle is %w", err)
	}
	if len(old.Signature) == 0 {
		return fromBundle(b)
	}
	m := &material{kind: wholeManifest, sigs: [][]byte{old.Signature}}
	if len(old.Cert) > 0 {
		block, _ := pem.Decode(old.Cert)
		if block == nil {
			return nil, errors.New("the bundle's certificate cannot be read")
		}
		if block.Type == "CERTIFICATE" { // a key says nothing that the configuration does not
			m.certificate = block.Bytes
		}
	}
	if len(old.Entry) > 0 && !bytes.Equal(old.Entry, []byte("null")) {
		e, err := fromPayloadBundle(old.Entry)
		if err != nil {
			return nil, err
		}
		m.entries = []entry{e}
	}
	return m, nil
}
