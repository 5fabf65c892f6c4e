package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"crypto/x509"
	"encoding/pem"
)

func TestCompileErrors(t *testing.T) {
	w := newWorld()
	good := pemOf("PUBLIC KEY", spki(newKey().Public()))
	small := must(rsa.GenerateKey(rand.Reader, 1024))
	p224 := must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))
	read := files(map[string][]byte{
		"good": good, "two": append(append([]byte{}, good...), good...), "text": []byte("hello"), "large": make([]byte, maxKeyFile+1),
		"cert": pemOf("CERTIFICATE", w.ca.Raw), "small": pemOf("PUBLIC KEY", spki(small.Public())), "p224": pemOf("PUBLIC KEY", spki(p224.Public())),
		"broken": pemOf("PUBLIC KEY", []byte("x")), "broken-rsa": pemOf("RSA PUBLIC KEY", []byte("x")), "root": w.trustedRoot(),
		"no-authority": w.trustedRoot(func(r obj) { delete(r, "certificateAuthorities") }),
		"no-log":       w.trustedRoot(func(r obj) { delete(r, "tlogs"); delete(r, "timestampAuthorities") }),
		"odd-log":      w.trustedRoot(func(r obj) { r["tlogs"].([]any)[0].(obj)["publicKey"].(obj)["rawBytes"] = []byte("x") }),
	})
	keyless := Requirement{Identity: "a", Issuer: "b"}
	with := func(r Requirement, change func(*Requirement)) Requirement {
		change(&r)
		return r
	}
	tests := []struct {
		name string
		req  Requirement
		want string
	}{
		{"nothing", Requirement{}, "set key, or identity and issuer"},
		{"both", Requirement{Key: "good", Identity: "a", Issuer: "b"}, "key and identity exclude each other"},
		{"no issuer", Requirement{Identity: "a"}, "issuer is missing"},
		{"no identity", Requirement{Issuer: "a"}, "identity is missing"},
		{"identity twice", with(keyless, func(r *Requirement) { r.IdentityRegexp = "a" }), "identity and identity-regexp exclude each other"},
		{"issuer twice", with(keyless, func(r *Requirement) { r.IssuerRegexp = "a" }), "issuer and issuer-regexp exclude each other"},
		{"broken expression", Requirement{IdentityRegexp: "(", Issuer: "b"}, "identity-regexp is not a regular expression"},
		{"expression out of its anchors", Requirement{IdentityRegexp: "a)|(b", Issuer: "b"}, "identity-regexp is not a regular expression"},
		{"expression too long", Requirement{IdentityRegexp: strings.Repeat("a", maxPattern+1), Issuer: "b"}, "identity-regexp is longer"},
		{"attestations-only", with(keyless, func(r *Requirement) { r.AttestationsOnly = true }), "attestations-only needs attestations"},
		{"empty attestation", with(keyless, func(r *Requirement) { r.Attestations = []string{" "} }), "attestations has an empty entry"},
		{"too many attestations", with(keyless, func(r *Requirement) { r.Attestations = make([]string, maxAttestations+1) }), "attestations has more than"},
		{"no such key", Requirement{Key: "none"}, "key: cannot read none: file does not exist"},
		{"key too large", Requirement{Key: "large"}, "key: large is larger than 64 KiB"},
		{"key is text", Requirement{Key: "text"}, "key: text: no PEM block"},
		{"two keys", Requirement{Key: "two"}, "more than one PEM block"},
		{"certificate as a key", Requirement{Key: "cert"}, "another kind of PEM block"},
		{"broken key", Requirement{Key: "broken"}, "not a public key"},
		{"broken RSA key", Requirement{Key: "broken-rsa"}, "not an RSA public key"},
		{"short RSA key", Requirement{Key: "small"}, "an RSA key of 1024 bits: use 2048 to 8192"},
		{"weak curve", Requirement{Key: "p224"}, "use P-256, P-384 or P-521"},
		{"root without use", Requirement{Key: "good", TrustedRoot: "root"}, "trusted-root has no use with a key alone"},
		{"no such root", with(keyless, func(r *Requirement) { r.TrustedRoot = "none" }), "trusted-root: cannot read none"},
		{"root is text", with(keyless, func(r *Requirement) { r.TrustedRoot = "text" }), "trusted-root: text: cannot be read"},
		{"root without an authority", with(keyless, func(r *Requirement) { r.TrustedRoot = "no-authority" }), "has no certificate authority"},
		{"root without a log", with(keyless, func(r *Requirement) { r.TrustedRoot = "no-log" }), "has no transparency log"},
		{"root with a log of an unknown kind", with(keyless, func(r *Requirement) { r.TrustedRoot = "odd-log" }), "has no transparency log"},
		{"key, root without a log", Requirement{Key: "good", TransparencyLog: true, TrustedRoot: "no-log"}, "has no transparency log"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.req.Compile(read)
			if err == nil || !strings.HasPrefix(err.Error(), "require-signature: ") || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	if _, err := keyless.Compile(func(string) ([]byte, error) { return nil, errors.New("nothing is to be read") }); err != nil {
		t.Errorf("the built-in root: %v", err)
	}
}

func TestParseTrustedRoot(t *testing.T) {
	w := newWorld()
	tests := []struct {
		name   string
		change func(obj)
		want   string
	}{
		{"another kind of file", func(r obj) { r["mediaType"] = "application/json" }, "not a Sigstore trusted root"},
		{"a later version", func(r obj) { r["mediaType"] = "application/vnd.dev.sigstore.trustedroot+json;version=0.3" }, "not a Sigstore trusted root"},
		{"log without a start", func(r obj) { r["tlogs"].([]any)[0].(obj)["publicKey"].(obj)["validFor"] = obj{} }, "tlogs[0] has no validFor.start"},
		{"log that ends before it starts", func(r obj) { end(r, "ctlogs", time.Unix(0, 0)) }, "ctlogs[0] ends before it starts"},
		{"log without an id", func(r obj) { r["tlogs"].([]any)[0].(obj)["logId"] = obj{} }, "tlogs[0] has no logId"},
		{"too many logs", func(r obj) { r["tlogs"] = make([]obj, maxRootEntries+1) }, "more than 64 tlogs"},
		{"too many authorities", func(r obj) { r["certificateAuthorities"] = make([]obj, maxRootEntries+1) }, "more than 64 certificateAuthorities"},
		{"authority without certificates", func(r obj) { r["certificateAuthorities"].([]any)[0].(obj)["certChain"] = obj{} }, "has 0 certificates"},
		{"authority with a broken certificate", func(r obj) {
			r["certificateAuthorities"].([]any)[0].(obj)["certChain"] = obj{"certificates": []any{obj{"rawBytes": []byte("x")}}}
		}, "a certificate that cannot be read"},
		{"authority with a certificate that is none", func(r obj) {
			r["certificateAuthorities"].([]any)[0].(obj)["certChain"] = obj{"certificates": []any{obj{"rawBytes": w.tsa.cert.Raw}}}
		}, "a certificate that is no authority's"},
		{"timestamp authority without a root", func(r obj) {
			r["timestampAuthorities"].([]any)[0].(obj)["certChain"] = obj{"certificates": []any{obj{"rawBytes": w.tsa.cert.Raw}}}
		}, "timestampAuthorities[0] has no root certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parseTrustedRoot(w.trustedRoot(tt.change)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	r, err := parseTrustedRoot([]byte(publicGoodRoot))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.logs) != 2 || len(r.ctlogs) != 2 || len(r.authorities) != 2 || len(r.stampers) != 1 || r.stampers[0].leaf == nil {
		t.Errorf("the built-in root has %d logs, %d certificate logs, %d authorities, %d timestamp authorities", len(r.logs), len(r.ctlogs), len(r.authorities), len(r.stampers))
	}
}

func TestKeys(t *testing.T) {
	message := []byte("message")
	type signing struct {
		name string
		key  crypto.Signer
		opts crypto.SignerOpts
		ok   bool
	}
	var all []signing
	for _, c := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key := must(ecdsa.GenerateKey(c, rand.Reader))
		for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			ok := h == crypto.SHA256 || c == elliptic.P384() && h == crypto.SHA384 || c == elliptic.P521() && h == crypto.SHA512
			all = append(all, signing{fmt.Sprint(c.Params().Name, h), key, h, ok})
		}
	}
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, signing{"RSA", rsaKey, crypto.SHA256, true}, signing{"RSA SHA-512", rsaKey, crypto.SHA512, false},
		signing{"Ed25519", ed, crypto.Hash(0), true}, signing{"Ed25519ph", ed, crypto.SHA512, true})
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			b := pemOf("PUBLIC KEY", spki(s.key.Public()))
			key, err := parsePublicKey(b)
			if err != nil {
				t.Fatal(err)
			}
			digest := message
			if h := s.opts.HashFunc(); h != 0 {
				digest = sumOf(h, message)
			}
			sig := must(s.key.Sign(rand.Reader, digest, s.opts))
			if verified(key, message, sig) != s.ok {
				t.Errorf("verified is not %v", s.ok)
			}
			if verified(key, []byte("massage"), sig) || verified(key, message, sig[:len(sig)-1]) || verified(key, message, nil) || verified(nil, message, sig) {
				t.Error("something else was accepted")
			}
		})
	}
	if key, err := parsePublicKey(pemOf("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey.PublicKey))); err != nil || !sameKey(key, rsaKey.Public()) {
		t.Errorf("PKCS #1: %v, %v", key, err)
	}
	sum := sha512.Sum512(message)
	sig := must(ed.Sign(rand.Reader, sum[:], crypto.Hash(0))) // of the hash, but not prehashed
	if verified(ed.Public(), message, sig) {
		t.Error("a pure signature of the hash was accepted for the message")
	}
}

