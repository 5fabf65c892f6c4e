package external

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// NucleiOptions is the section nuclei of the configuration.
type NucleiOptions struct {
	Targets   []string `yaml:"targets"`   // addresses, http:// or https://
	Templates []string `yaml:"templates"` // files or directories of the tree: Nuclei's own are not fetched
}

func aboutNuclei() About {
	return About{
		Name: "nuclei", Adds: "templates of known holes and misconfigurations, tried on running sites",
		Sends:   "the requests of the templates, to `targets` and wherever the templates lead; nothing to its maker",
		Licence: "MIT", Install: "go install github.com/projectdiscovery/nuclei/v3/cmd/nuclei@v3.4.10",
		Example: "nuclei: {targets: [\"https://staging.example.com\"], templates: [nuclei-templates/http]}",
	}
}

// Nuclei tries templates on running sites.
func Nuclei(o NucleiOptions) (Tool, error) {
	var units []Unit
	for _, t := range o.Targets {
		u, err := url.Parse(t)
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.ContainsAny(t, " \t\r\n"):
			return Tool{}, errors.New("nuclei: targets: an entry is no http:// or https:// address")
		case u.User != nil:
			return Tool{}, fmt.Errorf("nuclei: targets: the address of %s holds a name or password: leave it out", text.OneLine(u.Hostname(), maxID))
		}
		if !slices.ContainsFunc(units, func(x Unit) bool { return x.Mode == t }) {
			units = append(units, Unit{Dir: ".", Name: shownURL(t), Mode: t})
		}
	}
	var templates []string
	for _, p := range o.Templates {
		if p == "" || !filepath.IsLocal(filepath.FromSlash(p)) || strings.Contains(p, ",") {
			return Tool{}, fmt.Errorf("nuclei: templates: %q is no path of the scanned directory", text.OneLine(p, maxID))
		}
		templates = append(templates, path.Clean(filepath.ToSlash(p)))
	}
	if len(units) > 0 && len(templates) == 0 {
		return Tool{}, errors.New("nuclei: templates: name files or directories with templates: none are fetched")
	}
	return Tool{
		// Asked for its version, it answers among its complaints.
		Name: "nuclei", Programs: []string{"nuclei"}, Version: Version{Oldest: "3.0"}, Network: true,
		Units: func(t *scanners.Tree) (Units, error) { return nucleiUnits(t, units, templates) },
		Call:  func(u Unit, _ Place) Call { return nucleiCall(u, templates) },
		Read:  readNuclei,
	}, nil
}

func nucleiUnits(t *scanners.Tree, units []Unit, templates []string) (Units, error) {
	u := Units{List: units, None: "no targets are configured"}
	if len(units) == 0 {
		return u, nil
	}
	for _, p := range templates {
		if p != "." && !t.Has(p) && !slices.ContainsFunc(t.Files(), func(f scanners.File) bool { return strings.HasPrefix(f.Path, p+"/") }) {
			return u, fmt.Errorf("nuclei: templates: there is no %s", text.OneLine(p, maxID))
		}
	}
	return u, nil
}

// nucleiCall has what did not match reported, too: without it, a site that
// cannot be reached looks as one without holes. Requests and answers, in which
// secrets may be, are left out, and so is the server that listens for what
// targets send elsewhere.
func nucleiCall(u Unit, templates []string) Call {
	args := []string{"-target", u.Mode, "-jsonl", "-silent", "-no-color", "-disable-update-check", "-no-interactsh", "-omit-raw", "-omit-template", "-matcher-status"}
	for _, p := range templates {
		args = append(args, "-templates", "./"+p)
	}
	return Call{Args: args}
}

