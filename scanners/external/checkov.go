package external

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/suppress"
	"github.com/scangate/scangate/text"
)

// CheckovOptions is the section checkov of the configuration.
type CheckovOptions struct {
	Frameworks []string `yaml:"frameworks"` // as Checkov names them; empty: all
}

// checkovFrameworks are those that Checkov 3 has and that need nobody's key.
var checkovFrameworks = [...]string{
	"ansible", "argo_workflows", "arm", "azure_pipelines", "bicep", "bitbucket_pipelines", "cdk", "circleci_pipelines", "cloudformation",
	"dockerfile", "github_actions", "github_configuration", "gitlab_ci", "helm", "kubernetes", "kustomize", "openapi", "secrets", "serverless", "terraform", "terraform_plan",
}

func aboutCheckov() About {
	return About{
		Name: "checkov", Adds: "its own policies for infrastructure code, pipelines and OpenAPI", Sends: "nothing: it runs without network, and without its vendor's key",
		Licence: "Apache-2.0", Install: "pipx install checkov", Example: "checkov: {frameworks: [terraform, kubernetes]}", Frameworks: checkovFrameworks[:],
	}
}

// Checkov checks infrastructure code of all frameworks in one run.
func Checkov(o CheckovOptions) (Tool, error) {
	for _, name := range o.Frameworks {
		if !slices.Contains(checkovFrameworks[:], name) {
			return Tool{}, fmt.Errorf("checkov: unknown framework %q%s", text.OneLine(name, 60), text.Suggest(name, checkovFrameworks[:]))
		}
	}
	charts := len(o.Frameworks) == 0 || slices.Contains(o.Frameworks, "helm")
	return Tool{
		Name: "checkov", Programs: []string{"checkov"}, Version: Version{Oldest: "3"}, Exits: []int{1},
		Units: checkovUnits,
		Call:  func(_ Unit, p Place) Call { return checkovCall(o.Frameworks, p) },
		Read:  func(out Output, r *Reading) error { return readCheckov(out, r, charts) },
	}, nil
}

// checkovUnits is the whole tree, if there is anything in it that one of the
// frameworks may be about.
func checkovUnits(t *scanners.Tree) (Units, error) {
	n := 0
	for _, f := range t.Files() {
		if checkovReads(f.Path) {
			n++
		}
	}
	if n == 0 {
		return Units{None: "no infrastructure code"}, nil
	}
	return Units{List: []Unit{{Dir: "."}}, What: text.Count(n, "file") + " that may be infrastructure code"}, nil
}

func checkovReads(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".tf", ".hcl", ".yaml", ".yml", ".json", ".bicep", ".template", ".dockerfile":
		return true
	}
	base := strings.ToLower(path.Base(name))
	return base == "dockerfile" || strings.HasPrefix(base, "dockerfile.")
}

// checkovCall has it say what passed, too, as evidence of work, and leave out
// the code, in which secrets may be. The directory of external checks is empty
// on purpose: a repository's .checkov.yaml must not have code of its own run.
func checkovCall(frameworks []string, p Place) Call {
	args := []string{"--directory", ".", "--output", "json", "--compact", "--skip-download", "--soft-fail", "--external-checks-dir", p.File("checks")}
	if len(frameworks) > 0 {
		args = append(append(args, "--framework"), frameworks...)
	}
	return Call{
		Args: args, Files: map[string][]byte{"checks/none.txt": nil},
		Env: []string{"PYTHONDONTWRITEBYTECODE=1", "PYTHONNOUSERSITE=1", "PYTHONSAFEPATH=1", "LOG_LEVEL=ERROR"},
	}
}

// checkovCheck is a check of a resource.
type checkovCheck struct {
	ID     string `json:"check_id"`
	Name   string `json:"check_name"`
	Result struct {
		Comment string `json:"suppress_comment"`
	} `json:"check_result"`
	File      string    `json:"file_path"`     // from the scanned directory, beginning with a slash
	AbsFile   string    `json:"file_abs_path"` // of some frameworks relative
	Lines     []float64 `json:"file_line_range"`
	Resource  string    `json:"resource"`
	Severity  string    `json:"severity"` // given to those with a key of its vendor's
	Guideline string    `json:"guideline"`
}

// checkovReading is a report that is being read.
type checkovReading struct {
	*document
	*Reading
	framework string
	table     map[string]finding.Severity
	files     map[string]bool
	summaries int  // how many there were
	helm      bool // there is a report of charts
}

