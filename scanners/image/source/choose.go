package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

const (
	maxDepth      = 4    // of indexes in indexes
	maxCandidates = 1000 // images and indexes in one
	maxOpened     = 50   // of them opened to learn what they are
)

// builder opens one image.
type builder struct {
	options Options
	want    wanted
	img     *Image
	opened  int // manifests, while choosing
}

func (b *builder) note(level finding.NoteLevel, format string, args ...any) {
	b.img.Notes = append(b.img.Notes, finding.Note{Level: level, Message: fmt.Sprintf(format, args...)})
}

// candidate is an image that can be chosen.
type candidate struct {
	descriptor
	platform v1.Platform
	known    bool // the platform is
}

// fromDescriptor finishes the image that a descriptor names, alone or as one
// of an index.
func (b *builder) fromDescriptor(ctx context.Context, s store, d descriptor) error {
	m, err := loadManifest(ctx, s, d)
	if err != nil {
		return err
	}
	if m.Manifests == nil {
		return b.fromManifest(ctx, s, d, m)
	}
	b.img.Index = d.Digest
	return b.fromIndex(ctx, s, m.Manifests)
}

// fromIndex chooses the image of the wanted platform.
func (b *builder) fromIndex(ctx context.Context, s store, list []descriptor) error {
	candidates, err := b.flatten(ctx, s, list, 1)
	if err != nil {
		return err
	}
	if len(candidates) == 0 {
		return errors.New("its index names no image")
	}
	if len(candidates) > 1 {
		if err := b.learnPlatforms(ctx, s, candidates); err != nil {
			return err
		}
	}
	i, err := b.choose(candidates)
	if err != nil {
		return err
	}
	chosen := candidates[i]
	var others []string
	for j, c := range candidates {
		if j != i {
			others = append(others, text.OneLine(platformName(c.platform), 60))
		}
	}
	if len(others) > 0 {
		slices.Sort(others)
		b.note(finding.Information, "looked at %s only; the index also has %s", text.OneLine(platformName(chosen.platform), 60), listed(slices.Compact(others)))
	}
	m, err := loadManifest(ctx, s, chosen.descriptor)
	if err != nil {
		return err
	}
	if m.Manifests != nil {
		return errors.New("its index names an index as an image")
	}
	if chosen.known {
		b.img.Platform = text.OneLine(platformName(chosen.platform), 60)
	}
	return b.fromManifest(ctx, s, chosen.descriptor, m)
}

// noImage reports whether the index says that this is something about an image
// and no image: BuildKit's attestations have the platform unknown/unknown, what
// Cosign saves has a kind.
func (d descriptor) noImage() bool {
	kind, cosign := strings.CutPrefix(d.Annotations["kind"], "dev.cosignproject.cosign/")
	return d.Annotations["vnd.docker.reference.type"] == "attestation-manifest" ||
		d.Platform != nil && d.Platform.OS == "unknown" && d.Platform.Architecture == "unknown" ||
		cosign && kind != "image" && kind != "imageIndex"
}

// flatten lists the images of an index and of those in it.
func (b *builder) flatten(ctx context.Context, s store, list []descriptor, depth int) ([]candidate, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("its indexes are nested more than %d deep", maxDepth)
	}
	var out []candidate
	for _, d := range list {
		if d.noImage() {
			continue
		}
		if strings.Contains(d.MediaType, "image.index.") || strings.Contains(d.MediaType, "manifest.list.") {
			if b.opened++; b.opened > maxOpened {
				return nil, fmt.Errorf("it has more than %d indexes", maxOpened)
			}
			m, err := loadManifest(ctx, s, d)
			if err != nil {
				return nil, err
			}
			inner, err := b.flatten(ctx, s, m.Manifests, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, inner...)
		} else {
			c := candidate{descriptor: d}
			if d.Platform != nil && d.Platform.Architecture != "" {
				c.platform, c.known = *d.Platform, true
			}
			out = append(out, c)
		}
		if len(out) > maxCandidates {
			return nil, fmt.Errorf("its index names more than %d images", maxCandidates)
		}
	}
	return out, nil
}

// learnPlatforms asks the configurations of images whose platform the index
// does not tell. One that cannot be read stays unknown.
func (b *builder) learnPlatforms(ctx context.Context, s store, list []candidate) error {
	for i := range list {
		c := &list[i]
		if c.known {
			continue
		}
		if b.opened++; b.opened > maxOpened {
			return fmt.Errorf("its index has more than %d images without a platform", maxOpened)
		}
		m, err := loadManifest(ctx, s, c.descriptor)
		if err != nil || m.Config == nil {
			continue
		}
		if config, err := loadConfig(ctx, s, m); err == nil {
			c.platform, c.known = v1.Platform{OS: config.OS, Architecture: config.Architecture, Variant: config.Variant}, true
		}
	}
	return nil
}

// choose returns the index of the best candidate; of equals, the first.
func (b *builder) choose(list []candidate) (int, error) {
	best, score := -1, 0
	for i, c := range list {
		if r := rank(c.platform, b.want); c.known && r > score {
			best, score = i, r
		}
	}
	if best >= 0 {
		return best, nil
	}
	if len(list) == 1 && (!b.want.explicit || !list[0].known) {
		return 0, nil // what its platform is, its configuration tells
	}
	var names []string
	for _, c := range list {
		names = append(names, text.OneLine(platformName(c.platform), 60))
	}
	slices.Sort(names)
	return 0, fmt.Errorf("it has no image for %s; choose a platform it has: %s", platformName(b.want.Platform), listed(slices.Compact(names)))
}

// listed joins names, but not too many of them.
func listed(names []string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " and " + text.Count(len(names)-most, "other")
	}
	return strings.Join(names, ", ")
}
