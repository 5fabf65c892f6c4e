package signature

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// kind is what a signature was made over.
type kind int

const (
	simpleSigning kind = iota // Cosign's payload that names the image's digest
	statement                 // an in-toto statement in a DSSE envelope
	wholeManifest             // the bytes that the image's digest is of
)

// material is one signature as it was found. Nothing of it is verified.
type material struct {
	kind        kind
	payload     []byte // what is said; empty for wholeManifest until it is fetched
	payloadType string // of a DSSE envelope
	envelope    []byte // the whole envelope, when its bytes are as they were logged
	sigs        [][]byte
	certificate []byte // DER; empty when signed with a key
	entries     []entry
	stamps      [][]byte // RFC 3161 timestamps of the signature
}

// Bounds of one signature.
const (
	maxSigs    = 10
	maxEntries = 10
	maxStamps  = 10
)

const (
	statementType = "application/vnd.in-toto+json"
	// Media types of the layers that hold signatures.
	simpleSigningLayer = "application/vnd.dev.cosign.simplesigning.v1+json"
	envelopeLayer      = "application/vnd.dsse.envelope.v1+json"
	// Annotations of such layers.
	sigAnnotation         = "dev.cosignproject.cosign/signature"
	certificateAnnotation = "dev.sigstore.cosign/certificate"
	bundleAnnotation      = "dev.sigstore.cosign/bundle"
	stampAnnotation       = "dev.sigstore.cosign/rfc3161timestamp"
)

// isBundle tells whether a media type is that of a Sigstore bundle, of any
// version.
func isBundle(mediaType string) bool {
	return strings.HasPrefix(mediaType, "application/vnd.dev.sigstore.bundle.v") && strings.HasSuffix(mediaType, "+json") ||
		strings.HasPrefix(mediaType, "application/vnd.dev.sigstore.bundle+json")
}

// signed is the message that the signatures are of.
func (m *material) signed() []byte {
	if m.kind == statement {
		return pae(m.payloadType, m.payload)
	}
	return m.payload
}

// pae is DSSE's pre-authentication encoding.
func pae(payloadType string, payload []byte) []byte {
	out := make([]byte, 0, len(payload)+len(payloadType)+32)
	out = append(out, "DSSEv1 "...)
	out = strconv.AppendInt(out, int64(len(payloadType)), 10)
	out = append(out, ' ')
	out = append(out, payloadType...)
	out = append(out, ' ')
	out = strconv.AppendInt(out, int64(len(payload)), 10)
	out = append(out, ' ')
	return append(out, payload...)
}

type envelopeJSON struct {
	PayloadType string `json:"payloadType"`
	Payload     []byte `json:"payload"`
	Signatures  []struct {
		Sig []byte `json:"sig"`
	} `json:"signatures"`
}

func (m *material) setEnvelope(e envelopeJSON) error {
	if len(e.Signatures) == 0 || len(e.Signatures) > maxSigs {
		return fmt.Errorf("the envelope has %d signatures: want 1 to %d", len(e.Signatures), maxSigs)
	}
	m.kind, m.payloadType, m.payload = statement, e.PayloadType, e.Payload
	for _, s := range e.Signatures {
		m.sigs = append(m.sigs, s.Sig)
	}
	return nil
}

// fromLayer reads a signature or an attestation as Cosign's tags have them:
// the payload is the layer, the rest stands in its annotations.
func fromLayer(mediaType string, content []byte, annotations map[string]string) (*material, error) {
	m := &material{kind: simpleSigning, payload: content}
	if mediaType == envelopeLayer {
		var e envelopeJSON
		if err := decode(content, &e); err != nil {
			return nil, fmt.Errorf("the envelope is %w", err)
		}
		if err := m.setEnvelope(e); err != nil {
			return nil, err
		}
		m.envelope = content
	} else {
		var sig []byte
		if unquote(annotations[sigAnnotation], &sig) != nil || len(sig) == 0 {
			return nil, errors.New("the layer has no readable signature annotation")
		}
		m.sigs = [][]byte{sig}
	}
	if text := annotations[certificateAnnotation]; text != "" {
		block, _ := pem.Decode([]byte(text))
		if block == nil || block.Type != "CERTIFICATE" {
			return nil, errors.New("the certificate cannot be read")
		}
		m.certificate = block.Bytes
	}
	if text := annotations[bundleAnnotation]; text != "" && text != "null" {
		e, err := fromPayloadBundle([]byte(text))
		if err != nil {
			return nil, err
		}
		m.entries = []entry{e}
	}
	if text := annotations[stampAnnotation]; text != "" && text != "null" {
		var j struct{ SignedRFC3161Timestamp []byte }
		if err := decode([]byte(text), &j); err != nil {
			return nil, fmt.Errorf("the timestamp is %w", err)
		}
		m.stamps = [][]byte{j.SignedRFC3161Timestamp}
	}
	return m, nil
}

