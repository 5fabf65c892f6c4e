package external

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// GrypeOptions is the section grype of the configuration.
type GrypeOptions struct {
	// DB is a directory with Grype's database, as `grype db update` fills its
	// cache. It is used whatever its age, and nothing uses the network.
	DB string `yaml:"db"`
}

func aboutGrype() About {
	return About{
		Name: "grype", Adds: "a second opinion on packages, also on those that are installed or in archives",
		Sends: "nothing; the database comes from `grype.anchore.io`. With `db`: nothing", Licence: "Apache-2.0",
		Install: "brew install grype", Example: "grype: {db: /opt/grype}",
	}
}

// grypeOver is the status when something is above the fail-on-severity of the
// project's settings.
const grypeOver = 2

// Grype compares all packages in the tree with Anchore's database.
func Grype(o GrypeOptions) (Tool, error) {
	if strings.ContainsAny(o.DB, "\x00\n\r") {
		return Tool{}, errors.New("grype: db: not the name of a directory")
	}
	return Tool{
		Name: "grype", Programs: []string{"grype"}, Version: Version{Args: []string{"--version"}, Oldest: "0.60"}, Network: o.DB == "", Exits: []int{grypeOver},
		Units: wholeTree,
		Call:  func(_ Unit, p Place) Call { return grypeCall(o.DB, p) },
		Read:  readGrype,
	}, nil
}

// wholeTree is the one unit of tools that find out for themselves what they
// apply to.
func wholeTree(t *scanners.Tree) (Units, error) {
	n := len(t.Files())
	if n == 0 {
		return Units{None: "no files"}, nil
	}
	return Units{List: []Unit{{Dir: "."}}, What: text.Count(n, "file")}, nil
}

func grypeCall(db string, p Place) Call {
	c := Call{Args: []string{"dir:.", "--output=json", "--quiet"}, Env: []string{"GRYPE_CHECK_FOR_APP_UPDATE=false"}}
	if db != "" {
		if !filepath.IsAbs(db) {
			db = filepath.Join(p.Tree, filepath.FromSlash(db))
		}
		c.Env = append(c.Env, "GRYPE_DB_CACHE_DIR="+db, "GRYPE_DB_AUTO_UPDATE=false", "GRYPE_DB_VALIDATE_AGE=false")
	}
	return c
}

// grypeVulnerability is an advisory, or another one about the same thing.
type grypeVulnerability struct {
	ID          string   `json:"id"`
	DataSource  string   `json:"dataSource"`
	Namespace   string   `json:"namespace"`
	Severity    string   `json:"severity"`
	URLs        []string `json:"urls"`
	Description string   `json:"description"`
	CVSS        []struct {
		Version string `json:"version"`
		Vector  string `json:"vector"`
		Metrics struct {
			Base float64 `json:"baseScore"`
		} `json:"metrics"`
	} `json:"cvss"`
	CWEs []struct {
		CWE string `json:"cwe"`
	} `json:"cwes"`
	Fix struct {
		Versions []string `json:"versions"`
		State    string   `json:"state"`
	} `json:"fix"`
}

// grypeMatch is a package to which an advisory applies.
type grypeMatch struct {
	Vulnerability grypeVulnerability   `json:"vulnerability"`
	Related       []grypeVulnerability `json:"relatedVulnerabilities"`
	Details       []struct {
		Type string `json:"type"`
		Fix  struct {
			Suggested string `json:"suggestedVersion"`
		} `json:"fix"`
	} `json:"matchDetails"`
	Artifact struct {
		Name      string `json:"name"`
		Version   string `json:"version"`
		Type      string `json:"type"`
		PURL      string `json:"purl"`
		Locations []struct {
			Path string `json:"path"`
		} `json:"locations"`
	} `json:"artifact"`
	Ignored []struct {
		Reason string `json:"reason"`
	} `json:"appliedIgnoreRules"`
}

