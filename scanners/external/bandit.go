package external

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// BanditOptions is the section bandit of the configuration.
type BanditOptions struct {
	// Config is a file of the tree with Bandit's settings: pyproject.toml, or
	// its own YAML. Empty: only a .bandit file counts, as it always does.
	Config string `yaml:"config"`
}

func aboutBandit() About {
	return About{
		Name: "bandit", Adds: "insecure calls and settings in Python code", Sends: "nothing",
		Licence: "Apache-2.0", Install: "pipx install bandit==1.9.4", Example: "bandit: {config: pyproject.toml}",
	}
}

// Bandit looks for mistakes in Python code.
func Bandit(o BanditOptions) (Tool, error) {
	if o.Config != "" {
		if !filepath.IsLocal(filepath.FromSlash(o.Config)) {
			return Tool{}, fmt.Errorf("bandit: config: %q is not a file of the scanned directory", text.OneLine(o.Config, maxID))
		}
		o.Config = path.Clean(filepath.ToSlash(o.Config))
	}
	return Tool{
		Name: "bandit", Programs: []string{"bandit"}, Version: Version{Args: []string{"--version"}, Oldest: "1.7.5"}, Exits: []int{1},
		Units: func(t *scanners.Tree) (Units, error) { return banditUnits(t, o.Config) },
		Call:  func(u Unit, _ Place) Call { return banditCall(u, o.Config) },
		Read:  readBandit,
	}, nil
}

func banditUnits(t *scanners.Tree, config string) (Units, error) {
	u := Units{None: "no *.py files"}
	n := 0
	for _, f := range t.Files() {
		if path.Ext(f.Path) == ".py" {
			n++
		}
	}
	if n == 0 {
		return u, nil
	}
	if config != "" && !t.Has(config) {
		return u, fmt.Errorf("bandit: config: there is no file %s", text.OneLine(config, maxID))
	}
	unit := Unit{Dir: "."}
	if slices.ContainsFunc(t.Files(), isBanditSettings) {
		unit.Mode = banditSettings
	}
	u.List, u.What = []Unit{unit}, text.Count(n, "Python file")
	return u, nil
}

// banditSettings is the mode in which a .bandit file says what to leave out.
const banditSettings = "settings"

func isBanditSettings(f scanners.File) bool { return path.Base(f.Path) == ".bandit" }

// banditExclude are the directories that Bandit leaves out by itself, and those
// that are no part of a scan. It looks for such words anywhere in a path: by
// itself it passes over .github, for it begins as .git does.
const banditExclude = "/.svn/,/CVS/,/.bzr/,/.hg/,/.git/,/__pycache__/,/.tox/,/.eggs/,.egg/,/node_modules/,/.terraform/,/.scangate/"

// banditCall is quiet: with more than a few files it shows its progress
// otherwise, in the midst of the report.
func banditCall(u Unit, config string) Call {
	args := []string{"-r", ".", "-f", "json", "-q"}
	if u.Mode != banditSettings {
		args = append(args, "-x", banditExclude)
	}
	if config != "" {
		args = append(args, "-c", config)
	}
	return Call{Args: args}
}

// banditIssue is an element of its results. Beside what is here stands the name
// of the test's author's choice, and the code.
type banditIssue struct {
	Code       string `json:"code"` // lines with their numbers: "7 x = 1\n8 y = 2\n"
	Column     int    `json:"col_offset"`
	EndColumn  int    `json:"end_col_offset"`
	File       string `json:"filename"`
	Severity   string `json:"issue_severity"`
	Confidence string `json:"issue_confidence"`
	CWE        struct {
		ID int `json:"id"`
	} `json:"issue_cwe"`
	Text  string `json:"issue_text"`
	Line  int    `json:"line_number"`
	Lines []int  `json:"line_range"`
	More  string `json:"more_info"`
	ID    string `json:"test_id"`
	Name  string `json:"test_name"`
}

// banditMetrics is what it counted in a file.
type banditMetrics struct {
	Blanket int `json:"nosec"`         // findings that a mark without names hides
	Named   int `json:"skipped_tests"` // those that a mark for certain tests hides
}

