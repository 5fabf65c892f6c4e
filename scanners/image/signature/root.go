package signature

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	maxRootFile    = 1 << 20
	maxRootEntries = 64 // logs or authorities of one kind
	maxChain       = 10 // certificates from a signer's to its root
)

// trustedRoot is what keyless signatures are traced back to.
type trustedRoot struct {
	logs        []trustedLog // transparency logs (Rekor)
	ctlogs      []trustedLog // certificate transparency logs
	authorities []authority  // that certify signers (Fulcio)
	stampers    []authority  // that timestamp signatures (RFC 3161)
	// Whether the root names logs at all, be it with keys that cannot be
	// checked: an instance without them, such as GitHub's for private
	// repositories, cannot be asked for entries; one with them must be.
	hasLogs, hasCTLogs bool
}

// trustedLog is a log and the key it signs with.
type trustedLog struct {
	name  string
	id    string // its key id, as raw bytes
	key   crypto.PublicKey
	valid period
}

// authority is a certificate authority: its root, and what is between it and
// the certificates it issues.
type authority struct {
	name          string
	leaf          *x509.Certificate // of a timestamp authority: the one that signs, when the root names it
	root          *x509.Certificate
	intermediates []*x509.Certificate
	valid         period
}

// period is when a key or authority may be used; a zero end leaves it open.
type period struct{ start, end time.Time }

func (p period) contains(t time.Time) bool {
	return !t.Before(p.start) && (p.end.IsZero() || !t.After(p.end))
}

type rootJSON struct {
	MediaType              string          `json:"mediaType"`
	Tlogs                  []logJSON       `json:"tlogs"`
	Ctlogs                 []logJSON       `json:"ctlogs"`
	CertificateAuthorities []authorityJSON `json:"certificateAuthorities"`
	TimestampAuthorities   []authorityJSON `json:"timestampAuthorities"`
}

type logJSON struct {
	BaseURL   string `json:"baseUrl"`
	PublicKey struct {
		RawBytes []byte     `json:"rawBytes"`
		ValidFor periodJSON `json:"validFor"`
	} `json:"publicKey"`
	LogID keyID `json:"logId"`
}

type keyID struct {
	KeyID []byte `json:"keyId"`
}

type authorityJSON struct {
	URI       string     `json:"uri"`
	CertChain chainJSON  `json:"certChain"`
	ValidFor  periodJSON `json:"validFor"`
}

type chainJSON struct {
	Certificates []certJSON `json:"certificates"`
}

type certJSON struct {
	RawBytes []byte `json:"rawBytes"`
}

type periodJSON struct {
	Start *time.Time `json:"start"`
	End   *time.Time `json:"end"`
}

func (p periodJSON) period() (period, error) {
	if p.Start == nil {
		return period{}, errors.New("has no validFor.start")
	}
	out := period{start: *p.Start}
	if p.End != nil {
		out.end = *p.End
		if out.end.Before(out.start) {
			return period{}, errors.New("ends before it starts")
		}
	}
	return out, nil
}

// parseTrustedRoot reads Sigstore's TrustedRoot JSON. A log whose key is of a
// kind that cannot be checked is left out, so that nothing verifies by it.
func parseTrustedRoot(b []byte) (*trustedRoot, error) {
	var j rootJSON
	if err := decode(b, &j); err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if v, ok := strings.CutPrefix(j.MediaType, "application/vnd.dev.sigstore.trustedroot+json;version="); !ok || (v != "0.1" && v != "0.2") {
		if j.MediaType != "application/vnd.dev.sigstore.trustedroot.v0.2+json" {
			return nil, errors.New("not a Sigstore trusted root of version 0.1 or 0.2: name a trusted_root.json")
		}
	}
	r := trustedRoot{hasLogs: len(j.Tlogs) > 0, hasCTLogs: len(j.Ctlogs) > 0}
	var err error
	if r.logs, err = trustedLogs("tlogs", j.Tlogs); err != nil {
		return nil, err
	}
	if r.ctlogs, err = trustedLogs("ctlogs", j.Ctlogs); err != nil {
		return nil, err
	}
	if r.authorities, err = authorities("certificateAuthorities", j.CertificateAuthorities, false); err != nil {
		return nil, err
	}
	if r.stampers, err = authorities("timestampAuthorities", j.TimestampAuthorities, true); err != nil {
		return nil, err
	}
	return &r, nil
}

func trustedLogs(kind string, in []logJSON) ([]trustedLog, error) {
	if len(in) > maxRootEntries {
		return nil, fmt.Errorf("has more than %d %s", maxRootEntries, kind)
	}
	var out []trustedLog
	for i, l := range in {
		valid, err := l.PublicKey.ValidFor.period()
		if err != nil {
			return nil, fmt.Errorf("%s[%d] %w", kind, i, err)
		}
		if len(l.LogID.KeyID) == 0 {
			return nil, fmt.Errorf("%s[%d] has no logId", kind, i)
		}
		key, err := x509.ParsePKIXPublicKey(l.PublicKey.RawBytes)
		if err != nil || checkKey(key) != nil {
			continue
		}
		out = append(out, trustedLog{name: host(l.BaseURL), id: string(l.LogID.KeyID), key: key, valid: valid})
	}
	return out, nil
}

func authorities(kind string, in []authorityJSON, stampers bool) ([]authority, error) {
	if len(in) > maxRootEntries {
		return nil, fmt.Errorf("has more than %d %s", maxRootEntries, kind)
	}
	var out []authority
	for i, a := range in {
		valid, err := a.ValidFor.period()
		if err != nil {
			return nil, fmt.Errorf("%s[%d] %w", kind, i, err)
		}
		n := len(a.CertChain.Certificates)
		if n == 0 || n > maxChain {
			return nil, fmt.Errorf("%s[%d] has %d certificates: want 1 to %d", kind, i, n, maxChain)
		}
		au := authority{name: host(a.URI), valid: valid}
		for k, c := range a.CertChain.Certificates {
			cert, err := x509.ParseCertificate(c.RawBytes)
			switch {
			case err != nil:
				return nil, fmt.Errorf("%s[%d] has a certificate that cannot be read", kind, i)
			case k == 0 && stampers && !cert.IsCA:
				au.leaf = cert
			case !cert.IsCA:
				return nil, fmt.Errorf("%s[%d] has a certificate that is no authority's", kind, i)
			case k == n-1:
				au.root = cert
			default:
				au.intermediates = append(au.intermediates, cert)
			}
		}
		if au.root == nil {
			return nil, fmt.Errorf("%s[%d] has no root certificate", kind, i)
		}
		out = append(out, au)
	}
	return out, nil
}

// host is the part of a log's or an authority's address that people know it by.
func host(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		rest = url
	}
	h, _, _ := strings.Cut(rest, "/")
	if h == "" {
		return "a log without a name"
	}
	return h
}

// findLog returns the log with the key id, or nil.
func findLog(logs []trustedLog, id []byte) *trustedLog {
	for i := range logs {
		if logs[i].id == string(id) {
			return &logs[i]
		}
	}
	return nil
}
