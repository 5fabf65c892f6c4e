package signature

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/scangate/scangate/text"
)

// Result says whether an image is signed as required.
type Result struct {
	// Verified is true when everything that the requirement asks for is there.
	Verified bool
	// Signers are those of the required kind who signed or attested: a key's
	// file name, or an identity and its issuer. Sorted.
	Signers []string
	// Attested are the predicate types that they attested. Sorted.
	Attested []string
	// Reasons says, when it is not verified, what is missing and why each
	// signature that was found was not accepted, one line each.
	Reasons []string
}

// Verify checks the image with the digest against the requirement. An error
// means that it could not be found out, since something could not be read:
// whether the image is signed is unknown then. An image that is signed as
// required is verified, whatever else is attached to it.
//
// A multi-platform image is signed by the digest of its index, of its
// platforms, or both: the caller says which one counts.
func (v *Verifier) Verify(ctx context.Context, s Store, digest string) (Result, error) {
	h, err := parseDigest(digest)
	if err != nil {
		return Result{}, err
	}
	var claims []claim
	var reasons []string
	unreadable := v.each(ctx, s, h, func(where string, m *material, err error) {
		var c claim
		if err == nil {
			c, err = v.check(m, h)
		}
		if err != nil {
			reasons = append(reasons, text.OneLine(where+": "+err.Error(), 400))
			return
		}
		claims = append(claims, c)
	})
	var res Result
	signed, attested := false, map[string]bool{}
	for _, c := range claims {
		res.Signers = append(res.Signers, text.OneLine(c.signer, 400))
		if c.predicate != "" && !c.plain {
			attested[c.predicate] = true
			res.Attested = append(res.Attested, text.OneLine(c.predicate, 400))
		}
		signed = signed || c.plain
	}
	res.Signers, res.Attested = unique(res.Signers), unique(res.Attested)
	var missing []string
	switch {
	case !v.needPlain || signed:
	case len(claims)+len(reasons) == 0:
		missing = append(missing, "no signature found; wanted one by "+v.signer)
	default:
		missing = append(missing, "no signature by "+v.signer)
	}
	for _, a := range v.attestations {
		if !attested[a] {
			missing = append(missing, "no attestation "+a+" by "+v.signer)
		}
	}
	if len(missing) == 0 {
		res.Verified = true
		return res, nil
	}
	for i, m := range missing {
		missing[i] = text.OneLine(m, 400)
	}
	res.Reasons = append(missing, reasons...)
	if unreadable != nil {
		return res, fmt.Errorf("cannot check the signatures of %s: %w", short(h), unreadable)
	}
	return res, nil
}

func unique(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// each hands over every signature that is attached to the image, or why one
// cannot be one. It goes on after something that cannot be read, and returns
// the first such error.
func (v *Verifier) each(ctx context.Context, s Store, digest v1.Hash, do func(where string, m *material, err error)) error {
	attached, unreadable := s.Attached(ctx, digest)
	note := func(err error) {
		if unreadable == nil {
			unreadable = err
		}
	}
	count, total := 0, int64(0)
	seen := map[v1.Hash]bool{} // bundles: the same one may be listed twice
	for _, a := range attached {
		m, err := parseManifest(a.Manifest)
		if err != nil {
			do(a.Where, nil, fmt.Errorf("the manifest is %w", err))
			continue
		}
		for _, l := range m.Layers {
			mediaType := string(l.MediaType)
			limit := int64(maxAttestation)
			switch {
			case mediaType == simpleSigningLayer:
				limit = maxLayer
			case mediaType != envelopeLayer && !isBundle(mediaType):
				continue
			case !usable(l.Digest):
				continue
			case isBundle(mediaType) && seen[l.Digest]:
				continue
			}
			seen[l.Digest] = true
			if err := ctx.Err(); err != nil {
				return err
			}
			if count++; count > maxSignatures {
				note(fmt.Errorf("more than %d signatures: the rest was not looked at", maxSignatures))
				return unreadable
			}
			where := fmt.Sprintf("signature %d (%s)", count, a.Where)
			if l.Size > limit {
				do(where, nil, errTooLarge)
				continue
			}
			content, err := s.Blob(ctx, l.Digest, limit)
			if errors.Is(err, errTooLarge) {
				do(where, nil, err)
				continue
			}
			if err != nil {
				note(fmt.Errorf("%s: %w", where, err))
				continue
			}
			if total += int64(len(content)); total > maxTotal {
				note(fmt.Errorf("the signatures are larger than %d MiB together: the rest was not looked at", maxTotal>>20))
				return unreadable
			}
			found, err := read(mediaType, content, l.Annotations)
			if err == nil && found.kind == wholeManifest {
				if err = v.fill(ctx, s, digest, found); err != nil && !errors.Is(err, errOther) {
					note(fmt.Errorf("%s: %w", where, err))
					continue
				}
			}
			do(where, found, err)
		}
	}
	return unreadable
}

// read turns a layer into a signature.
func read(mediaType string, content []byte, annotations map[string]string) (*material, error) {
	if isBundle(mediaType) {
		return fromBundle(content)
	}
	return fromLayer(mediaType, content, annotations)
}

var errOther = errors.New("the signature covers another digest")

// fill fetches the manifest that a message signature is over, when the bundle
// says that it is over this one.
func (v *Verifier) fill(ctx context.Context, s Store, digest v1.Hash, m *material) error {
	if hex.EncodeToString(m.payload) != digest.Hex {
		return errOther
	}
	b, err := s.Manifest(ctx, digest)
	if err != nil {
		return fmt.Errorf("cannot read the image's manifest: %w", err)
	}
	m.payload = b
	return nil
}
