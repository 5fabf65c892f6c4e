package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/text"
)

// files is where an OCI layout is: a directory or a tar.
type files interface {
	// open opens a regular file; fs.ErrNotExist if there is none.
	open(name string) (io.ReadCloser, error)
}

// dirFiles are the files below a directory. No link leads out of it.
type dirFiles struct{ root *os.Root }

func (d dirFiles) open(name string) (io.ReadCloser, error) {
	return openRegular(d.root.OpenFile, name)
}

// layoutStore is the blobs of an OCI layout.
type layoutStore struct{ files files }

func (s layoutStore) manifest(ctx context.Context, d descriptor) (io.ReadCloser, error) {
	return s.blob(ctx, d)
}

func (s layoutStore) blob(_ context.Context, d descriptor) (io.ReadCloser, error) {
	if err := checkDigest(d.Digest); err != nil {
		return nil, err
	}
	r, err := s.files.open("blobs/sha256/" + strings.TrimPrefix(d.Digest, "sha256:"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("blob %s: %w", short(d.Digest), errMissing)
	}
	return r, err
}

func (s layoutStore) has(ctx context.Context, d descriptor) bool {
	r, err := s.blob(ctx, d)
	if err != nil {
		return false
	}
	r.Close()
	return true
}

// openLayout opens oci:DIR[:tag|@digest].
func (b *builder) openLayout(ctx context.Context, rest string) error {
	l, err := newLocal(b.options)
	if err != nil {
		return err
	}
	defer l.Close()
	path, tag, digest, err := l.split(rest)
	if err != nil {
		return err
	}
	if info, err := l.stat(path); err == nil && !info.IsDir() {
		return errors.New("it is not a directory: for an archive write docker-archive:FILE")
	}
	root, err := l.openDir(path)
	if err != nil {
		return fileio.Cause(err)
	}
	b.img.closers = append(b.img.closers, root)
	b.img.Source, b.img.Name, b.img.Layout = "oci", l.name(path), l.abs(path)
	return b.fromLayout(ctx, dirFiles{root}, tag, digest)
}

// readIndex reads the index.json of a layout.
func readIndex(f files) ([]descriptor, error) {
	r, err := f.open("index.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("it is no OCI layout: it has no index.json")
	}
	if err != nil {
		return nil, fmt.Errorf("index.json: %w", err)
	}
	defer r.Close()
	data, err := readLimited(r, maxManifest)
	if err != nil {
		return nil, fmt.Errorf("index.json: %w", err)
	}
	var index manifest
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, errors.New("index.json is not valid JSON")
	}
	if len(index.Manifests) > maxCandidates {
		return nil, fmt.Errorf("index.json names more than %d images", maxCandidates)
	}
	return index.Manifests, nil
}

// fromLayout chooses by tag or digest, and then by platform.
func (b *builder) fromLayout(ctx context.Context, f files, tag, digest string) error {
	list, err := readIndex(f)
	if err != nil {
		return err
	}
	b.img.Tag, b.img.Pinned = tag, digest != ""
	s := layoutStore{f}
	switch {
	case digest != "":
		// It may be that of an image within an index: any blob will do.
		d := descriptor{Digest: digest}
		if i := slices.IndexFunc(list, func(d descriptor) bool { return d.Digest == digest }); i >= 0 {
			d = list[i]
		}
		return b.fromDescriptor(ctx, s, d)
	case tag != "":
		all := list
		list = slices.DeleteFunc(slices.Clone(list), func(d descriptor) bool { return !hasTag(d, tag) })
		if len(list) == 0 {
			return fmt.Errorf("it has no image tagged %s%s", text.OneLine(tag, 200), text.Suggest(tag, tags(all)))
		}
	default:
		if names := tags(list); len(names) > 1 {
			return fmt.Errorf("it has %s: name one with :TAG, of %s", text.Count(len(names), "image"), listed(names))
		}
	}
	if len(list) == 1 {
		return b.fromDescriptor(ctx, s, list[0])
	}
	return b.fromIndex(ctx, s, list)
}

// refName is the annotation with the tag, or with the whole name; containerd
// has the whole name in another one.
func refNames(d descriptor) []string {
	var out []string
	for _, key := range []string{"org.opencontainers.image.ref.name", "io.containerd.image.name"} {
		if n := d.Annotations[key]; n != "" {
			out = append(out, n)
		}
	}
	return out
}

func hasTag(d descriptor, tag string) bool {
	return slices.ContainsFunc(refNames(d), func(n string) bool { return n == tag || tagOf(n) == tag })
}

// tagOf is the tag at the end of a name.
func tagOf(name string) string {
	i := strings.LastIndex(name, ":")
	if i < 0 || strings.Contains(name[i:], "/") {
		return ""
	}
	return name[i+1:]
}

// tags lists the different names of images in a layout.
func tags(list []descriptor) []string {
	var out []string
	for _, d := range list {
		if names := refNames(d); len(names) > 0 {
			out = append(out, text.OneLine(names[0], 100))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