func readGrype(o Output, r *Reading) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	lines := newLockLines(r.tree)
	one := func() error {
		var m grypeMatch
		if err := d.value(&m); err != nil {
			return err
		}
		return m.read(lines, r)
	}
	var matched bool
	var tool string
	err = d.members(func(key string) error {
		switch key {
		case "matches":
			matched = true
			return d.elements(one)
		case "ignoredMatches":
			if d.next(o.Data) == 'n' {
				return d.skip()
			}
			return d.elements(one)
		case "descriptor":
			var about struct {
				Name          string `json:"name"`
				Configuration struct {
					Exclude []string `json:"exclude"`
				} `json:"configuration"`
			}
			err := d.value(&about)
			tool = about.Name
			if n := len(about.Configuration.Exclude); n > 0 {
				r.Note(finding.Warning, "", "the project's settings leave out what matches "+text.Count(n, "pattern"))
			}
			return err
		}
		return d.skip()
	})
	err = d.end(err)
	if err == nil && (!matched || tool != "grype") {
		err = errors.New("it is no report of Grype")
	}
	r.looked.Files += len(r.tree.Files())
	return err
}

func (m *grypeMatch) read(lines *lockLines, r *Reading) error {
	v, a := &m.Vulnerability, &m.Artifact
	if v.ID == "" || a.Name == "" {
		return errors.New("a match without advisory or package")
	}
	out := advisory{
		id: v.ID, title: v.Description, description: v.Description, severity: severityOf(v.Severity), source: grypeSource(v.Namespace),
		links: append([]string{v.DataSource}, v.URLs[:min(len(v.URLs), maxLinks)]...),
	}
	for _, c := range v.CWEs {
		out.cwes = append(out.cwes, c.CWE)
	}
	out.scored(v)
	for i := range m.Related {
		other := &m.Related[i]
		out.aliases = append(out.aliases, other.ID)
		out.links = append(out.links, other.DataSource)
		if out.score == 0 {
			out.scored(other)
		}
		if out.title == "" {
			out.title, out.description = other.Description, other.Description
		}
		if out.severity == finding.Unknown {
			out.severity, out.source = severityOf(other.Severity), grypeSource(other.Namespace)
		}
	}
	p := packageOf(a.Type, a.Name, a.Version, a.PURL)
	p.FixedVersion, p.Status = nearestOf(v.Fix.Versions, a.Version), grypeStatus(v.Fix.State)
	for _, detail := range m.Details {
		out.doubt = out.doubt || detail.Type == "cpe-match"
		if s := detail.Fix.Suggested; s != "" {
			p.FixedVersion = s
		}
	}
	at := finding.Location{}
	if len(a.Locations) > 0 {
		at.Path = r.rooted(a.Locations[0].Path)
		at.StartLine = lines.line(at.Path, a.Name, a.Version)
	}
	r.addAdvisory(out, p, at, func(f *finding.Finding) {
		for _, l := range a.Locations[min(1, len(a.Locations)):min(maxPlaces, len(a.Locations))] {
			if other := r.rooted(l.Path); other != "" && other != at.Path {
				f.Related = append(f.Related, finding.Location{Path: other, StartLine: lines.line(other, a.Name, a.Version), Message: "also here"})
			}
		}
		for _, rule := range m.Ignored[:min(len(m.Ignored), 1)] {
			f.Suppressions = []finding.Suppression{{Source: "grype ignore rule", Reason: line(rule.Reason, maxWords)}}
		}
	})
	return nil
}

// scored takes the score of the newest version of CVSS that has one.
func (a *advisory) scored(v *grypeVulnerability) {
	newest := ""
	for _, c := range v.CVSS {
		if s := score(c.Metrics.Base); s > 0 && c.Version > newest && len(c.Version) < 5 {
			newest, a.score, a.vector = c.Version, s, c.Vector
		}
	}
}

// grypeSource names who gives a severity: "github:language:javascript" is
// GitHub, "nvd:cpe" is NVD.
func grypeSource(namespace string) string {
	name, _, _ := strings.Cut(namespace, ":")
	switch name {
	case "github":
		return "ghsa"
	case "":
		return "grype"
	}
	return name
}

func grypeStatus(state string) string {
	switch state {
	case "fixed":
		return "fixed"
	case "not-fixed":
		return "affected"
	case "wont-fix":
		return "will-not-fix"
	}
	return ""
}

// rooted is Path for tools to which the scanned directory is "/".
func (r *Reading) rooted(name string) string {
	if inner := strings.TrimPrefix(filepath.ToSlash(name), "/"); inner != name && r.tree.Has(inner) {
		return inner
	}
	return r.Path(name)
}