// nucleiEvent is a line of its output. Beside what is here stand pieces of the
// answers, and commands to repeat the requests.
type nucleiEvent struct {
	Template string `json:"template-id"`
	Info     struct {
		Name           string          `json:"name"`
		Description    string          `json:"description"`
		Reference      json.RawMessage `json:"reference"`
		Severity       string          `json:"severity"`
		Remediation    string          `json:"remediation"`
		Classification struct {
			CVE     json.RawMessage `json:"cve-id"`
			CWE     json.RawMessage `json:"cwe-id"`
			Score   float64         `json:"cvss-score"`
			Metrics string          `json:"cvss-metrics"`
		} `json:"classification"`
	} `json:"info"`
	Matcher string `json:"matcher-name"`
	Host    string `json:"host"`
	At      string `json:"matched-at"`
	Status  *bool  `json:"matcher-status"`
	Error   string `json:"error"`
}

func readNuclei(o Output, r *Reading) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return fmt.Errorf("%w: no template was tried", err)
	}
	tried, failed := 0, 0
	for d.More() {
		var e nucleiEvent
		if err := d.value(&e); err != nil {
			return err
		}
		switch {
		case e.Template == "":
			return errors.New("a result without a template")
		case e.Status == nil:
			return errors.New("a result that does not tell whether it matched")
		case *e.Status:
			tried++
			r.Add(e.finding(o.Unit))
		case e.Error != "":
			failed++
		default:
			tried++
		}
	}
	if err := d.end(nil); err != nil {
		return err
	}
	if tried == 0 {
		return fmt.Errorf("%s: all %s failed: is it reachable?", o.Unit.Name, text.Count(failed, "request"))
	}
	r.looked.URLs++
	if failed > 0 {
		r.Note(finding.Information, "", fmt.Sprintf("%s: %s of templates failed beside %d that were answered", o.Unit.Name, text.Count(failed, "request"), tried))
	}
	return nil
}

var (
	cveAnyCase = regexp.MustCompile(`(?i)^CVE-\d{4}-\d{4,19}$`)
	cweAnyCase = regexp.MustCompile(`(?i)^CWE-\d{1,6}$`)
)

func (e *nucleiEvent) finding(u Unit) (finding.Finding, finding.Rule) {
	at := shownURL(e.At)
	if at == "" {
		at = shownURL(e.Host)
	}
	if at == "" {
		at = u.Name
	}
	c := e.Info.Classification
	severity := nucleiSeverity(e.Info.Severity)
	title := line(e.Info.Name, maxID)
	if title == "" {
		title = line(e.Template, maxID)
	}
	f := finding.Finding{
		RuleID: e.Template, Severity: severity, SeveritySource: "nuclei", Score: score(c.Score), Vector: line(c.Metrics, maxID),
		Message: title, Fix: e.Info.Remediation, Resource: at, Key: at,
	}
	if m := line(e.Matcher, maxID); m != "" {
		f.Message += " (" + m + ")"
		f.Key += " " + m
	}
	f.Message += " at " + at
	rule := finding.Rule{Title: title, Description: e.Info.Description, Help: e.Info.Remediation, References: words(e.Info.Reference), Severity: severity, Score: f.Score}
	for _, id := range words(c.CVE) {
		if id = strings.ToUpper(id); cveAnyCase.MatchString(id) && id != e.Template && !slices.Contains(f.Aliases, id) {
			f.Aliases = append(f.Aliases, id)
		}
	}
	for _, id := range words(c.CWE) {
		if tag := "external/cwe/" + strings.ToLower(id); cweAnyCase.MatchString(id) && !slices.Contains(rule.Tags, tag) {
			rule.Tags = append(rule.Tags, tag)
		}
	}
	slices.Sort(rule.Tags)
	return f, rule
}

// shownURL is an address without what may be a secret in it, or what a
// template put there: name and password, query and fragment. What is none,
// such as host:port, is "" if it holds any of these.
func shownURL(s string) string {
	s = line(s, maxWords)
	if u, err := url.Parse(s); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return line((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String(), maxID)
	}
	if strings.ContainsAny(s, "@?#/ ") {
		return ""
	}
	return line(s, maxID)
}

func nucleiSeverity(name string) finding.Severity {
	s, err := finding.ParseSeverity(name)
	if err != nil {
		return finding.Unknown
	}
	return s
}
