package external

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/sarif"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// CodeQLOptions is the section codeql of the configuration: what to import, or
// what to analyse.
type CodeQLOptions struct {
	SARIF     string   `yaml:"sarif"`     // a pattern below the scanned directory
	Languages []string `yaml:"languages"` // as CodeQL calls them: python, javascript-typescript
	Suite     string   `yaml:"suite"`     // of queries; empty: code-scanning
}

func aboutCodeQL() About {
	return About{
		Name: "codeql", Adds: "CodeQL's data flow analysis, with the ways that data takes: run here, or imported from the SARIF that its action wrote", Sends: "nothing",
		Licence: "GitHub CodeQL Terms and Conditions", Example: "codeql: {languages: [python, javascript], suite: security-extended}",
		Install: "gh release download codeql-bundle-v2.27.0 --repo github/codeql-action --pattern codeql-bundle.tar.gz && tar -xzf codeql-bundle.tar.gz",
	}
}

// CodeQL returns the scanner that imports CodeQL's SARIF, or the one that runs
// its command line, whichever the section asks for.
func CodeQL(o CodeQLOptions, run Options) (scanners.Scanner, error) {
	if o.SARIF != "" && len(o.Languages) > 0 {
		return nil, errors.New("codeql: sarif imports what CodeQL wrote, and languages runs it: keep one of them")
	}
	if o.SARIF != "" || len(o.Languages) == 0 {
		if o.Suite != "" {
			return nil, errors.New("codeql: suite is for a run of CodeQL: set languages: [python], or leave suite out")
		}
		return codeqlImport(o.SARIF)
	}
	t, err := codeqlTool(o)
	if err != nil {
		return nil, err
	}
	return New(t, run), nil
}

func codeqlImport(pattern string) (*Import, error) {
	var patterns []string
	if pattern != "" {
		patterns = []string{pattern}
	}
	return newImport("codeql", "codeql", patterns)
}

// codeqlSuites are the names of query suites that every language has.
func codeqlSuites() []string {
	return []string{"code-scanning", "security-extended", "security-and-quality"}
}

// codeqlTool runs CodeQL's command line for each language, as documented in
// the CodeQL CLI manual, "database create" and "database analyze".
func codeqlTool(o CodeQLOptions) (Tool, error) {
	suite := o.Suite
	if suite == "" {
		suite = codeqlSuites()[0]
	}
	if !slices.Contains(codeqlSuites(), suite) {
		return Tool{}, fmt.Errorf("codeql: suite: unknown suite %q%s", text.OneLine(suite, maxID), text.Suggest(suite, codeqlSuites()))
	}
	var languages []codeqlLanguage
	for _, given := range o.Languages {
		l, err := codeqlLanguageOf(given)
		if err != nil {
			return Tool{}, err
		}
		if !slices.ContainsFunc(languages, func(x codeqlLanguage) bool { return x.name == l.name }) {
			languages = append(languages, l)
		}
	}
	return Tool{
		// The build mode that starts no build came with 2.16.4.
		Name: "codeql", Programs: []string{"codeql"}, Version: Version{Args: []string{"version", "--format=terse"}, Oldest: "2.16.4"},
		Units:  func(t *scanners.Tree) (Units, error) { return codeqlUnits(t, languages), nil },
		Call:   func(u Unit, p Place) Call { return codeqlCall(u, p, suite) },
		Read:   readCodeQL,
		Remedy: codeqlRemedy,
	}, nil
}

// codeqlUnits are the languages of which there is a file.
func codeqlUnits(t *scanners.Tree, languages []codeqlLanguage) Units {
	var u Units
	var none []string
	for _, l := range languages {
		if l.files(t) == 0 {
			none = append(none, l.name)
			continue
		}
		u.List = append(u.List, Unit{Dir: ".", Name: l.name, Mode: l.name})
	}
	u.None = "no files of " + strings.Join(none, ", ")
	if len(none) > 0 && len(u.List) > 0 {
		u.Gaps = []finding.Note{{Level: finding.Information, Message: u.None}}
	}
	return u
}

// codeqlMemory is what CodeQL may use, in MB. It would take what the machine
// has, which is more than a tool may.
const codeqlMemory = "4096"

// codeqlCall makes a database of the code without building it, and asks it.
// CodeQL works in a directory of its own, since it reads settings from where it
// works: those of the repository are not to decide what is run.
func codeqlCall(u Unit, p Place, suite string) Call {
	common := []string{"--threads=0", "--ram=" + codeqlMemory, "--common-caches=" + p.File("caches"), "--verbosity=warnings"}
	create := append([]string{"database", "create", "--language=" + u.Mode, "--source-root=" + p.Tree, "--build-mode=none"}, common...)
	analyze := append([]string{"database", "analyze", "--format=sarifv2.1.0", "--output=" + p.File("results.sarif"), "--sarif-include-query-help=always"}, common...)
	queries := fmt.Sprintf("codeql/%s-queries:codeql-suites/%s-%s.qls", u.Mode, u.Mode, suite)
	return Call{
		Args: append(create, "--", p.File("db")), Apart: true,
		Then: []Call{{Args: append(analyze, "--", p.File("db"), queries), Output: "results.sarif", Apart: true}},
	}
}

