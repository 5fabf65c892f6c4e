package signature

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"go.yaml.in/yaml/v3"
)

func TestBundleErrors(t *testing.T) {
	w := newWorld()
	material := func(b obj) obj { return b["verificationMaterial"].(obj) }
	tests := []struct {
		name   string
		change func(obj)
		want   string
	}{
		{"later version", func(b obj) { b["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.4+json" }, "not of version 0.1 to 0.3"},
		{"no signature", func(b obj) { delete(b, "dsseEnvelope") }, "no signature, or two"},
		{"two kinds of signature", func(b obj) { b["messageSignature"] = obj{} }, "no signature, or two"},
		{"two signatures in the envelope", func(b obj) {
			e := b["dsseEnvelope"].(obj)
			e["signatures"] = append(e["signatures"].([]any), obj{"sig": "AAAA"})
		}, "not exactly one signature"},
		{"two certificates", func(b obj) { material(b)["x509CertificateChain"] = obj{"certificates": []any{obj{}}} }, "a certificate twice"},
		{"chain without certificates", func(b obj) {
			delete(material(b), "certificate")
			material(b)["x509CertificateChain"] = obj{}
		}, "has 0 certificates"},
		{"chain that is too long", func(b obj) {
			delete(material(b), "certificate")
			material(b)["x509CertificateChain"] = obj{"certificates": make([]obj, maxChain+1)}
		}, "has 11 certificates"},
		{"too many entries", func(b obj) { material(b)["tlogEntries"] = make([]obj, maxEntries+1) }, "too many log entries"},
		{"only a key", func(b obj) {
			delete(material(b), "certificate")
			material(b)["publicKey"] = obj{"hint": "x"}
		}, "signed with a key and not with a certificate"},
		{"number that is none", func(b obj) { material(b)["tlogEntries"].([]any)[0].(obj)["logIndex"] = "x" }, "not valid JSON of its kind"},
		{"predicate nested too deeply", func(b obj) {
			b["x"] = json.RawMessage(strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth))
		}, "nested too deeply"},
		{"message of another digest", func(b obj) {
			delete(b, "dsseEnvelope")
			b["messageSignature"] = obj{"messageDigest": obj{"algorithm": "SHA2_256", "digest": "AAAA"}, "signature": "AAAA"}
		}, "covers another digest"},
		{"message hashed otherwise", func(b obj) {
			delete(b, "dsseEnvelope")
			b["messageSignature"] = obj{"messageDigest": obj{"algorithm": "SHA2_512", "digest": "AAAA"}, "signature": "AAAA"}
		}, "not SHA-256"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := w.bundle()
			tt.change(b)
			got, err := w.keyless(t).Verify(context.Background(), bundleStore(b), digest)
			if err != nil || got.Verified || !strings.Contains(strings.Join(got.Reasons, "\n"), tt.want) {
				t.Errorf("got %+v, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// A bundle that is signed with a key, and logged by either version of the log
// under that key, or under another.
func TestKeyInLog(t *testing.T) {
	w := newWorld()
	key := newKey()
	v := must(Requirement{Key: "key", TransparencyLog: true, TrustedRoot: "root"}.Compile(
		files(map[string][]byte{"root": w.trustedRoot(), "key": pemOf("PUBLIC KEY", spki(key.Public()))})))
	payload := statementOf(signPredicate, digestHex)
	sig := sign(key, pae(statementType, payload))
	for body, promise := range map[string]bool{"dsse 0.0.1": true, "dsse 0.0.2": false} {
		for _, own := range []bool{true, false} {
			by := key
			if !own {
				by = newKey()
			}
			r := w.recipe(func(r *recipe) { r.noSET = !promise })
			b := obj{
				"mediaType":            bundleLayer,
				"dsseEnvelope":         obj{"payload": payload, "payloadType": statementType, "signatures": []any{obj{"sig": sig}}},
				"verificationMaterial": obj{"tlogEntries": []any{w.entry(r, bodyOf(body, nil, payload, nil, sig, pemOf("PUBLIC KEY", spki(by.Public()))))}},
			}
			got, err := v.Verify(context.Background(), bundleStore(b), digest)
			if err != nil || got.Verified != own {
				t.Errorf("%s, own key %v: %+v, %v", body, own, got, err)
			}
		}
	}
}

func TestHashes(t *testing.T) {
	b := []byte("content")
	s256, s384, s512 := sha256.Sum256(b), sha512.Sum384(b), sha512.Sum512(b)
	for name, sum := range map[string][]byte{"256": s256[:], "384": s384[:], "512": s512[:]} {
		one, two := hashJSON{"sha" + name, hex.EncodeToString(sum)}, hashV2{"SHA2_" + name, sum}
		if !one.is(b) || !two.is(b) || one.is([]byte("other")) || two.is([]byte("other")) {
			t.Errorf("SHA-%s is not told from others", name)
		}
	}
	if (hashJSON{"md5", ""}).is(b) || (hashV2{"", nil}).is(b) || (hashJSON{}).is(b) {
		t.Error("an unknown hash was accepted")
	}
}

// layoutWith is a layout of blobs; the first one is listed in its index, with
// the annotations.
func layoutWith(t *testing.T, annotations map[string]string, blobs ...[]byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "blobs/sha256"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, b := range blobs {
		if err := os.WriteFile(filepath.Join(dir, "blobs/sha256", digestOf(b).Hex), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	index := must(json.Marshal(obj{"manifests": []any{obj{"digest": digestOf(blobs[0]).String(), "annotations": annotations}}}))
	if err := os.WriteFile(filepath.Join(dir, "index.json"), index, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func digestOf(b []byte) v1.Hash {
	h, _, err := v1.SHA256(bytes.NewReader(b))
	return must(h, err)
}

// A signature is found in a layout by its tag, and by its subject in an index
// within the index; a message signature reads the manifest from there.
func TestLayoutFinds(t *testing.T) {
	w := newWorld()
	bundle := must(json.Marshal(w.bundle(func(r *recipe) { r.kind, r.body = wholeManifest, "hashedrekord 0.0.1" })))
	manifest := obj{"layers": []any{obj{"mediaType": bundleLayer, "digest": digestOf(bundle).String(), "size": len(bundle)}}}
	tag := must(json.Marshal(manifest))
	manifest["subject"] = obj{"digest": digest}
	referrer := must(json.Marshal(manifest))
	index := must(json.Marshal(obj{"manifests": []any{obj{"digest": digestOf(referrer).String()}}}))
	name := func(s string) map[string]string { return map[string]string{"org.opencontainers.image.ref.name": s} }
	tests := []struct {
		name string
		dir  string
		want bool
	}{
		{"tag", layoutWith(t, name("sha256-"+digestHex+".sig"), tag, bundle, imageManifest), true},
		{"tag of another image", layoutWith(t, name("sha256-"+strings.Repeat("ab", 32)+".sig"), tag, bundle, imageManifest), false},
		{"no mark at all", layoutWith(t, nil, tag, bundle, imageManifest), false},
		{"subject", layoutWith(t, nil, referrer, bundle, imageManifest), true},
		{"subject in an index within", layoutWith(t, nil, index, referrer, bundle, imageManifest), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := w.keyless(t).Verify(context.Background(), Layout(tt.dir), digest)
			if err != nil || got.Verified != tt.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	lost := layoutWith(t, nil, referrer, bundle)
	if got, err := w.keyless(t).Verify(context.Background(), Layout(lost), digest); err == nil || got.Verified || !strings.Contains(err.Error(), "cannot read the image's manifest") {
		t.Errorf("without the manifest: %+v, %v", got, err)
	}
}

// A message signature in a registry, and one that is enough although another
// referrer dangles.
func TestRegistryMessage(t *testing.T) {
	w := newWorld()
	bundle := must(json.Marshal(w.bundle(func(r *recipe) { r.kind, r.body = wholeManifest, "hashedrekord 0.0.1" })))
	referrer := must(json.Marshal(obj{"layers": []any{obj{"mediaType": bundleLayer, "digest": digestOf(bundle).String(), "size": len(bundle)}}}))
	blobs := map[string][]byte{
		"/blobs/" + digestOf(bundle).String():       bundle,
		"/manifests/" + digestOf(referrer).String(): referrer,
		"/manifests/" + digest:                      imageManifest,
	}
	list := must(json.Marshal(obj{"manifests": []any{
		obj{"digest": "sha256:" + strings.Repeat("0", 64), "artifactType": bundleLayer},
		obj{"digest": "sha256:" + strings.Repeat("1", 64), "artifactType": "application/spdx+json"},
		obj{"digest": digestOf(referrer).String(), "artifactType": bundleLayer},
		obj{"digest": digestOf(referrer).String(), "artifactType": bundleLayer},
	}}))
	empty := newRegistry(registry.WithReferrersSupport(true))
	repo := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/referrers/") {
			rw.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
			rw.Write(list)
			return
		}
		for suffix, b := range blobs {
			if strings.HasSuffix(r.URL.Path, suffix) {
				rw.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
				rw.Write(b)
				return
			}
		}
		empty.ServeHTTP(rw, r)
	}))
	store, err := Remote(repo, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.keyless(t).Verify(context.Background(), store, digest)
	if err != nil || !got.Verified {
		t.Errorf("got %+v, %v", got, err)
	}
	delete(blobs, "/manifests/"+digestOf(referrer).String())
	got, err = w.keyless(t).Verify(context.Background(), store, digest)
	if err == nil || got.Verified || !strings.Contains(err.Error(), "cannot read the referrer sha256:") {
		t.Errorf("nothing readable: %+v, %v", got, err)
	}
}

func TestConfiguration(t *testing.T) {
	const section = `
identity-regexp: https://github\.com/acme/.*
issuer: https://token.actions.githubusercontent.com
trusted-root: root.json
transparency-log: true
attestations: [https://slsa.dev/provenance/v1]
attestations-only: true
`
	d := yaml.NewDecoder(strings.NewReader(section))
	d.KnownFields(true)
	var got Requirement
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := Requirement{
		IdentityRegexp: `https://github\.com/acme/.*`, Issuer: issuer, TrustedRoot: "root.json",
		TransparencyLog: true, Attestations: []string{slsa}, AttestationsOnly: true,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
