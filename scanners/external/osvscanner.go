package external

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// OSVScannerOptions is the section osv-scanner of the configuration.
type OSVScannerOptions struct {
	// DB is a directory with a copy of OSV's databases, as
	// `osv-scanner --download-offline-databases` makes it. Nothing then uses
	// the network.
	DB string `yaml:"db"`
}

func aboutOSVScanner() About {
	return About{
		Name: "osv-scanner", Adds: "what OSV.dev knows that other databases do not, and lockfiles of further kinds",
		Sends:   "names and versions of packages, to `api.osv.dev`; of Java and Python projects without a lockfile also to `api.deps.dev`. With `db`: nothing",
		Licence: "Apache-2.0", Install: "go install github.com/google/osv-scanner/v2/cmd/osv-scanner@v2.6.0", Example: "osv-scanner: {db: /opt/osv}",
	}
}

// osvExits: it found vulnerabilities, or licences that it was told to refuse.
const osvExits = 1

// OSVScanner asks OSV about the packages of all lockfiles.
func OSVScanner(o OSVScannerOptions) (Tool, error) {
	if strings.ContainsAny(o.DB, "\x00\n\r") {
		return Tool{}, errors.New("osv-scanner: db: not the name of a directory")
	}
	return Tool{
		Name: "osv-scanner", Programs: []string{"osv-scanner"}, Version: Version{Args: []string{"--version"}, Oldest: "2.1"}, Network: o.DB == "", Exits: []int{osvExits},
		Units: osvUnits,
		Call:  func(_ Unit, p Place) Call { return osvCall(o.DB, p) },
		Read:  readOSVScanner,
	}, nil
}

// osvUnits is the tree when it has a lockfile of those that OSV-Scanner reads.
func osvUnits(t *scanners.Tree) (Units, error) {
	u := Units{None: "no lockfile that OSV-Scanner reads"}
	count := 0
	for _, f := range t.Files() {
		if osvReads(path.Base(f.Path)) {
			count++
		}
	}
	if count > 0 {
		u.List, u.What = []Unit{{Dir: "."}}, text.Count(count, "lockfile")
	}
	return u, nil
}

func osvReads(name string) bool {
	switch name {
	case "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "go.mod", "Cargo.lock", "Gemfile.lock", "gems.locked", "composer.lock",
		"poetry.lock", "Pipfile.lock", "pdm.lock", "uv.lock", "pylock.toml", "pom.xml", "gradle.lockfile", "buildscript-gradle.lockfile", "verification-metadata.xml",
		"packages.lock.json", "packages.config", "pubspec.lock", "mix.lock", "conan.lock", "renv.lock", "stack.yaml.lock", "cabal.project.freeze", "deps.json":
		return true
	}
	ok, _ := path.Match("*requirements*.txt", name)
	return ok
}

func osvCall(db string, p Place) Call {
	c := Call{Args: []string{"scan", "source", "--recursive", "--format=json", "--no-call-analysis=all", "--allow-no-lockfiles"}}
	if db != "" {
		if !filepath.IsAbs(db) {
			db = filepath.Join(p.Tree, filepath.FromSlash(db))
		}
		c.Args = append(c.Args, "--offline")
		c.Env = []string{"OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY=" + db}
	}
	c.Args = append(c.Args, ".")
	return c
}

// osvEntry is an advisory in OSV's format.
type osvEntry struct {
	ID        string   `json:"id"`
	Aliases   []string `json:"aliases"`
	Published string   `json:"published"`
	Summary   string   `json:"summary"`
	Details   string   `json:"details"`
	Severity  []struct {
		Score string `json:"score"` // a vector
	} `json:"severity"`
	Affected []struct {
		Package struct {
			Ecosystem string `json:"ecosystem"`
			Name      string `json:"name"`
		} `json:"package"`
		Ranges []struct {
			Type   string `json:"type"`
			Events []struct {
				Fixed string `json:"fixed"`
			} `json:"events"`
		} `json:"ranges"`
	} `json:"affected"`
	References []struct {
		URL string `json:"url"`
	} `json:"references"`
	Specific struct {
		CWEs     []string `json:"cwe_ids"`
		Severity any      `json:"severity"` // databases differ
	} `json:"database_specific"`
}

// fixes are the versions that fix the advisory in a package.
func (e *osvEntry) fixes(name string) (out []string) {
	for _, a := range e.Affected {
		if !strings.EqualFold(a.Package.Name, name) {
			continue
		}
		for _, r := range a.Ranges {
			for _, event := range r.Events {
				if event.Fixed != "" && r.Type != "GIT" && !slices.Contains(out, event.Fixed) && len(out) < maxLinks {
					out = append(out, event.Fixed)
				}
			}
		}
	}
	return out
}

