package main

import "regexp"

// difference is one that docs/trivy-differences.md argues for.
type difference struct {
	line *regexp.Regexp // what it looks like: "INPUT: only Trivy: LINE"
	why  string
}

// book holds the arguments.
type book []difference

// argument says why there is a difference, empty for one that nobody argues
// for.
func (b book) argument(line string) string {
	for _, d := range b {
		if d.line.MatchString(line) {
			return d.why
		}
	}
	return ""
}

// argued are the differences that docs/trivy-differences.md explains. Each is
// as narrow as the fixtures allow, so that another one of the kind is seen.
func argued() book {
	const (
		ours   = ": only scangate: "
		theirs = ": only Trivy: "
	)
	var out book
	add := func(why string, lines ...string) {
		for _, line := range lines {
			out = append(out, difference{regexp.MustCompile(line), why})
		}
	}
	infrastructure(add, ours, theirs)

	add("Trivy does not read files of this name",
		ours+`(npm-shrinkwrap\.json|pdm\.lock|pylock(\.\w+)?\.toml|vendor/composer/installed\.json) `,
		ours+`(requirements[-_.]\w+\.txt|\w+[-_]requirements\.txt|requirements/base\.txt) `)
	add("Trivy reads the manifest of Julia only beside a Project.toml", `/julia`+ours+`Manifest\.toml `)
	add("Trivy lists the project's own packages",
		`/bun/1-workspaces`+theirs+`bun\.lock @shop/\w+@( dev)?$`,
		`/(npm/workspaces|yarn/1-workspaces)`+theirs+`[\w.-]+ @shop/\w+@1\.0\.0$`,
		`/yarn/4-workspaces`+theirs+`yarn\.lock \*@1\.0\.0$`)
	add("Trivy takes an alias for the package's name, and so for nobody's",
		`/npm/v1: only (Trivy|scangate): package-lock\.json (old-qs@npm:)?qs@6\.7\.0( CVE-2022-24999 high fixed)?$`,
		`/bun/1: only (Trivy|scangate): bun\.lock (old-qs@)?qs@6\.7\.0( CVE-2022-24999 high fixed)?$`)
	add("behind an alias, Trivy does not see that it is not for development",
		`/pnpm/(9|9-peers|10): only (Trivy|scangate): pnpm-lock\.yaml qs@6\.7\.0( dev)?$`)
	add("Trivy takes the place of a nested package for its name, and then the wrong one for required",
		`/bun(/1|/1-workspaces)?`+theirs+`bun\.lock \S+/\S+@\S+@\S+ dev$`,
		`/bun(/1|/1-workspaces)?`+ours+`bun\.lock (minimist@0\.0\.8|qs@6\.5\.1|depd@1\.1\.1|http-errors@1\.6\.2|setprototypeof@1\.0\.3)( CVE\S+ \w+ fixed)?$`,
		`/bun/1(-workspaces)?: only (Trivy|scangate): bun\.lock minimist@1\.2\.8( dev)?$`)
	add("Trivy leaves out what is for development, even when it is asked for it",
		ours+`(Cargo\.lock|composer\.lock|Pipfile\.lock|packages\.config|build\.sbt\.lock|api/pom\.xml) \S+ dev$`,
		`/(composer|composer/project)`+ours+`composer\.lock phpunit/phpunit@\S+ CVE`,
		`/pipenv`+ours+`Pipfile\.lock pyyaml@\S+ CVE`,
		`/nuget-config`+ours+`packages\.config System\.Net\.Http@\S+ CVE`,
		`/sbt`+ours+`build\.sbt\.lock org\.apache\.commons:commons-text@\S+ CVE`,
		`/pom`+ours+`api/pom\.xml org\.apache\.commons:commons-text@\S+ CVE`,
		`/pnpm(6|/[5-8][^:]*)`+ours+`pnpm-lock\.yaml \S+ dev$`,
		`/pnpm(6|/[5-8][^:]*)`+ours+`pnpm-lock\.yaml json5@\S+ CVE`)
	add("Trivy cannot read workspaces in this version of the format",
		`/pnpm/6-workspaces`+ours+`pnpm-lock\.yaml `, `/uv/workspace`+ours+`uv\.lock `)
	add("Trivy does not read [project] of pyproject.toml, and takes all for development",
		`/poetry/2: only (Trivy|scangate): poetry\.lock (jinja2@2\.11\.2|markupsafe@3\.0\.4)( dev)?$`)
	add("a toolchain that go.mod names stands for the standard library", `/go/toolchain`+ours+`go\.mod stdlib@v1\.22\.5$`)
	add("Trivy does not read a package without requirements in the older format", `/mix`+ours+`mix\.lock mime@1\.1\.0$`)
	add("Trivy reads only versions in an attribute, without properties, and takes a range for a version",
		`/nuget-props`+ours+`Directory\.Packages\.props (Newtonsoft\.Json@12\.0\.3|System\.Net\.Http@4\.3\.0)( CVE\S+ high fixed)?$`,
		`/nuget-props`+theirs+`Directory\.Packages\.props Floating@1\.\*$`)
	add("Trivy reports a module's dependencies for the parent as well", `/pom`+theirs+`pom\.xml (org\.apache\.logging\.log4j:log4j-core@2\.14\.1|com\.example:model@1\.0\.0)`)
	add("without a version there is nothing to compare", `/pom`+theirs+`(api/)?pom\.xml com\.example\.elsewhere:managed@$`)
	add("advisories are for the pod, not for its parts", `/cocoapods: only (Trivy|scangate): Podfile\.lock SwiftNIOHTTP1(/Core)?@2\.41\.0`)
	add("another spelling of the address that advisories have", `/swift: only (Trivy|scangate): Package\.resolved (git@github\.com:|github\.com/)vapor/vapor@4\.40\.0`)
	return out
}