// Every leaf of every small tree is proved, and nothing else is.
func TestInclusion(t *testing.T) {
	var leaves [][]byte
	for n := 1; n <= 33; n++ {
		leaves = append(leaves, []byte{byte(n)})
		root := string(treeRoot(leaves))
		for i := range n {
			path := treePath(leaves, i)
			proves := func(leaf []byte, index, size int, p [][]byte) bool {
				got, err := rootOf(leafHash(leaf), int64(index), int64(size), p)
				return err == nil && string(got) == root
			}
			if !proves(leaves[i], i, n, path) {
				t.Fatalf("leaf %d of %d is not proved", i, n)
			}
			if proves([]byte("x"), i, n, path) || proves(leaves[i], i, n, append(path[:len(path):len(path)], []byte("x"))) ||
				len(path) > 0 && proves(leaves[i], i, n, path[1:]) || n > 1 && proves(leaves[i], (i+1)%n, n, path) ||
				proves(leaves[i], -1, n, path) || proves(leaves[i], n, n, path) || proves(leaves[i], i, 0, path) {
				t.Fatalf("leaf %d of %d is proved by something wrong", i, n)
			}
		}
	}
	if _, err := rootOf(leafHash(nil), 0, 1<<62, make([][]byte, maxProof+1)); err == nil {
		t.Error("a proof that is too long was accepted")
	}
}

