package dependency

import (
	"strings"

	"github.com/aquasecurity/trivy/pkg/detector/library/compare"
	comparemaven "github.com/aquasecurity/trivy/pkg/detector/library/compare/maven"
	comparenpm "github.com/aquasecurity/trivy/pkg/detector/library/compare/npm"
	comparepip "github.com/aquasecurity/trivy/pkg/detector/library/compare/pep440"
	comparegem "github.com/aquasecurity/trivy/pkg/detector/library/compare/rubygems"
	"github.com/package-url/packageurl-go"
)

// ecosystem is a world of packages with one way to name and order them.
type ecosystem struct {
	name     string           // as findings and configuration have it
	purl     string           // as package URLs have it
	versions compare.Comparer // how versions are ordered; nil: the engine matches no advisories
}

var (
	npmPackages    = ecosystem{"npm", packageurl.TypeNPM, comparenpm.Comparer{}}
	goModules      = ecosystem{"go", packageurl.TypeGolang, compare.GenericComparer{}}
	pythonModules  = ecosystem{"pip", packageurl.TypePyPi, comparepip.Comparer{}}
	rustCrates     = ecosystem{"cargo", packageurl.TypeCargo, compare.GenericComparer{}}
	rubyGems       = ecosystem{"rubygems", packageurl.TypeGem, comparegem.Comparer{}}
	phpPackages    = ecosystem{"composer", packageurl.TypeComposer, compare.GenericComparer{}}
	dotnetPackages = ecosystem{"nuget", packageurl.TypeNuget, compare.GenericComparer{}}
	javaPackages   = ecosystem{"maven", packageurl.TypeMaven, comparemaven.Comparer{}}
	dartPackages   = ecosystem{"pub", packageurl.TypePub, compare.GenericComparer{}}
	hexPackages    = ecosystem{"hex", packageurl.TypeHex, compare.GenericComparer{}}
	swiftPackages  = ecosystem{"swift", packageurl.TypeSwift, compare.GenericComparer{}}
	cocoaPods      = ecosystem{"cocoapods", packageurl.TypeCocoapods, comparegem.Comparer{}}
	conanPackages  = ecosystem{"conan", packageurl.TypeConan, compare.GenericComparer{}}
	juliaPackages  = ecosystem{"julia", packageurl.TypeJulia, nil}
	condaPackages  = ecosystem{"conda", packageurl.TypeConda, nil}
)

// packageURL is the package URL of a version. Where names have parts, all but
// the last are the namespace.
func (e ecosystem) packageURL(name, version string) string {
	namespace, separator := "", ""
	switch e.purl {
	case packageurl.TypeNPM, packageurl.TypeGolang, packageurl.TypeComposer, packageurl.TypeSwift:
		separator = "/"
	case packageurl.TypeMaven:
		separator = ":"
	case packageurl.TypePyPi:
		name = strings.ReplaceAll(strings.ToLower(name), "_", "-")
	}
	if i := strings.LastIndex(name, separator); separator != "" && i >= 0 {
		namespace, name = name[:i], name[i+1:]
	}
	return packageurl.NewPackageURL(e.purl, namespace, name, version, nil, "").ToString()
}
