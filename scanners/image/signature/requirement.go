// Package signature verifies Cosign signatures and attestations of container
// images, and Cosign's signatures of plain files, in process: with a public
// key, or keyless against a Sigstore trusted root. Nothing in a signature is
// believed before it is verified, and nothing it names is fetched but the
// blobs of its own manifest, by digest.
package signature

import (
	"crypto"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/fileio"
)

// publicGoodRoot is the trusted root of the public Sigstore instance; the
// README beside it says where it is from.
//
//go:embed public_good_root.json
var publicGoodRoot string

// Requirement is the section `require-signature` of the configuration: who
// must have signed an image.
type Requirement struct {
	// Key is the name of a PEM file with a public key: ECDSA P-256, P-384 or
	// P-521, RSA from 2048 bits, or Ed25519.
	Key string `yaml:"key"`
	// Identity is the exact name in the certificate of a keyless signature, a
	// workflow's URI or an e-mail address. IdentityRegexp is an RE2
	// expression that must match the whole name.
	Identity       string `yaml:"identity"`
	IdentityRegexp string `yaml:"identity-regexp"`
	// Issuer is the OpenID Connect issuer that vouched for the identity.
	Issuer       string `yaml:"issuer"`
	IssuerRegexp string `yaml:"issuer-regexp"`
	// TrustedRoot is the name of a Sigstore trusted_root.json. Without it the
	// root of the public instance, as of this build, is used. A root that names
	// no log of a kind asks for no entry in one: GitHub's instance for private
	// repositories has timestamps alone.
	TrustedRoot string `yaml:"trusted-root"`
	// TransparencyLog makes an entry in a transparency log necessary for
	// signatures with a key as well, which need none otherwise. Keyless
	// signatures always need one, where the trusted root has a log.
	TransparencyLog bool `yaml:"transparency-log"`
	// Attestations are the predicate types that the same signer must have
	// attested.
	Attestations []string `yaml:"attestations"`
	// AttestationsOnly asks for the attestations and no signature beside
	// them, as builds with GitHub's artifact attestations have.
	AttestationsOnly bool `yaml:"attestations-only"`
}

// Verifier checks images against one Requirement. It is safe for concurrent
// use.
type Verifier struct {
	key          crypto.PublicKey // nil when keyless
	signer       string           // whom a signature must be from, for people
	identity     matcher
	issuer       matcher
	root         *trustedRoot // nil when nothing needs it
	needLog      bool
	attestations []string
	needPlain    bool // a signature must be there, beside the attestations
}

const (
	maxKeyFile      = 64 << 10
	maxAttestations = 32
	maxPattern      = 4096
)

