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
)

// kind is a sort of lockfile.
type kind struct {
	file      string          // its name; * stands for any characters, a slash for its directory
	ecosystem ecosystem       //
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
	{"package-lock.json", npmPackages, ftypes.Npm, parseNpm, `"version"`, jsonNesting, npmLines, nil, npmCommands},
	{"npm-shrinkwrap.json", npmPackages, ftypes.Npm, parseNpm, `"version"`, jsonNesting, npmLines, nil, npmCommands},
	{"yarn.lock", npmPackages, ftypes.Yarn, parseYarn, "\n  version", nil, nil, nil, yarnCommands},
	{"pnpm-lock.yaml", npmPackages, ftypes.Pnpm, parsePnpm, "resolution:", nil, pnpmLines, nil, pnpmCommands},
	{"bun.lock", npmPackages, ftypes.Bun, parseBun, `": [`, jsonNesting, bunLines, nil, bunCommands},
	{"go.mod", goModules, ftypes.GoModule, parseGoMod, "\n", nil, goModLines, goModRemarks, goCommands},
	{"requirements.txt", pythonModules, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"requirements-*.txt", pythonModules, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"requirements.*.txt", pythonModules, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"requirements_*.txt", pythonModules, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"*-requirements.txt", pythonModules, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"*_requirements.txt", pythonModules, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"requirements/*.txt", pythonModules, ftypes.Pip, parseRequirements, "==", nil, nil, nil, requirementsCommands},
	{"poetry.lock", pythonModules, ftypes.Poetry, parsePoetry, "[[package]]", tomlNesting, tomlLines, nil, poetryCommands},
	{"Pipfile.lock", pythonModules, ftypes.Pipenv, parsePipenv, `"version"`, jsonNesting, nil, nil, pipenvCommands},
	{"uv.lock", pythonModules, ftypes.Uv, parseUv, "[[package]]", tomlNesting, tomlLines, nil, uvCommands},
	{"pdm.lock", pythonModules, ftypes.Pip, parsePDM, "[[package]]", tomlNesting, tomlLines, nil, pdmCommands},
	{"pylock.toml", pythonModules, ftypes.Pip, parsePylock, "[[packages]]", tomlNesting, tomlLines, nil, commands{}},
	{"pylock.*.toml", pythonModules, ftypes.Pip, parsePylock, "[[packages]]", tomlNesting, tomlLines, nil, commands{}},
	{"Cargo.lock", rustCrates, ftypes.Cargo, parseCargo, "[[package]]", tomlNesting, nil, nil, cargoCommands},
	{"Gemfile.lock", rubyGems, ftypes.Bundler, with(bundler.NewParser), "\n", nil, nil, nil, bundlerCommands},
	{"composer.lock", phpPackages, ftypes.Composer, parseComposer, `"version"`, jsonNesting, nil, nil, composerCommands},
	{"composer/installed.json", phpPackages, ftypes.ComposerVendor, parseComposerInstalled, `"version"`, jsonNesting, nil, nil, composerCommands},
	{"packages.lock.json", dotnetPackages, ftypes.NuGet, with(nuget.NewParser), `"type"`, jsonNesting, nil, nil, nugetCommands},
	{"packages.config", dotnetPackages, ftypes.NuGet, parsePackagesConfig, "<package", nil, nil, nil, packagesConfigCommands},
	{"*.deps.json", dotnetPackages, ftypes.DotNetCore, parseDeps, `"type"`, jsonNesting, nil, nil, nugetCommands},
	{"*Packages.props", dotnetPackages, ftypes.PackagesProps, parsePackagesProps, "<Package", nil, nil, nil, packagesPropsCommands},
	{"pom.xml", javaPackages, ftypes.Pom, parsePOM, "<dependency>", nil, nil, nil, pomCommands},
	{"*gradle.lockfile", javaPackages, ftypes.Gradle, byLine(lockfile.NewParser), "\n", nil, nil, nil, gradleCommands},
	{"build.sbt.lock", javaPackages, ftypes.Sbt, parseSbt, `"version"`, jsonNesting, nil, nil, commands{}},
	{"pubspec.lock", dartPackages, ftypes.Pub, parsePub, "\n    version:", nil, pubLines, nil, pubCommands},
	{"mix.lock", hexPackages, ftypes.Hex, parseMix, "{:hex,", nil, nil, mixRemarks, mixCommands},
	{"Package.resolved", swiftPackages, ftypes.Swift, parseSwift, `"state"`, jsonNesting, nil, nil, swiftCommands},
	{"Podfile.lock", cocoaPods, ftypes.Cocoapods, parsePods, "\n", nil, podLines, nil, podCommands},
	{"conan.lock", conanPackages, ftypes.Conan, with(conan.NewParser), "/", jsonNesting, nil, nil, commands{}},
	{"Manifest.toml", juliaPackages, ftypes.Julia, with(julia.NewParser), "[[", tomlNesting, nil, nil, commands{}},
	{"environment.yml", condaPackages, ftypes.CondaEnv, parseConda, "\n", nil, nil, nil, commands{}},
	{"environment.yaml", condaPackages, ftypes.CondaEnv, parseConda, "\n", nil, nil, nil, commands{}},
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
