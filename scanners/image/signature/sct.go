package signature

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

const maxSCTs = 10

// sct is a signed certificate timestamp, RFC 6962 section 3.2: a log's promise
// that it has the certificate.
type sct struct {
	log        [32]byte
	timestamp  uint64 // milliseconds since 1970
	extensions []byte
	algorithms [2]byte // hash, signature
	signature  []byte
}

// logged verifies that a certificate transparency log of the trusted root has
// promised to show the certificate, so that its owner can notice one that he
// did not ask for.
func (r *trustedRoot) logged(cert *signerCert, chains [][]*x509.Certificate) error {
	if !r.hasCTLogs {
		return nil
	}
	value, ok := extension(cert.Certificate, oidSCT())
	if !ok {
		return errors.New("the certificate has no signed certificate timestamp: no log shows that it was issued")
	}
	scts, err := parseSCTs(value)
	if err != nil {
		return err
	}
	tbs, err := withoutExtension(cert.RawTBSCertificate, oidSCT())
	if err != nil {
		return err
	}
	reason := errors.New("the certificate's timestamp is from a certificate transparency log that the trusted root does not have")
	for _, s := range scts {
		l := findLog(r.ctlogs, s.log[:])
		if l == nil {
			continue
		}
		if !l.valid.contains(time.UnixMilli(int64(min(s.timestamp, 1<<53)))) {
			reason = fmt.Errorf("the certificate transparency log %s is not trusted for the time of the certificate", l.name)
			continue
		}
		reason = fmt.Errorf("the certificate's timestamp was not made by the certificate transparency log %s", l.name)
		for _, c := range chains {
			if len(c) > 1 && s.algorithms[0] == 4 && verified(l.key, s.signedData(c[1], tbs), s.signature) { // 4 is SHA-256
				return nil
			}
		}
	}
	return reason
}

// signedData is what the log has signed for a certificate of the issuer.
func (s sct) signedData(issuer *x509.Certificate, tbs []byte) []byte {
	key := sha256.Sum256(issuer.RawSubjectPublicKeyInfo)
	out := []byte{0, 0} // version 1, a certificate's timestamp
	out = binary.BigEndian.AppendUint64(out, s.timestamp)
	out = append(out, 0, 1) // the entry is a precertificate
	out = append(out, key[:]...)
	out = append(out, byte(len(tbs)>>16), byte(len(tbs)>>8), byte(len(tbs)))
	out = append(out, tbs...)
	out = binary.BigEndian.AppendUint16(out, uint16(len(s.extensions)))
	return append(out, s.extensions...)
}

// parseSCTs reads the list inside the certificate's extension.
func parseSCTs(value []byte) ([]sct, error) {
	unreadable := errors.New("the certificate's signed timestamps cannot be read")
	var list []byte
	if rest, err := asn1.Unmarshal(value, &list); err != nil || len(rest) > 0 {
		return nil, unreadable
	}
	body, rest, ok := prefixed(list)
	if !ok || len(rest) > 0 {
		return nil, unreadable
	}
	var out []sct
	for len(body) > 0 {
		var one []byte
		if one, body, ok = prefixed(body); !ok || len(one) < 1+32+8 || len(out) == maxSCTs {
			return nil, unreadable
		}
		if one[0] != 0 { // a later version
			continue
		}
		var s sct
		copy(s.log[:], one[1:])
		s.timestamp = binary.BigEndian.Uint64(one[33:])
		if s.extensions, one, ok = prefixed(one[41:]); !ok || len(one) < 2 {
			return nil, unreadable
		}
		s.algorithms = [2]byte(one)
		if s.signature, one, ok = prefixed(one[2:]); !ok || len(one) > 0 {
			return nil, unreadable
		}
		out = append(out, s)
	}
	return out, nil
}

// prefixed splits off bytes whose number stands before them in two bytes.
func prefixed(b []byte) (head, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if len(b) < 2+n {
		return nil, nil, false
	}
	return b[2 : 2+n], b[2+n:], true
}

// withoutExtension takes one extension out of a TBSCertificate, which gives
// what the log was shown.
func withoutExtension(tbs []byte, id asn1.ObjectIdentifier) ([]byte, error) {
	unreadable := errors.New("the certificate cannot be taken apart")
	var outer asn1.RawValue
	if rest, err := asn1.Unmarshal(tbs, &outer); err != nil || len(rest) > 0 {
		return nil, unreadable
	}
	var content []byte
	for in := outer.Bytes; len(in) > 0; {
		var field asn1.RawValue
		rest, err := asn1.Unmarshal(in, &field)
		if err != nil {
			return nil, unreadable
		}
		in = rest
		if field.Class != asn1.ClassContextSpecific || field.Tag != 3 {
			content = append(content, field.FullBytes...)
			continue
		}
		var extensions []asn1.RawValue
		if rest, err := asn1.Unmarshal(field.Bytes, &extensions); err != nil || len(rest) > 0 {
			return nil, unreadable
		}
		var kept []byte
		for _, e := range extensions {
			var eid asn1.ObjectIdentifier
			if _, err := asn1.Unmarshal(e.Bytes, &eid); err != nil {
				return nil, unreadable
			}
			if !eid.Equal(id) {
				kept = append(kept, e.FullBytes...)
			}
		}
		list, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: kept})
		if err != nil {
			return nil, unreadable
		}
		wrapped, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 3, IsCompound: true, Bytes: list})
		if err != nil {
			return nil, unreadable
		}
		content = append(content, wrapped...)
	}
	out, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: content})
	if err != nil {
		return nil, unreadable
	}
	return out, nil
}
