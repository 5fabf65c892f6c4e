package image

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/image/signature"
	"github.com/scangate/scangate/text"
)

// signed checks the signature that the configuration asks for. An image without
// one is a finding; one whose signatures cannot be read is a gap.
func (r *reporter) signed(ctx context.Context, v *signature.Verifier, transport http.RoundTripper) error {
	if v == nil {
		return nil
	}
	store, err := r.store(transport)
	if err != nil {
		return fmt.Errorf("signatures of %s: %w", r.img.Ref, err)
	}
	if store == nil {
		r.note(finding.Gap, "its signature was not checked: an image from %s carries none; scan it from its registry or an OCI layout", sourceName[r.img.Source])
		return nil
	}
	for _, digest := range []string{r.img.Digest, r.img.Index} {
		if digest == "" {
			continue
		}
		res, err := v.Verify(ctx, store, digest)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			r.note(finding.Gap, "its signature could not be checked: %s", text.OneLine(err.Error(), 300))
			return nil
		case res.Verified:
			r.note(finding.Information, "signed by %s", text.OneLine(strings.Join(res.Signers, ", "), 300))
			return nil
		}
		r.unsigned = append(r.unsigned, res.Reasons...)
	}
	why := "no signature was found"
	if len(r.unsigned) > 0 {
		why = text.OneLine(strings.Join(r.unsigned, "; "), 500)
	}
	r.own(ruleUnsigned, "", fmt.Sprintf("%s is not signed as the configuration requires: %s.", r.img.Ref, why), "sign it by the required key or identity, or do not use it", 0)
	return nil
}

var sourceName = map[string]string{"archive": "an archive", "daemon": "the Docker daemon", "dir": "a directory"}

// store is where signatures of the image are kept; nil where there can be none.
func (r *reporter) store(transport http.RoundTripper) (signature.Store, error) {
	switch r.img.Source {
	case "registry":
		return signature.Remote(r.img.Repository, transport, r.img.RemoteOptions...)
	case "oci":
		return signature.Layout(r.img.Layout), nil
	}
	return nil, nil
}
