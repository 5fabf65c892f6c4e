package external

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// SemgrepOptions is the section semgrep of the configuration.
type SemgrepOptions struct {
	// Config are files or directories with rules in the tree, or names of the
	// Semgrep registry: "p/default", "r/python.flask". Empty: the repository's
	// .semgrep.yml and .semgrep, if it has any.
	Config []string `yaml:"config"`
}

func aboutSemgrep() About {
	return About{
		Name: "semgrep", Adds: "patterns of insecure code in some 30 languages, and a team's own rules",
		Sends:   "nothing with rules of the repository; with those of the registry their names, to `semgrep.dev`",
		Licence: "LGPL-2.1-or-later", Install: "pipx install semgrep==1.182.0", Example: "semgrep: {config: [p/default, .semgrep]}",
	}
}

// semgrepOwn is where a repository keeps rules of its own.
var semgrepOwn = []string{".semgrep.yml", ".semgrep.yaml", ".semgrep"}

var (
	semgrepRegistry = regexp.MustCompile(`^[pr]/[A-Za-z0-9][A-Za-z0-9._/-]{0,200}$`)
	semgrepWord     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 _-]{0,60}$`)
)

// Semgrep looks for what rules describe.
func Semgrep(o SemgrepOptions) (Tool, error) {
	network := false
	var configs []string
	for _, c := range o.Config {
		switch {
		case semgrepRegistry.MatchString(c):
			network = true
			configs = append(configs, c)
		case c == "auto":
			return Tool{}, errors.New(`semgrep: config: "auto" sends the project's address to semgrep.dev: name rules, such as p/default`)
		case c == "" || !filepath.IsLocal(filepath.FromSlash(c)) || strings.Contains(c, ":"):
			return Tool{}, fmt.Errorf("semgrep: config: %q is neither a path of the scanned directory nor a name such as p/default", text.OneLine(c, maxID))
		default:
			configs = append(configs, "./"+path.Clean(filepath.ToSlash(c)))
		}
	}
	return Tool{
		// Asked for its version, it asks its maker for a newer one; its report says it.
		Name: "semgrep", Programs: []string{"semgrep"}, Version: Version{Oldest: "1.50"}, Network: network,
		Units: func(t *scanners.Tree) (Units, error) { return semgrepUnits(t, configs) },
		Call:  func(u Unit, p Place) Call { return semgrepCall(u, p) },
		Read:  readSemgrep,
	}, nil
}

func semgrepUnits(t *scanners.Tree, configs []string) (Units, error) {
	u := Units{None: "no files", What: text.Count(len(t.Files()), "file")}
	if len(t.Files()) == 0 {
		return u, nil
	}
	there := func(name string) bool {
		return t.Has(name) || slices.ContainsFunc(t.Files(), func(f scanners.File) bool { return strings.HasPrefix(f.Path, name+"/") })
	}
	if len(configs) == 0 {
		for _, name := range semgrepOwn {
			if there(name) {
				configs = append(configs, "./"+name)
			}
		}
		if len(configs) == 0 {
			return u, errors.New("semgrep: there is no .semgrep.yml and no .semgrep: set config to rules of the repository or to names such as p/default")
		}
	}
	for _, c := range configs {
		if name, local := strings.CutPrefix(c, "./"); local && !there(name) {
			return u, fmt.Errorf("semgrep: config: there is no %s", text.OneLine(name, maxID))
		}
	}
	u.List = []Unit{{Dir: ".", Mode: strings.Join(configs, "\n")}}
	return u, nil
}

// semgrepCall asks for what marks in the code hide, too: that is marked here.
// Verbose, it says which files it passed over.
func semgrepCall(u Unit, p Place) Call {
	args := []string{"scan", "--json", "--metrics=off", "--disable-version-check", "--disable-nosem", "--oss-only", "--no-autofix", "--verbose"}
	for c := range strings.SplitSeq(u.Mode, "\n") {
		args = append(args, "--config="+c)
	}
	env := append(gitEnv(p.Tree), "SEMGREP_SEND_METRICS=off", "SEMGREP_ENABLE_VERSION_CHECK=0")
	return Call{Args: append(args, "."), Env: env}
}

type semgrepPoint struct {
	Line   int `json:"line"`
	Column int `json:"col"`
}

// semgrepResult is an element of its results. Its message has pieces of the
// code put into it, and so has the fix that it proposes.
type semgrepResult struct {
	ID    string       `json:"check_id"`
	Path  string       `json:"path"`
	Start semgrepPoint `json:"start"`
	End   semgrepPoint `json:"end"`
	Extra struct {
		Message  string                     `json:"message"`
		Severity string                     `json:"severity"`
		Ignored  bool                       `json:"is_ignored"`
		Metadata map[string]json.RawMessage `json:"metadata"`
	} `json:"extra"`
}

// semgrepError is an element of its errors. Its message quotes the code.
type semgrepError struct {
	Level string          `json:"level"`
	Type  json.RawMessage `json:"type"` // a name, or a list of a name and places
	Rule  string          `json:"rule_id"`
	Path  string          `json:"path"`
	Spans []struct {
		Start semgrepPoint `json:"start"`
	} `json:"spans"`
}