func readBandit(o Output, r *Reading) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	var failed, files, hidden int
	seen := map[string]bool{}
	err = d.members(func(key string) error {
		seen[key] = true
		switch key {
		case "results":
			return d.elements(func() error {
				var i banditIssue
				if err := d.value(&i); err != nil {
					return err
				}
				if i.ID == "" || i.File == "" {
					return errors.New("a result without test or file")
				}
				r.Add(i.finding(r))
				return nil
			})
		case "errors":
			return d.elements(func() error {
				var e struct {
					File   string `json:"filename"`
					Reason string `json:"reason"`
				}
				failed++
				if err := d.value(&e); err != nil {
					return err
				}
				r.Note(finding.Gap, r.Path(e.File), "Bandit could not look at it: "+beforeQuote(e.Reason))
				return nil
			})
		case "metrics":
			return d.members(func(name string) error {
				var m banditMetrics
				if err := d.value(&m); err != nil {
					return err
				}
				if name == "_totals" {
					hidden = m.Blanket + m.Named
				} else {
					files++
				}
				return nil
			})
		}
		return d.skip()
	})
	switch err = d.end(err); {
	case err != nil:
		return err
	case !seen["results"] || !seen["errors"] || !seen["metrics"]:
		return errors.New("it is no report of Bandit")
	}
	r.looked.Files += max(files-failed, 0)
	for _, f := range r.tree.Files() {
		if isBanditSettings(f) {
			r.Note(finding.Information, f.Path, "its settings count: what they exclude or skip was not looked for")
		}
	}
	if hidden > 0 {
		r.Note(finding.Information, "", text.Count(hidden, "finding")+" passed over: a `# nosec` in the code hides them")
	}
	return nil
}

func (i *banditIssue) finding(r *Reading) (finding.Finding, finding.Rule) {
	severity := banditSeverity(i.Severity)
	confidence := strings.ToLower(i.Confidence)
	f := finding.Finding{
		RuleID: i.ID, Severity: severity, SeveritySource: "bandit", Message: beforeQuote(i.Text),
		Location: finding.Location{Path: r.Path(i.File), StartLine: i.Line, EndLine: i.Line},
	}
	if len(i.Lines) > 0 {
		f.Location.StartLine, f.Location.EndLine = slices.Min(i.Lines), slices.Max(i.Lines)
	}
	l := &f.Location
	l.StartColumn, l.EndColumn = column(numbered(i.Code, l.StartLine), i.Column), column(numbered(i.Code, l.EndLine), i.EndColumn)
	if l.StartColumn == 0 || l.StartLine == l.EndLine && l.EndColumn <= l.StartColumn {
		l.EndColumn = 0
	}
	rule := finding.Rule{Name: i.Name, Title: i.title(), References: []string{i.More}, Severity: severity}
	switch confidence {
	case "high", "medium", "low":
		rule.Precision = confidence
		if confidence != "high" {
			f.Message += " (" + confidence + " confidence)"
		}
	}
	if i.CWE.ID > 0 {
		rule.Tags = []string{"external/cwe/cwe-" + strconv.Itoa(i.CWE.ID)}
	}
	return f, rule
}

// title words the name of a test. All those of forbidden calls and imports
// have one name, but sections of their own in the documentation.
func (i *banditIssue) title() string {
	name := i.Name
	if _, section, ok := strings.Cut(i.More, "#"); ok && name == "blacklist" {
		name = strings.TrimPrefix(section, strings.ToLower(i.ID)+"-")
	}
	name = strings.TrimSpace(strings.NewReplacer("_", " ", "-", " ").Replace(name))
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

func banditSeverity(name string) finding.Severity {
	switch name {
	case "HIGH":
		return finding.High
	case "MEDIUM":
		return finding.Medium
	case "LOW":
		return finding.Low
	}
	return finding.Unknown
}

// beforeQuote is the part of a message before what it quotes of the code, which
// may be a password.
func beforeQuote(s string) string {
	s = line(s, maxWords)
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '`' || s[i] == '\'' && (i == 0 || s[i-1] == ' ' || s[i-1] == ':' || s[i-1] == '(' || s[i-1] == '=') {
			return strings.TrimRight(s[:i], " :=(")
		}
	}
	return s
}

// numbered finds a line in code whose lines begin with their numbers; "" when
// it is not there.
func numbered(code string, n int) string {
	prefix := strconv.Itoa(n) + " "
	for l := range strings.Lines(code) {
		if rest, ok := strings.CutPrefix(l, prefix); ok {
			return strings.TrimRight(rest, "\r\n")
		}
	}
	return ""
}

// column turns an offset in bytes of a line into a column; 0 when it is not
// inside of it.
func column(line string, offset int) int {
	const most = 64 << 10 // a longer line has no columns that anybody looks for
	if offset < 0 || offset > most || offset > len(line) || line == "" || !utf8.ValidString(line[:offset]) {
		return 0
	}
	return len(utf16.Encode([]rune(line[:offset]))) + 1
}
