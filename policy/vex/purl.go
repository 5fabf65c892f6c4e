package vex

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/scangate/scangate/finding"
)

// maxPURL bounds a package URL, in bytes.
const maxPURL = 4096

// isPURL reports whether a word means to be a package URL.
func isPURL(word string) bool { return strings.HasPrefix(word, "pkg:") }

// parsePURL reads a package URL. The error does not quote it.
func parsePURL(word string) (packageurl.PackageURL, error) {
	if len(word) > maxPURL {
		return packageurl.PackageURL{}, errors.New("the package URL is too long")
	}
	p, err := packageurl.FromString(word)
	if err != nil {
		return packageurl.PackageURL{}, errors.New("it is not a package URL such as pkg:npm/lodash@4.17.20")
	}
	return p, nil
}

// isImage reports whether a package URL names a container image.
func isImage(p packageurl.PackageURL) bool {
	return p.Type == packageurl.TypeOCI || p.Type == packageurl.TypeDocker
}

// isRepository reports whether a package URL names source code as a whole.
func isRepository(p packageurl.PackageURL) bool {
	return slices.Contains([]string{packageurl.TypeGithub, packageurl.TypeBitbucket, "gitlab", packageurl.TypeGeneric}, p.Type)
}

// versioned reports whether the version of the product, or of the package in
// it, is known.
func (t target) versioned() bool {
	return t.in != nil && t.in.Version != "" || t.pkg != nil && t.pkg.Version != "" || t.versions != nil
}

// key is where the target is looked for.
func (t target) key(id string) string {
	if t.pkg == nil {
		return id
	}
	return keyOf(id, *t.pkg)
}

func keyOf(id string, p packageurl.PackageURL) string {
	return id + "\x00" + p.Type + "\x00" + p.Namespace + "\x00" + p.Name
}

// matches reports whether the target is that of a run's finding: its package,
// which is empty when it has none, or else its file.
func (t target) matches(run *finding.Run, f *finding.Finding, p packageurl.PackageURL) bool {
	switch {
	case t.in == nil:
	case isImage(*t.in):
		if !t.inImage(run.Target) {
			return false
		}
	case t.in.Subpath != "" && (run.Target != "" || !within(f.Location.Path, t.in.Subpath)):
		return false
	}
	if t.pkg == nil {
		return isImage(*t.in) == (p.Name != "")
	}
	return covers(*t.pkg, p) && t.ranges(p)
}

// ranges reports whether the version of a package is among those of the target.
func (t target) ranges(p packageurl.PackageURL) bool {
	if t.versions == nil {
		return true
	}
	in, known := t.versions.Contains(fullVersion(p))
	return in || !known && t.doubt
}

// fullVersion is the version of a package as it is compared: that of an
// operating system's may have an epoch, which is beside it.
func fullVersion(p packageurl.PackageURL) string {
	epoch := p.Qualifiers.Map()["epoch"]
	if epoch == "" || strings.Contains(p.Version, ":") {
		return p.Version
	}
	return epoch + ":" + p.Version
}

// within reports whether a path is another one, or below it.
func within(path, dir string) bool {
	rest, ok := strings.CutPrefix(path, dir)
	return ok && (rest == "" || rest[0] == '/')
}

// covers reports whether a statement on want holds for p: type, namespace and
// name are equal, and so is all else that want has.
func covers(want, p packageurl.PackageURL) bool {
	if want.Type != p.Type || want.Namespace != p.Namespace || want.Name != p.Name {
		return false
	}
	if want.Version != "" && plainVersion(want) != plainVersion(p) || want.Subpath != "" && want.Subpath != p.Subpath {
		return false
	}
	for _, q := range want.Qualifiers {
		if !slices.Contains(p.Qualifiers, q) {
			return false
		}
	}
	return true
}

// plainVersion is the version as it is compared: Go's has a v in front, or not.
func plainVersion(p packageurl.PackageURL) string {
	if p.Type == packageurl.TypeGolang {
		return strings.TrimPrefix(p.Version, "v")
	}
	return p.Version
}

// inImage reports whether a run's target may be the image. A digest says it for
// certain. Without one in the target the name does; an image in a file has
// none, and then the packages alone decide. Where the statement is about the
// image as a whole, only the digest will do.
func (t target) inImage(image string) bool {
	if image == "" {
		return false
	}
	name, digest, _ := strings.Cut(image, "@")
	if digest != "" && t.in.Version != "" || t.pkg == nil {
		return digest != "" && digest == t.in.Version
	}
	for _, scheme := range []string{"oci:", "docker-archive:", "dir:"} {
		if strings.HasPrefix(name, scheme) {
			return true
		}
	}
	name = path.Base(strings.TrimPrefix(name, "docker-daemon:"))
	name, _, _ = strings.Cut(name, ":")
	return strings.EqualFold(name, t.in.Name)
}