// osvPackage is a package with what is known of it. Entries that are the same
// advisory under other names are a group.
type osvPackage struct {
	Package struct {
		Name      string `json:"name"`
		Version   string `json:"version"`
		Ecosystem string `json:"ecosystem"`
		Commit    string `json:"commit"`
	} `json:"package"`
	DependencyGroups []string   `json:"dependency_groups"`
	Vulnerabilities  []osvEntry `json:"vulnerabilities"`
	Groups           []struct {
		IDs     []string `json:"ids"`
		Aliases []string `json:"aliases"`
		Max     string   `json:"max_severity"` // a score
	} `json:"groups"`
}

// osvFiltered is what OSV-Scanner says of the project's osv-scanner.toml.
var osvFiltered = regexp.MustCompile(`(?m)^Filtered (\d{1,6}) (?:vulnerabilit|ignored package)`)

func readOSVScanner(o Output, r *Reading) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	lines := newLockLines(r.tree)
	seen := false
	err = d.members(func(key string) error {
		if key != "results" {
			return d.skip()
		}
		seen = true
		if d.next(o.Data) == 'n' {
			return d.skip() // null: nothing was found
		}
		return d.elements(func() error {
			r.looked.Files++
			return readOSVSource(d, lines, r)
		})
	})
	err = d.end(err)
	if err == nil && !seen {
		err = errors.New("it is no report of OSV-Scanner")
	}
	if m := osvFiltered.FindSubmatch(o.Stderr); m != nil {
		r.Note(finding.Warning, "", fmt.Sprintf("the project's osv-scanner.toml leaves out %s", text.Count(int(number(m[1])), "result")))
	}
	return err
}

// readOSVSource reads the packages of a lockfile. Its path may stand behind
// them.
func readOSVSource(d *document, lines *lockLines, r *Reading) error {
	var source struct {
		Source struct {
			Path string `json:"path"`
		} `json:"source"`
		Packages []osvPackage `json:"packages"`
	}
	if err := d.value(&source); err != nil {
		return err
	}
	file := r.Path(source.Source.Path)
	for i := range source.Packages {
		if err := source.Packages[i].read(file, lines, r); err != nil {
			return err
		}
	}
	r.looked.Packages += len(source.Packages)
	return nil
}

func (p *osvPackage) read(file string, lines *lockLines, r *Reading) error {
	if p.Package.Name == "" && p.Package.Commit == "" {
		return errors.New("a package without a name")
	}
	if len(p.Vulnerabilities) > 0 && len(p.Groups) == 0 {
		return errors.New("vulnerabilities that are in no group")
	}
	entries := make(map[string]*osvEntry, len(p.Vulnerabilities))
	for i := range p.Vulnerabilities {
		entries[p.Vulnerabilities[i].ID] = &p.Vulnerabilities[i]
	}
	version := p.Package.Version
	if version == "" {
		version = p.Package.Commit
	}
	for _, g := range p.Groups {
		e := p.teller(g.IDs, entries)
		if e == nil {
			return errors.New("a group without its advisory")
		}
		a := advisory{id: e.ID, aliases: slices.Concat(g.IDs, g.Aliases, e.Aliases), title: e.Summary, description: e.Details, published: e.Published, cwes: e.Specific.CWEs}
		a.links = append(a.links, "https://osv.dev/vulnerability/"+e.ID)
		for _, l := range e.References {
			a.links = append(a.links, l.URL)
		}
		a.rate(e, g.Max)
		fixes := e.fixes(p.Package.Name)
		for _, id := range g.IDs {
			if other := entries[id]; other != nil && len(fixes) == 0 {
				fixes = other.fixes(p.Package.Name)
			}
		}
		about := packageOf(p.Package.Ecosystem, p.Package.Name, version, "")
		about.FixedVersion = nearestOf(fixes, version)
		about.Dev = slices.ContainsFunc(p.DependencyGroups, func(g string) bool { return g == "dev" || g == "test" || g == "development" })
		r.addAdvisory(a, about, finding.Location{Path: file, StartLine: lines.line(file, p.Package.Name, version)}, nil)
	}
	return nil
}

// teller is the entry of a group that tells most, the first of those that tell
// as much: a group is sorted by name, and what a CVE alone tells is often little.
func (p *osvPackage) teller(ids []string, entries map[string]*osvEntry) (best *osvEntry) {
	most := -1
	for _, id := range ids {
		e := entries[id]
		if e == nil {
			continue
		}
		tells := 0
		if len(e.Severity) > 0 {
			tells++
		}
		if len(e.fixes(p.Package.Name)) > 0 {
			tells++
		}
		if tells > most {
			best, most = e, tells
		}
	}
	return best
}

// rate takes the highest score of the group, else the database's word.
func (a *advisory) rate(e *osvEntry, highest string) {
	a.source = "osv"
	if s, err := strconv.ParseFloat(highest, 64); err == nil {
		a.score = score(s)
	}
	for _, s := range e.Severity {
		if a.vector == "" || cvssScore(s.Score) == a.score {
			a.vector = s.Score
		}
	}
	if a.score == 0 {
		a.score = cvssScore(a.vector)
	}
	if a.severity = finding.SeverityOfScore(a.score); a.severity == finding.Unknown {
		word, _ := e.Specific.Severity.(string)
		a.severity = severityOf(word)
	}
}
