package signature

import (
	"encoding/base64"
	"strings"
	"testing"
)

// An entry of every kind has to be about this signature, this key and this
// payload.
func TestEntryCovers(t *testing.T) {
	key, other := newKey(), newKey()
	payload := statementOf(slsa, digestHex)
	message := pae(statementType, payload)
	sig, sig2 := sign(key, message), sign(key, message)
	envelope := []byte("envelope")
	m := &material{kind: statement, payload: payload, payloadType: statementType, envelope: envelope, sigs: [][]byte{sig}}
	s := signer{key: key.Public()}
	own, foreign := pemOf("PUBLIC KEY", spki(key.Public())), pemOf("PUBLIC KEY", spki(other.Public()))
	x := []byte("x")
	for _, body := range []string{"hashedrekord 0.0.1", "hashedrekord 0.0.2", "dsse 0.0.1", "dsse 0.0.2", "intoto 0.0.1", "intoto 0.0.2"} {
		for name, b := range map[string][]byte{
			"itself":            bodyOf(body, message, payload, envelope, sig, own),
			"another signature": bodyOf(body, message, payload, x, sig2, own),
			"another key":       bodyOf(body, message, payload, envelope, sig, foreign),
			"another payload":   bodyOf(body, x, x, x, sig, own),
			"no body":           nil,
		} {
			if err := (entry{body: b}).covers(m, sig, s); (err == nil) != (name == "itself") {
				t.Errorf("%s: %s: %v", body, name, err)
			}
		}
		b := bodyOf(body, message, payload, envelope, sig, own)
		if (entry{body: b, kind: "rpm"}).covers(m, sig, s) == nil || (entry{body: b, version: "9"}).covers(m, sig, s) == nil {
			t.Errorf("%s: under another name", body)
		}
	}
}

// A proof has to lead to the checkpoint that the log has signed, and not to
// another tree.
func TestProofAndCheckpoint(t *testing.T) {
	w := newWorld()
	r := w.recipe()
	l := must(parseTrustedRoot(w.trustedRoot())).logs[0]
	body := bodyOf("dsse 0.0.1", nil, nil, nil, nil, pemOf("PUBLIC KEY", nil))
	leaves := [][]byte{[]byte("a"), body, []byte("b")}
	root := treeRoot(leaves)
	good := proof{index: 1, size: 3, root: root, hashes: treePath(leaves, 1), checkpoint: w.checkpoint(r, 3, root)}
	if err := good.verify(body, &l); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*proof){
		"checkpoint of another tree":       func(p *proof) { p.checkpoint = w.checkpoint(r, 3, leafHash(nil)) },
		"checkpoint of another size":       func(p *proof) { p.checkpoint = w.checkpoint(r, 4, root) },
		"checkpoint and root of another":   func(p *proof) { p.root = leafHash(nil); p.checkpoint = w.checkpoint(r, 3, p.root) },
		"root of another tree":             func(p *proof) { p.root = leafHash(nil) },
		"path of another leaf":             func(p *proof) { p.hashes = treePath(leaves, 0) },
		"checkpoint without a signature":   func(p *proof) { p.checkpoint = p.checkpoint[:strings.Index(p.checkpoint, "— ")] },
		"checkpoint without an empty line": func(p *proof) { p.checkpoint = strings.ReplaceAll(p.checkpoint, "\n\n", "\n") },
		"checkpoint with a second, wrong line": func(p *proof) {
			p.checkpoint += "— rekor.test " + base64.StdEncoding.EncodeToString([]byte(l.id[:4]+"junk")) + "\n"
		},
		"checkpoint that is too large": func(p *proof) { p.checkpoint += strings.Repeat("x", maxCheckpoint) },
		"no checkpoint":                func(p *proof) { p.checkpoint = "" },
	} {
		p := good
		if change(&p); p.verify(body, &l) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