// Compile checks the requirement and reads the files that it names through
// readFile. Its errors name the key of the configuration and the remedy.
func (r Requirement) Compile(readFile func(name string) ([]byte, error)) (*Verifier, error) {
	keyless := r.Identity != "" || r.IdentityRegexp != "" || r.Issuer != "" || r.IssuerRegexp != ""
	v := &Verifier{needLog: r.TransparencyLog || keyless, needPlain: !r.AttestationsOnly}
	switch {
	case r.Key != "" && keyless:
		return nil, errors.New("require-signature: key and identity exclude each other: keep one")
	case r.Key == "" && !keyless:
		return nil, errors.New("require-signature: nobody is named: set key, or identity and issuer")
	case r.AttestationsOnly && len(r.Attestations) == 0:
		return nil, errors.New("require-signature: attestations-only needs attestations: list predicate types there")
	case len(r.Attestations) > maxAttestations:
		return nil, fmt.Errorf("require-signature: attestations has more than %d entries: shorten it", maxAttestations)
	}
	for _, a := range r.Attestations {
		if strings.TrimSpace(a) == "" {
			return nil, errors.New("require-signature: attestations has an empty entry: remove it, or name a predicate type such as https://slsa.dev/provenance/v1")
		}
		if !slices.Contains(v.attestations, a) {
			v.attestations = append(v.attestations, a)
		}
	}
	var err error
	if keyless {
		if v.identity, err = newMatcher("identity", r.Identity, r.IdentityRegexp); err != nil {
			return nil, err
		}
		if v.issuer, err = newMatcher("issuer", r.Issuer, r.IssuerRegexp); err != nil {
			return nil, err
		}
		v.signer = v.identity.String() + " (" + v.issuer.String() + ")"
	} else {
		v.signer = "the key " + r.Key
		b, err := readNamed("key", r.Key, maxKeyFile, readFile)
		if err != nil {
			return nil, err
		}
		if v.key, err = parsePublicKey(b); err != nil {
			return nil, fmt.Errorf("require-signature: key: %s: %w", r.Key, err)
		}
		if !r.TransparencyLog {
			if r.TrustedRoot != "" {
				return nil, errors.New("require-signature: trusted-root has no use with a key alone: remove it, or set transparency-log: true")
			}
			return v, nil
		}
	}
	name, b := "the built-in trusted root", []byte(publicGoodRoot)
	if r.TrustedRoot != "" {
		name = r.TrustedRoot
		if b, err = readNamed("trusted-root", name, maxRootFile, readFile); err != nil {
			return nil, err
		}
	}
	if v.root, err = parseTrustedRoot(b); err != nil {
		return nil, fmt.Errorf("require-signature: trusted-root: %s: %w", name, err)
	}
	if keyless && len(v.root.authorities) == 0 {
		return nil, fmt.Errorf("require-signature: trusted-root: %s has no certificate authority: keyless signatures need one", name)
	}
	if len(v.root.logs) == 0 && (!keyless || v.root.hasLogs || len(v.root.stampers) == 0) {
		return nil, fmt.Errorf("require-signature: trusted-root: %s has no transparency log: signatures cannot be dated without one", name)
	}
	return v, nil
}

// readNamed reads a file that the configuration names.
func readNamed(key, name string, limit int, readFile func(string) ([]byte, error)) ([]byte, error) {
	b, err := readFile(name)
	if err != nil {
		return nil, fmt.Errorf("require-signature: %s: cannot read %s: %w", key, name, fileio.Cause(err))
	}
	if len(b) > limit {
		return nil, fmt.Errorf("require-signature: %s: %s is larger than %d KiB: is it the right file?", key, name, limit>>10)
	}
	return b, nil
}

// matcher is one exact text, or an expression that matches the whole text.
type matcher struct {
	exact string
	re    *regexp.Regexp
}

func newMatcher(key, exact, pattern string) (matcher, error) {
	switch {
	case exact != "" && pattern != "":
		return matcher{}, fmt.Errorf("require-signature: %s and %s-regexp exclude each other: keep one", key, key)
	case exact != "":
		return matcher{exact: exact}, nil
	case pattern == "":
		return matcher{}, fmt.Errorf("require-signature: %s is missing: a keyless signer is an identity and the issuer that vouches for it", key)
	case len(pattern) > maxPattern:
		return matcher{}, fmt.Errorf("require-signature: %s-regexp is longer than %d bytes: shorten it", key, maxPattern)
	}
	if _, err := regexp.Compile(pattern); err != nil { // before the anchors, or "a)(b" would pass
		return matcher{}, fmt.Errorf("require-signature: %s-regexp is not a regular expression (RE2): %w", key, err)
	}
	re, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
	if err != nil {
		return matcher{}, fmt.Errorf("require-signature: %s-regexp is not a regular expression (RE2): %w", key, err)
	}
	return matcher{re: re}, nil
}

func (m matcher) matches(s string) bool {
	if m.re != nil {
		return m.re.MatchString(s)
	}
	return m.exact != "" && s == m.exact
}

func (m matcher) String() string {
	if m.re != nil {
		p := strings.TrimPrefix(m.re.String(), `\A(?:`)
		return "/" + strings.TrimSuffix(p, `)\z`) + "/"
	}
	return m.exact
}
