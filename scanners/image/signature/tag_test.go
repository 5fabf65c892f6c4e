package signature

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

// tagged makes a layer as Cosign's tags have it, signed by the world's
// workflow, or by the key alone when there is one.
type tagged struct {
	w           *world
	key         *ecdsa.PrivateKey
	digest      string
	attestation bool
	body        string
	stamp       bool
	noBundle    bool
}

func (x tagged) layer() layer {
	r := x.w.recipe()
	key, by := x.key, []byte(nil)
	annotations := map[string]string{sigAnnotation: ""}
	if key == nil {
		key = newKey()
		cert := x.w.certificate(r, key.Public())
		by = pemOf("CERTIFICATE", cert.Raw)
		annotations[certificateAnnotation] = string(by)
		annotations["dev.sigstore.cosign/chain"] = string(pemOf("CERTIFICATE", x.w.ca.Raw))
	} else {
		by = pemOf("PUBLIC KEY", spki(key.Public()))
	}
	if x.digest == "" {
		x.digest = digest
	}
	var content, message, payload, sig []byte
	if x.attestation {
		payload = statementOf(slsa, strings.TrimPrefix(x.digest, "sha256:"))
		message = pae(statementType, payload)
		sig = sign(key, message)
		content = must(json.Marshal(obj{"payload": payload, "payloadType": statementType, "signatures": []any{obj{"keyid": "", "sig": sig}}}))
	} else {
		content = simplePayload(x.digest)
		message = content
		sig = sign(key, message)
		annotations[sigAnnotation] = base64.StdEncoding.EncodeToString(sig)
	}
	if !x.noBundle {
		body := bodyOf(x.body, message, payload, content, sig, by)
		id := sha256.Sum256(spki(x.w.rekor.Public()))
		annotations[bundleAnnotation] = string(must(json.Marshal(obj{
			"SignedEntryTimestamp": x.w.promise(r, body),
			"Payload":              obj{"body": body, "integratedTime": r.signedAt.Unix(), "logIndex": 1005, "logID": hex.EncodeToString(id[:])},
		})))
	}
	if x.stamp {
		stamped := sig
		if x.attestation {
			stamped = content
		}
		annotations[stampAnnotation] = string(must(json.Marshal(obj{"SignedRFC3161Timestamp": x.w.tsa.stamp(stamped, r.signedAt)})))
	}
	return layer{content, annotations}
}

func (x tagged) store(change func(*layer)) *memory {
	l := x.layer()
	if change != nil {
		change(&l)
	}
	m := &memory{}
	if x.attestation {
		m.add(envelopeLayer, l)
	} else {
		m.add(simpleSigningLayer, l)
	}
	return m
}

