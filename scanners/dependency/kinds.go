package dependency

import (
	"github.com/aquasecurity/trivy/pkg/dependency/parser/golang/mod"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/nodejs/npm"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/nodejs/pnpm"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/nodejs/yarn"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/python/pip"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/python/pipenv"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/python/poetry"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/python/uv"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/ruby/bundler"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/rust/cargo"
	"github.com/aquasecurity/trivy/pkg/detector/library/compare"
	comparenpm "github.com/aquasecurity/trivy/pkg/detector/library/compare/npm"
	comparepip "github.com/aquasecurity/trivy/pkg/detector/library/compare/pep440"
	comparegem "github.com/aquasecurity/trivy/pkg/detector/library/compare/rubygems"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	xio "github.com/aquasecurity/trivy/pkg/x/io"
	"github.com/package-url/packageurl-go"
)

// kind is a sort of lockfile.
type kind struct {
	file      string          // its name
	ecosystem ecosystem       //
	lang      ftypes.LangType // what the engine calls it
	parse     parseFunc       //
	entry     string          // stands in the file at least once for each package: counted before parsing
	nesting   nestingFunc     // finds values nested too deep for the parser
	lines     linesFunc       // finds packages, where the parser gives no lines
	remarks   remarksFunc     // what the file or the parser leaves out
}

// ecosystem is a world of packages with one way to name and order them.
type ecosystem struct {
	name     string           // as findings and configuration have it
	purl     string           // as package URLs have it
	versions compare.Comparer // how versions are ordered
}

var (
	npmPackages   = ecosystem{"npm", packageurl.TypeNPM, comparenpm.Comparer{}}
	goModules     = ecosystem{"go", packageurl.TypeGolang, compare.GenericComparer{}}
	pythonModules = ecosystem{"pip", packageurl.TypePyPi, comparepip.Comparer{}}
	rustCrates    = ecosystem{"cargo", packageurl.TypeCargo, compare.GenericComparer{}}
	rubyGems      = ecosystem{"rubygems", packageurl.TypeGem, comparegem.Comparer{}}
)

// kinds are the lockfiles that are read. To add one, add its line here, an
// example to testdata and its row to the table in the test.
var kinds = []kind{
	{"package-lock.json", npmPackages, ftypes.Npm, with(npm.NewParser), `"version"`, jsonNesting, nil, nil},
	{"npm-shrinkwrap.json", npmPackages, ftypes.Npm, with(npm.NewParser), `"version"`, jsonNesting, nil, nil},
	{"yarn.lock", npmPackages, ftypes.Yarn, parseYarn, "\n  version", nil, nil, nil},
	{"pnpm-lock.yaml", npmPackages, ftypes.Pnpm, with(pnpm.NewParser), "resolution:", nil, pnpmLines, pnpmRemarks},
	{"go.mod", goModules, ftypes.GoModule, parseGoMod, "\n", nil, goModLines, goModRemarks},
	{"requirements.txt", pythonModules, ftypes.Pip, parseRequirements, "==", nil, nil, requirementsRemarks},
	{"poetry.lock", pythonModules, ftypes.Poetry, with(poetry.NewParser), "[[package]]", tomlNesting, tomlLines, nil},
	{"Pipfile.lock", pythonModules, ftypes.Pipenv, with(pipenv.NewParser), `"version"`, jsonNesting, nil, pipenvRemarks},
	{"uv.lock", pythonModules, ftypes.Uv, with(uv.NewParser), "[[package]]", tomlNesting, tomlLines, nil},
	{"Cargo.lock", rustCrates, ftypes.Cargo, with(cargo.NewParser), "[[package]]", tomlNesting, nil, nil},
	{"Gemfile.lock", rubyGems, ftypes.Bundler, with(bundler.NewParser), "\n", nil, nil, nil},
}

// kindOf returns the kind of lockfile with that base name.
func kindOf(base string) (kind, bool) {
	for _, k := range kinds {
		if k.file == base {
			return k, true
		}
	}
	return kind{}, false
}

// parseFunc reads the packages of a lockfile.
type parseFunc func(xio.ReadSeekerAt) ([]ftypes.Package, error)

// with makes a parseFunc of one of the engine's parsers. A parser holds a
// logger, so each file gets its own, made after the engine was silenced.
func with[P interface {
	Parse(xio.ReadSeekerAt) ([]ftypes.Package, []ftypes.Dependency, error)
}](parser func() P) parseFunc {
	return func(r xio.ReadSeekerAt) ([]ftypes.Package, error) {
		pkgs, _, err := parser().Parse(r)
		return pkgs, err
	}
}

func parseYarn(r xio.ReadSeekerAt) ([]ftypes.Package, error) {
	pkgs, _, _, err := yarn.NewParser().Parse(r)
	return pkgs, err
}

// parseGoMod follows replace directives, and leaves the Go toolchain itself out.
func parseGoMod(r xio.ReadSeekerAt) ([]ftypes.Package, error) {
	pkgs, _, err := mod.NewParser(true, false).Parse(r)
	return pkgs, err
}

// parseRequirements reads exact requirements only: what other ones install is
// not known.
func parseRequirements(r xio.ReadSeekerAt) ([]ftypes.Package, error) {
	pkgs, _, err := pip.NewParser(false).Parse(r)
	return pkgs, err
}
