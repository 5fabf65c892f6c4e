package sarif

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// schemeOf finds what a URI parser would take for the scheme of a reference.
var schemeOf = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):`)

// rootNames are the uriBaseIds that tools use for the root of the sources.
var rootNames = []string{"%SRCROOT%", "SRCROOT", "%ROOTPATH%", "ROOTPATH", "REPOROOT", "PROJECTROOT", "ROOT"}

// maxBaseDepth bounds a chain of uriBaseIds, which may go in circles.
const maxBaseDepth = 10

// maxURI bounds what can be a file's name on any system, in bytes, each of
// which an escape may write as three.
const maxURI = 3 * 4096

// pathResolver turns artifact locations into paths below the scanned root.
type pathResolver struct {
	bases     map[string]artifactLocation
	artifacts []artifactLocation
	roots     []string // absolute paths of the root, decoded, ending in a slash
}

func newPathResolver(run *sarifRun) pathResolver {
	p := pathResolver{bases: run.bases, artifacts: run.artifacts}
	add := func(uri string) {
		if dir, ok := filePath(uri); ok && dir != "/" {
			p.roots = append(p.roots, strings.TrimSuffix(dir, "/")+"/")
		}
	}
	for _, name := range rootNames {
		add(run.bases[name].URI)
	}
	if len(p.roots) == 0 && len(run.bases) == 1 {
		for _, base := range run.bases {
			add(base.URI)
		}
	}
	if len(p.roots) == 0 && len(run.invocations) > 0 {
		add(run.invocations[0].WorkingDirectory.URI)
	}
	return p
}

// resolve returns a location's path, relative to the root and clean, or "" for
// a location outside of it. For a location that is no file it returns what it
// names instead: a URL without anything that could be secret, or an image.
func (p *pathResolver) resolve(a artifactLocation) (file, other string) {
	if a.URI == "" && a.Index != nil && *a.Index >= 0 && *a.Index < len(p.artifacts) {
		a = p.artifacts[*a.Index]
	}
	uri := strings.TrimSpace(a.URI)
	if uri == "" || len(uri) > maxURI {
		return "", ""
	}
	if full, ok := filePath(uri); ok {
		return p.belowRoot(full), ""
	}
	if schemeOf.MatchString(uri) {
		if strings.Contains(uri, "://") {
			return "", withoutSecrets(uri)
		}
		return "", uri
	}
	name := unescapePath(uri)
	if strings.HasPrefix(name, "/") {
		return p.belowRoot(name), ""
	}
	return p.relative(name, a.URIBaseID), ""
}

// relative resolves a relative path against its base, if it names one.
func (p *pathResolver) relative(name, baseID string) string {
	for range maxBaseDepth {
		base, ok := p.bases[baseID]
		if baseID == "" || !ok || base.URI == "" || slices.Contains(rootNames, baseID) {
			return insideRoot(name)
		}
		if len(base.URI)+len(name) > maxURI {
			return ""
		}
		if dir, ok := filePath(base.URI); ok {
			if len(p.roots) == 0 {
				return insideRoot(name)
			}
			return p.belowRoot(path.Join(dir, name))
		}
		if schemeOf.MatchString(base.URI) {
			return ""
		}
		name = path.Join(unescapePath(base.URI), name)
		baseID = base.URIBaseID
	}
	return ""
}

// belowRoot returns an absolute path relative to the root, or "".
func (p *pathResolver) belowRoot(full string) string {
	full = path.Clean(full)
	for _, root := range p.roots {
		if rest, ok := strings.CutPrefix(full, root); ok {
			return insideRoot(rest)
		}
	}
	return ""
}

// insideRoot cleans a relative path; one that climbs out of the root, names
// the root itself or holds a NUL is "".
func insideRoot(name string) string {
	if name == "" || strings.HasPrefix(name, "/") || strings.ContainsRune(name, 0) {
		return ""
	}
	name = path.Clean(name)
	if name == "." || name == ".." || strings.HasPrefix(name, "../") {
		return ""
	}
	return name
}

// filePath returns the decoded path of a file: URI.
func filePath(uri string) (string, bool) {
	const scheme = "file:"
	if len(uri) < len(scheme) || !strings.EqualFold(uri[:len(scheme)], scheme) {
		return "", false
	}
	rest := uri[len(scheme):]
	if authority, ok := strings.CutPrefix(rest, "//"); ok {
		i := strings.IndexAny(authority, `/\`)
		if i < 0 {
			return "", false
		}
		rest = authority[i:]
	}
	rest = unescapePath(rest)
	return rest, strings.HasPrefix(rest, "/")
}

// unescapePath decodes a URI's path. A raw backslash is a separator that a
// tool on Windows forgot to turn; an encoded one is part of a name. A path
// that is not well encoded was not encoded at all.
func unescapePath(s string) string {
	s = strings.ReplaceAll(s, `\`, "/")
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}
