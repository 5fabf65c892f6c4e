package dependency

import (
	"regexp"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// commands say how a package gets another version. {name} and {version} stand
// for it, {parent} for what requires it; what can be pasted stands between
// backticks. An empty text says nothing: the tool has no way to name one package,
// or there is no one way to use it.
type commands struct {
	direct   string // for what the project itself requires, or may require
	dev      string // the same for development dependencies, where it differs
	indirect string // for what another package brings in
}

var (
	npmCommands            = commands{"`npm install {name}@{version}`", "`npm install --save-dev {name}@{version}`", "`npm update {name}` if {parent} allows it, else an entry in overrides of package.json"}
	yarnCommands           = commands{"`yarn upgrade {name}@{version}` (`yarn up` in Yarn 2 and later)", "", "an entry in resolutions of package.json"}
	pnpmCommands           = commands{"`pnpm add {name}@{version}`", "`pnpm add --save-dev {name}@{version}`", "`pnpm update {name}` if {parent} allows it, else an entry in the overrides of pnpm"}
	bunCommands            = commands{"`bun add {name}@{version}`", "`bun add --dev {name}@{version}`", "an entry in overrides of package.json"}
	goCommands             = commands{"`go get {name}@{version}`", "", "`go get {name}@{version}`"}
	requirementsCommands   = commands{"set `{name}=={version}` in requirements.txt", "", "set `{name}=={version}` in requirements.txt"}
	poetryCommands         = commands{"`poetry add {name}@^{version}`", "`poetry add --group dev {name}@^{version}`", "`poetry update {name}` if {parent} allows it"}
	pipenvCommands         = commands{"`pipenv upgrade {name}~={version}`", "", "`pipenv upgrade {name}~={version}`"}
	uvCommands             = commands{"`uv lock --upgrade-package {name}=={version}`", "", "`uv lock --upgrade-package {name}=={version}` if {parent} allows it"}
	pdmCommands            = commands{"`pdm update --unconstrained {name}`", "`pdm update --dev --unconstrained {name}`", "`pdm update {name}` if {parent} allows it"}
	cargoCommands          = commands{"`cargo update -p {name} --precise {version}`", "", "`cargo update -p {name} --precise {version}` if {parent} allows it"}
	bundlerCommands        = commands{"`bundle update --conservative {name}`", "", "`bundle update --conservative {name}` if {parent} allows it"}
	composerCommands       = commands{"`composer require {name}:^{version}`", "`composer require --dev {name}:^{version}`", "`composer update --with-dependencies {name}` if {parent} allows it"}
	nugetCommands          = commands{"`dotnet add package {name} --version {version}`", "", "`dotnet add package {name} --version {version}`, which makes it a direct dependency"}
	packagesConfigCommands = commands{"`nuget update packages.config -Id {name} -Version {version}`", "", ""}
	packagesPropsCommands  = commands{"set its Version to {version} in this file", "", ""}
	pomCommands            = commands{"set its version to {version} in this file, or where it is managed", "", ""}
	gradleCommands         = commands{"`gradle dependencies --update-locks {name}`", "", ""}
	pubCommands            = commands{"`dart pub add {name}:^{version}`", "", "`dart pub upgrade {name}` if {parent} allows it"}
	mixCommands            = commands{"`mix deps.update {name}`", "", "`mix deps.update {name}` if {parent} allows it"}
	swiftCommands          = commands{"`swift package update`", "", ""}
	podCommands            = commands{"`pod update {name}`", "", "`pod update {name}` if {parent} allows it"}
)

// shellSafe is what a name or version of a command may consist of: someone may
// paste it, and names come from scanned content.
var shellSafe = regexp.MustCompile(`^[A-Za-z0-9@_][A-Za-z0-9@/._:+~-]*$`)

// fix says in a sentence how p gets the version to, and through which direct
// dependency it comes in.
func (c commands) fix(p ftypes.Package, to string, chain []string) string {
	s := "upgrade " + p.Name + " to " + to
	command, parent := c.direct, "what requires it"
	switch {
	case len(chain) > 1:
		if shellSafe.MatchString(chain[0]) {
			s += ", which " + chain[0] + " brings in"
		}
		if last := chain[len(chain)-2]; shellSafe.MatchString(last) {
			parent = last
		}
		command = c.indirect
	case p.Relationship == ftypes.RelationshipIndirect:
		command = c.indirect
	case p.Dev && c.dev != "":
		command = c.dev
	}
	switch {
	case c == goCommands && p.Name == standardLibrary:
		to, command = strings.TrimPrefix(to, "v"), "`go get toolchain@go{version}`"
	case c == goCommands && !strings.HasPrefix(to, "v"):
		to = "v" + to
	}
	if command == "" || !shellSafe.MatchString(p.Name) || !shellSafe.MatchString(to) {
		return s
	}
	return s + ": " + strings.NewReplacer("{name}", p.Name, "{version}", to, "{parent}", parent).Replace(command)
}
