package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/url"
	"time"
)

const (
	digestHex = "3d56b3c004797db33c7f771a2194d4c43a6cb740954863530b45f471da48cc08"
	digest    = "sha256:" + digestHex
	workflow  = "https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main"
	issuer    = "https://token.actions.githubusercontent.com"
	slsa      = "https://slsa.dev/provenance/v1"
)

// world is a Sigstore of its own: an authority, a transparency log, and a
// certificate transparency log.
type world struct {
	start        time.Time
	rootKey      *ecdsa.PrivateKey
	root         *x509.Certificate
	caKey        *ecdsa.PrivateKey
	ca           *x509.Certificate
	rekor, ctlog *ecdsa.PrivateKey
	tsa          *stamper
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newKey() *ecdsa.PrivateKey {
	return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
}

func spki(key crypto.PublicKey) []byte { return must(x509.MarshalPKIXPublicKey(key)) }

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func sign(key crypto.Signer, message []byte) []byte {
	sum := sha256.Sum256(message)
	return must(key.Sign(rand.Reader, sum[:], crypto.SHA256))
}

func newWorld() *world {
	w := &world{start: time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC), rootKey: newKey(), caKey: newKey(), rekor: newKey(), ctlog: newKey()}
	authority := func(name string, key *ecdsa.PrivateKey, parent *x509.Certificate, by *ecdsa.PrivateKey) *x509.Certificate {
		t := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
			NotBefore: w.start, NotAfter: w.start.AddDate(10, 0, 0), KeyUsage: x509.KeyUsageCertSign,
		}
		if parent == nil {
			parent = t
		}
		return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, parent, key.Public(), by))))
	}
	w.root = authority("root", w.rootKey, nil, w.rootKey)
	w.ca = authority("issuing", w.caKey, w.root, w.rootKey)
	w.tsa = newStamper(w)
	return w
}

type obj = map[string]any

// trustedRoot is the world's trusted root, changed by the functions.
func (w *world) trustedRoot(change ...func(obj)) []byte {
	log := func(name string, key *ecdsa.PrivateKey) []any {
		id := sha256.Sum256(spki(key.Public()))
		return []any{obj{
			"baseUrl": "https://" + name, "hashAlgorithm": "SHA2_256",
			"publicKey": obj{"rawBytes": spki(key.Public()), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": obj{"start": w.start}},
			"logId":     obj{"keyId": id[:]},
		}}
	}
	chain := func(certs ...*x509.Certificate) obj {
		var list []any
		for _, c := range certs {
			list = append(list, obj{"rawBytes": c.Raw})
		}
		return obj{"certificates": list}
	}
	r := obj{
		"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
		"tlogs":     log("rekor.test", w.rekor),
		"ctlogs":    log("ct.test", w.ctlog),
		"certificateAuthorities": []any{obj{
			"uri": "https://fulcio.test", "certChain": chain(w.ca, w.root), "validFor": obj{"start": w.start},
		}},
		"timestampAuthorities": []any{obj{
			"uri": "https://tsa.test/api", "certChain": chain(w.tsa.cert, w.root), "validFor": obj{"start": w.start},
		}},
	}
	for _, c := range change {
		c(r)
	}
	return must(json.Marshal(r))
}

// recipe says how a keyless signature is made. The zero value of most fields
// is the good case.
type recipe struct {
	digest         string
	kind           kind
	predicate      string
	payloadType    string
	san            func(*x509.Certificate)
	issuer         string
	issuerRaw      bool // only the older extension
	bothIssuers    string
	usage          []x509.ExtKeyUsage
	signedAt       time.Time // by the log
	caKey          *ecdsa.PrivateKey
	ca             *x509.Certificate
	rekor, ctlog   *ecdsa.PrivateKey
	noSCT          bool
	sctTime        time.Time
	noLog          bool
	noSET, noProof bool
	body           string // kind and version of the log entry
	otherBody      bool   // an entry of another signature with the same certificate
	otherLogKey    bool   // an entry of the same payload by another key
	wrongSignature bool   // over something else
	stamp          bool
	stampAt        time.Time // signedAt when it is zero
	chain          bool      // the certificate stands in a chain
}

func (w *world) recipe(change ...func(*recipe)) *recipe {
	r := &recipe{
		digest: digestHex, kind: statement, predicate: signPredicate, payloadType: statementType, issuer: issuer,
		usage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}, signedAt: w.start.Add(24 * time.Hour),
		caKey: w.caKey, ca: w.ca, rekor: w.rekor, ctlog: w.ctlog, body: "dsse 0.0.1",
		san: func(c *x509.Certificate) { c.URIs = []*url.URL{must(url.Parse(workflow))} },
	}
	r.sctTime = r.signedAt
	for _, c := range change {
		c(r)
	}
	return r
}

