package external

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// onImage is the mode of a unit that is an image.
const onImage = "image"

// TrivyTools are the starts of Trivy that the options ask for, each a tool of
// its own: one for the tree, unless the command is "image", and one for each
// image.
func TrivyTools(o TrivyOptions) ([]Tool, error) {
	var all []Tool
	only := o
	if o.Command == onImage {
		if len(o.Images) == 0 {
			return nil, fmt.Errorf("trivy: the command image needs images to scan: images: [\"oci:DIR\"]")
		}
		only.Command = ""
	} else {
		tree, err := Trivy(o)
		if err != nil {
			return nil, err
		}
		all = append(all, tree)
	}
	seen := map[string]bool{}
	for _, ref := range o.Images {
		if seen[ref] {
			return nil, fmt.Errorf("trivy: images: %q is named twice", text.OneLine(ref, maxID))
		}
		seen[ref] = true
		t, err := trivyImage(only, ref)
		if err != nil {
			return nil, fmt.Errorf("trivy: images: %w", err)
		}
		all = append(all, t)
	}
	return all, nil
}

// imageForm is what the name of an image in a registry looks like.
var imageForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,499}$`)

// trivyImage is Trivy on an image.
func trivyImage(o TrivyOptions, ref string) (Tool, error) {
	o.Command = ""
	t, err := Trivy(o)
	if err != nil {
		return t, err
	}
	o.Command = "fs"
	shown := text.OneLine(ref, maxID)
	if len(o.Scanners) == 0 {
		o.Scanners = trivyScanners()
	}
	file, local := "", false
	for _, scheme := range []string{"oci:", "docker-archive:"} {
		if file, local = strings.CutPrefix(ref, scheme); local {
			break
		}
	}
	switch {
	case local:
		// The configuration belongs to the scanned repository: what it names
		// must not lead out of that.
		if file = filepath.ToSlash(file); !filepath.IsLocal(filepath.FromSlash(file)) || strings.ContainsAny(file, "\x00\n\r") {
			return t, fmt.Errorf("%q is not below the scanned directory", shown)
		}
		file = path.Clean(file)
	case !imageForm.MatchString(ref) || strings.Contains(ref, "://"):
		return t, fmt.Errorf("%q is no image: use oci:DIR, docker-archive:FILE, or in a registry REPO:TAG or REPO@sha256:…", shown)
	default:
		t.Network = true
	}
	t.Target = shown
	t.Units = func(tr *scanners.Tree) (Units, error) {
		if local {
			if _, err := fs.Stat(tr.FS(), file); err != nil {
				return Units{}, fmt.Errorf("there is no image at %s in the scanned directory: build it before the scan", text.OneLine(file, maxID))
			}
		}
		return Units{List: []Unit{{Dir: ".", Mode: onImage}}, What: "its packages, secrets and settings"}, nil
	}
	t.Call = func(_ Unit, p Place) Call {
		c := trivyCall(o, p)
		c.Args = c.Args[:len(c.Args)-1] // the directory
		c.Args[0] = onImage
		c.Args = append(c.Args, "--image-config-scanners=misconfig,secret")
		if local {
			c.Args = append(c.Args, "--input="+filepath.Join(p.Tree, filepath.FromSlash(file)))
		} else {
			// No daemon of this machine is asked: it may give away more.
			c.Args = append(c.Args, "--image-src=remote", "--", ref)
		}
		return c
	}
	name := imageName(ref, file)
	t.Read = func(out Output, r *Reading) error {
		if err := readTrivy(out, r); err != nil {
			return err
		}
		for i := range r.findings {
			r.findings[i].Key = line(name, maxWords) + " " + r.findings[i].Key
		}
		return nil
	}
	return t, nil
}

// imageName is an image's name without tag and digest, so that the same finding
// in the next build is the same.
func imageName(ref, file string) string {
	if file != "" {
		return file
	}
	ref, _, _ = strings.Cut(ref, "@")
	if i := strings.LastIndexByte(ref, ':'); i > strings.LastIndexByte(ref, '/') {
		ref = ref[:i]
	}
	return ref
}

// trivyMetadata is what Trivy says of an image.
type trivyMetadata struct {
	DiffIDs     []string
	ImageConfig struct {
		History []struct {
			CreatedBy string `json:"created_by"`
			Empty     bool   `json:"empty_layer"`
		} `json:"history"`
	}
}

// trivyLayer is where in an image something is.
type trivyLayer struct{ Digest, DiffID string }

// layer is the place of a finding in an image, nil in a tree. What is not in a
// layer, such as a setting, has no place.
func (at *trivyTarget) layer(l trivyLayer, file string) *finding.Layer {
	if at.metadata == nil || l == (trivyLayer{}) && file == "" {
		return nil
	}
	out := &finding.Layer{Digest: line(l.Digest, maxID), DiffID: line(l.DiffID, maxID), File: line(strings.TrimLeft(file, "/"), maxWords)}
	n := -1
	for i, id := range at.metadata.DiffIDs {
		if id == l.DiffID {
			n = i
			break
		}
	}
	for _, h := range at.metadata.ImageConfig.History {
		if h.Empty || n < 0 {
			continue
		}
		if n == 0 {
			out.CreatedBy = line(h.CreatedBy, 300)
			break
		}
		n--
	}
	return out
}
