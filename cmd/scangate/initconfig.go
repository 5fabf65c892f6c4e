package main

import (
	"fmt"
	"strings"

	"github.com/scangate/scangate/config"
)

// projectURL is where the documentation is.
const projectURL = "https://github.com/scangate/scangate"

// about are the words for scanners in a starter configuration: what they look
// for, and a setting that people change, at its default.
func about(scanner string) (looks, setting string) {
	switch scanner {
	case "dependency":
		return "known vulnerabilities in the packages that lockfiles name", "dependency: {dev: false} # true: packages for development only, too"
	case "image":
		return "vulnerable packages, secrets and unsafe settings in container images", ""
	case "secret":
		return "passwords, tokens and keys, in files and in all commits", "secret: {history: full} # none: only the files"
	case "iac":
		return "unsafe settings in infrastructure code, Dockerfiles and workflows", ""
	case "dast":
		return "what a running application gives away", ""
	}
	return "", ""
}

// starterConfig writes out what holds without a configuration, for the scanners
// that have something to do. Nothing that was scanned is quoted in it. Tools of
// others are comments: to begin with, the verdict stays what it is.
func starterConfig(list []found) []byte {
	var settings, thresholds, tools []string
	for _, s := range list {
		if !s.ours {
			tools = append(tools, s.name+": {}")
			continue
		}
		looks, setting := about(s.name)
		if setting != "" {
			settings = append(settings, setting)
		}
		if looks != "" {
			thresholds = append(thresholds, "# "+looks)
		}
		thresholds = append(thresholds, s.name+": {fail-on: high}")
	}
	var b strings.Builder
	section := func(indent string, lines []string) {
		for _, l := range lines {
			b.WriteString(indent + l + "\n")
		}
	}
	fmt.Fprintf(&b, `# yaml-language-server: $schema=%s
#
# A start, written by scangate init. Every scanner that has something to do runs,
# whether it is named here or not. As it stands, this is what holds without the
# file. %s/blob/main/docs/policy.md has all that it can say.
version: 1
`, config.SchemaID, projectURL)
	if len(settings) > 0 {
		b.WriteString("\nscanners:\n")
		section("  ", settings)
	}
	if len(tools) > 0 {
		b.WriteString(`
# Tools of others that are installed here and have something to do. Under
# scanners, without the #, they run as well, and must then be there in every
# scan. docs/external-tools.md says what each adds, and what it sends to whom.
`)
		section("#   ", tools)
	}
	if len(thresholds) > 0 {
		b.WriteString(`
policy:
  # What is of this severity or above fails, and all else only warns: critical,
  # high, medium, low; any is everything, none is nothing.
  thresholds:
`)
		section("    ", thresholds)
	}
	b.WriteString(`
# What is known and does not count: scangate ignore ID --reason TEXT --expires DATE
`)
	return []byte(b.String())
}
