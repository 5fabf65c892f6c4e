package image

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/image/layer"
	"github.com/scangate/scangate/scanners/image/source"
	"github.com/scangate/scangate/scanners/installed"
	"github.com/scangate/scangate/scanners/installed/language"
	"github.com/scangate/scangate/scanners/installed/system"
	"github.com/scangate/scangate/text"
	"golang.org/x/sync/errgroup"
)

// layers learns what is in each layer, several at a time. A layer that cannot
// be read is nil, and a gap.
func (s *Scanner) layers(ctx context.Context, jobs int, r *reporter) ([]*content, error) {
	java, err := s.options.Java.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("the Java database: %w", err)
	}
	var options language.Options
	var built string
	if java != nil {
		defer java.Close()
		options.Java, built = java, java.UpdatedAt().String()
	}
	readers := append(system.Readers(), language.Readers(options)...)
	var search *secrets
	if !s.options.NoSecrets {
		search = newSecrets()
	}
	r.secrets = search
	kept := newCache(s.options.Cache, readers, search != nil, built)

	img := r.img
	out := make([]*content, max(len(img.Layers), 1))
	gaps := make([]string, len(out))
	var group errgroup.Group
	group.SetLimit(max(jobs, 1))
	if img.Root != "" {
		out[0], err = analyse(readers, search, func(a *analyst) (layer.Stats, []string, error) {
			return layer.WalkDir(ctx, img.Root, layer.DefaultLimits(), func(e layer.Entry, c io.Reader) error { return a.visit(ctx, e, c) })
		})
		if err != nil {
			return nil, err
		}
	}
	for i, l := range img.Layers {
		if img.Root != "" {
			break // the one layer is the directory
		}
		group.Go(func() error {
			var c *content
			err := scanners.Safely(func() (err error) {
				c, err = s.layer(ctx, l, readers, search, kept)
				return err
			})
			switch {
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case err != nil:
				gaps[i] = fmt.Sprintf("layer %d (%s) was not looked at to its end: %s", i+1, short(l.DiffID), text.OneLine(err.Error(), 300))
			}
			out[i] = c
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	unnamed := 0
	for i, c := range out {
		if gaps[i] != "" {
			r.notes = append(r.notes, finding.Note{Level: finding.Gap, Message: gaps[i]})
		}
		if c == nil {
			continue
		}
		r.looked.Files += c.Regular
		r.looked.Bytes += c.Bytes
		unnamed += c.Unnamed
		for _, p := range c.Problems {
			where := ""
			if img.Root == "" {
				where = fmt.Sprintf("layer %d: ", i+1)
			}
			r.notes = append(r.notes, finding.Note{Level: finding.Gap, Message: where + p})
		}
	}
	switch {
	case unnamed == 0:
	case java == nil:
		r.note(finding.Information, "%s not matched, as nothing in them says what they are: the Java database may know, get it with `scangate db update --java`", text.Count(unnamed, "jar"))
	default:
		r.note(finding.Information, "%s not matched, as neither they nor the Java database say what they are", text.Count(unnamed, "jar"))
	}
	return out, nil
}

// layer learns what is in one layer. What it returns with an error is what was
// learned until a limit was reached. Of a layer that is damaged, or not the one
// that the image names, nothing counts.
func (s *Scanner) layer(ctx context.Context, l source.Layer, readers []installed.Reader, search *secrets, kept *cache) (*content, error) {
	if l.Skip != "" {
		return nil, nil // which the image's own notes say
	}
	if c := kept.get(l.Digest); c != nil {
		return c, nil
	}
	c, err := analyse(readers, search, func(a *analyst) (layer.Stats, []string, error) {
		in, err := l.Open(ctx)
		if err != nil {
			return layer.Stats{}, nil, err
		}
		stats, problems, err := layer.Walk(ctx, in, layer.DefaultLimits(), func(e layer.Entry, c io.Reader) error { return a.visit(ctx, e, c) })
		if closing := in.Close(); err == nil {
			err = closing
		}
		return stats, problems, err
	})
	switch {
	case err == nil:
		kept.put(l.Digest, c)
	case !errors.Is(err, layer.ErrTooLarge):
		c = nil
	}
	return c, err
}

// analyse runs an analyst over what walk visits.
func analyse(readers []installed.Reader, search *secrets, walk func(*analyst) (layer.Stats, []string, error)) (*content, error) {
	a := &analyst{readers: readers, secrets: search, spool: &layer.Spool{}}
	defer func() { a.spool.Close() }()
	a.begin()
	stats, problems, err := walk(a)
	return a.end(stats, problems), err
}

// short is enough of a digest to recognise it.
func short(digest string) string { return digest[:min(len(digest), 19)] }
