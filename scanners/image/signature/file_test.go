package signature

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What Cosign wrote beside a file is accepted, and not for another file or key.
func TestCosignFiles(t *testing.T) {
	dir := "testdata/cosign/file"
	read := func(name string) []byte { return must(os.ReadFile(filepath.Join(dir, name))) }
	tool := read("tool.sh")
	key := must(Requirement{Key: dir + "/cosign.pub"}.Compile(os.ReadFile))
	other := must(Requirement{Key: "k"}.Compile(files(map[string][]byte{"k": pemOf("PUBLIC KEY", spki(newKey().Public()))})))
	logged := must(Requirement{Key: dir + "/cosign.pub", TransparencyLog: true}.Compile(os.ReadFile))
	keyless := must(Requirement{Identity: "a", Issuer: "b"}.Compile(os.ReadFile))
	for _, name := range []string{"tool.sh.sig", "tool.sh.bundle", "tool.sh.sigstore.json"} {
		sig := read(name)
		if got, err := key.VerifyFile(tool, sig); err != nil || got != "the key "+dir+"/cosign.pub" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		refused := func(what string, v *Verifier, content []byte, want string) {
			if _, err := v.VerifyFile(content, sig); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %s: %v, want %q", name, what, err, want)
			}
		}
		refused("another key", other, tool, "not signed with the key k")
		refused("without a log", logged, tool, "no transparency log entry")
		refused("without a certificate", keyless, tool, "signed with a key and not with a certificate")
		refused("changed file", key, append([]byte("#"), tool...), map[bool]string{true: "of another file", false: "not signed with"}[name == "tool.sh.sigstore.json"])
	}
}

// keylessFile is a file's signature in the bundle of Cosign 2.
func (w *world) keylessFile(content []byte, change ...func(*recipe)) []byte {
	r := w.recipe(append([]func(*recipe){func(r *recipe) { r.body = "hashedrekord 0.0.1" }}, change...)...)
	key := newKey()
	cert := pemOf("CERTIFICATE", w.certificate(r, key.Public()).Raw)
	sig := sign(key, content)
	b := obj{"base64Signature": sig, "cert": cert}
	if !r.noLog {
		body := bodyOf(r.body, content, nil, nil, sig, cert)
		id := sha256.Sum256(spki(w.rekor.Public()))
		b["rekorBundle"] = obj{
			"SignedEntryTimestamp": w.promise(r, body),
			"Payload":              obj{"body": body, "integratedTime": r.signedAt.Unix(), "logIndex": 1005, "logID": hex.EncodeToString(id[:])},
		}
	}
	return must(json.Marshal(b))
}

func TestKeylessFiles(t *testing.T) {
	w := newWorld()
	v := w.keyless(t)
	imageSum := sha256.Sum256(imageManifest)
	late := func(r *recipe) { r.signedAt = r.signedAt.Add(time.Hour) }
	message := func(r *recipe) { r.kind, r.body = wholeManifest, "hashedrekord 0.0.1" }
	about := func(r *recipe) { r.digest = hex.EncodeToString(imageSum[:]) }
	bundle := func(change ...func(*recipe)) []byte { return must(json.Marshal(w.bundle(change...))) }
	tests := []struct {
		name string
		v    *Verifier
		sig  []byte
		want string // empty: accepted
	}{
		{"bundle of Cosign 2", v, w.keylessFile(imageManifest), ""},
		{"Sigstore bundle", v, bundle(message), ""},
		{"Sigstore bundle, second log", v, bundle(message, func(r *recipe) { r.body, r.noSET, r.stamp = "hashedrekord 0.0.2", true, true }), ""},
		{"statement that it is signed", v, bundle(about), ""},
		{"attestation of something else", v, bundle(about, func(r *recipe) { r.predicate = slsa }), "attests something about the file"},
		{"statement about another file", v, bundle(func(r *recipe) { r.digest = strings.Repeat("ab", 32) }), "covers another digest"},
		{"expired when it was logged", v, w.keylessFile(imageManifest, late), "expired, or not valid yet, at the signing time"},
		{"expired when it was logged, Sigstore bundle", v, bundle(message, late), "expired, or not valid yet, at the signing time"},
		{"no log entry", v, w.keylessFile(imageManifest, func(r *recipe) { r.noLog = true }), "no transparency log entry"},
		{"a proof but no time", v, bundle(message, func(r *recipe) { r.noSET = true }), "nobody that is trusted says when it was signed"},
		{"another log", v, w.keylessFile(imageManifest, func(r *recipe) { r.rekor = newKey() }), "not signed by the log"},
		{"another authority", v, w.keylessFile(imageManifest, func(r *recipe) { stranger := newWorld(); r.caKey, r.ca = stranger.caKey, stranger.ca }), "not issued by an authority"},
		{"not in the certificate log", v, w.keylessFile(imageManifest, func(r *recipe) { r.noSCT = true }), "no signed certificate timestamp"},
		{"another workflow", w.compile(t, Requirement{Identity: workflow + "x", Issuer: issuer, TrustedRoot: "root"}), w.keylessFile(imageManifest), "signed by " + workflow},
		{"another issuer", w.compile(t, Requirement{Identity: workflow, Issuer: "https://other.test", TrustedRoot: "root"}), w.keylessFile(imageManifest), "not by " + workflow},
		{"another file", v, w.keylessFile([]byte("other")), "over something else"},
		{"empty", v, []byte(" \n"), "the signature is empty"},
		{"not base64", v, []byte("hello!"), "neither base64 nor a bundle"},
		{"JSON of another kind", v, []byte(`{"a":1}`), "not of version 0.1 to 0.3"},
		{"broken JSON", v, []byte(`{`), "the bundle is not valid JSON"},
		{"broken certificate", v, []byte(`{"base64Signature":"AAAA","cert":"AAAA"}`), "certificate cannot be read"},
		{"broken entry", v, []byte(`{"base64Signature":"AAAA","rekorBundle":{"Payload":{"logID":"x"}}}`), "no readable log id"},
		{"too large", v, make([]byte, maxFileSignature+1), "larger than 1 MiB"},
		{"the signature alone", v, []byte(base64.StdEncoding.EncodeToString(sign(newKey(), imageManifest))), "signed with a key and not with a certificate"},
		{"attestations required", w.compile(t, Requirement{Identity: workflow, Issuer: issuer, TrustedRoot: "root", Attestations: []string{slsa}}), bundle(about), "of images only"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.v.VerifyFile(imageManifest, tt.sig)
			switch {
			case tt.want == "" && (err != nil || got != workflow+" ("+issuer+")"):
				t.Errorf("got %q, %v", got, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n")):
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
