package external

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// NPMAuditOptions is the section npm-audit of the configuration.
type NPMAuditOptions struct {
	Paths []string `yaml:"paths"` // directories with a lockfile; empty: all that there are
	Dev   *bool    `yaml:"dev"`   // whether development dependencies count; nil: they do
}

func aboutNPMAudit() About {
	return About{
		Name: "npm-audit", Adds: "what the npm registry itself knows of packages locked by npm, pnpm or Yarn, and how npm would fix it",
		Sends:   "names and versions of all locked packages, to the registry of the project's `.npmrc` or `.yarnrc.yml`, else to the public one of npm; of Yarn 1 always to `registry.yarnpkg.com`",
		Licence: "Artistic-2.0", Install: "apt-get install npm", Example: "npm-audit: {paths: [api, client], dev: false}",
	}
}

// npmLockNames are npm's lockfiles, the one that counts first.
var npmLockNames = []string{"npm-shrinkwrap.json", "package-lock.json"}

// NPMAudit asks the registry about the packages of lockfiles, by the package
// manager that wrote them.
func NPMAudit(o NPMAuditOptions) (Tool, error) {
	for i, p := range o.Paths {
		if !filepath.IsLocal(filepath.FromSlash(p)) {
			return Tool{}, fmt.Errorf("npm-audit: paths: %q is not a directory below the scanned one", text.OneLine(p, maxID))
		}
		o.Paths[i] = path.Clean(filepath.ToSlash(p))
	}
	return Tool{
		Name: "npm-audit", Programs: []string{"npm", "node"}, Version: Version{Args: []string{"--version"}, Oldest: "7"}, Network: true, Exits: []int{1},
		Units: func(t *scanners.Tree) (Units, error) { return npmRoots(t, o.Paths), nil },
		Call:  func(Unit, Place) Call { return npmCall(o.Dev == nil || *o.Dev) },
		Read:  readNPMAudit,
		Others: map[string]Tool{
			byPNPM: pnpmAudit(o.Dev == nil || *o.Dev), byYarn1: yarn1Audit(o.Dev == nil || *o.Dev), byYarn: yarnAudit(o.Dev == nil || *o.Dev),
		},
	}, nil
}

// npmCall audits what the lockfile says, whatever is installed. The project's
// .npmrc may not leave anything out; --prefix keeps npm from looking for a
// project further up.
func npmCall(dev bool) Call {
	args := []string{"audit", "--json", "--package-lock-only", "--package-lock", "--prefix=.", "--ignore-scripts", "--audit-level=info",
		"--no-update-notifier", "--no-fund", "--loglevel=warn", "--logs-max=0", "--include=prod", "--include=optional", "--include=peer"}
	if dev {
		return Call{Args: append(args, "--include=dev")}
	}
	return Call{Args: append(args, "--omit=dev")}
}

// npmVulnerability is a package in the report of npm 7 and later.
type npmVulnerability struct {
	Name         string            `json:"name"`
	IsDirect     bool              `json:"isDirect"`
	Via          []json.RawMessage `json:"via"` // advisories; names of what it requires that has some
	Nodes        []string          `json:"nodes"`
	FixAvailable json.RawMessage   `json:"fixAvailable"`
}

// npmAdvisory is what the registry says.
type npmAdvisory struct {
	Source   json.Number `json:"source"`
	Name     string      `json:"name"`
	Title    string      `json:"title"`
	URL      string      `json:"url"`
	Severity string      `json:"severity"`
	Range    string      `json:"range"`
	CWE      []string    `json:"cwe"`
	CVSS     struct {
		Score  float64 `json:"score"`
		Vector string  `json:"vectorString"`
	} `json:"cvss"`
}

// npmFix is the answer to which direct dependency must change, when that is
// not what the project's own ranges allow.
type npmFix struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Major   bool   `json:"isSemVerMajor"`
}

func readNPMAudit(o Output, r *Reading) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	lock, err := readNPMLock(r.tree, o.Unit.File)
	if err != nil {
		return fmt.Errorf("%s: %w", path.Base(o.Unit.File), err)
	}
	var version, total, status int
	var failure string
	var seen, counted bool
	err = d.members(func(key string) error {
		switch key {
		case "auditReportVersion":
			return d.value(&version)
		case "vulnerabilities":
			seen = true
			return d.members(func(name string) error {
				var v npmVulnerability
				if err := d.value(&v); err != nil {
					return err
				}
				v.Name = name
				return v.read(o.Unit, lock, r)
			})
		case "metadata":
			var m struct {
				Dependencies *struct {
					Total int `json:"total"`
				} `json:"dependencies"`
			}
			err := d.value(&m)
			if m.Dependencies != nil {
				counted, total = true, m.Dependencies.Total
			}
			return err
		case "statusCode":
			return d.value(&status)
		case "message":
			failure = "it could not ask"
			return d.skip()
		case "error":
			var e struct {
				Code string `json:"code"`
			}
			err := d.value(&e)
			if code := errorCode.FindString(e.Code); code != "" {
				failure = "error " + code
			} else if failure == "" {
				failure = "an error"
			}
			return err
		}
		return d.skip()
	})
	switch err = d.end(err); {
	case err != nil:
		return err
	case status != 0:
		return fmt.Errorf("the registry answered with status %d", status)
	case failure != "":
		return errors.New(failure)
	case version != 2 || !seen || !counted:
		return errors.New("it is no audit report of npm 7 or later")
	}
	r.looked.Files++
	r.looked.Packages += max(total, 0)
	return nil
}