func TestTags(t *testing.T) {
	w := newWorld()
	key := newKey()
	noLogs := func(r obj) { delete(r, "tlogs") }
	keyless := Requirement{Identity: workflow, Issuer: issuer, TrustedRoot: "root"}
	withKey := Requirement{Key: "key"}
	logged := Requirement{Key: "key", TransparencyLog: true, TrustedRoot: "root"}
	attested := func(r Requirement) Requirement {
		r.Attestations, r.AttestationsOnly = []string{slsa}, true
		return r
	}
	annotation := func(name, value string) func(*layer) {
		return func(l *layer) { l.annotations[name] = value }
	}
	const rekord = "hashedrekord 0.0.1"
	tests := []struct {
		name   string
		req    Requirement
		tagged tagged
		change func(*layer)
		root   []func(obj)
		want   string // the reason; empty when it is verified
	}{
		{name: "keyless signature", req: keyless, tagged: tagged{body: rekord}},
		{name: "keyless attestation, dsse entry", req: attested(keyless), tagged: tagged{attestation: true, body: "dsse 0.0.1"}},
		{name: "keyless attestation, first intoto entry", req: attested(keyless), tagged: tagged{attestation: true, body: "intoto 0.0.1"}},
		{name: "keyless attestation, second intoto entry", req: attested(keyless), tagged: tagged{attestation: true, body: "intoto 0.0.2"}},
		{name: "timestamp of a signature", req: keyless, tagged: tagged{stamp: true, noBundle: true}, root: []func(obj){noLogs}},
		{name: "timestamp of an attestation", req: attested(keyless), tagged: tagged{attestation: true, stamp: true, noBundle: true}, root: []func(obj){noLogs}},
		{name: "key", req: withKey, tagged: tagged{key: key, noBundle: true}},
		{name: "key, attestation", req: attested(withKey), tagged: tagged{key: key, attestation: true, noBundle: true}},
		{name: "key, a certificate beside it", req: withKey, tagged: tagged{key: key, noBundle: true}, change: annotation(certificateAnnotation, string(pemOf("CERTIFICATE", w.ca.Raw)))},
		{name: "key and log", req: logged, tagged: tagged{key: key, body: rekord}},
		{name: "key and log, a certificate beside it", req: logged, tagged: tagged{key: key, body: rekord}, change: annotation(certificateAnnotation, string(pemOf("CERTIFICATE", w.ca.Raw)))},
		{name: "key and log, attestation", req: attested(logged), tagged: tagged{key: key, attestation: true, body: "dsse 0.0.1"}},

		{"key, no log entry", logged, tagged{key: key, noBundle: true}, nil, nil, "no transparency log entry"},
		{"another key", withKey, tagged{key: newKey(), noBundle: true}, nil, nil, "not signed with the key key"},
		{"keyless instead of the key", withKey, tagged{body: rekord}, nil, nil, "not signed with the key key"},
		{"key instead of keyless", keyless, tagged{key: key, body: rekord}, nil, nil, "signed with a key and not with a certificate"},
		{"another digest", withKey, tagged{key: key, noBundle: true, digest: "sha256:" + strings.Repeat("ab", 32)}, nil, nil, "covers another digest"},
		{"another digest, attestation", attested(withKey), tagged{key: key, attestation: true, noBundle: true, digest: "sha256:" + strings.Repeat("ab", 32)}, nil, nil, "covers another digest"},
		{"changed payload", withKey, tagged{key: key, noBundle: true}, func(l *layer) { l.content = append(l.content, ' ') }, nil, "not signed with the key key"},
		{"no signature annotation", withKey, tagged{key: key, noBundle: true}, annotation(sigAnnotation, ""), nil, "no readable signature annotation"},
		{"signature is not base64", withKey, tagged{key: key, noBundle: true}, annotation(sigAnnotation, "%%"), nil, "no readable signature annotation"},
		{"certificate is not PEM", keyless, tagged{body: rekord}, annotation(certificateAnnotation, "x"), nil, "certificate cannot be read"},
		{"certificate is not DER", keyless, tagged{body: rekord}, annotation(certificateAnnotation, string(pemOf("CERTIFICATE", []byte("x")))), nil, "certificate cannot be read"},
		{"log entry is not JSON", keyless, tagged{body: rekord}, annotation(bundleAnnotation, "{"), nil, "log entry is not valid JSON"},
		{"log id is not hexadecimal", keyless, tagged{body: rekord}, annotation(bundleAnnotation, `{"Payload":{"logID":"x"}}`), nil, "no readable log id"},
		{"log entry is empty", keyless, tagged{body: rekord}, annotation(bundleAnnotation, `{}`), nil, "log that the trusted root does not have"},
		{"timestamp is not JSON", keyless, tagged{body: rekord}, annotation(stampAnnotation, "{"), nil, "timestamp is not valid JSON"},
		{"timestamp is not one", keyless, tagged{noBundle: true}, annotation(stampAnnotation, `{"SignedRFC3161Timestamp":"AAAA"}`), []func(obj){noLogs}, "timestamp cannot be read"},
		{"envelope is not JSON", attested(withKey), tagged{key: key, attestation: true, noBundle: true}, func(l *layer) { l.content = []byte("[") }, nil, "envelope is not valid JSON"},
		{"envelope without signatures", attested(withKey), tagged{key: key, attestation: true, noBundle: true}, func(l *layer) { l.content = []byte("{}") }, nil, "envelope has 0 signatures"},
		{"envelope with a changed keyid under the log's hash", attested(keyless), tagged{attestation: true, body: "intoto 0.0.1"}, func(l *layer) {
			l.content = []byte(strings.Replace(string(l.content), `"keyid":""`, `"keyid":"x"`, 1))
		}, nil, "log entry is about another signature"},
		{"payload too large", withKey, tagged{key: key, noBundle: true}, func(l *layer) { l.content = make([]byte, maxLayer+1) }, nil, "over the size limit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.tagged.w = w
			v, err := tt.req.Compile(files(map[string][]byte{"root": w.trustedRoot(tt.root...), "key": pemOf("PUBLIC KEY", spki(key.Public()))}))
			if err != nil {
				t.Fatal(err)
			}
			got, err := v.Verify(context.Background(), tt.tagged.store(tt.change), digest)
			if err != nil {
				t.Fatal(err)
			}
			if got.Verified != (tt.want == "") || !strings.Contains(strings.Join(got.Reasons, "\n"), tt.want) {
				t.Errorf("got %+v, want %q", got, tt.want)
			}
		})
	}
}

