// Package source opens container images: from OCI layouts and archives on the
// disk, from registries and from the Docker daemon. Whatever the source, every
// digest is verified, and what is read before that is bounded.
package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// Options say how images are opened. The zero value reads from everywhere, as
// the user's Docker would.
type Options struct {
	// Dir is what relative paths are relative to; empty is the working
	// directory. With Within, paths outside of it are refused, and so are
	// links that lead out.
	Dir    string
	Within bool
	// Platform is one as linux/arm64/v8. Empty is Linux on this machine's
	// architecture, or else the only platform that there is.
	Platform string
	Offline  bool // registries and daemons are refused
	Insecure bool // plain http to hosts other than this one is allowed

	Keychain   authn.Keychain    // of registries; nil is Docker's configuration
	Transport  http.RoundTripper // to registries; nil is one with timeouts
	DaemonHost string            // unix:///path or tcp://host:port; empty is DOCKER_HOST, or else the usual socket
	TempDir    string            // of private temporary files; empty is the system's

	pause func(context.Context, time.Duration) error // nil is to wait
}

// Image is one image of one platform.
type Image struct {
	Ref    string // as the user named it
	Name   string // stable, without tag and digest: library/nginx, dist/image
	Source string // oci, archive, registry, daemon or dir
	// Digest is that of the manifest, as sha256:…; of the configuration for an
	// archive that has no manifest; empty for a directory.
	Digest      string
	Tag         string // that was asked for, or empty
	Pinned      bool   // a digest was asked for
	Index       string // digest of the index that the tag or digest stands for, or empty
	Platform    string // as linux/arm64/v8
	Config      *v1.ConfigFile
	Annotations map[string]string // of the manifest
	Layers      []Layer           // the bottom one first
	Notes       []finding.Note    // what else there is, and what cannot be read

	Repository    name.Repository // of a registry's image, for its signatures
	RemoteOptions []remote.Option // to read more of that repository
	Layout        string          // absolute directory of an OCI layout, or empty
	// Root is the absolute directory of a root file system, for
	// layer.WalkDir. Its one layer cannot be opened.
	Root string

	closers []io.Closer
}

// Layer is one layer of an image.
type Layer struct {
	Digest    string // of the layer as it is stored; empty in an archive that does not tell
	DiffID    string // digest of the uncompressed layer
	MediaType string
	Size      int64  // as it is stored, in bytes
	CreatedBy string // the instruction in the image's history
	// HistoryIndex is that of the instruction in Config.History; -1 when the
	// history does not fit the layers.
	HistoryIndex int
	Skip         string // why it cannot be read, or empty
	// Open gives the uncompressed tar. Reading it to the end verifies both
	// digests: a mismatch is an error in place of the end, and of Close. It
	// may be called again, and for several layers at a time.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Schemes returns the prefixes of references that are not a registry's.
func Schemes() []string {
	return []string{"oci", "docker-archive", "docker", "docker-daemon", "dir"}
}

// Open opens an image by its reference:
//
//	registry/repository:tag, repository@sha256:…   in a registry
//	oci:DIR[:tag|@digest]                          an OCI layout
//	docker-archive:FILE[:tag]                      what docker save writes, or an OCI layout in a tar
//	docker:NAME, docker-daemon:NAME                in the Docker daemon
//	dir:DIR                                        a root file system
//
// Nothing of the layers is read. Errors are one line, with the reference, and
// show no credentials.
func Open(ctx context.Context, ref string, o Options) (*Image, error) {
	if o.pause == nil {
		o.pause = sleep
	}
	img, err := open(ctx, ref, o)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("%s: %w", Shown(ref), err)
	}
	img.Ref = ref
	return img, nil
}

func open(ctx context.Context, ref string, o Options) (*Image, error) {
	want, err := parseWanted(o.Platform)
	if err != nil {
		return nil, err
	}
	b := &builder{options: o, want: want, img: &Image{}}
	scheme, rest := splitScheme(ref)
	switch scheme {
	case "oci":
		err = b.openLayout(ctx, rest)
	case "docker-archive":
		err = b.openArchive(ctx, rest)
	case "docker", "docker-daemon":
		err = b.openDaemon(ctx, rest)
	case "dir":
		err = b.openDir(rest)
	case "":
		err = b.openRegistry(ctx, ref)
	default:
		err = unknownScheme(scheme)
	}
	if err != nil {
		b.img.Close()
		return nil, err
	}
	return b.img, nil
}

// Close lets go of files, temporary ones included. Layers are to be closed before.
func (i *Image) Close() error {
	var errs []error
	for _, c := range slices.Backward(i.closers) {
		errs = append(errs, c.Close())
	}
	i.closers = nil
	return errors.Join(errs...)
}

// foreignSchemes are those of other tools, all of which could be the name of
// an image, too.
func foreignSchemes() []string {
	return []string{"oci-archive", "oci-dir", "oci-layout", "oci-tar", "docker-tar", "docker-tarball", "docker-image", "containers-storage", "containerd", "podman",
		"ostree", "sif", "singularity", "tarball", "archive", "file", "http", "https"}
}

// splitScheme returns the scheme of a reference and what follows it; an empty
// scheme for a registry's. A name with a tag looks like a scheme as well.
func splitScheme(ref string) (scheme, rest string) {
	scheme, rest, ok := strings.Cut(ref, ":")
	if !ok || strings.ContainsAny(scheme, "/.@[") {
		return "", ref
	}
	if slices.Contains(Schemes(), scheme) || slices.Contains(foreignSchemes(), scheme) {
		return scheme, rest
	}
	// localhost:5000/app is a registry; ocidir:dist/image is no tag.
	port, _, _ := strings.Cut(rest, "/")
	if strings.Contains(rest, "/") && !isNumber(port) {
		return scheme, rest
	}
	return "", ref
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Shown is a reference as it may be shown: a URL that was taken for one can
// hold a password.
func Shown(ref string) string {
	if at := strings.LastIndex(ref, "@"); at >= 0 && !strings.HasPrefix(ref[at:], "@sha") {
		ref = "…" + ref[at:]
	}
	return text.OneLine(ref, 300)
}
