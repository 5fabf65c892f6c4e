package main

import (
	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/image"
	"github.com/scangate/scangate/scanners/image/source"
)

// maxNamedFile bounds a file that the configuration names, in bytes.
const maxNamedFile = 1 << 20

// makeImages makes a scanner for each image that the command line or the
// configuration names.
func makeImages(s config.Section, set settings) ([]scanners.Scanner, error) {
	o := image.Options{DB: set.database, Java: set.java, Offline: set.offline, Cache: set.cache}
	if err := s.Decode(&o); err != nil {
		return nil, err
	}
	o.ReadFile = func(name string) ([]byte, error) { return readBelow(set.settings, name, maxNamedFile) }
	var refs []image.Reference
	for _, name := range set.images {
		if err := source.Check(name); err != nil {
			return nil, usage("--image: %v", err)
		}
		refs = append(refs, image.Reference{Name: name, Dir: "."})
	}
	// The configuration belongs to the scanned repository: what it names must
	// not lead out of that.
	for _, name := range o.Images {
		if name == "" {
			return nil, usageError{s.Errorf("images: an empty entry names no image")}
		}
		refs = append(refs, image.Reference{Name: name, Dir: set.path, Within: true})
	}
	all, err := image.New(o, refs)
	if err != nil {
		return nil, usageError{s.Errorf("%v", err)}
	}
	out := make([]scanners.Scanner, len(all))
	for i, scanner := range all {
		out[i] = scanner
	}
	return out, nil
}
