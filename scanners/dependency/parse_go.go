package dependency

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/aquasecurity/trivy/pkg/dependency/parser/golang/mod"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// standardLibrary is how advisories call Go's own packages.
const standardLibrary = "stdlib"

var (
	// toolchainLine names the Go that builds the module. The line "go" says
	// only which ones may, so it says nothing of the standard library.
	toolchainLine = regexp.MustCompile(`^toolchain[ \t]+"?go(\d[0-9a-z.]*)`)

	// goPrerelease is a version such as 1.22rc1.
	goPrerelease = regexp.MustCompile(`^(\d+\.\d+)(rc|beta)(\d+)$`)
)

// parseGoMod follows replace directives. What is replaced by a directory is
// left out. The line "toolchain" stands for the standard library.
func parseGoMod(in source) (inv inventory, err error) {
	inv.packages, inv.requires, err = mod.NewParser(true, false).Parse(bytes.NewReader(in.data))
	if err != nil {
		return inv, err
	}
	eachLine(in.data, func(number int, line []byte) {
		if m := toolchainLine.FindSubmatch(bytes.TrimSpace(line)); m != nil {
			version := goVersion(string(m[1]))
			inv.packages = append(inv.packages, ftypes.Package{ID: standardLibrary + "@" + version, Name: standardLibrary, Version: version,
				Relationship: ftypes.RelationshipDirect, Locations: ftypes.Locations{{StartLine: number, EndLine: number}}})
		}
	})
	return inv, nil
}

// goVersion writes a version of Go as those of modules are, by which versions
// are compared.
func goVersion(version string) string {
	version = strings.TrimRight(version, ".")
	if m := goPrerelease.FindStringSubmatch(version); m != nil {
		version = m[1] + ".0-" + m[2] + "." + m[3]
	}
	return "v" + version
}