// Payloads that are signed by the right key and say something else.
func TestPayloads(t *testing.T) {
	key := newKey()
	v, err := Requirement{Key: "key"}.Compile(files(map[string][]byte{"key": pemOf("PUBLIC KEY", spki(key.Public()))}))
	if err != nil {
		t.Fatal(err)
	}
	deep := strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1)
	statement := func(typ, predicate, subject string) string {
		return `{"_type":"` + typ + `","predicateType":"` + predicate + `","subject":[` + subject + `]}`
	}
	const v1, subject = "https://in-toto.io/Statement/v1", `{"digest":{"sha256":"` + digestHex + `"}}`
	tests := []struct{ name, payload, want string }{
		{"not JSON", "hello", "not valid JSON"},
		{"too deep", `{"critical":` + deep + `}`, "nested too deeply"},
		{"another type", `{"critical":{"image":{"docker-manifest-digest":"` + digest + `"},"type":"atomic"}}`, "not a container image signature"},
		{"no digest", `{"critical":{"type":"cosign container image signature"}}`, "covers another digest"},
		{"statement: not JSON", "§hello", "not valid JSON"},
		{"statement: another type", "§" + statement("x", signPredicate, subject), "not an in-toto statement"},
		{"statement: no predicate type", "§" + statement(v1, "", subject), "no predicate type"},
		{"statement: no subject", "§" + statement(v1, signPredicate, ""), "covers another digest"},
		{"statement: only another hash", "§" + statement(v1, signPredicate, `{"digest":{"sha512":"`+digestHex+`"}}`), "covers another digest"},
		{"statement: too many subjects", "§" + statement(v1, signPredicate, strings.Repeat("{},", maxSubjects)+subject), "more than 10000 things"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := &memory{}
			if payload, ok := strings.CutPrefix(tt.payload, "§"); ok {
				sig := sign(key, pae(statementType, []byte(payload)))
				m.add(envelopeLayer, layer{content: must(json.Marshal(obj{"payload": []byte(payload), "payloadType": statementType, "signatures": []any{obj{"sig": sig}}}))})
			} else {
				m.add(simpleSigningLayer, layer{[]byte(payload), map[string]string{sigAnnotation: base64.StdEncoding.EncodeToString(sign(crypto.Signer(key), []byte(payload)))}})
			}
			got, err := v.Verify(context.Background(), m, digest)
			if err != nil || got.Verified || !strings.Contains(strings.Join(got.Reasons, "\n"), tt.want) {
				t.Errorf("got %+v, %v, want %q", got, err, tt.want)
			}
		})
	}
}
