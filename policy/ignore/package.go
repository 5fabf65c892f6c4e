package ignore

import (
	"errors"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// ofPackage is the condition that a finding is about a package: a pattern of
// names ("lodash", "@babel/*", "lodash@4.*") or of package URLs, in which what
// is left out at the end, version or qualifiers, may be any.
func ofPackage(pattern string) (condition, error) {
	if len(pattern) > maxPattern {
		return nil, errors.New("the pattern is too long")
	}
	p := strings.ToLower(pattern)
	if strings.Trim(p, "*") == "" {
		return nil, errors.New("the pattern is that of every package: leave it out")
	}
	if !strings.HasPrefix(p, "pkg:") {
		withVersion := strings.Contains(p[1:], "@")
		return func(f *finding.Finding) bool {
			if f.Package == nil {
				return false
			}
			name := strings.ToLower(f.Package.Name)
			if withVersion {
				name += "@" + strings.ToLower(f.Package.Version)
			}
			return text.Wildcard(p, name)
		}, nil
	}
	p = strings.ReplaceAll(p, "%40", "@")
	name, version, qualifiers := cutURL(p)
	if strings.Trim(strings.TrimPrefix(name, "pkg:"), "*") == "" {
		return nil, errors.New("the package URL names no package: write for example pkg:npm/lodash")
	}
	return func(f *finding.Finding) bool {
		if f.Package == nil || f.Package.PURL == "" {
			return false
		}
		url := strings.ReplaceAll(strings.ToLower(f.Package.PURL), "%40", "@")
		n, v, q := cutURL(url)
		return text.Wildcard(name, n) && (version == "" || text.Wildcard(version, v)) && (qualifiers == "" || text.Wildcard(qualifiers, q))
	}, nil
}

// cutURL cuts a package URL into its name, with type and namespace, its version
// and the rest. The "@" of an npm scope does not begin a version.
func cutURL(url string) (name, version, rest string) {
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url, rest = url[:i], url[i+1:]
	}
	i := strings.LastIndexByte(url, '@')
	if i < 0 || url[i-1] == '/' {
		return url, "", rest
	}
	return url[:i], url[i+1:], rest
}

// likeURL is the condition that a finding's package URL has all the parts that
// another one has.
func likeURL(url string) (condition, error) {
	if len(url) > maxPattern {
		return nil, errors.New("the package URL is too long")
	}
	want, err := packageurl.FromString(url)
	if err != nil {
		return nil, errors.New("not a package URL")
	}
	return func(f *finding.Finding) bool {
		if f.Package == nil {
			return false
		}
		got, err := packageurl.FromString(f.Package.PURL)
		if err != nil || got.Type != want.Type || got.Namespace != want.Namespace || got.Name != want.Name ||
			want.Version != "" && got.Version != want.Version || want.Subpath != "" && got.Subpath != want.Subpath {
			return false
		}
		have := got.Qualifiers.Map()
		for k, v := range want.Qualifiers.Map() {
			if have[k] != v {
				return false
			}
		}
		return true
	}, nil
}

// ofType is the condition that a package is of one of the types that package
// URLs have.
func ofType(kind string) condition {
	prefix := "pkg:" + kind + "/"
	return func(f *finding.Finding) bool { return f.Package != nil && strings.HasPrefix(f.Package.PURL, prefix) }
}

// ofVersion is the condition that a package has a version.
func ofVersion(version string) condition {
	return func(f *finding.Finding) bool { return f.Package != nil && f.Package.Version == version }
}