// readCheckov reads a report; charts says whether it should be about charts.
func readCheckov(o Output, r *Reading, charts bool) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	c := &checkovReading{document: d, Reading: r, table: checkovTable(), files: map[string]bool{}}
	// One framework makes an object, several a list, none an object that is a
	// summary only.
	if d.next(o.Data) == '[' {
		err = d.elements(c.report)
	} else {
		err = c.report()
	}
	if err = d.end(err); err != nil {
		return err
	}
	if c.summaries == 0 {
		return errors.New("it is no report of Checkov")
	}
	r.looked.Files += len(c.files)
	if r.looked.Files == 0 {
		// It went through these, and found nothing in them that it checks.
		for _, f := range r.tree.Files() {
			if checkovReads(f.Path) {
				r.looked.Files++
			}
		}
	}
	if charts {
		c.charts()
	}
	return nil
}

// charts warns of charts, which Checkov passes over in silence when it does
// not find the program to render them.
func (c *checkovReading) charts() {
	for _, f := range c.tree.Files() {
		if path.Base(f.Path) == "Chart.yaml" && !c.helm {
			c.Note(finding.Warning, f.Path, "Checkov reports nothing of this chart: without the program helm it passes over charts, and scangate's own iac scanner does not")
		}
	}
}

// report reads the report of a framework.
func (c *checkovReading) report() error {
	c.framework = ""
	return c.members(func(key string) error {
		switch key {
		case "check_type":
			err := c.value(&c.framework)
			c.helm = c.helm || c.framework == "helm"
			return err
		case "results":
			if c.framework == "" {
				return errors.New("nothing says of which framework")
			}
			return c.results()
		case "summary":
			var s struct {
				Version string `json:"checkov_version"`
			}
			err := c.value(&s)
			c.summary(s.Version)
			return err
		case "checkov_version": // the summary is all there is
			var version string
			err := c.value(&version)
			c.summary(version)
			return err
		}
		return c.skip()
	})
}

func (c *checkovReading) summary(version string) {
	c.summaries++
	if v := versionForm.FindString(version); v != "" {
		c.version = v
	}
}

func (c *checkovReading) results() error {
	return c.members(func(key string) error {
		switch key {
		case "passed_checks", "failed_checks", "skipped_checks":
			return c.elements(func() error {
				var check checkovCheck
				if err := c.value(&check); err != nil {
					return err
				}
				name := c.file(&check)
				if name != "" && len(c.files) < maxResults {
					c.files[name] = true
				}
				if key == "passed_checks" {
					return nil
				}
				if check.ID == "" {
					return errors.New("a check without an id")
				}
				c.Add(c.finding(&check, name, key == "skipped_checks"))
				return nil
			})
		case "parsing_errors":
			return c.elements(func() error {
				var name string
				err := c.value(&name)
				c.Note(finding.Gap, c.Path(name), "Checkov cannot parse it as "+line(c.framework, 60))
				return err
			})
		}
		return c.skip()
	})
}

// file is where a check was made. What is rendered lies elsewhere for Checkov.
func (c *checkovReading) file(check *checkovCheck) string {
	if name := c.inside(check.AbsFile); name != "" && c.tree.Has(name) {
		return name
	}
	if name := c.inside(strings.TrimLeft(check.File, "/")); name != "" && c.tree.Has(name) {
		return name
	}
	c.outside++
	return ""
}

func (c *checkovReading) finding(check *checkovCheck, name string, skipped bool) (finding.Finding, finding.Rule) {
	framework := line(c.framework, 60)
	if framework == "terraform_plan" {
		framework = "terraform" // the same rules, and the same threshold
	}
	own := c.severity(check.ID, framework)
	severity, source := own, "scangate"
	if s, err := finding.ParseSeverity(check.Severity); err == nil {
		severity, source = s, "checkov"
	}
	title := line(check.Name, maxID)
	f := finding.Finding{
		RuleID: check.ID, Severity: severity, SeveritySource: source, Message: title, Framework: framework,
		Location: finding.Location{Path: name}, Resource: line(check.Resource, maxID), Key: line(check.Resource, maxID),
	}
	if same, ok := suppress.Counterpart(check.ID); ok {
		f.Aliases = []string{same}
	}
	if framework == "secrets" {
		// The resource is a plain hash of the secret, which could be guessed.
		sum := sha256.Sum256([]byte("scangate-checkov-1\x00" + check.Resource))
		f.Resource, f.Key = "", hex.EncodeToString(sum[:8])
	} else if f.Resource != "" {
		f.Message += ": " + f.Resource
	}
	if len(check.Lines) == 2 {
		f.Location.StartLine, f.Location.EndLine = lineNumber(check.Lines[0]), lineNumber(check.Lines[1])
	}
	if skipped {
		f.Suppressions = []finding.Suppression{{Source: "checkov:skip", Reason: line(check.Result.Comment, maxID), Inline: true}}
	}
	rule := finding.Rule{Title: title, Severity: own, References: []string{check.Guideline}, Tags: []string{framework}}
	return f, rule
}

// lineNumber is a number of a line, 0 for what can be none.
func lineNumber(n float64) int {
	const most = 1 << 30
	if n >= 1 && n <= most {
		return int(n)
	}
	return 0
}
