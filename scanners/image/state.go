package image

import (
	"path"
	"slices"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
	installedsystem "github.com/scangate/scangate/scanners/installed/system"
)

// content is what is known of one layer. It depends on nothing but the layer's
// content and the readers, so that it can be kept.
type content struct {
	Files     []file   `json:"files,omitempty"` // with something to say, in the order of their paths
	Whiteouts []string `json:"whiteouts,omitempty"`
	Opaque    []string `json:"opaque,omitempty"`
	// Names are hashes of the paths of everything but directories. Such an
	// entry hides what layers beneath have at its path, and below it.
	Names    hashes   `json:"names,omitempty"`
	Secrets  []secret `json:"secrets,omitempty"`
	Entries  int      `json:"entries"`
	Regular  int      `json:"regular"` // regular files
	Bytes    int64    `json:"bytes"`
	Unnamed  int      `json:"unnamed,omitempty"`  // jars that nothing says what they are of
	Problems []string `json:"problems,omitempty"` // what was not looked at
}

// file is what a file of a layer says.
type file struct {
	Path   string           `json:"path"`
	Reader string           `json:"reader"`
	Result installed.Result `json:"result"`
}

// secret is a secret in a file of a layer.
type secret struct {
	Path    string `json:"path"`
	Rule    string `json:"rule"`
	Key     string `json:"key"`
	Line    int    `json:"line,omitempty"`
	Allowed bool   `json:"allowed,omitempty"`
}

// placed is a file of the image as its user sees it.
type placed struct {
	file
	layer int // the one that it is of
}

// state is an image as its user sees it: the layers on top of each other.
type state struct {
	layers []*content // bottom first; nil where a layer could not be read
	files  []placed   // in the order of layers, then of paths
}

// merge puts layers on top of each other.
func merge(layers []*content) state {
	s := state{layers: layers}
	for i, l := range layers {
		if l == nil {
			continue
		}
		s.files = slices.DeleteFunc(s.files, func(p placed) bool { return l.hides(p.Path) })
		for _, f := range l.Files {
			s.files = append(s.files, placed{f, i})
		}
	}
	return s
}

// hides reports whether the layer takes away, or replaces, what layers beneath
// it have at the path.
func (c *content) hides(name string) bool {
	if c.Names.has(name) || contains(c.Whiteouts, name) {
		return true
	}
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if c.Names.has(dir) || contains(c.Whiteouts, dir) || contains(c.Opaque, dir) {
			return true
		}
		if dir == "." || dir == "/" {
			return false
		}
	}
}

// contains looks for a path in a sorted list.
func contains(list []string, name string) bool {
	_, ok := slices.BinarySearch(list, name)
	return ok
}

// system is the operating system that the image says it is, and the repository
// that it is bound to.
func (s state) system() (os ftypes.OS, repo *ftypes.Repository) {
	for _, f := range s.files {
		if f.Result.OS != nil {
			os = installedsystem.MergeOS(os, *f.Result.OS)
		}
		if f.Result.Repository != nil {
			repo = f.Result.Repository
		}
	}
	if os.Family == "" && repo != nil {
		os = ftypes.OS{Family: repo.Family, Name: repo.Release}
	}
	return os, repo
}

// systemPackage is a package of the operating system.
type systemPackage struct {
	ftypes.Package
	file  string // the database that lists it
	layer int    // the lowest that has it in this version
}

// systemPackages returns the packages of the operating system, each once.
func (s state) systemPackages() []systemPackage {
	var all []systemPackage
	seen := map[string]bool{}
	origin := s.origins()
	for _, f := range s.files {
		if f.Result.Type != "" {
			continue
		}
		for _, p := range f.Result.Packages {
			id := identity(p)
			if seen[id+"\x00"+p.FilePath] {
				continue
			}
			seen[id+"\x00"+p.FilePath] = true
			layer, ok := origin[id]
			if !ok {
				layer = f.layer
			}
			if l := s.layers[layer]; l != nil && p.BuildInfo == nil {
				p.BuildInfo = l.buildInfo()
			}
			all = append(all, systemPackage{p, f.Path, layer})
		}
	}
	return all
}

// identity is what makes a package of an operating system the same in two
// layers.
func identity(p ftypes.Package) string {
	return strings.Join([]string{p.Name, p.Version, p.Release, p.Arch}, "\x00")
}

// origins says which layer, counted from the bottom, first has each package of
// the operating system. A package database is written anew as a whole by each
// layer that changes it.
func (s state) origins() map[string]int {
	first := map[string]int{}
	for i, l := range s.layers {
		if l == nil {
			continue
		}
		for _, f := range l.Files {
			if f.Result.Type != "" {
				continue
			}
			for _, p := range f.Result.Packages {
				if _, ok := first[identity(p)]; !ok {
					first[identity(p)] = i
				}
			}
		}
	}
	return first
}

// buildInfo is what Red Hat's images say of how a layer was made; its
// advisories are bound to that.
func (c *content) buildInfo() *ftypes.BuildInfo {
	var all *ftypes.BuildInfo
	for _, f := range c.Files {
		b := f.Result.BuildInfo
		switch {
		case b == nil:
		case all == nil:
			copied := *b
			all = &copied
		default:
			if len(b.ContentSets) > 0 {
				all.ContentSets = b.ContentSets
			}
			if b.Nvr != "" {
				all.Nvr, all.Arch = b.Nvr, b.Arch
			}
		}
	}
	return all
}
