package signature

import (
	"context"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// leaves calls do for every value of a JSON document that is neither object
// nor list, with a function that replaces it.
func leaves(v any, path string, replace func(any), do func(path string, v any, replace func(any))) {
	switch x := v.(type) {
	case obj:
		for _, k := range slices.Sorted(maps.Keys(x)) {
			leaves(x[k], path+"."+k, func(n any) { x[k] = n }, do)
		}
	case []any:
		for i := range x {
			leaves(x[i], fmt.Sprintf("%s[%d]", path, i), func(n any) { x[i] = n }, do)
		}
	default:
		do(path, v, replace)
	}
}

// remarshal turns the document into what a reader of JSON sees.
func remarshal(b obj) obj {
	var out obj
	if err := json.Unmarshal(must(json.Marshal(b)), &out); err != nil {
		panic(err)
	}
	return out
}

// flips are changed versions of a value: of base64, with some of its bits
// changed; of other text, with some of its characters changed.
func flips(path, s string) []string {
	var out []string
	if raw, err := base64.StdEncoding.DecodeString(s); err == nil && len(raw) > 8 {
		step := max(1, len(raw)/48)
		if strings.HasSuffix(path, ".signedTimestamp") {
			step = 1 // few of its bytes are not checked for something else as well
		}
		for i := 0; i < len(raw); i += step {
			changed := slices.Clone(raw)
			changed[i] ^= 1 << (i % 8)
			out = append(out, base64.StdEncoding.EncodeToString(changed))
		}
		return append(out, base64.StdEncoding.EncodeToString(raw[:len(raw)-1]), base64.StdEncoding.EncodeToString(append(raw, 0)), "")
	}
	for i := range s {
		// The signer's name in a checkpoint's last line is for people.
		if strings.HasSuffix(path, ".envelope") && i > strings.Index(s, "— ") && i < strings.LastIndex(s, " ") {
			continue
		}
		changed := []byte(s)
		if changed[i] ^= 1; changed[i] == '"' || changed[i] == '\\' {
			changed[i] = 'Z'
		}
		out = append(out, string(changed))
	}
	return append(out, s+"0", "")
}

// Every part of a bundle counts: none can be changed, however little.
func TestMutations(t *testing.T) {
	w := newWorld()
	v := w.keyless(t)
	for name, change := range map[string]func(*recipe){
		"envelope and log":             func(*recipe) {},
		"message and log":              func(r *recipe) { r.kind, r.body = wholeManifest, "hashedrekord 0.0.1" },
		"second log and a timestamp":   func(r *recipe) { r.body, r.noSET, r.stamp = "dsse 0.0.2", true, true },
		"second intoto, promise alone": func(r *recipe) { r.body, r.noProof = "intoto 0.0.2", true },
	} {
		t.Run(name, func(t *testing.T) {
			b := remarshal(w.bundle(change))
			accepted := func() bool {
				got, err := v.Verify(context.Background(), bundleStore(b), digest)
				if err != nil {
					t.Fatal(err)
				}
				return got.Verified
			}
			if !accepted() {
				t.Fatal("the bundle is not accepted as it is")
			}
			tried := 0
			leaves(b, "", nil, func(path string, value any, replace func(any)) {
				if strings.Contains(name, "second log") && (strings.HasSuffix(path, "].logIndex") || strings.HasSuffix(path, ".integratedTime")) {
					return // nothing is signed of them, and nothing is read from them
				}
				for _, changed := range flips(path, fmt.Sprint(value)) {
					if tried++; changed == "" && (strings.Contains(path, ".kindVersion.") || strings.HasSuffix(path, ".algorithm")) {
						continue // they repeat what stands elsewhere, and may be left out
					}
					if strings.HasSuffix(path, ".signedTimestamp") && essence(changed) == essence(value.(string)) {
						continue
					}
					replace(changed)
					if accepted() {
						t.Errorf("%s was changed from %q to %q and accepted", path, value, changed)
					}
					replace(value)
				}
			})
			if tried < 300 || !accepted() {
				t.Errorf("%d changes tried, and the bundle was not put back", tried)
			}
		})
	}
}

// essence is what of a timestamp is signed, and the signature. The rest is
// packaging: versions, and an algorithm that is named once more.
func essence(encoded string) string {
	var r stampResponse
	der, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "unreadable"
	}
	if rest, err := asn1.Unmarshal(der, &r); err != nil || len(rest) > 0 || len(r.Token.Content.Signers) != 1 || r.Status.Status > 1 || r.Status.Status < 0 {
		return "unreadable"
	}
	d := r.Token.Content
	by := d.Signers[0]
	return fmt.Sprintf("%v %v %x %v %x %x", r.Token.Type, d.Encapsulated.Type, d.Encapsulated.Content, by.DigestAlgorithm.Algorithm, by.Attributes.Bytes, by.Signature)
}
