package signature

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
)

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
		e["inclusionProof"] = obj{
			"logIndex": "5", "rootHash": root, "treeSize": fmt.Sprint(len(leaves)), "hashes": treePath(leaves, 5),
			"checkpoint": obj{"envelope": w.checkpoint(r, len(leaves), root)},
		}
	}
	return e
}

// checkpoint is the log's signed note about a tree.
func (w *world) checkpoint(r *recipe, size int, root []byte) string {
	id := sha256.Sum256(spki(w.rekor.Public()))
	text := fmt.Sprintf("rekor.test - 1\n%d\n%s\n", size, base64.StdEncoding.EncodeToString(root))
	line := base64.StdEncoding.EncodeToString(append(id[:4:4], sign(r.rekor, []byte(text))...))
	return text + "\n— rekor.test " + line + "\n"
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
