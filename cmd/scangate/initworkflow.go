package main

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/scangate/scangate/scanners/git"
	"github.com/scangate/scangate/text"
)

// workflowFile is where GitHub looks for workflows, below the top of the
// repository.
const workflowFile = ".github/workflows/scangate.yml"

// What the workflow uses beside scangate, as docs/workflows.md and the README
// have it.
const (
	checkoutStep = `      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with: {fetch-depth: 0, persist-credentials: false} # secrets are looked for in the history
`
	goStep = `      - uses: actions/setup-go@44694675825211faa026b3c33043df3e48a5fa00 # v6.0.0
        with: {go-version: "1.26", cache: false} # which builds scangate
`
)

// noCommit is a commit that there is not: a workflow with it does not run.
const noCommit = "0000000000000000000000000000000000000000"

// pin is the scangate that a workflow uses.
type pin struct {
	version string // without v; empty: of no release
	commit  string // of the source that the release was built from; empty: not known
}

var releaseVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$`)

// pinOf is that of a build of a version from a commit.
func pinOf(version, commit string) pin {
	var p pin
	if version == unreleased || strings.HasSuffix(version, "-dirty") || !releaseVersion.MatchString(version) {
		return p
	}
	p.version = version
	if git.IsHash(commit) && len(commit) == len(noCommit) {
		p.commit = commit
	}
	return p
}

// release names what to look for the commit of.
func (p pin) release() string {
	if p.version == "" {
		return "a release"
	}
	return "v" + p.version
}

// advice is what the user is told of the commit in the workflow.
func (p pin) advice() string {
	ask := "`git ls-remote --tags " + projectURL + "` lists them"
	if p.commit == "" {
		return "put the full commit SHA of " + p.release() + " in place of the zeros, without which it does not run; " + ask
	}
	return "it builds the source of " + p.release() + " with Go, which takes minutes; the commit of its tag has binaries, " + ask
}

// step is the lines of the workflow up to the inputs.
func (p pin) step() string {
	if p.commit == "" {
		return "      # Put the full commit SHA of " + p.release() + " in place of the zeros. This lists them:\n" +
			"      #   git ls-remote --tags " + projectURL + "\n" +
			"      - uses: scangate/scangate@" + noCommit + "\n"
	}
	return goStep +
		"      # The commit of the tag " + p.release() + " has binaries: with it, the step before is not needed.\n" +
		"      - uses: scangate/scangate@" + p.commit + " # the source of " + p.release() + "\n"
}

// starterWorkflow is a workflow for pushes to a branch, pull requests and merge
// queues, that scans the directory below of the repository; empty: all of it.
func starterWorkflow(branch, below string, p pin) ([]byte, error) {
	if err := checkWord(branch); err != nil {
		return nil, usage("the branch %q cannot be named in a workflow: %w; rename it, or use --no-workflow", text.OneLine(branch, 100), err)
	}
	if err := checkWord(below); err != nil {
		return nil, usage("the directory %q cannot be named in a workflow: %w; rename it, or use --no-workflow", text.OneLine(below, 100), err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# A start, written by scangate init. %s/blob/main/docs/workflows.md has more.
name: scangate
on:
  push: {branches: [%s]}
  pull_request:
  merge_group:
permissions: {}
concurrency:
  group: scangate-${{ github.ref }}
  cancel-in-progress: ${{ github.event_name == 'pull_request' }}
jobs:
  scan:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read
      security-events: write # alerts on code scanning
      pull-requests: write # the comment
    steps:
`, projectURL, yamlWord(branchPattern(branch)))
	b.WriteString(checkoutStep + p.step() + "        with:\n          comment: true\n")
	if below != "" {
		fmt.Fprintf(&b, "          path: %s\n          category: %s\n", yamlWord(below), yamlWord(categoryOf(below)))
	}
	return []byte(b.String()), nil
}

// categoryOf is what stands before the scanner in the categories of a directory.
func categoryOf(below string) string { return path.Join("scangate", below) }

// maxWord bounds what a workflow quotes, in bytes.
const maxWord = 1024

// checkWord refuses text that would mean something else in a workflow.
func checkWord(s string) error {
	switch {
	case len(s) > maxWord:
		return fmt.Errorf("it is over %d bytes", maxWord)
	case !utf8.ValidString(s):
		return errors.New("it is not UTF-8")
	case strings.Contains(s, "${{"):
		return errors.New("GitHub takes ${{ for an expression")
	case s != strings.TrimSpace(s):
		return errors.New("it begins or ends in a space")
	case s != text.Clean(s) || strings.ContainsAny(s, "\n\t"):
		return errors.New("it has characters that control a terminal")
	}
	return nil
}

// branchPattern is the pattern that only this branch matches. Git allows no other
// of the characters that have a meaning in patterns.
func branchPattern(name string) string {
	name = strings.ReplaceAll(name, "+", `\+`)
	if strings.HasPrefix(name, "!") {
		name = `\` + name
	}
	return name
}

var (
	plainYAML = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/-]*$`)
	yamlNames = regexp.MustCompile(`^(?i:true|false|yes|no|on|off|y|n|null)$`)
)

// yamlWord writes text, in UTF-8, as a YAML string.
func yamlWord(s string) string {
	if plainYAML.MatchString(s) && !yamlNames.MatchString(s) {
		return s
	}
	return strconv.Quote(s) // whose escapes are YAML's, too
}
