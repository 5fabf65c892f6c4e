package external

import (
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/match"
)

// ecosystemOf is the ecosystem that a tool calls by that name, be it OSV's, the
// type of a package URL, or that of Syft or of Trivy.
func ecosystemOf(name string) (match.Ecosystem, bool) {
	name, _, _ = strings.Cut(strings.ToLower(name), ":") // "Debian:12"
	switch name {
	case "npm", "yarn", "pnpm", "bun", "node-pkg", "javascript":
		return match.NPM, true
	case "go", "golang", "gomod", "gobinary", "go-module", "stdlib":
		return match.Go, true
	case "pypi", "pip", "pipenv", "poetry", "uv", "python", "python-pkg", "pylock":
		return match.Pip, true
	case "crates.io", "cargo", "rust-crate", "rustbinary":
		return match.Cargo, true
	case "rubygems", "gem", "bundler", "gemspec":
		return match.RubyGems, true
	case "packagist", "composer", "composer-vendor", "php-composer":
		return match.Composer, true
	case "nuget", "dotnet", "dotnet-core", "packages-props":
		return match.NuGet, true
	case "maven", "java-archive", "jar", "pom", "gradle", "sbt", "gradle-lockfile", "sbt-lockfile":
		return match.Maven, true
	case "pub", "dart-pub":
		return match.Pub, true
	case "hex", "mix", "erlang-otp":
		return match.Hex, true
	case "swift", "swifturl":
		return match.Swift, true
	case "cocoapods", "pod":
		return match.CocoaPods, true
	case "conan", "conancenter":
		return match.Conan, true
	case "julia":
		return match.Julia, true
	case "conda", "conda-pkg", "conda-environment":
		return match.Conda, true
	}
	return match.Ecosystem{}, false
}

// packageOf is a package in a tool's ecosystem. One that we do not know keeps
// its name there, and has the package URL that the tool gives it.
func packageOf(ecosystem, name, version, purl string) finding.Package {
	p := finding.Package{Ecosystem: line(strings.ToLower(ecosystem), maxID), Name: name, Version: version}
	if strings.HasPrefix(purl, "pkg:") {
		p.PURL = purl
	}
	if e, ok := ecosystemOf(ecosystem); ok {
		p.Ecosystem = e.Name
		if p.PURL == "" {
			p.PURL = e.PackageURL(line(name, maxID), line(version, maxID))
		}
	}
	return p
}

// nearestOf is the lowest of the versions that is above the installed one. When
// they cannot be compared, a single one is it, and of several none.
func nearestOf(versions []string, installed string) string {
	versions = versions[:min(len(versions), maxLinks)]
	if len(versions) == 1 {
		return versions[0]
	}
	at, err := semver.NewVersion(installed)
	if err != nil {
		return ""
	}
	var best *semver.Version
	for _, s := range versions {
		if v, err := semver.NewVersion(s); err == nil && v.GreaterThan(at) && (best == nil || v.LessThan(best)) {
			best = v
		}
	}
	if best == nil {
		return ""
	}
	return best.Original()
}

// severityOf reads the words that advisories use.
func severityOf(word string) finding.Severity {
	switch strings.ToLower(word) {
	case "moderate":
		return finding.Medium
	case "negligible":
		return finding.Info
	case "important":
		return finding.High
	}
	s, err := finding.ParseSeverity(word)
	if err != nil {
		return finding.Unknown
	}
	return s
}