// certificate issues a signer's certificate, valid for ten minutes a day after
// the world began.
func (w *world) certificate(r *recipe, key crypto.PublicKey) *x509.Certificate {
	der := must(asn1.MarshalWithParams(r.issuer, "utf8"))
	ext := []pkix.Extension{{Id: oidIssuer(), Value: der}}
	if r.issuerRaw {
		ext = []pkix.Extension{{Id: oidIssuerRaw(), Value: []byte(r.issuer)}}
	}
	if r.bothIssuers != "" {
		ext = append(ext, pkix.Extension{Id: oidIssuerRaw(), Value: []byte(r.bothIssuers)})
	}
	at := w.start.Add(24 * time.Hour)
	t := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: at.Add(-5 * time.Minute), NotAfter: at.Add(5 * time.Minute),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: r.usage, ExtraExtensions: ext,
	}
	if r.san != nil {
		r.san(t)
	}
	issue := func() *x509.Certificate {
		return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, t, r.ca, key, r.caKey))))
	}
	if r.noSCT {
		return issue()
	}
	t.ExtraExtensions = append(t.ExtraExtensions, pkix.Extension{Id: oidSCT(), Value: w.sct(r, issue().RawTBSCertificate)})
	return issue()
}

// sct makes the extension with the timestamp for a certificate that does not
// have it yet.
func (w *world) sct(r *recipe, tbs []byte) []byte {
	millis := binary.BigEndian.AppendUint64(nil, uint64(r.sctTime.UnixMilli()))
	issuerKey := sha256.Sum256(spki(r.ca.PublicKey))
	var message []byte
	for _, part := range [][]byte{{0, 0}, millis, {0, 1}, issuerKey[:], {0, byte(len(tbs) >> 8), byte(len(tbs))}, tbs, {0, 0}} {
		message = append(message, part...)
	}
	sig := sign(r.ctlog, message)
	id := sha256.Sum256(spki(w.ctlog.Public()))
	var one []byte
	for _, part := range [][]byte{{0}, id[:], millis, {0, 0}, {4, 3}, {0, byte(len(sig))}, sig} {
		one = append(one, part...)
	}
	list := append([]byte{0, byte(len(one) + 2), 0, byte(len(one))}, one...)
	return must(asn1.Marshal(list))
}

// statementOf is an in-toto statement about a digest.
func statementOf(predicate, hexDigest string) []byte {
	return must(json.Marshal(obj{
		"_type": "https://in-toto.io/Statement/v1", "predicateType": predicate, "predicate": obj{"a": 1},
		"subject": []any{obj{"name": "other", "digest": obj{"sha256": "00"}}, obj{"name": "app", "digest": obj{"sha256": hexDigest}}},
	}))
}

func simplePayload(digest string) []byte {
	return must(json.Marshal(obj{"critical": obj{
		"identity": obj{"docker-reference": "registry.test/app"}, "image": obj{"docker-manifest-digest": digest},
		"type": "cosign container image signature",
	}, "optional": nil}))
}

// bundle makes a Sigstore bundle.
func (w *world) bundle(change ...func(*recipe)) obj {
	r := w.recipe(change...)
	key := newKey()
	cert := w.certificate(r, key.Public())
	payload := statementOf(r.predicate, r.digest)
	message := pae(r.payloadType, payload)
	if r.kind == wholeManifest {
		payload = imageManifest
		message = payload
	}
	sig := sign(key, message)
	if r.wrongSignature {
		sig = sign(key, []byte("something else"))
	}
	b := obj{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}
	if r.kind == wholeManifest {
		sum := sha256.Sum256(payload)
		b["messageSignature"] = obj{"messageDigest": obj{"algorithm": "SHA2_256", "digest": sum[:]}, "signature": sig}
	} else {
		b["dsseEnvelope"] = obj{"payload": payload, "payloadType": r.payloadType, "signatures": []any{obj{"sig": sig}}}
	}
	vm := obj{"certificate": obj{"rawBytes": cert.Raw}}
	if r.chain {
		vm = obj{"x509CertificateChain": obj{"certificates": []any{obj{"rawBytes": cert.Raw}, obj{"rawBytes": w.ca.Raw}}}}
	}
	if !r.noLog {
		logged, by := sig, pemOf("CERTIFICATE", cert.Raw)
		if r.otherBody {
			logged = sign(key, message)
		}
		if r.otherLogKey {
			by = pemOf("PUBLIC KEY", spki(newKey().Public()))
		}
		vm["tlogEntries"] = []any{w.entry(r, bodyOf(r.body, message, payload, nil, logged, by))}
	}
	if r.stamp {
		at := r.stampAt
		if at.IsZero() {
			at = r.signedAt
		}
		vm["timestampVerificationData"] = obj{"rfc3161Timestamps": []any{obj{"signedTimestamp": w.tsa.stamp(sig, at)}}}
	}
	b["verificationMaterial"] = vm
	return b
}