func readSemgrep(o Output, r *Reading) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	src := source{tree: r.tree}
	passed := 0
	err = d.members(func(key string) error {
		seen[key] = true
		switch key {
		case "version":
			var v string
			err := d.value(&v)
			r.version = versionForm.FindString(v)
			return err
		case "results":
			return d.elements(func() error {
				var s semgrepResult
				if err := d.value(&s); err != nil {
					return err
				}
				if s.ID == "" || s.Path == "" {
					return errors.New("a result without rule or path")
				}
				r.Add(s.finding(&src, r))
				return nil
			})
		case "errors":
			return d.elements(func() error {
				var e semgrepError
				err := d.value(&e)
				if err == nil {
					e.note(r)
				}
				return err
			})
		case "paths":
			n, err := readSemgrepPaths(d, r)
			passed = n
			return err
		}
		return d.skip()
	})
	switch err = d.end(err); {
	case err != nil:
		return err
	case !seen["results"] || !seen["errors"] || !seen["paths"]:
		return errors.New("it is no report of Semgrep")
	}
	if src.spent() {
		r.Note(finding.Warning, "", "there is too much code in its results to look through: some have no message of their own, and marks with nosemgrep do not count there")
	}
	if passed > 0 {
		r.Note(finding.Information, "", text.Count(passed, "file")+" passed over, as .gitignore, .semgrepignore or Semgrep's own list has it")
	}
	return nil
}

// readSemgrepPaths counts what was scanned, and what was left out as wanted.
func readSemgrepPaths(d *document, r *Reading) (passed int, err error) {
	err = d.members(func(key string) error {
		switch key {
		case "scanned":
			return d.elements(func() error {
				r.looked.Files++
				return d.skip()
			})
		case "skipped":
			return d.elements(func() error {
				var s struct {
					Path   string `json:"path"`
					Reason string `json:"reason"`
				}
				if err := d.value(&s); err != nil {
					return err
				}
				switch s.Reason {
				case "exceeded_size_limit", "too_big", "insufficient_permissions", "unreadable_file":
					r.Note(finding.Gap, r.Path(s.Path), "Semgrep passed over it: "+strings.ReplaceAll(s.Reason, "_", " "))
				case "analysis_failed_parser_or_internal_error": // an error says more
				default:
					passed++
				}
				return nil
			})
		}
		return d.skip()
	})
	return passed, err
}

// note tells what Semgrep could not do.
func (e *semgrepError) note(r *Reading) {
	var kind string
	if json.Unmarshal(e.Type, &kind) != nil {
		var parts []json.RawMessage
		if json.Unmarshal(e.Type, &parts) == nil && len(parts) > 0 {
			_ = json.Unmarshal(parts[0], &kind)
		}
	}
	message := "Semgrep failed"
	switch {
	case kind == "PartialParsing":
		message = "Semgrep could parse it in parts only"
	case semgrepWord.MatchString(kind):
		message += ": " + kind
	}
	if e.Rule != "" {
		message += ", rule " + line(e.Rule, maxID)
		e.Path = "" // of a copy of the rules
	}
	at, before := r.Path(e.Path), len(r.notes)
	r.Note(finding.Gap, at, message)
	if at != "" && len(r.notes) > before && len(e.Spans) > 0 {
		r.notes[before].Line = max(e.Spans[0].Start.Line, 0)
	}
}

func (s *semgrepResult) finding(src *source, r *Reading) (finding.Finding, finding.Rule) {
	m := s.Extra.Metadata
	severity := semgrepSeverity(s.Extra.Severity)
	cwe := semgrepCWE(words(m["cwe"]))
	f := finding.Finding{
		RuleID: s.ID, Severity: severity, SeveritySource: "semgrep",
		Location: finding.Location{Path: r.Path(s.Path), StartLine: s.Start.Line, StartColumn: max(s.Start.Column, 0), EndLine: s.End.Line, EndColumn: max(s.End.Column, 0)},
	}
	lines := src.lines(f.Location)
	title := semgrepTitle(s.ID)
	switch {
	case aboutSecrets(s.ID, cwe):
		f.Message = title + ": what was found is not quoted"
	case lines == nil:
		f.Message = title
	default:
		f.Message = withoutLiterals(s.Extra.Message, lines)
	}
	if mark := nosemgrep(s.ID, src, f.Location); mark || s.Extra.Ignored {
		f.Suppressions = []finding.Suppression{{Source: "nosemgrep", Inline: true}}
	}
	rule := finding.Rule{Title: title, Severity: severity, References: append(words(m["source"]), words(m["references"])...)}
	for _, c := range cwe {
		rule.Tags = append(rule.Tags, "external/cwe/"+c)
	}
	for _, w := range words(m["owasp"]) {
		if id := owaspForm.FindString(w); id != "" {
			rule.Tags = append(rule.Tags, "external/owasp/"+strings.ToLower(strings.ReplaceAll(id, ":", "-")))
		}
	}
	slices.Sort(rule.Tags)
	rule.Tags = slices.Compact(rule.Tags)
	if c := strings.ToLower(strings.Join(words(m["confidence"]), "")); c == "high" || c == "medium" || c == "low" {
		rule.Precision = c
	}
	return f, rule
}
