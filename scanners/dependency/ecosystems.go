package dependency

import "github.com/scangate/scangate/scanners/match"

type ecosystem = match.Ecosystem

// The ecosystems that lockfiles belong to.
var (
	npmPackages    = match.NPM
	goModules      = match.Go
	pythonModules  = match.Pip
	rustCrates     = match.Cargo
	rubyGems       = match.RubyGems
	phpPackages    = match.Composer
	dotnetPackages = match.NuGet
	javaPackages   = match.Maven
	dartPackages   = match.Pub
	hexPackages    = match.Hex
	swiftPackages  = match.Swift
	cocoaPods      = match.CocoaPods
	conanPackages  = match.Conan
	juliaPackages  = match.Julia
	condaPackages  = match.Conda
)
