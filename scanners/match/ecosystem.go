package match

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/aquasecurity/trivy/pkg/detector/library/compare"
	comparemaven "github.com/aquasecurity/trivy/pkg/detector/library/compare/maven"
	comparenpm "github.com/aquasecurity/trivy/pkg/detector/library/compare/npm"
	comparepip "github.com/aquasecurity/trivy/pkg/detector/library/compare/pep440"
	comparegem "github.com/aquasecurity/trivy/pkg/detector/library/compare/rubygems"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/package-url/packageurl-go"
)

// Ecosystem is a world of packages with one way to name and order them.
type Ecosystem struct {
	Name     string           // as findings and configuration have it
	purl     string           // as package URLs have it
	versions compare.Comparer // how versions are ordered; nil: the engine matches no advisories
}

// The ecosystems of languages.
var (
	NPM       = Ecosystem{"npm", packageurl.TypeNPM, comparenpm.Comparer{}}
	Go        = Ecosystem{"go", packageurl.TypeGolang, compare.GenericComparer{}}
	Pip       = Ecosystem{"pip", packageurl.TypePyPi, comparepip.Comparer{}}
	Cargo     = Ecosystem{"cargo", packageurl.TypeCargo, compare.GenericComparer{}}
	RubyGems  = Ecosystem{"rubygems", packageurl.TypeGem, comparegem.Comparer{}}
	Composer  = Ecosystem{"composer", packageurl.TypeComposer, compare.GenericComparer{}}
	NuGet     = Ecosystem{"nuget", packageurl.TypeNuget, compare.GenericComparer{}}
	Maven     = Ecosystem{"maven", packageurl.TypeMaven, comparemaven.Comparer{}}
	Pub       = Ecosystem{"pub", packageurl.TypePub, compare.GenericComparer{}}
	Hex       = Ecosystem{"hex", packageurl.TypeHex, compare.GenericComparer{}}
	Swift     = Ecosystem{"swift", packageurl.TypeSwift, compare.GenericComparer{}}
	CocoaPods = Ecosystem{"cocoapods", packageurl.TypeCocoapods, comparegem.Comparer{}}
	Conan     = Ecosystem{"conan", packageurl.TypeConan, compare.GenericComparer{}}
	Julia     = Ecosystem{"julia", packageurl.TypeJulia, compare.GenericComparer{}}
	Conda     = Ecosystem{"conda", packageurl.TypeConda, nil}
)

// installed are the ecosystems of what readers of installed packages find.
var installed = map[ftypes.LangType]Ecosystem{
	ftypes.NodePkg: NPM, ftypes.PythonPkg: Pip, ftypes.GemSpec: RubyGems, ftypes.Jar: Maven, ftypes.GoBinary: Go,
	ftypes.RustBinary: Cargo, ftypes.ComposerVendor: Composer, ftypes.DotNetCore: NuGet, ftypes.NuGet: NuGet, ftypes.PackagesProps: NuGet, ftypes.CondaPkg: Conda,
}

// Installed returns the ecosystem of installed packages of a language.
func Installed(lang ftypes.LangType) (Ecosystem, bool) {
	e, ok := installed[lang]
	return e, ok
}

// Matched reports whether there are advisories for the ecosystem at all.
func (e Ecosystem) Matched() bool { return e.versions != nil }

// PackageURL is the package URL of a version. Where names have parts, all but
// the last are the namespace.
func (e Ecosystem) PackageURL(name, version string) string {
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

// families are the operating systems whose packages are not rpm's.
var families = map[ftypes.OSType]string{
	ftypes.Debian: packageurl.TypeDebian, ftypes.Ubuntu: packageurl.TypeDebian, ftypes.Echo: packageurl.TypeDebian,
	ftypes.Alpine: packageurl.TypeApk, ftypes.Wolfi: packageurl.TypeApk, ftypes.Chainguard: packageurl.TypeApk, ftypes.MinimOS: packageurl.TypeApk,
}

// packageType is the type of an operating system's packages, as package URLs
// have it: "deb", "apk" or "rpm".
func packageType(family ftypes.OSType) string {
	return cmp.Or(families[family], packageurl.TypeRPM)
}

// namespace is an operating system's in package URLs: that of the vendor where
// a distribution has several.
func namespace(family ftypes.OSType) string {
	switch family {
	case ftypes.SLES, ftypes.SLEMicro:
		return "suse"
	case ftypes.OpenSUSELeap, ftypes.OpenSUSETumbleweed:
		return "opensuse"
	}
	return string(family)
}

// SystemURL is the package URL of a package of an operating system.
func SystemURL(os ftypes.OS, p ftypes.Package) string {
	var q packageurl.Qualifiers
	add := func(key, value string) {
		if value != "" {
			q = append(q, packageurl.Qualifier{Key: key, Value: value})
		}
	}
	add("arch", p.Arch)
	distro := string(os.Family)
	if os.Name != "" {
		distro += "-" + os.Name
	}
	add("distro", distro)
	kind := packageType(os.Family)
	if kind == packageurl.TypeRPM && p.Epoch > 0 {
		add("epoch", strconv.Itoa(p.Epoch))
		p.Epoch = 0
	}
	version := SystemKey(p).Version
	return packageurl.NewPackageURL(kind, namespace(os.Family), p.Name, version, q, "").ToString()
}
