// Package image looks for known vulnerabilities, secrets and unsafe settings in
// container images. Nothing is unpacked: each layer is read once, as a stream,
// and what was learned of it is kept by the digest of its content.
package image

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/image/signature"
	"github.com/scangate/scangate/scanners/image/source"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/vulndb"
)

// name is the scanner's name in configuration, thresholds and categories.
const name = "image"

// Options are the scanner's part of the configuration.
type Options struct {
	Images    []string               `yaml:"images"`            // what to scan, as --image has it
	Platform  string                 `yaml:"platform"`          // of an image for several: "linux/arm64"; empty: this machine's
	Signature *signature.Requirement `yaml:"require-signature"` // who must have signed each image
	NoSecrets bool                   `yaml:"no-secrets"`        // leave out the search for secrets

	DB       match.Database                    `yaml:"-"`
	Java     vulndb.JavaSource                 `yaml:"-"` // tells jars that do not say what they are
	Offline  bool                              `yaml:"-"` // no registry and no daemon
	Cache    string                            `yaml:"-"` // directory of what is known of layers; empty: none
	ReadFile func(name string) ([]byte, error) `yaml:"-"` // reads files that the configuration names

	// Transport and Keychain reach registries; nil are the usual ones.
	Transport http.RoundTripper `yaml:"-"`
	Keychain  authn.Keychain    `yaml:"-"`
	Daemon    string            `yaml:"-"` // address of the Docker daemon; empty: the usual one
}

// Reference is an image to scan.
type Reference struct {
	Name   string // "oci:DIR", "docker-archive:FILE", "registry/repo:tag", …
	Dir    string // what relative paths in it are relative to
	Within bool   // such paths must not lead out of Dir
}

// Scanner looks at one image.
type Scanner struct {
	options  Options
	ref      Reference
	verifier *signature.Verifier
	now      func() time.Time
}

// New returns a scanner for each image; one that has nothing to do if there is
// none.
func New(o Options, images []Reference) ([]*Scanner, error) {
	var verifier *signature.Verifier
	if o.Signature != nil {
		var err error
		if verifier, err = o.Signature.Compile(o.ReadFile); err != nil {
			return nil, fmt.Errorf("require-signature: %w", err)
		}
	}
	if len(images) == 0 {
		images = []Reference{{}}
	}
	var all []*Scanner
	known := map[string]bool{}
	for _, ref := range images {
		if ref.Name != "" {
			if err := source.Check(ref.Name); err != nil {
				return nil, fmt.Errorf("image %w", err)
			}
		}
		if known[ref.Name] {
			return nil, fmt.Errorf("image %s is named twice", source.Shown(ref.Name))
		}
		known[ref.Name] = true
		all = append(all, &Scanner{options: o, ref: ref, verifier: verifier, now: time.Now})
	}
	return all, nil
}

// Name returns "image".
func (s *Scanner) Name() string { return name }

// Target is the image as it was named.
func (s *Scanner) Target() string { return source.Shown(s.ref.Name) }

// Engine returns the engine that reads packages and matches versions.
func (s *Scanner) Engine() finding.Engine { return match.Engine() }

// Plan says whether there is an image. It is not opened: that may take the
// network.
func (s *Scanner) Plan(context.Context, scanners.Target) (scanners.Work, error) {
	if s.ref.Name == "" {
		return scanners.Nothing("no image is named: use --image REF, or images: under scanners: image"), nil
	}
	return scanners.Work{What: "its packages, secrets and settings"}, nil
}

// Scan opens the image, reads its layers side by side, and reports what is
// wrong with what they hold together.
func (s *Scanner) Scan(ctx context.Context, t scanners.Target, _ scanners.Work) (scanners.Report, error) {
	db, notes, err := s.options.DB.Open(ctx, s.now())
	if err != nil {
		return scanners.Report{}, err
	}
	defer db.Close()
	img, err := source.Open(ctx, s.ref.Name, source.Options{
		Dir: s.ref.Dir, Within: s.ref.Within, Platform: s.options.Platform, Offline: s.options.Offline,
		Keychain: s.options.Keychain, Transport: s.options.Transport, DaemonHost: s.options.Daemon,
	})
	if err != nil {
		return scanners.Report{}, err
	}
	defer img.Close()

	r := &reporter{db: db, img: img, now: s.now(), rules: match.Rulebook{}}
	r.notes = append(notes, img.Notes...)
	if r.build, err = dockerfileOf(ctx, t.Tree, img.Config); err != nil {
		return scanners.Report{}, err
	}
	found, err := s.layers(ctx, t.Jobs, r)
	if err != nil {
		return scanners.Report{}, err
	}
	if err := r.software(ctx, merge(found)); err != nil {
		return scanners.Report{}, err
	}
	if err := r.configuration(ctx); err != nil {
		return scanners.Report{}, err
	}
	if err := r.signed(ctx, s.verifier, s.options.Transport); err != nil {
		return scanners.Report{}, err
	}
	return r.report(), nil
}