var errorCode = regexp.MustCompile(`^[A-Z0-9_]{1,40}$`)

// read adds a finding for each advisory and installed version that it is about.
func (v *npmVulnerability) read(u Unit, lock *npmLock, r *Reading) error {
	installed := lock.installed(v.Name, v.Nodes)
	for _, raw := range v.Via {
		if len(raw) > 0 && raw[0] == '"' {
			continue // the vulnerable thing is what it requires, which has an entry of its own
		}
		var a npmAdvisory
		if err := json.Unmarshal(raw, &a); err != nil {
			return fmt.Errorf("via: %w", early(err))
		}
		if a.Name != "" && a.Name != v.Name {
			continue
		}
		if a.Range == "" && a.URL == "" && a.Title == "" {
			return errors.New("via: an advisory without title, range and address")
		}
		for _, p := range installed {
			if affects(a.Range, p.version) {
				f, rule := npmFinding(u, v.Name, a, p)
				f.Fix = npmFixWords(p.relationship() == "direct", v.Name, f.Package.FixedVersion, v.FixAvailable)
				r.Add(f, rule)
			}
		}
	}
	return nil
}

// npmFinding is a finding about an installed version, but for its fix.
func npmFinding(u Unit, name string, a npmAdvisory, p npmInstalled) (finding.Finding, finding.Rule) {
	severity := npmSeverity(a.Severity)
	id := ghsaForm.FindString(a.URL)
	source := string(a.Source)
	if id == "" {
		id = "npm-" + source
	}
	title := line(a.Title, maxID)
	if title == "" {
		title = id
	}
	fixed := fixedVersion(a.Range, p.version)
	f := finding.Finding{
		RuleID: id, Severity: severity, SeveritySource: "npm", Score: score(a.CVSS.Score), Vector: line(a.CVSS.Vector, maxID),
		Message:  line(name, maxID) + " " + line(p.version, maxID) + ": " + title,
		Location: finding.Location{Path: u.File, StartLine: max(p.line, 1)},
		Key:      line(name, maxID) + "@" + line(p.version, maxID),
		Package: &finding.Package{
			Ecosystem: "npm", Name: line(name, maxID), Version: line(p.version, maxID), FixedVersion: fixed, PURL: npmPURL(name, p.version),
			Relationship: p.relationship(), Dev: p.dev, Path: p.chain,
		},
	}
	if fixed != "" {
		f.Message += "; fixed in " + fixed
	} else {
		f.Message += "; no fixed version is known"
	}
	rule := finding.Rule{Title: title, References: []string{a.URL}, Severity: severity, Score: f.Score, Precision: "very-high"}
	for _, cwe := range a.CWE {
		if cweForm.MatchString(cwe) && !slices.Contains(rule.Tags, "external/cwe/"+strings.ToLower(cwe)) {
			rule.Tags = append(rule.Tags, "external/cwe/"+strings.ToLower(cwe))
		}
	}
	slices.Sort(rule.Tags)
	return f, rule
}

// npmPURL is the package URL of a version.
func npmPURL(name, version string) string {
	namespace := ""
	if i := strings.LastIndex(name, "/"); i >= 0 {
		namespace, name = name[:i], name[i+1:]
	}
	return packageurl.NewPackageURL(packageurl.TypeNPM, line(namespace, maxID), line(name, maxID), line(version, maxID), nil, "").ToString()
}

// npmFixWords says what npm would do about it.
func npmFixWords(direct bool, name, fixed string, available json.RawMessage) string {
	var fix npmFix
	switch {
	case string(available) == "true":
		return "`npm audit fix`"
	case json.Unmarshal(available, &fix) == nil && fix.Name != "":
		words := cmp.Or(pasteable("npm install %s", fix.Name+"@"+fix.Version), "upgrade "+line(fix.Name, maxID)+" to "+line(fix.Version, maxID))
		if fix.Major {
			words += ", which changes its major version"
		}
		return words
	case fixed == "":
		return "no fixed version is known"
	case direct:
		return cmp.Or(pasteable("npm install %s", name+"@"+fixed), "upgrade "+name+" to "+fixed)
	}
	return "override " + name + " with " + fixed + " or later: no version of what requires it allows that"
}

// npmSeverity maps npm's words.
func npmSeverity(name string) finding.Severity {
	if name == "moderate" {
		return finding.Medium
	}
	s, err := finding.ParseSeverity(name)
	if err != nil {
		return finding.Unknown
	}
	return s
}

// score keeps a CVSS base score that can be one.
func score(s float64) float64 {
	if s >= 0 && s <= 10 {
		return s
	}
	return 0
}

var (
	ghsaForm = regexp.MustCompile(`GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}`)
	cweForm  = regexp.MustCompile(`^CWE-[0-9]{1,6}$`)
)
