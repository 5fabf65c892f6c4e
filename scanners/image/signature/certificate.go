package signature

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"
)

// oid returns the object identifiers of certificates that are looked at. They
// are functions since a variable could be changed.
func oidSAN() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 5, 29, 17} }
func oidOtherName() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 7}
}
func oidIssuerRaw() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 1}
}
func oidIssuer() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 8} }
func oidSCT() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}
}

// signerCert is a signer's certificate with the names it claims. Only chains
// shows whether they can be believed.
type signerCert struct {
	*x509.Certificate
	identity string
	issuer   string
}

func parseSigner(der []byte) (*signerCert, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, errors.New("the certificate cannot be read")
	}
	if cert.IsCA {
		return nil, errors.New("the certificate is an authority's, not a signer's")
	}
	if err := checkKey(cert.PublicKey); err != nil {
		return nil, fmt.Errorf("the certificate has %w", err)
	}
	s := &signerCert{Certificate: cert}
	if s.identity, err = identityOf(cert); err != nil {
		return nil, err
	}
	if s.issuer, err = issuerOf(cert); err != nil {
		return nil, err
	}
	// The name is read by now, of a kind that the standard library does not
	// know, and would refuse since it is marked critical.
	cert.UnhandledCriticalExtensions = slices.DeleteFunc(cert.UnhandledCriticalExtensions, oidSAN().Equal)
	return s, nil
}

// extension returns the value of the only extension with the identifier.
func extension(cert *x509.Certificate, id asn1.ObjectIdentifier) ([]byte, bool) {
	for _, e := range cert.Extensions { // the standard library refuses two of one kind
		if e.Id.Equal(id) {
			return e.Value, true
		}
	}
	return nil, false
}

// identityOf returns the one name of a certificate: a URI, an e-mail address,
// or Fulcio's own kind for user names. It is read from the extension itself,
// for the standard library's URIs are not in their exact form.
func identityOf(cert *x509.Certificate) (string, error) {
	value, ok := extension(cert, oidSAN())
	if !ok {
		return "", errors.New("the certificate names no identity")
	}
	unreadable := errors.New("the certificate's identity cannot be read")
	var names []asn1.RawValue
	if rest, err := asn1.Unmarshal(value, &names); err != nil || len(rest) > 0 {
		return "", unreadable
	}
	if len(names) != 1 {
		return "", errors.New("the certificate names more than one identity, or none")
	}
	n := names[0]
	if n.Class != asn1.ClassContextSpecific {
		return "", unreadable
	}
	switch n.Tag {
	case 1, 6: // rfc822Name, uniformResourceIdentifier
		if len(n.Bytes) == 0 || n.IsCompound {
			return "", unreadable
		}
		return string(n.Bytes), nil
	case 0: // otherName
		var id asn1.ObjectIdentifier
		rest, err := asn1.Unmarshal(n.Bytes, &id)
		if err != nil || !id.Equal(oidOtherName()) {
			return "", errors.New("the certificate's identity is of an unknown kind")
		}
		var wrapped asn1.RawValue
		if rest, err = asn1.Unmarshal(rest, &wrapped); err != nil || len(rest) > 0 || wrapped.Class != asn1.ClassContextSpecific || wrapped.Tag != 0 {
			return "", unreadable
		}
		return utf8String(wrapped.Bytes, unreadable)
	}
	return "", errors.New("the certificate's identity is of an unknown kind")
}

// issuerOf returns the OpenID Connect issuer that Fulcio recorded: in its
// newer extension as DER, in the older one as plain bytes.
func issuerOf(cert *x509.Certificate) (string, error) {
	unreadable := errors.New("the certificate's issuer of the identity cannot be read")
	old, hasOld := extension(cert, oidIssuerRaw())
	value, ok := extension(cert, oidIssuer())
	switch {
	case !ok && (!hasOld || len(old) == 0):
		return "", errors.New("the certificate names no issuer of the identity")
	case !ok:
		return string(old), nil
	}
	s, err := utf8String(value, unreadable)
	if err != nil {
		return "", err
	}
	if hasOld && string(old) != s {
		return "", errors.New("the certificate names two issuers of the identity")
	}
	return s, nil
}

func utf8String(der []byte, unreadable error) (string, error) {
	var v asn1.RawValue
	rest, err := asn1.Unmarshal(der, &v)
	if err != nil || len(rest) > 0 || v.Class != asn1.ClassUniversal || v.Tag != asn1.TagUTF8String || v.IsCompound || len(v.Bytes) == 0 {
		return "", unreadable
	}
	return string(v.Bytes), nil
}

// chains returns the chains from the certificate to the trusted root's
// authorities at the time it signed.
func (r *trustedRoot) chains(cert *signerCert, at time.Time) ([][]*x509.Certificate, error) {
	if at.Before(cert.NotBefore) || at.After(cert.NotAfter) {
		return nil, errors.New("the certificate was expired, or not valid yet, at the signing time")
	}
	reason := errors.New("the certificate was not issued by an authority of the trusted root")
	var out [][]*x509.Certificate
	for _, a := range r.authorities {
		chains, err := a.verify(cert.Certificate, at, x509.ExtKeyUsageCodeSigning)
		switch {
		case err == nil && !a.valid.contains(at):
			reason = fmt.Errorf("the authority %s is not trusted for the signing time", a.name)
		case err == nil:
			out = append(out, chains...)
		case wrongUsage(err):
			reason = errors.New("the certificate is not for code signing")
		case expired(err):
			reason = fmt.Errorf("a certificate of the authority %s was not valid at the signing time", a.name)
		}
	}
	if len(out) == 0 {
		return nil, reason
	}
	return out[:min(len(out), maxChain)], nil
}

func (a authority) verify(cert *x509.Certificate, at time.Time, usage x509.ExtKeyUsage) ([][]*x509.Certificate, error) {
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(a.root)
	for _, c := range a.intermediates {
		intermediates.AddCert(c)
	}
	// Without any usage in it a certificate may be used for everything, which
	// is not what an authority for signers issues.
	if !slices.Contains(cert.ExtKeyUsage, usage) {
		return nil, x509.CertificateInvalidError{Cert: cert, Reason: x509.IncompatibleUsage}
	}
	return cert.Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{usage}})
}

func wrongUsage(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage
}

func expired(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired
}