// unquote reads base64 as JSON does.
func unquote(text string, into *[]byte) error {
	quoted, err := json.Marshal(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(quoted, into)
}

type bundleJSON struct {
	MediaType            string `json:"mediaType"`
	VerificationMaterial struct {
		Certificate               *certJSON   `json:"certificate"`
		X509CertificateChain      *chainJSON  `json:"x509CertificateChain"`
		TlogEntries               []entryJSON `json:"tlogEntries"`
		TimestampVerificationData struct {
			RFC3161Timestamps []struct {
				SignedTimestamp []byte `json:"signedTimestamp"`
			} `json:"rfc3161Timestamps"`
		} `json:"timestampVerificationData"`
	} `json:"verificationMaterial"`
	MessageSignature *struct {
		MessageDigest struct {
			Algorithm string `json:"algorithm"`
			Digest    []byte `json:"digest"`
		} `json:"messageDigest"`
		Signature []byte `json:"signature"`
	} `json:"messageSignature"`
	DSSEEnvelope *envelopeJSON `json:"dsseEnvelope"`
}

// fromBundle reads a Sigstore bundle of version 0.1 to 0.3. A bundle's message
// signature is over the image's manifest, whose digest the bundle repeats.
func fromBundle(content []byte) (*material, error) {
	var b bundleJSON
	if err := decode(content, &b); err != nil {
		return nil, fmt.Errorf("the bundle is %w", err)
	}
	switch b.MediaType {
	case "application/vnd.dev.sigstore.bundle.v0.3+json",
		"application/vnd.dev.sigstore.bundle+json;version=0.3",
		"application/vnd.dev.sigstore.bundle+json;version=0.2",
		"application/vnd.dev.sigstore.bundle+json;version=0.1":
	default:
		return nil, errors.New("the bundle is not of version 0.1 to 0.3")
	}
	m := &material{}
	switch ms := b.MessageSignature; {
	case (ms == nil) == (b.DSSEEnvelope == nil):
		return nil, errors.New("the bundle has no signature, or two")
	case ms != nil:
		if ms.MessageDigest.Algorithm != "" && ms.MessageDigest.Algorithm != "SHA2_256" {
			return nil, errors.New("the bundle's message digest is not SHA-256")
		}
		m.kind, m.sigs = wholeManifest, [][]byte{ms.Signature}
		m.payload = ms.MessageDigest.Digest // until the manifest is fetched
	case len(b.DSSEEnvelope.Signatures) != 1:
		return nil, errors.New("the bundle's envelope has not exactly one signature")
	default:
		if err := m.setEnvelope(*b.DSSEEnvelope); err != nil {
			return nil, err
		}
	}
	v := b.VerificationMaterial
	switch chain := v.X509CertificateChain; {
	case v.Certificate != nil && chain != nil:
		return nil, errors.New("the bundle has a certificate twice")
	case v.Certificate != nil:
		m.certificate = v.Certificate.RawBytes
	case chain != nil && (len(chain.Certificates) == 0 || len(chain.Certificates) > maxChain):
		return nil, fmt.Errorf("the bundle has %d certificates: want 1 to %d", len(chain.Certificates), maxChain)
	case chain != nil:
		m.certificate = chain.Certificates[0].RawBytes // the rest comes from the trusted root
	}
	if len(v.TlogEntries) > maxEntries || len(v.TimestampVerificationData.RFC3161Timestamps) > maxStamps {
		return nil, errors.New("the bundle has too many log entries or timestamps")
	}
	for _, e := range v.TlogEntries {
		m.entries = append(m.entries, e.entry())
	}
	for _, s := range v.TimestampVerificationData.RFC3161Timestamps {
		m.stamps = append(m.stamps, s.SignedTimestamp)
	}
	return m, nil
}