// codeqlRemedy explains a failure; the statuses are those of the CodeQL CLI's
// documentation, "Exit codes".
func codeqlRemedy(exit int, stderr []byte) string {
	switch {
	case exit == 32:
		return "CodeQL found no code of this language that it can read: leave the language out"
	case exit == 33:
		return "a query took too long"
	case exit == 99:
		return "CodeQL ran out of memory: analyse the language with its action, and import the SARIF"
	case bytes.Contains(stderr, []byte("-queries")) && (bytes.Contains(stderr, []byte("cannot be found")) || bytes.Contains(stderr, []byte("not found"))):
		return "the query packs are missing, and nothing is downloaded: install the CodeQL bundle, which has them, instead of the bare command line"
	}
	return ""
}

// readCodeQL reads the SARIF of one language.
func readCodeQL(o Output, r *Reading) error {
	results, err := sarif.Decode(bytes.NewReader(o.Data), "its report")
	if err != nil {
		return err
	}
	if len(results.Runs) == 0 {
		return errors.New("it holds no run")
	}
	i := &Import{name: "codeql", only: "codeql"}
	for _, run := range results.Runs {
		if run.Scanner != "codeql" {
			return errors.New("it holds a run of something else than CodeQL")
		}
		i.take("", &run, nil, r)
	}
	for _, l := range codeqlLanguages() {
		if l.name == o.Unit.Mode {
			r.looked.Files += l.files(r.tree)
		}
	}
	return nil
}

// codeqlLanguage is a language as CodeQL knows it.
type codeqlLanguage struct {
	name       string   // of its extractor, and in the names of its query packs
	also       []string // other identifiers
	extensions []string // of the files that say that it is there
	// runs is what of the repository CodeQL would start to analyse it, even in
	// the build mode "none"; empty: nothing.
	runs string
}

// codeqlLanguages are those of GitHub's documentation, "About CodeQL" and
// "CodeQL build options and steps for compiled languages".
func codeqlLanguages() []codeqlLanguage {
	return []codeqlLanguage{
		{name: "actions"},
		{name: "cpp", also: []string{"c-cpp", "c"}, extensions: []string{".c", ".cc", ".cpp", ".cxx", ".c++", ".h", ".hh", ".hpp", ".hxx", ".h++"}},
		{name: "csharp", runs: "restoring its packages runs MSBuild on its projects"},
		{name: "go", runs: "it has to be built, by make, a build script or go"},
		{name: "java", also: []string{"java-kotlin", "kotlin"}, runs: "Java's dependencies are asked of its Gradle and Maven builds, and Kotlin has to be built"},
		{name: "javascript", also: []string{"javascript-typescript", "typescript"}, extensions: []string{".js", ".jsx", ".mjs", ".cjs", ".es", ".es6", ".ts", ".tsx", ".mts", ".cts", ".vue", ".html", ".htm", ".hbs", ".ejs", ".njk"}},
		{name: "python", extensions: []string{".py"}},
		{name: "ruby", extensions: []string{".rb", ".erb", ".gemspec"}},
		{name: "rust", runs: "build scripts and macros of its crates are run"},
		{name: "swift", runs: "it has to be built"},
	}
}

// codeqlLanguageOf finds a language by any of its names, if CodeQL can analyse
// it without running what the repository holds.
func codeqlLanguageOf(given string) (codeqlLanguage, error) {
	var names []string
	for _, l := range codeqlLanguages() {
		names = append(append(names, l.name), l.also...)
		if given != l.name && !slices.Contains(l.also, given) {
			continue
		}
		if l.runs != "" {
			return l, fmt.Errorf("codeql: languages: %s: CodeQL would run code of the repository (%s), which a scan does not do: run github/codeql-action in a step of its own and import what it writes with sarif: \"results/*.sarif\"", given, l.runs)
		}
		return l, nil
	}
	return codeqlLanguage{}, fmt.Errorf("codeql: languages: unknown language %q%s", text.OneLine(given, maxID), text.Suggest(given, names))
}

// files counts the tree's files of the language.
func (l *codeqlLanguage) files(t *scanners.Tree) (n int) {
	for _, f := range t.Files() {
		ext := strings.ToLower(path.Ext(f.Path))
		if l.name == "actions" {
			yaml := ext == ".yml" || ext == ".yaml"
			if yaml && (path.Dir(f.Path) == ".github/workflows" || strings.TrimSuffix(path.Base(f.Path), path.Ext(f.Path)) == "action") {
				n++
			}
		} else if slices.Contains(l.extensions, ext) {
			n++
		}
	}
	return n
}