// Timestamps that another program made.
func TestOpenSSLTimestamps(t *testing.T) {
	cert := func(name string) *x509.Certificate {
		b := must(os.ReadFile("testdata/openssl/" + name))
		block, _ := pem.Decode(b)
		return must(x509.ParseCertificate(block.Bytes))
	}
	signer, root := cert("tsa.pem"), cert("ca.pem")
	r := &trustedRoot{stampers: []authority{{name: "tsa.test", leaf: signer, root: root, valid: period{start: root.NotBefore}}}}
	for _, name := range []string{"reply.tsr", "reply-cert.tsr"} {
		der := must(os.ReadFile("testdata/openssl/" + name))
		at, err := r.stamped(der, []byte("a signature"))
		if err != nil || at.Before(signer.NotBefore) || at.After(signer.NotAfter) {
			t.Errorf("%s: %v, %v", name, at, err)
		}
		if _, err := r.stamped(der, []byte("another")); err == nil || !strings.Contains(err.Error(), "of another signature") {
			t.Errorf("%s: another message: %v", name, err)
		}
		other := newWorld()
		if _, err := must(parseTrustedRoot(other.trustedRoot())).stamped(der, []byte("a signature")); err == nil || !strings.Contains(err.Error(), "not by a timestamp authority") {
			t.Errorf("%s: another authority: %v", name, err)
		}
	}
}

func TestMayHold(t *testing.T) {
	for artifactType, want := range map[string]bool{
		"": true, "application/vnd.dev.sigstore.bundle.v0.3+json": true, "application/vnd.dev.cosign.artifact.sig.v1+json": true,
		"application/vnd.oci.empty.v1+json": true, "application/spdx+json": false, "application/vnd.cyclonedx+json": false,
	} {
		if mayHold(artifactType) != want {
			t.Errorf("%q: not %v", artifactType, want)
		}
	}
}

// Whatever the input, the parsers come to an end, and nothing is accepted.
func FuzzSignature(f *testing.F) {
	w := newWorld()
	v := must(Requirement{Identity: workflow, Issuer: issuer, TrustedRoot: "root"}.Compile(files(map[string][]byte{"root": newWorld().trustedRoot()})))
	f.Add(must(json.Marshal(w.bundle())), false)
	f.Add(must(json.Marshal(w.bundle(func(r *recipe) { r.kind, r.stamp, r.body = wholeManifest, true, "hashedrekord 0.0.2" }))), false)
	f.Add(tagged{w: w, attestation: true, body: "dsse 0.0.1"}.layer().content, true)
	f.Add([]byte(`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}`), false)
	h := must(parseDigest(digest))
	f.Fuzz(func(t *testing.T, content []byte, layer bool) {
		mediaType := bundleLayer
		if layer {
			mediaType = envelopeLayer
		}
		m, err := read(mediaType, content, nil)
		if err != nil {
			return
		}
		if c, err := v.check(m, h); err == nil {
			t.Errorf("accepted: %+v", c)
		}
		_, _ = v.times(m, nil, signer{})
	})
}

func FuzzParsers(f *testing.F) {
	w := newWorld()
	cert := w.certificate(w.recipe(), newKey().Public())
	value, _ := extension(cert, oidSCT())
	f.Add(value)
	f.Add(cert.Raw)
	f.Add(w.tsa.stamp([]byte("x"), w.start))
	f.Add([]byte("rekor.test\n1\nAAAA\n\n— rekor.test AAAAAAAA\n"))
	f.Add(w.trustedRoot())
	r := must(parseTrustedRoot(w.trustedRoot()))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = parseSCTs(b)
		_, _ = withoutExtension(b, oidSCT())
		_, _ = r.stamped(b, []byte("y"))
		_, _ = openCheckpoint(string(b), &r.logs[0])
		_, _ = parseTrustedRoot(b)
		_, _ = parsePublicKey(b)
		_, _ = fromPayloadBundle(b)
		_, _ = fromFile(b)
		if s, err := parseSigner(b); err == nil && (s.identity == "" || s.issuer == "") {
			t.Error("a certificate without a name was accepted")
		}
	})
}
