package signature

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"time"
)

// stamper is a timestamp authority.
type stamper struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newStamper(w *world) *stamper {
	s := &stamper{key: newKey()}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(3), NotBefore: w.start, NotAfter: w.start.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	}
	s.cert = must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, w.root, s.key.Public(), w.rootKey))))
	return s
}

func (s *stamper) stamp(message []byte, at time.Time) []byte {
	sha := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}}
	sum := sha256.Sum256(message)
	info := stampInfo{Version: 1, Policy: asn1.ObjectIdentifier{1, 2, 3}, Serial: big.NewInt(7), Time: at.UTC()}
	info.Imprint.Algorithm, info.Imprint.Hash = sha, sum[:]
	content := must(asn1.Marshal(info))
	digest := sha256.Sum256(content)
	value := func(v any) []asn1.RawValue { return []asn1.RawValue{{FullBytes: must(asn1.Marshal(v))}} }
	attributes := append(must(asn1.Marshal(attribute{oidContentType(), value(oidStampInfo())})),
		must(asn1.Marshal(attribute{oidMessageDigest(), value(digest[:])}))...)
	set := must(asn1.Marshal(asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: attributes}))
	by := stampSigner{
		Version: 1, ID: asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true}, DigestAlgorithm: sha,
		Attributes:         asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: attributes},
		SignatureAlgorithm: pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}},
		Signature:          sign(s.key, set),
	}
	var resp stampResponse
	resp.Token.Type = oidSignedData()
	data := &resp.Token.Content
	data.Version = 3
	data.Digests = asn1.RawValue{Tag: asn1.TagSet, IsCompound: true}
	data.Encapsulated.Type, data.Encapsulated.Content = oidStampInfo(), content
	data.Signers = []stampSigner{by}
	return must(asn1.Marshal(resp))
}
