// Package images builds images without a container engine: for tests, for the
// comparison with Trivy, and for benchmarks. It reads its fixtures from the
// testdata directories of the readers, so it works within a checkout only.
package images

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Named is an image, or an index of several, and what to call it.
type Named struct {
	Name  string
	Image v1.Image      // nil if there is an index
	Index v1.ImageIndex // nil if there is an image
}

// WriteLayout writes the image as an OCI layout into dir.
func (n Named) WriteLayout(dir string) error {
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	if n.Index != nil {
		return p.AppendIndex(n.Index)
	}
	return p.AppendImage(n.Image)
}

// WriteArchive writes the image as `docker save` does, into a file.
func (n Named) WriteArchive(file string) error {
	if n.Image == nil {
		return fmt.Errorf("%s: an archive has no index", n.Name)
	}
	tag, err := name.NewTag("fixture/" + n.Name + ":1")
	if err != nil {
		return err
	}
	return tarball.WriteToFile(file, tag, n.Image)
}

// Only is the index's image for one architecture.
func (n Named) Only(arch string) (Named, error) {
	list, err := partial.FindImages(n.Index, func(d v1.Descriptor) bool { return d.Platform != nil && d.Platform.Architecture == arch })
	if err != nil {
		return Named{}, err
	}
	if len(list) != 1 {
		return Named{}, fmt.Errorf("%s has %d images for %s, not one", n.Name, len(list), arch)
	}
	return Named{Name: n.Name + "-" + arch, Image: list[0]}, nil
}

// File is an entry of a layer.
type File struct {
	Path    string // relative to the root
	Content string
	Mode    int64  // 0: 0644
	Link    string // where a symbolic link leads; empty: it is a regular file
}

// Gone is the whiteout that deletes what lower layers have at path.
func Gone(path string) File {
	i := strings.LastIndex(path, "/") + 1
	return File{Path: path[:i] + ".wh." + path[i:]}
}

// Emptied is the mark that hides what lower layers have in the directory at
// path.
func Emptied(path string) File { return File{Path: path + "/.wh..wh..opq"} }

// Step is a step of an image's history, with the layer that it made, if any.
type Step struct {
	CreatedBy string
	Layer     v1.Layer
}

// Layer returns a layer of these files.
func Layer(files []File) (v1.Layer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if err := f.write(w); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	data := b.Bytes()
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil })
}

func (f File) write(w *tar.Writer) error {
	h := &tar.Header{Name: f.Path, Mode: f.Mode, Typeflag: tar.TypeReg, Size: int64(len(f.Content)), ModTime: built}
	if h.Mode == 0 {
		h.Mode = 0o644
	}
	if f.Link != "" {
		h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, f.Link, 0
	}
	if err := w.WriteHeader(h); err != nil {
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	if h.Size == 0 {
		return nil
	}
	_, err := io.WriteString(w, f.Content)
	return err
}

// built is when all images were made, so that they are the same everywhere.
var built = time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)

// New returns the image of these steps for Linux on the architecture, in Go's
// name for it.
func New(arch string, steps ...Step) (v1.Image, error) {
	var adds []mutate.Addendum
	for _, s := range steps {
		adds = append(adds, mutate.Addendum{Layer: s.Layer, History: v1.History{
			CreatedBy: s.CreatedBy, EmptyLayer: s.Layer == nil, Created: v1.Time{Time: built},
		}})
	}
	img, err := mutate.Append(empty.Image, adds...)
	if err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", arch, v1.Time{Time: built}
	config.Config = v1.Config{User: "65534", Cmd: []string{"/srv/shop"}}
	return mutate.ConfigFile(img, config)
}

// newOf returns an image with a layer for each list of files.
func newOf(arch string, layers ...[]File) (v1.Image, error) {
	var steps []Step
	for i, files := range layers {
		l, err := Layer(files)
		if err != nil {
			return nil, err
		}
		steps = append(steps, Step{CreatedBy: fmt.Sprintf("ADD layer-%d.tar / # buildkit", i+1), Layer: l})
	}
	return New(arch, steps...)
}

// multi returns an index of images for Linux, by architecture.
func multi(images map[string]v1.Image, order ...string) v1.ImageIndex {
	var adds []mutate.IndexAddendum
	for _, arch := range order {
		adds = append(adds, mutate.IndexAddendum{Add: images[arch], Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	return mutate.AppendManifests(empty.Index, adds...)
}
