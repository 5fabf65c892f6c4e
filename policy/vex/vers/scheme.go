package vers

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	gem "github.com/aquasecurity/go-gem-version"
	npm "github.com/aquasecurity/go-npm-version/pkg"
	pep440 "github.com/aquasecurity/go-pep440-version"
	generic "github.com/aquasecurity/go-version/pkg/version"
	apk "github.com/knqyf263/go-apk-version"
	deb "github.com/knqyf263/go-deb-version"
	rpm "github.com/knqyf263/go-rpm-version"
	maven "github.com/masahiro331/go-mvn-version"
	"github.com/package-url/packageurl-go"
)

// version is a version that can be compared with others of its scheme.
type version interface{ compare(o version) int }

// worded is a version in the words of a library.
type worded[T any] struct {
	v  T
	by func(a, b T) int
}

func (c worded[T]) compare(o version) int {
	if other, ok := o.(worded[T]); ok {
		return c.by(c.v, other.v)
	}
	return 0 // never: a range has versions of one scheme
}

// scheme is a way to compare versions.
type scheme struct {
	kind string // of the packages, in package URLs
	read func(string) (version, error)
}

// Schemes lists the names of those that are known.
func Schemes() []string { return slices.Sorted(maps.Keys(schemes())) }

// schemes are those whose versions the engine can compare, by it or by the
// libraries that it does it with.
func schemes() map[string]scheme {
	return map[string]scheme{
		"npm":      {packageurl.TypeNPM, semantic},
		"golang":   {packageurl.TypeGolang, func(s string) (version, error) { return semantic(strings.TrimPrefix(s, "v")) }},
		"cargo":    {packageurl.TypeCargo, semantic},
		"hex":      {packageurl.TypeHex, semantic},
		"pub":      {packageurl.TypePub, semantic},
		"pypi":     {packageurl.TypePyPi, read(pep440.Parse, pep440.Version.Compare)},
		"gem":      {packageurl.TypeGem, read(gem.NewVersion, gem.Version.Compare)},
		"maven":    {packageurl.TypeMaven, read(maven.NewVersion, maven.Version.Compare)},
		"nuget":    {packageurl.TypeNuget, read(generic.Parse, generic.Version.Compare)},
		"composer": {packageurl.TypeComposer, read(generic.Parse, generic.Version.Compare)},
		"deb":      {packageurl.TypeDebian, read(deb.NewVersion, func(a, b deb.Version) int { return a.Compare(b) })},
		"rpm":      {packageurl.TypeRPM, read(rpmVersion, rpm.Version.Compare)},
		"alpine":   {packageurl.TypeApk, read(apk.NewVersion, apk.Version.Compare)},
		"apk":      {packageurl.TypeApk, read(apk.NewVersion, apk.Version.Compare)},
	}
}

// read makes a reader of versions of two functions of a library.
func read[T any](parse func(string) (T, error), compare func(a, b T) int) func(string) (version, error) {
	return func(s string) (version, error) {
		v, err := parse(s)
		return worded[T]{v, compare}, err
	}
}

var (
	// plain is what versions of all schemes are made of: the libraries forgive
	// much, and what they pass over might have meant something.
	plain  = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+~_:!-]*$`)
	number = regexp.MustCompile(`[0-9]+`)
	short  = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
)

// version reads a version. One that the library might misread is an error.
func (s scheme) version(word string) (version, error) {
	if len(word) > maxVersion || !plain.MatchString(word) {
		return nil, errors.New("not a version")
	}
	for _, n := range number.FindAllString(word, -1) {
		if len(n) > maxDigits {
			return nil, errors.New("a number is too large")
		}
	}
	return s.read(word)
}

// semantic reads a semantic version, to which a number or two may be lacking.
func semantic(s string) (version, error) {
	if short.MatchString(s) {
		s += strings.Repeat(".0", 2-strings.Count(s, "."))
	}
	return read(npm.NewVersion, npm.Version.Compare)(s)
}

// rpmVersion reads a version of RPM, whose library takes anything.
func rpmVersion(s string) (rpm.Version, error) {
	epoch, rest, ok := strings.Cut(s, ":")
	if ok && (strings.Trim(epoch, "0123456789") != "" || strings.Contains(rest, ":")) || strings.Contains(s, "!") {
		return rpm.Version{}, errors.New("not a version")
	}
	return rpm.NewVersion(s), nil
}
