package signature

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
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

// bodyOf is what the log records for a signature.
func bodyOf(id string, message, payload, envelope, sig, by []byte) []byte {
	hash := func(b []byte) obj {
		sum := sha256.Sum256(b)
		return obj{"algorithm": "sha256", "value": hex.EncodeToString(sum[:])}
	}
	hash2 := func(b []byte) obj {
		sum := sha256.Sum256(b)
		return obj{"algorithm": "SHA2_256", "digest": sum[:]}
	}
	block, _ := pem.Decode(by)
	verifier := obj{"publicKey": obj{"rawBytes": block.Bytes}}
	if block.Type == "CERTIFICATE" {
		verifier = obj{"x509Certificate": obj{"rawBytes": block.Bytes}}
	}
	var kind, version string
	fmt.Sscan(id, &kind, &version)
	var spec obj
	switch id {
	case "hashedrekord 0.0.1":
		spec = obj{"data": obj{"hash": hash(message)}, "signature": obj{"content": sig, "publicKey": obj{"content": by}}}
	case "dsse 0.0.1":
		spec = obj{"envelopeHash": hash(envelope), "payloadHash": hash(payload), "signatures": []any{obj{"signature": sig, "verifier": by}}}
	case "intoto 0.0.1":
		spec = obj{"content": obj{"hash": hash(envelope), "payloadHash": hash(payload)}, "publicKey": by}
	case "intoto 0.0.2":
		text := base64.StdEncoding.EncodeToString(sig)
		spec = obj{"content": obj{"payloadHash": hash(payload), "envelope": obj{
			"payloadType": statementType, "signatures": []any{obj{"publicKey": by, "sig": []byte(text)}},
		}}}
	case "hashedrekord 0.0.2":
		spec = obj{"hashedRekordV002": obj{"data": hash2(message), "signature": obj{"content": sig, "verifier": verifier}}}
	case "dsse 0.0.2":
		spec = obj{"dsseV002": obj{"payloadHash": hash2(payload), "signatures": []any{obj{"content": sig, "verifier": verifier}}}}
	default:
		spec = obj{"anything": 1}
	}
	return must(json.Marshal(obj{"apiVersion": version, "kind": kind, "spec": spec}))
}

// entry puts a body into the log, among others, and returns the entry with the
// log's promise and a proof.
func (w *world) entry(r *recipe, body []byte) obj {
	id := sha256.Sum256(spki(w.rekor.Public()))
	var kv struct{ Kind, APIVersion string }
	if err := json.Unmarshal(body, &kv); err != nil {
		panic(err)
	}
	e := obj{
		"logIndex": "1005", "logId": obj{"keyId": id[:]}, "kindVersion": obj{"kind": kv.Kind, "version": kv.APIVersion},
		"integratedTime": fmt.Sprint(r.signedAt.Unix()), "canonicalizedBody": body,
	}
	if !r.noSET {
		e["inclusionPromise"] = obj{"signedEntryTimestamp": w.promise(r, body)}
	}
	if !r.noProof {
		leaves := [][]byte{[]byte("a"), []byte("b"), []byte("c"), []byte("d"), []byte("e"), body, []byte("g")}
		root := treeRoot(leaves)
		text := fmt.Sprintf("rekor.test - 1\n%d\n%s\n", len(leaves), base64.StdEncoding.EncodeToString(root))
		line := base64.StdEncoding.EncodeToString(append(append([]byte{}, id[:4]...), sign(r.rekor, []byte(text))...))
		e["inclusionProof"] = obj{
			"logIndex": "5", "rootHash": root, "treeSize": fmt.Sprint(len(leaves)), "hashes": treePath(leaves, 5),
			"checkpoint": obj{"envelope": text + "\n— rekor.test " + line + "\n"},
		}
	}
	return e
}

// promise is the log's signed entry timestamp.
func (w *world) promise(r *recipe, body []byte) []byte {
	id := sha256.Sum256(spki(w.rekor.Public()))
	return sign(r.rekor, fmt.Appendf(nil, `{"body":%q,"integratedTime":%d,"logID":%q,"logIndex":%d}`,
		base64.StdEncoding.EncodeToString(body), r.signedAt.Unix(), hex.EncodeToString(id[:]), 1005))
}

// treeRoot and treePath are RFC 6962 section 2.1 by its letter.
func treeRoot(leaves [][]byte) []byte {
	if len(leaves) == 1 {
		return leafHash(leaves[0])
	}
	k := split(len(leaves))
	return nodeHash(treeRoot(leaves[:k]), treeRoot(leaves[k:]))
}

func treePath(leaves [][]byte, m int) [][]byte {
	if len(leaves) == 1 {
		return nil
	}
	k := split(len(leaves))
	if m < k {
		return append(treePath(leaves[:k], m), treeRoot(leaves[k:]))
	}
	return append(treePath(leaves[k:], m-k), treeRoot(leaves[:k]))
}

func split(n int) int {
	k := 1
	for k*2 < n {
		k *= 2
	}
	return k
}

// imageManifest is the bytes that digest is of.
var imageManifest = []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":115,"digest":"sha256:5b943e2b943f6c81dbbd4e2eca5121f4fcc39139e3d1219d6d89bd925b77d9fe"},"layers":[]}`)

// memory is a store in memory.
type memory struct {
	attached []Attached
	blobs    map[v1.Hash][]byte
	err      error // of Attached
}

func (m *memory) Attached(context.Context, v1.Hash) ([]Attached, error) { return m.attached, m.err }

func (m *memory) Manifest(ctx context.Context, d v1.Hash) ([]byte, error) {
	return m.Blob(ctx, d, maxManifest)
}

func (m *memory) Blob(_ context.Context, d v1.Hash, limit int64) ([]byte, error) {
	b, ok := m.blobs[d]
	if !ok {
		return nil, errors.New("connection reset")
	}
	if int64(len(b)) > limit {
		return nil, errTooLarge
	}
	return b, nil
}

// add attaches one manifest with layers of one media type.
func (m *memory) add(mediaType string, layers ...layer) {
	if m.blobs == nil {
		m.blobs = map[v1.Hash][]byte{must(v1.NewHash(digest)): imageManifest}
	}
	var list []any
	for _, l := range layers {
		sum := sha256.Sum256(l.content)
		h := v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
		m.blobs[h] = l.content
		list = append(list, obj{"mediaType": mediaType, "digest": h.String(), "size": len(l.content), "annotations": l.annotations})
	}
	m.attached = append(m.attached, Attached{Where: "test", Manifest: must(json.Marshal(obj{"layers": list}))})
}

type layer struct {
	content     []byte
	annotations map[string]string
}

const bundleLayer = "application/vnd.dev.sigstore.bundle.v0.3+json"

func bundleStore(bundles ...obj) *memory {
	m := &memory{}
	for _, b := range bundles {
		m.add(bundleLayer, layer{content: must(json.Marshal(b))})
	}
	return m
}

// files is a readFile of Compile.
func files(m map[string][]byte) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if b, ok := m[name]; ok {
			return b, nil
		}
		return nil, errors.New("file does not exist")
	}
}

// keyless is a verifier for the workflow in the world.
func (w *world) keyless(t *testing.T, change ...func(obj)) *Verifier {
	t.Helper()
	return w.compile(t, Requirement{Identity: workflow, Issuer: issuer, TrustedRoot: "root"}, change...)
}

func (w *world) compile(t *testing.T, r Requirement, change ...func(obj)) *Verifier {
	t.Helper()
	v, err := r.Compile(files(map[string][]byte{"root": w.trustedRoot(change...)}))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
