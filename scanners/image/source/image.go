package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// fromManifest finishes the image from its manifest.
func (b *builder) fromManifest(ctx context.Context, s store, d descriptor, m *manifest) error {
	config, err := loadConfig(ctx, s, m)
	if err != nil {
		return err
	}
	if len(config.RootFS.DiffIDs) != len(m.Layers) {
		return fmt.Errorf("its manifest has %s and its configuration %d", text.Count(len(m.Layers), "layer"), len(config.RootFS.DiffIDs))
	}
	b.img.Digest = d.Digest
	b.img.Annotations = m.Annotations
	for i, l := range m.Layers {
		if err := checkDigest(l.Digest); err != nil {
			return err
		}
		diffID := config.RootFS.DiffIDs[i].String()
		layer := Layer{Digest: l.Digest, DiffID: diffID, MediaType: text.OneLine(l.MediaType, 200), Size: l.Size, Skip: b.skip(ctx, s, l)}
		layer.Open = func(ctx context.Context) (io.ReadCloser, error) {
			r, err := s.blob(ctx, l)
			if err != nil {
				return nil, err
			}
			return openLayer(ctx, r, l.Digest, l.Size, diffID)
		}
		b.img.Layers = append(b.img.Layers, layer)
	}
	return b.finish(config)
}

// finish fills in what the configuration tells, and checks the platform.
func (b *builder) finish(config *v1.ConfigFile) error {
	b.img.Config = config
	p := v1.Platform{OS: config.OS, Architecture: config.Architecture, Variant: config.Variant}
	if b.img.Platform == "" {
		if b.want.explicit && rank(p, b.want) == 0 {
			return fmt.Errorf("it is for %s and not for %s", text.OneLine(platformName(p), 60), platformName(b.want.Platform))
		}
		b.img.Platform = text.OneLine(platformName(p), 60)
	}
	b.history()
	for i := range b.img.Layers {
		l := &b.img.Layers[i]
		if l.Skip == "" {
			continue
		}
		b.note(finding.Gap, "layer %d (%s) was not looked at: %s", i+1, short(l.DiffID), l.Skip)
		why := errors.New(l.Skip)
		l.Open = func(context.Context) (io.ReadCloser, error) { return nil, why }
	}
	return nil
}

// history gives each layer its instruction: those that made no layer are
// marked as such.
func (b *builder) history() {
	var made []int
	for i, h := range b.img.Config.History {
		if !h.EmptyLayer {
			made = append(made, i)
		}
	}
	for i := range b.img.Layers {
		l := &b.img.Layers[i]
		l.HistoryIndex = -1
		if len(made) == len(b.img.Layers) {
			l.HistoryIndex = made[i]
			l.CreatedBy = b.img.Config.History[made[i]].CreatedBy
		}
	}
}

var (
	layerType   = regexp.MustCompile(`^application/(vnd\.(oci\.image\.layer|docker\.image\.rootfs)\.[a-z0-9.]*(tar|gzip|zstd)(\.gzip|\+gzip|\.zstd|\+zstd)?|octet-stream|x-tar|x-gzip)$`)
	foreignType = regexp.MustCompile(`\.nondistributable\.|\.foreign\.`)
)

// skip says why a layer cannot be read, or nothing.
func (b *builder) skip(ctx context.Context, s store, l descriptor) string {
	switch {
	case l.MediaType != "" && !layerType.MatchString(l.MediaType):
		return "it is of the type " + text.OneLine(l.MediaType, 100) + ", which is no readable layer"
	case foreignType.MatchString(l.MediaType) && !s.has(ctx, l):
		return "it is a foreign layer, which the image does not hold"
	}
	return ""
}
