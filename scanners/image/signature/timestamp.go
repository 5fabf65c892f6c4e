package signature

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"
)

const maxStamp = 64 << 10

func oidSignedData() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
}
func oidStampInfo() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
}
func oidContentType() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
}
func oidMessageDigest() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
}

// The parts of RFC 3161 and RFC 5652 that a timestamp consists of.
type (
	stampResponse struct {
		Status struct{ Status int }
		Token  struct {
			Type    asn1.ObjectIdentifier
			Content signedData `asn1:"explicit,tag:0"`
		}
	}
	signedData struct {
		Version      int
		Digests      asn1.RawValue
		Encapsulated struct {
			Type    asn1.ObjectIdentifier
			Content []byte `asn1:"explicit,tag:0"`
		}
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
		Revocations  asn1.RawValue `asn1:"optional,tag:1"`
		Signers      []stampSigner `asn1:"set"`
	}
	stampSigner struct {
		Version            int
		ID                 asn1.RawValue
		DigestAlgorithm    pkix.AlgorithmIdentifier
		Attributes         asn1.RawValue `asn1:"tag:0"`
		SignatureAlgorithm pkix.AlgorithmIdentifier
		Signature          []byte
	}
	attribute struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
	stampInfo struct {
		Version int
		Policy  asn1.ObjectIdentifier
		Imprint struct {
			Algorithm pkix.AlgorithmIdentifier
			Hash      []byte
		}
		Serial *big.Int
		Time   time.Time `asn1:"generalized"`
	}
)

// stamped verifies an RFC 3161 timestamp of one of the messages by a timestamp
// authority of the trusted root, whose certificate the root has to name: the
// certificates in the timestamp itself are not looked at.
func (r *trustedRoot) stamped(der []byte, messages ...[]byte) (time.Time, error) {
	unreadable := errors.New("the timestamp cannot be read")
	var resp stampResponse
	if len(der) > maxStamp {
		return time.Time{}, unreadable
	}
	if rest, err := asn1.Unmarshal(der, &resp); err != nil || len(rest) > 0 {
		return time.Time{}, unreadable
	}
	data := resp.Token.Content
	if resp.Status.Status > 1 || resp.Status.Status < 0 || !resp.Token.Type.Equal(oidSignedData()) ||
		!data.Encapsulated.Type.Equal(oidStampInfo()) || len(data.Signers) != 1 {
		return time.Time{}, unreadable
	}
	by := data.Signers[0]
	hash, err := hashOf(by.DigestAlgorithm.Algorithm)
	if err != nil {
		return time.Time{}, err
	}
	if err := checkAttributes(by.Attributes.Bytes, sumOf(hash, data.Encapsulated.Content)); err != nil {
		return time.Time{}, err
	}
	var info stampInfo
	if rest, err := asn1.Unmarshal(data.Encapsulated.Content, &info); err != nil || len(rest) > 0 || info.Version != 1 {
		return time.Time{}, unreadable
	}
	// The attributes are signed as the set that they are, and sent under a tag.
	set, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: by.Attributes.Bytes})
	if err != nil {
		return time.Time{}, unreadable
	}
	reason := errors.New("the timestamp is not by a timestamp authority of the trusted root")
	for _, a := range r.stampers {
		if a.leaf == nil || checkKey(a.leaf.PublicKey) != nil || !verifiedHash(a.leaf.PublicKey, hash, set, by.Signature) {
			continue
		}
		if !a.valid.contains(info.Time) {
			reason = fmt.Errorf("the timestamp authority %s is not trusted for the time that it says", a.name)
			continue
		}
		if _, err := a.verify(a.leaf, info.Time, x509.ExtKeyUsageTimeStamping); err != nil {
			reason = fmt.Errorf("the timestamp authority %s had no valid certificate at the time that it says", a.name)
			continue
		}
		return info.Time, info.covers(messages)
	}
	return time.Time{}, reason
}

// covers shows that the timestamp is of one of the messages.
func (i stampInfo) covers(messages [][]byte) error {
	hash, err := hashOf(i.Imprint.Algorithm.Algorithm)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if len(m) > 0 && bytes.Equal(i.Imprint.Hash, sumOf(hash, m)) {
			return nil
		}
	}
	return errors.New("the timestamp is of another signature")
}

// checkAttributes shows that the signed attributes are about a timestamp with
// the digest. Each must be there once.
func checkAttributes(b, digest []byte) error {
	unreadable := errors.New("the timestamp's attributes cannot be read")
	types, digests := 0, 0
	for len(b) > 0 {
		var a attribute
		rest, err := asn1.Unmarshal(b, &a)
		if err != nil || len(a.Values) == 0 {
			return unreadable
		}
		b = rest
		value := a.Values[0].FullBytes
		switch {
		case a.Type.Equal(oidContentType()):
			var id asn1.ObjectIdentifier
			if _, err := asn1.Unmarshal(value, &id); err != nil || !id.Equal(oidStampInfo()) {
				return unreadable
			}
			types++
		case a.Type.Equal(oidMessageDigest()):
			var d []byte
			if _, err := asn1.Unmarshal(value, &d); err != nil || !bytes.Equal(d, digest) {
				return errors.New("the timestamp was changed after it was signed")
			}
			digests++
		}
	}
	if types != 1 || digests != 1 {
		return unreadable
	}
	return nil
}

// hashOf returns the hash function of an algorithm identifier.
func hashOf(id asn1.ObjectIdentifier) (crypto.Hash, error) {
	for last, h := range map[int]crypto.Hash{1: crypto.SHA256, 2: crypto.SHA384, 3: crypto.SHA512} {
		if id.Equal(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, last}) {
			return h, nil
		}
	}
	return 0, errors.New("the timestamp is made with a hash that is not supported")
}
