package external

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// HadolintOptions is the section hadolint of the configuration.
type HadolintOptions struct{}

func aboutHadolint() About {
	return About{
		Name: "hadolint", Adds: "good practice in Dockerfiles, and ShellCheck for the commands in them", Sends: "nothing",
		Licence: "GPL-3.0-only", Install: "brew install hadolint", Example: "hadolint: {}",
	}
}

// Hadolint checks Dockerfiles.
func Hadolint(HadolintOptions) (Tool, error) {
	return Tool{
		Name: "hadolint", Programs: []string{"hadolint"}, Version: Version{Args: []string{"--version"}, Oldest: "2.0"}, Exits: []int{1},
		Units: func(t *scanners.Tree) (Units, error) { return hadolintUnits(t), nil },
		Call:  hadolintCall, Read: readHadolint,
	}, nil
}

// isDockerfile knows Dockerfile, Dockerfile.dev and dev.Dockerfile, and the
// same of Containerfile, but not dockerfile.go.
func isDockerfile(name string) bool {
	base := strings.ToLower(path.Base(name))
	for _, word := range []string{"dockerfile", "containerfile"} {
		if base == word || strings.HasSuffix(base, "."+word) {
			return true
		}
		if rest, ok := strings.CutPrefix(base, word+"."); ok && !slices.Contains(notDockerfiles, path.Ext("."+rest)) {
			return true
		}
	}
	return false
}

// notDockerfiles end the names of files that are about Dockerfiles.
var notDockerfiles = []string{
	".go", ".py", ".js", ".ts", ".rb", ".rs", ".java", ".sh", ".md", ".txt", ".json", ".yml", ".yaml", ".toml", ".html",
	".j2", ".jinja", ".tmpl", ".tpl", ".erb", ".mustache", ".dockerignore", ".bak", ".orig", ".swp",
}

// hadolintSettings are where its settings are.
var hadolintSettings = []string{".hadolint.yaml", ".hadolint.yml"}

// hadolintUnits has it started for each file: so one that it fails on is not
// the end of the others.
func hadolintUnits(t *scanners.Tree) Units {
	u := Units{None: "no Dockerfile"}
	for _, f := range t.Files() {
		if isDockerfile(f.Path) {
			u.List = append(u.List, Unit{Dir: ".", Name: f.Path, File: f.Path})
		}
	}
	return u
}

func hadolintCall(u Unit, _ Place) Call {
	return Call{Args: []string{"--format", "json", "--no-color", "./" + u.File}}
}

// hadolintResult is an element of its report. The column is 1 whatever it is
// about, but for files that it cannot parse.
type hadolintResult struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Level   string `json:"level"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

var (
	hadolintRule   = regexp.MustCompile(`^DL[0-9]{4}$`)
	shellCheckRule = regexp.MustCompile(`^SC[0-9]{4}$`)
)

// hadolintUnparsed is the rule of files that it cannot parse. What it says of
// them quotes them.
const hadolintUnparsed = "DL1000"

func readHadolint(o Output, r *Reading) error {
	if err := readHadolintReport(o, r); err != nil {
		return fmt.Errorf("%s: %w", o.Unit.File, err)
	}
	for _, name := range hadolintSettings {
		if r.tree.Has(name) {
			r.Note(finding.Information, name, "its settings count: what they ignore is not reported")
		}
	}
	return nil
}

func readHadolintReport(o Output, r *Reading) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	unparsed := false
	err = d.elements(func() error {
		var h hadolintResult
		if err := d.value(&h); err != nil {
			return err
		}
		if h.Code == "" || h.File == "" {
			return errors.New("a result without code or file")
		}
		if h.Code == hadolintUnparsed {
			unparsed = true
			at := r.Path(h.File)
			before := len(r.notes)
			r.Note(finding.Gap, at, "hadolint cannot parse it")
			if at != "" && len(r.notes) > before {
				r.notes[before].Line = max(h.Line, 0)
			}
		} else {
			r.Add(h.finding(r))
		}
		return nil
	})
	if err = d.end(err); err != nil {
		return err
	}
	switch {
	case !unparsed:
		r.looked.Files++
	case len(r.findings) == 0:
		return errors.New("it cannot be parsed")
	}
	return nil
}

func (h *hadolintResult) finding(r *Reading) (finding.Finding, finding.Rule) {
	severity := hadolintSeverity(h.Level)
	f := finding.Finding{
		RuleID: h.Code, Severity: severity, SeveritySource: "hadolint", Message: h.Message,
		Location: finding.Location{Path: r.Path(h.File), StartLine: h.Line},
	}
	// What ShellCheck says names things of the code: no title of a rule.
	rule := finding.Rule{Severity: severity}
	switch {
	case hadolintRule.MatchString(h.Code):
		rule.Title = text.OneLine(h.Message, maxID)
		rule.References = []string{"https://github.com/hadolint/hadolint/wiki/" + h.Code}
	case shellCheckRule.MatchString(h.Code):
		rule.Title = "ShellCheck " + h.Code
		rule.References = []string{"https://www.shellcheck.net/wiki/" + h.Code}
	}
	return f, rule
}

// hadolintSeverity maps its levels. Its errors are mistakes more than they are
// holes, so that none of them is critical.
func hadolintSeverity(level string) finding.Severity {
	switch level {
	case "error":
		return finding.High
	case "warning":
		return finding.Medium
	case "info":
		return finding.Low
	case "style":
		return finding.Info
	}
	return finding.Unknown
}
