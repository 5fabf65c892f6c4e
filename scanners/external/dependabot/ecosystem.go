package dependabot

import (
	"strings"

	"github.com/package-url/packageurl-go"
)

// ecosystem is a world of packages.
type ecosystem struct {
	name      string // ours
	purl      string // as package URLs have it; empty: it has no type there
	separator string // between a namespace and a name; empty: names have no parts
}

// ecosystems are by the names that GitHub uses.
var ecosystems = map[string]ecosystem{
	"npm":      {"npm", packageurl.TypeNPM, "/"},
	"pip":      {"pip", packageurl.TypePyPi, ""},
	"go":       {"go", packageurl.TypeGolang, "/"},
	"maven":    {"maven", packageurl.TypeMaven, ":"},
	"nuget":    {"nuget", packageurl.TypeNuget, ""},
	"rubygems": {"rubygems", packageurl.TypeGem, ""},
	"composer": {"composer", packageurl.TypeComposer, "/"},
	"rust":     {"cargo", packageurl.TypeCargo, ""},
	"pub":      {"pub", packageurl.TypePub, ""},
	"erlang":   {"hex", packageurl.TypeHex, ""},
	"swift":    {"swift", packageurl.TypeSwift, "/"},
	"actions":  {"actions", packageurl.TypeGithub, "/"},
}

// ecosystemOf returns an ecosystem by GitHub's name. One that is not known
// keeps its name.
func ecosystemOf(name string) ecosystem {
	if e, ok := ecosystems[name]; ok {
		return e
	}
	return ecosystem{name: name}
}

// packageURL is the package URL of all versions: alerts name none.
func (e ecosystem) packageURL(name string) string {
	if e.purl == "" {
		return ""
	}
	if e.purl == packageurl.TypePyPi {
		name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	}
	namespace := ""
	if i := strings.LastIndex(name, e.separator); e.separator != "" && i >= 0 {
		namespace, name = name[:i], name[i+1:]
	}
	return packageurl.NewPackageURL(e.purl, namespace, name, "", nil, "").ToString()
}
