package signature

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func otherName(value string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		inner := must(asn1.MarshalWithParams(value, "utf8"))
		wrapped := must(asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: inner}))
		name := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: append(must(asn1.Marshal(oidOtherName())), wrapped...)}
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: oidSAN(), Critical: true, Value: must(asn1.Marshal([]asn1.RawValue{name}))})
	}
}

func TestKeylessAccepted(t *testing.T) {
	w := newWorld()
	noLogs := func(r obj) { delete(r, "tlogs"); delete(r, "ctlogs") }
	tests := []struct {
		name   string
		make   []func(*recipe)
		root   []func(obj)
		id     string
		idExpr string
		issuer string
	}{
		{name: "promise and proof"},
		{name: "promise alone", make: []func(*recipe){func(r *recipe) { r.noProof = true }}},
		{name: "certificate in a chain", make: []func(*recipe){func(r *recipe) { r.chain = true }}},
		{name: "message signature", make: []func(*recipe){func(r *recipe) { r.kind, r.body = wholeManifest, "hashedrekord 0.0.1" }}},
		{name: "intoto entry", make: []func(*recipe){func(r *recipe) { r.body = "intoto 0.0.2" }}},
		{name: "hashedrekord entry of an envelope", make: []func(*recipe){func(r *recipe) { r.body = "hashedrekord 0.0.1" }}},
		{name: "proof and timestamp", make: []func(*recipe){func(r *recipe) { r.noSET, r.stamp = true, true }}},
		{name: "second version of the log", make: []func(*recipe){func(r *recipe) { r.noSET, r.stamp, r.body = true, true, "dsse 0.0.2" }}},
		{name: "second version, hashedrekord", make: []func(*recipe){func(r *recipe) {
			r.kind, r.noSET, r.stamp, r.body = wholeManifest, true, true, "hashedrekord 0.0.2"
		}}},
		{name: "timestamp alone where there are no logs", make: []func(*recipe){func(r *recipe) { r.noLog, r.noSCT, r.stamp = true, true, true }}, root: []func(obj){noLogs}},
		{name: "older issuer extension", make: []func(*recipe){func(r *recipe) { r.issuerRaw = true }}},
		{name: "both issuer extensions", make: []func(*recipe){func(r *recipe) { r.bothIssuers = issuer }}},
		{name: "e-mail", make: []func(*recipe){func(r *recipe) {
			r.san = func(c *x509.Certificate) { c.EmailAddresses = []string{"dev@acme.test"} }
		}}, id: "dev@acme.test"},
		{name: "user name", make: []func(*recipe){func(r *recipe) { r.san = otherName("dev!acme.test") }}, id: "dev!acme.test"},
		{name: "expression", idExpr: `https://github\.com/acme/.*`},
		{name: "alternatives are anchored as a whole", idExpr: `nobody|https://github\.com/acme/.*`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := Requirement{Identity: tt.id, IdentityRegexp: tt.idExpr, Issuer: issuer, TrustedRoot: "root"}
			if tt.id == "" && tt.idExpr == "" {
				req.Identity = workflow
			}
			v := w.compile(t, req, tt.root...)
			got, err := v.Verify(context.Background(), bundleStore(w.bundle(tt.make...)), digest)
			if err != nil {
				t.Fatal(err)
			}
			signer := workflow
			if tt.id != "" {
				signer = tt.id
			}
			want := Result{Verified: true, Signers: []string{signer + " (" + issuer + ")"}}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestKeylessRejected(t *testing.T) {
	w := newWorld()
	other := newWorld()
	v := w.keyless(t)
	tests := []struct {
		name string
		make func(*recipe)
		root func(obj)
		want string
	}{
		{"wrong identity", func(r *recipe) {
			r.san = func(c *x509.Certificate) { c.EmailAddresses = []string{"mallory@evil.test"} }
		}, nil, "signed by mallory@evil.test (" + issuer + "), not by " + workflow},
		{"identity with a suffix", func(r *recipe) {
			r.san = func(c *x509.Certificate) { c.URIs = []*url.URL{must(url.Parse(workflow + "2"))} }
		}, nil, "not by " + workflow},
		{"two identities", func(r *recipe) {
			r.san = func(c *x509.Certificate) {
				c.URIs, c.EmailAddresses = []*url.URL{must(url.Parse(workflow))}, []string{"mallory@evil.test"}
			}
		}, nil, "more than one identity"},
		{"identity of an unknown kind", func(r *recipe) { r.san = func(c *x509.Certificate) { c.DNSNames = []string{"acme.test"} } }, nil, "of an unknown kind"},
		{"no identity", func(r *recipe) { r.san = nil }, nil, "names no identity"},
		{"wrong issuer", func(r *recipe) { r.issuer = "https://evil.test" }, nil, "signed by " + workflow + " (https://evil.test), not by"},
		{"no issuer", func(r *recipe) { r.issuer, r.issuerRaw = "", true }, nil, "names no issuer"},
		{"two issuers", func(r *recipe) { r.bothIssuers = "https://evil.test" }, nil, "two issuers"},
		{"certificate of another authority", func(r *recipe) { r.ca, r.caKey = other.ca, other.caKey }, nil, "not issued by an authority of the trusted root"},
		{"certificate for another use", func(r *recipe) { r.usage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, nil, "not for code signing"},
		{"certificate for every use", func(r *recipe) { r.usage = nil }, nil, "not for code signing"},
		{"certificate of an authority as the signer's", func(r *recipe) {
			r.san = func(c *x509.Certificate) {
				c.URIs, c.IsCA, c.BasicConstraintsValid = []*url.URL{must(url.Parse(workflow))}, true, true
			}
		}, nil, "an authority's"},
		{"expired at the signing time", func(r *recipe) { r.signedAt = r.signedAt.Add(time.Hour) }, nil, "expired, or not valid yet, at the signing time"},
		{"not valid yet at the signing time", func(r *recipe) { r.signedAt = r.signedAt.Add(-time.Hour) }, nil, "expired, or not valid yet"},
		{"stamped after it expired", func(r *recipe) { r.noSET, r.stamp, r.signedAt = true, true, r.signedAt.Add(time.Hour) }, nil, "expired, or not valid yet"},
		{"stamped when the stamper's certificate had expired", func(r *recipe) { r.noSET, r.stamp, r.signedAt = true, true, r.signedAt.AddDate(2, 0, 0) }, nil, "nobody that is trusted says when"},
		{"stamped after it expired, logged before", func(r *recipe) { r.stamp, r.stampAt = true, r.signedAt.Add(time.Hour) }, nil, "expired, or not valid yet"},
		{"no log entry", func(r *recipe) { r.noLog = true }, nil, "no transparency log entry"},
		{"no log entry but a timestamp", func(r *recipe) { r.noLog, r.stamp = true, true }, nil, "no transparency log entry"},
		{"neither promise nor proof", func(r *recipe) { r.noSET, r.noProof = true, true }, nil, "neither a signature of the log rekor.test nor an inclusion proof"},
		{"proof without a time", func(r *recipe) { r.noSET = true }, nil, "nobody that is trusted says when"},
		{"entry signed by another log", func(r *recipe) { r.rekor, r.noProof = newKey(), true }, nil, "not signed by the log rekor.test"},
		{"checkpoint signed by another log", func(r *recipe) { r.rekor, r.noSET, r.stamp = newKey(), true, true }, nil, "checkpoint was not signed by the log rekor.test"},
		{"entry of another signature", func(r *recipe) { r.otherBody = true }, nil, "log entry is about another signature"},
		{"entry of another key", func(r *recipe) { r.otherLogKey = true }, nil, "log entry is about another signature"},
		{"entry of an unknown kind", func(r *recipe) { r.body = "rpm 0.0.1" }, nil, "of a kind that says nothing about signatures"},
		{"entry without the envelope it is about", func(r *recipe) { r.body = "intoto 0.0.1" }, nil, "log entry is about another signature"},
		{"another digest", func(r *recipe) { r.digest = strings.Repeat("ab", 32) }, nil, "covers another digest"},
		{"envelope of another type", func(r *recipe) { r.payloadType = "text/plain" }, nil, "does not hold an in-toto statement"},
		{"signature of something else", func(r *recipe) { r.wrongSignature = true }, nil, "signature was not made with the certificate's key"},
		{"no certificate timestamp", func(r *recipe) { r.noSCT = true }, nil, "no signed certificate timestamp"},
		{"certificate timestamp of another log", func(r *recipe) { r.ctlog = newKey() }, nil, "not made by the certificate transparency log ct.test"},
		{"certificate timestamp before the log", func(r *recipe) { r.sctTime = w.start.Add(-time.Hour) }, nil, "ct.test is not trusted for the time"},
		{"unknown certificate log", func(*recipe) {}, func(r obj) { r["ctlogs"] = must(logsOf(other.trustedRoot(), "ctlogs")) }, "a certificate transparency log that the trusted root does not have"},
		{"unknown log", func(*recipe) {}, func(r obj) { r["tlogs"] = must(logsOf(other.trustedRoot(), "tlogs")) }, "a transparency log that the trusted root does not have"},
		{"log closed before", func(*recipe) {}, func(r obj) { end(r, "tlogs", w.start.Add(time.Hour)) }, "rekor.test is not trusted for the time of the entry"},
		{"log closed, time unknown", func(r *recipe) { r.noSET = true }, func(r obj) { end(r, "tlogs", w.start.AddDate(1, 0, 0)) }, "nothing shows that the log rekor.test was trusted"},
		{"log closed before the timestamp", func(r *recipe) { r.noSET, r.stamp = true, true }, func(r obj) { end(r, "tlogs", w.start.Add(time.Hour)) }, "nothing shows that the log rekor.test was trusted"},
		{"authority closed before", func(*recipe) {}, func(r obj) {
			r["certificateAuthorities"].([]any)[0].(obj)["validFor"].(obj)["end"] = w.start.Add(time.Hour)
		}, "authority fulcio.test is not trusted for the signing time"},
		{"timestamp authority closed before", func(r *recipe) { r.noSET, r.stamp = true, true }, func(r obj) {
			r["timestampAuthorities"].([]any)[0].(obj)["validFor"].(obj)["end"] = w.start.Add(time.Hour)
		}, "nobody that is trusted says when"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := v
			if tt.root != nil {
				v = w.keyless(t, tt.root)
			}
			got, err := v.Verify(context.Background(), bundleStore(w.bundle(tt.make)), digest)
			if err != nil {
				t.Fatal(err)
			}
			if got.Verified || len(got.Signers) > 0 {
				t.Fatalf("accepted: %+v", got)
			}
			if len(got.Reasons) != 2 || !strings.HasPrefix(got.Reasons[0], "no signature by "+workflow) || !strings.Contains(got.Reasons[1], tt.want) {
				t.Errorf("reasons %q, want %q", got.Reasons, tt.want)
			}
		})
	}
}

// An expression has to match the whole of a name.
func TestExpressionsAreAnchored(t *testing.T) {
	w := newWorld()
	for _, r := range []Requirement{
		{IdentityRegexp: `github\.com/acme`, Issuer: issuer},
		{IdentityRegexp: `https://github\.com/acme/`, Issuer: issuer},
		{IdentityRegexp: `x|github\.com|y`, Issuer: issuer},
		{Identity: workflow, IssuerRegexp: `token\.actions`},
		{Identity: workflow, IssuerRegexp: `https://token|x`},
	} {
		r.TrustedRoot = "root"
		got, err := w.compile(t, r).Verify(context.Background(), bundleStore(w.bundle()), digest)
		if err != nil || got.Verified || len(got.Reasons) != 2 || !strings.Contains(got.Reasons[1], "signed by "+workflow+" ("+issuer+"), not by ") {
			t.Errorf("%+v: %+v, %v", r, got, err)
		}
	}
}

func logsOf(root []byte, kind string) (any, error) {
	var r obj
	err := json.Unmarshal(root, &r)
	return r[kind], err
}

func end(r obj, kind string, at time.Time) {
	r[kind].([]any)[0].(obj)["publicKey"].(obj)["validFor"].(obj)["end"] = at
}

func TestAttestations(t *testing.T) {
	w := newWorld()
	plain := w.bundle()
	provenance := w.bundle(func(r *recipe) { r.predicate = slsa })
	foreign := w.bundle(func(r *recipe) {
		r.predicate = slsa
		r.san = func(c *x509.Certificate) { c.EmailAddresses = []string{"mallory@evil.test"} }
	})
	both := Requirement{Identity: workflow, Issuer: issuer, TrustedRoot: "root", Attestations: []string{slsa}}
	only := both
	only.AttestationsOnly = true
	none := both
	none.Attestations = nil
	tests := []struct {
		name    string
		req     Requirement
		bundles []obj
		want    []string // reasons; none when it is verified
	}{
		{"both", both, []obj{plain, provenance}, nil},
		{"attestation alone is enough", only, []obj{provenance}, nil},
		{"attestation is no signature", none, []obj{provenance}, []string{"no signature by "}},
		{"signature missing", both, []obj{provenance}, []string{"no signature by "}},
		{"attestation missing", both, []obj{plain}, []string{"no attestation " + slsa}},
		{"attestation by another signer", both, []obj{plain, foreign}, []string{"no attestation " + slsa, "signature 2 (test): signed by mallory@evil.test"}},
		{"nothing", both, nil, []string{"no signature found", "no attestation " + slsa}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := w.compile(t, tt.req).Verify(context.Background(), bundleStore(tt.bundles...), digest)
			if err != nil {
				t.Fatal(err)
			}
			if got.Verified != (tt.want == nil) || len(got.Reasons) != len(tt.want) {
				t.Fatalf("got %+v, want reasons %q", got, tt.want)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(got.Reasons[i], want) {
					t.Errorf("reason %q, want %q", got.Reasons[i], want)
				}
			}
		})
	}
}

// What cannot be read leaves it open whether an image is signed, unless
// something else shows that it is.
func TestUnknown(t *testing.T) {
	w := newWorld()
	v := w.keyless(t)
	good, bad := w.bundle(), w.bundle(func(r *recipe) { r.noLog = true })
	lost := bundleStore(bad, good)
	for h := range lost.blobs {
		if string(lost.blobs[h]) == string(must(json.Marshal(good))) {
			delete(lost.blobs, h)
		}
	}
	broken := bundleStore(bad)
	broken.err = errors.New("no route to host")
	helped := bundleStore(good)
	helped.err = errors.New("no route to host")
	many := bundleStore()
	for range maxSignatures + 1 {
		many.add(simpleSigningLayer, layer{content: []byte("{}")})
	}
	tests := []struct {
		name     string
		store    *memory
		verified bool
		err      string
	}{
		{"blob cannot be read", lost, false, "signature 2 (test): connection reset"},
		{"not all could be listed", broken, false, "no route to host"},
		{"not all could be listed, but a good one", helped, true, ""},
		{"too many", many, false, "more than 100 signatures"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := v.Verify(context.Background(), tt.store, digest)
			if got.Verified != tt.verified || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%+v, %v; want %v, %q", got, err, tt.verified, tt.err)
			}
		})
	}
	if _, err := v.Verify(context.Background(), good2(w), "sha256:../../etc"); err == nil {
		t.Error("a digest that is none was accepted")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got, err := v.Verify(ctx, good2(w), digest); err == nil || got.Verified {
		t.Errorf("after the context ended: %+v, %v", got, err)
	}
}

func good2(w *world) *memory { return bundleStore(w.bundle()) }
