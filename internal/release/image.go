package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// binaryFile is the file of the context that every platform has another of.
const binaryFile = "bin/scangate"

// imageCommand makes the image and prints its digest. It needs neither Docker
// nor root, and the same binaries give the same digest.
func imageCommand(fs *flag.FlagSet, args []string) error {
	var binaries []string
	context := fs.String("context", ".", "the directory of the Dockerfile")
	fs.Func("binary", "PLATFORM=FILE, such as linux/amd64=dist/scangate; repeatable", func(s string) error {
		binaries = append(binaries, s)
		return nil
	})
	oci := fs.String("layout", "", "write an OCI layout to this directory")
	push := fs.String("push", "", "push to this repository, such as ghcr.io/acme/scangate")
	tag := fs.String("tag", "", "the tag to push, besides the digest")
	if err := fs.Parse(args); err != nil || fs.NArg() != 0 || len(binaries) == 0 {
		return errors.Join(err, errors.New(usage))
	}
	data, err := os.ReadFile(filepath.Join(*context, "Dockerfile"))
	if err != nil {
		return err
	}
	r, err := readDockerfile(data)
	if err != nil {
		return fmt.Errorf("the Dockerfile: %w", err)
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	slices.Sort(binaries)
	for _, b := range binaries {
		platform, file, _ := strings.Cut(b, "=")
		p, err := v1.ParsePlatform(platform)
		if err != nil || file == "" {
			return fmt.Errorf("-binary %s: want PLATFORM=FILE", b)
		}
		image, err := r.image(*context, file, p)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: p}})
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	if *oci != "" {
		out, err := layout.Write(*oci, empty.Index)
		if err != nil {
			return err
		}
		if err := out.AppendIndex(index); err != nil {
			return err
		}
	}
	if *push != "" {
		if err := pushIndex(*push, *tag, digest, index); err != nil {
			return err
		}
	}
	fmt.Println(digest)
	return nil
}

// pushIndex pushes by digest first: a tag names the image only when all of it
// is there.
func pushIndex(repository, tag string, digest v1.Hash, index v1.ImageIndex) error {
	repo, err := name.NewRepository(repository, name.StrictValidation)
	if err != nil {
		return err
	}
	auth := remote.WithAuthFromKeychain(authn.DefaultKeychain)
	if err := remote.WriteIndex(repo.Digest(digest.String()), index, auth); err != nil {
		return fmt.Errorf("push to %s: %w", repository, err)
	}
	if tag == "" {
		return nil
	}
	if err := remote.Tag(repo.Tag(tag), index, auth); err != nil {
		return fmt.Errorf("tag %s:%s: %w", repository, tag, err)
	}
	return nil
}

// image makes the image of one platform, whose binary is the file.
func (r *recipe) image(context, file string, p *v1.Platform) (v1.Image, error) {
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	for _, c := range r.copies {
		from := filepath.Join(context, filepath.FromSlash(c.from))
		if c.from == binaryFile {
			from = file
		}
		content, err := c.layer(from)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.line, err)
		}
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
			tarball.WithMediaType(types.OCILayer))
		if err != nil {
			return nil, err
		}
		image, err = mutate.Append(image, mutate.Addendum{Layer: layer, MediaType: types.OCILayer, History: v1.History{Created: v1.Time{Time: epoch}, CreatedBy: c.line}})
		if err != nil {
			return nil, err
		}
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = p.OS, p.Architecture, p.Variant
	config.Created, config.Config = v1.Time{Time: epoch}, r.config
	return mutate.ConfigFile(image, config)
}

// epoch is the time of everything in the image.
var epoch = time.Unix(0, 0).UTC()

// layer is an archive with the copy alone, its parents included.
func (c copied) layer(from string) ([]byte, error) {
	info, err := os.Lstat(from)
	if err != nil {
		return nil, fmt.Errorf("%w: make image writes it", err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for dir, i := c.to, 1; i < len(dir); i++ {
		if dir[i] == '/' {
			if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir[1:i] + "/", Mode: 0o755, ModTime: epoch}); err != nil {
				return nil, err
			}
		}
	}
	h := &tar.Header{Name: c.to[1:], Uid: c.uid, Gid: c.gid, ModTime: epoch}
	switch {
	case info.IsDir():
		if entries, err := os.ReadDir(from); err != nil || len(entries) > 0 {
			return nil, errors.Join(err, errors.New("only an empty directory is copied here"))
		}
		h.Typeflag, h.Name, h.Mode = tar.TypeDir, path.Clean(h.Name)+"/", 0o755
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
	case info.Mode().IsRegular():
		data, err := os.ReadFile(from)
		if err != nil {
			return nil, err
		}
		h.Typeflag, h.Size, h.Mode = tar.TypeReg, int64(len(data)), 0o644
		if c.from == binaryFile {
			h.Mode = 0o755 // artifacts of jobs lose it
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(data); err != nil {
			return nil, err
		}
	default:
		return nil, errors.New("it is neither a file nor a directory")
	}
	return b.Bytes(), w.Close()
}
