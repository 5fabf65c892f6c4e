package dependency

import (
	"path"
	"strings"

	"github.com/aquasecurity/trivy/pkg/dependency/parser/c/conan"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/gradle/lockfile"
	julia "github.com/aquasecurity/trivy/pkg/dependency/parser/julia/manifest"
	nuget "github.com/aquasecurity/trivy/pkg/dependency/parser/nuget/lock"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/ruby/bundler"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/match"
)

// kind is a sort of lockfile.
type kind struct {
	file      string          // its name; * stands for any characters, a slash for its directory
	ecosystem match.Ecosystem //
	lang      ftypes.LangType // what the engine calls it
	parse     parseFunc       //
	entry     string          // stands in the file at least once for each package: counted before parsing
	nesting   nestingFunc     // finds values nested too deep for the parser
	lines     linesFunc       // finds packages, where the parser gives no lines
	remarks   remarksFunc     // what the file or the parser leaves out
	upgrade   commands        // what changes a package's version
}

// kinds are the lockfiles that are read. To add one, add its line here, an
// example to testdata, its row to the table in the test and its row to
// docs/ecosystems.md.
var kinds = []kind{
	{"package-lock.json", match.NPM, ftypes.Npm, parseNpm, `"version"`, jsonNesting, npmLines, nil, npmCommands},
	{"npm-shrinkwrap.json", match.NPM, ftypes.Npm, parseNpm, `"version"`, jsonNesting, npmLines, nil, npmCommands},
	{"yarn.lock", match.NPM, ftypes.Yarn, parseYarn, "\n  version", nil, nil, nil, yarnCommands},
	{"pnpm-lock.yaml", match.NPM, ftypes.Pnpm, parsePnpm, "resolution:", nil, pnpmLines, nil, pnpmCommands},
	{"bun.lock", match.NPM, ftypes.Bun, parseBun, `": [`, jsonNesting, bunLines, nil, bunCommands},
	{"go.mod", match.Go, ftypes.GoModule, parseGoMod, "\n", nil, goModLines, goModRemarks, goCommands},
	{"requirements.txt", match.Pip, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"requirements-*.txt", match.Pip, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"requirements.*.txt", match.Pip, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"requirements_*.txt", match.Pip, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"*-requirements.txt", match.Pip, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"*_requirements.txt", match.Pip, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"requirements/*.txt", match.Pip, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"poetry.lock", match.Pip, ftypes.Poetry, parsePoetry, "[[package]]", tomlNesting, tomlLines, nil, poetryCommands},
	{"Pipfile.lock", match.Pip, ftypes.Pipenv, parsePipenv, `"version"`, jsonNesting, nil, nil, pipenvCommands},
	{"uv.lock", match.Pip, ftypes.Uv, parseUv, "[[package]]", tomlNesting, tomlLines, nil, uvCommands},
	{"pdm.lock", match.Pip, ftypes.Pip, parsePDM, "[[package]]", tomlNesting, tomlLines, nil, pdmCommands},
	{"pylock.toml", match.Pip, ftypes.Pip, parsePylock, "[[packages]]", tomlNesting, tomlLines, nil, commands{}},
	{"pylock.*.toml", match.Pip, ftypes.Pip, parsePylock, "[[packages]]", tomlNesting, tomlLines, nil, commands{}},
	{"Cargo.lock", match.Cargo, ftypes.Cargo, parseCargo, "[[package]]", tomlNesting, nil, nil, cargoCommands},
	{"Gemfile.lock", match.RubyGems, ftypes.Bundler, with(bundler.NewParser), "\n", nil, nil, nil, bundlerCommands},
	{"composer.lock", match.Composer, ftypes.Composer, parseComposer, `"version"`, jsonNesting, nil, nil, composerCommands},
	{"composer/installed.json", match.Composer, ftypes.ComposerVendor, parseComposerInstalled, `"version"`, jsonNesting, nil, nil, composerCommands},
	{"packages.lock.json", match.NuGet, ftypes.NuGet, with(nuget.NewParser), `"type"`, jsonNesting, nil, nil, nugetCommands},
	{"packages.config", match.NuGet, ftypes.NuGet, parsePackagesConfig, "<package", nil, nil, nil, packagesConfigCommands},
	{"*.deps.json", match.NuGet, ftypes.DotNetCore, parseDeps, `"type"`, jsonNesting, nil, nil, nugetCommands},
	{"*Packages.props", match.NuGet, ftypes.PackagesProps, parsePackagesProps, "<Package", nil, nil, nil, packagesPropsCommands},
	{"pom.xml", match.Maven, ftypes.Pom, parsePOM, "<dependency>", nil, nil, nil, pomCommands},
	{"*gradle.lockfile", match.Maven, ftypes.Gradle, byLine(lockfile.NewParser), "\n", nil, nil, nil, gradleCommands},
	{"build.sbt.lock", match.Maven, ftypes.Sbt, parseSbt, `"version"`, jsonNesting, nil, nil, commands{}},
	{"pubspec.lock", match.Pub, ftypes.Pub, parsePub, "\n    version:", nil, pubLines, nil, pubCommands},
	{"mix.lock", match.Hex, ftypes.Hex, parseMix, "{:hex,", nil, nil, mixRemarks, mixCommands},
	{"Package.resolved", match.Swift, ftypes.Swift, parseSwift, `"state"`, jsonNesting, nil, nil, swiftCommands},
	{"Podfile.lock", match.CocoaPods, ftypes.Cocoapods, parsePods, "\n", nil, podLines, nil, podCommands},
	{"conan.lock", match.Conan, ftypes.Conan, with(conan.NewParser), "/", jsonNesting, nil, nil, commands{}},
	{"Manifest.toml", match.Julia, ftypes.Julia, with(julia.NewParser), "[[", tomlNesting, nil, nil, commands{}},
	{"environment.yml", match.Conda, ftypes.CondaEnv, parseConda, "\n", nil, nil, nil, commands{}},
	{"environment.yaml", match.Conda, ftypes.CondaEnv, parseConda, "\n", nil, nil, nil, commands{}},
}

// kindOf returns the kind of the lockfile at that path.
func kindOf(file string) (kind, bool) {
	for _, k := range kinds {
		if isNamed(file, k.file) {
			return k, true
		}
	}
	return kind{}, false
}

// isNamed matches the end of a path with a pattern of kinds.
func isNamed(file, pattern string) bool {
	name := path.Base(file)
	if strings.Contains(pattern, "/") {
		name = path.Join(path.Base(path.Dir(file)), name)
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}
