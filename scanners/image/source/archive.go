package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/scanners/image/layer"
	"github.com/scangate/scangate/text"
)

// maxArchive is the largest archive that is written to a temporary file, in
// bytes: a compressed one, or one from the daemon.
const maxArchive = 32 << 30

// openArchive opens docker-archive:FILE[:tag].
func (b *builder) openArchive(ctx context.Context, rest string) error {
	l, err := newLocal(b.options)
	if err != nil {
		return err
	}
	defer l.Close()
	path, tag, digest, err := l.split(rest)
	if err != nil {
		return err
	}
	f, err := l.openFile(path)
	if err != nil {
		return err
	}
	b.img.closers = append(b.img.closers, f)
	b.img.Source, b.img.Name = "archive", l.name(path)
	if f, err = b.uncompressed(ctx, f); err != nil {
		return err
	}
	return b.fromArchive(ctx, f, tag, digest)
}

// uncompressed returns an archive that can be read at random: the file itself,
// or a temporary one with what is compressed in it.
func (b *builder) uncompressed(ctx context.Context, f *os.File) (*os.File, error) {
	var head [262]byte
	if n, _ := f.ReadAt(head[:], 0); n == len(head) && string(head[257:262]) == "ustar" {
		return f, nil
	}
	z, err := layer.Decompress(&verified{ctx: ctx, r: f})
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return b.spool(z)
}

// spool writes an archive to a temporary file, which goes with the image.
func (b *builder) spool(r io.Reader) (*os.File, error) {
	tmp, err := layer.NewTempFile(b.options.TempDir)
	if err != nil {
		return nil, err
	}
	b.img.closers = append(b.img.closers, tmp)
	n, err := io.Copy(tmp.File, io.LimitReader(r, maxArchive+1))
	switch {
	case err != nil:
		return nil, fileio.Cause(err)
	case n > maxArchive:
		return nil, fmt.Errorf("the archive: %w", layer.ErrTooLarge)
	}
	_, err = tmp.Seek(0, io.SeekStart)
	return tmp.File, err
}

// saved is an image in the manifest.json that docker save writes.
type saved struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// fromArchive opens what docker save has written. Newer versions write an OCI
// layout as well: that tells more.
func (b *builder) fromArchive(ctx context.Context, f *os.File, tag, digest string) error {
	t, err := indexTar(ctx, f)
	if err != nil {
		return err
	}
	r, err := t.open("manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := t.find("index.json"); err == nil {
			return b.fromLayout(ctx, t, tag, digest)
		}
		return errors.New("it has no manifest.json: docker save writes one since Docker 1.10")
	}
	if err != nil {
		return err
	}
	data, err := readLimited(r, maxManifest)
	if err != nil {
		return fmt.Errorf("manifest.json: %w", err)
	}
	var list []saved
	if err := json.Unmarshal(data, &list); err != nil {
		return errors.New("manifest.json is not what docker save writes")
	}
	if digest != "" {
		if _, err := t.find("index.json"); err != nil {
			return errors.New("the archive has no digests to choose by: name a tag")
		}
		return b.fromLayout(ctx, t, "", digest)
	}
	image, err := pick(list, tag)
	if err != nil {
		return err
	}
	b.img.Tag = tag
	if len(list) > 1 { // one file, several images: their findings are to be told apart
		b.img.Name += "/" + text.OneLine(strings.TrimSuffix(firstOr(image.RepoTags, image.Config), ":"+tagOf(firstOr(image.RepoTags, ""))), 200)
	}
	return b.fromSaved(ctx, t, image)
}

func firstOr(list []string, other string) string {
	if len(list) > 0 {
		return list[0]
	}
	return other
}

// pick chooses the image of a tag, or the only one.
func pick(list []saved, tag string) (saved, error) {
	var names []string
	for _, s := range list {
		names = append(names, text.OneLine(firstOr(s.RepoTags, "(untagged)"), 100))
		for _, name := range s.RepoTags {
			if tag != "" && (name == tag || familiar(name) == familiar(tag)) {
				return s, nil
			}
		}
	}
	var found []saved
	for _, s := range list {
		if tag != "" && slices.ContainsFunc(s.RepoTags, func(n string) bool { return tagOf(n) == tag }) {
			found = append(found, s)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(list) == 0:
		return saved{}, errors.New("the archive holds no image")
	case tag == "" && len(list) == 1:
		return list[0], nil
	case tag == "" || len(found) > 1:
		return saved{}, fmt.Errorf("the archive holds %s: name one with :TAG, of %s", text.Count(len(list), "image"), listed(names))
	}
	return saved{}, fmt.Errorf("the archive has no image %s; it holds %s", text.OneLine(tag, 200), listed(names))
}

// familiar drops what Docker leaves out of names.
func familiar(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "index."), "docker.io/")
	name = strings.TrimPrefix(name, "library/")
	if tagOf(name) == "" {
		name += ":latest"
	}
	return name
}

// fromSaved opens one image of an archive.
func (b *builder) fromSaved(ctx context.Context, t *tarFiles, image saved) error {
	if hex, ok := strings.CutPrefix(image.Config, "blobs/sha256/"); ok && isDigest("sha256:"+hex) {
		if d, ok := manifestOf(ctx, t, "sha256:"+hex); ok {
			return b.fromDescriptor(ctx, layoutStore{t}, d)
		}
	}
	if len(image.Layers) > maxLayers {
		return fmt.Errorf("it has %s; %d is the limit", text.Count(len(image.Layers), "layer"), maxLayers)
	}
	r, err := t.open(image.Config)
	if err != nil {
		return fmt.Errorf("configuration %s: %w", text.OneLine(image.Config, 100), errMissing)
	}
	data, err := readLimited(r, maxConfig)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	digest := digestOf(data)
	named := "sha256:" + strings.TrimSuffix(path.Base(image.Config), ".json")
	if isDigest(named) && named != digest {
		return fmt.Errorf("configuration: %w", errMismatch)
	}
	config, err := parseConfig(data)
	if err != nil {
		return err
	}
	b.img.Digest = digest
	return b.savedLayers(t, image, config)
}

func (b *builder) savedLayers(t *tarFiles, image saved, config *v1.ConfigFile) error {
	if len(config.RootFS.DiffIDs) != len(image.Layers) {
		return fmt.Errorf("its manifest.json has %s and its configuration %d", text.Count(len(image.Layers), "layer"), len(config.RootFS.DiffIDs))
	}
	for i, name := range image.Layers {
		diffID := config.RootFS.DiffIDs[i].String()
		l := Layer{DiffID: diffID}
		p, err := t.find(name)
		if err != nil {
			l.Skip = "the archive does not hold it"
		}
		l.Size = p.size
		l.Open = func(ctx context.Context) (io.ReadCloser, error) {
			return openLayer(ctx, io.NopCloser(io.NewSectionReader(t.file, p.offset, p.size)), "", p.size, diffID)
		}
		b.img.Layers = append(b.img.Layers, l)
	}
	return b.finish(config)
}

// manifestOf finds the manifest with a configuration in an archive that is
// also an OCI layout.
func manifestOf(ctx context.Context, t *tarFiles, config string) (descriptor, bool) {
	list, err := readIndex(t)
	if err != nil {
		return descriptor{}, false
	}
	opened := 0
	for len(list) > 0 && opened < maxOpened {
		d := list[0]
		list = list[1:]
		opened++
		m, err := loadManifest(ctx, layoutStore{t}, d)
		switch {
		case err != nil:
		case m.Config != nil && m.Config.Digest == config:
			return d, true
		default:
			list = append(list, m.Manifests...)
		}
	}
	return descriptor{}, false
}
