package helm

import (
	"path"
	"regexp"
	"strings"
	"unicode"

	"github.com/Masterminds/semver/v3"
)

// Metadata is Chart.yaml. Templates name its fields (.Chart.AppVersion), and
// it is written out with its tags' names.
type Metadata struct {
	Name         string            `json:"name,omitempty"`
	Home         string            `json:"home,omitempty"`
	Sources      []string          `json:"sources,omitempty"`
	Version      string            `json:"version,omitempty"`
	Description  string            `json:"description,omitempty"`
	Keywords     []string          `json:"keywords,omitempty"`
	Maintainers  []*Maintainer     `json:"maintainers,omitempty"`
	Icon         string            `json:"icon,omitempty"`
	APIVersion   string            `json:"apiVersion,omitempty"`
	Condition    string            `json:"condition,omitempty"`
	Tags         string            `json:"tags,omitempty"`
	AppVersion   string            `json:"appVersion,omitempty"`
	Deprecated   bool              `json:"deprecated,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	KubeVersion  string            `json:"kubeVersion,omitempty"`
	Dependencies []*Dependency     `json:"dependencies,omitempty"`
	Type         string            `json:"type,omitempty"`
}

// Maintainer is a person named in Chart.yaml.
type Maintainer struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	URL   string `json:"url,omitempty"`
}

// Dependency is a chart that another one needs.
type Dependency struct {
	Name         string   `json:"name"`
	Version      string   `json:"version,omitempty"`
	Repository   string   `json:"repository"`
	Condition    string   `json:"condition,omitempty"`
	Tags         []string `json:"tags,omitempty"`
	Enabled      bool     `json:"enabled,omitempty"`
	ImportValues []any    `json:"import-values,omitempty"`
	Alias        string   `json:"alias,omitempty"`
}

// chart is a chart that was read.
type chart struct {
	meta      *Metadata
	dir       string // where its files are in the root chart: "", or ending in a slash
	values    map[string]any
	templates []File
	files     files
	deps      []*chart
	isRoot    bool
	origin    string // the name of which its own is an alias, if its charts go by that
}

func (c *chart) name() string { return c.meta.Name }

func (c *chart) library() bool { return c.meta.Type == "library" }

var aliasName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// validate refuses what Helm refuses to load.
func (m *Metadata) validate() error {
	for _, s := range []*string{&m.Name, &m.Home, &m.Description, &m.Icon, &m.Condition, &m.Tags, &m.AppVersion, &m.KubeVersion} {
		*s = printable(*s)
	}
	switch {
	case m.Name == "":
		return limit("the chart has no name")
	case m.Name != path.Base(m.Name) || m.Name == "." || m.Name == "..":
		return limit("the chart's name cannot be used")
	case m.Version == "":
		return limit("the chart has no version")
	case m.Type != "" && m.Type != "application" && m.Type != "library":
		return limit("the chart's type is neither application nor library")
	}
	if !isVersion(m.Version) {
		return limit("the chart's version is not a semantic version")
	}
	for _, p := range m.Maintainers {
		if p == nil {
			return limit("a maintainer is empty")
		}
	}
	seen := map[string]bool{}
	for _, d := range m.Dependencies {
		if d == nil {
			return limit("a dependency is empty")
		}
		d.Name, d.Version, d.Condition = printable(d.Name), printable(d.Version), printable(d.Condition)
		if d.Alias != "" && !aliasName.MatchString(d.Alias) {
			return limit("the alias of a dependency cannot be used")
		}
		key := d.Name
		if d.Alias != "" {
			key = d.Alias
		}
		if seen[key] {
			return limit("two dependencies have the same name or alias")
		}
		seen[key] = true
	}
	return nil
}

// printable drops what cannot be printed.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, s)
}

const maxConstraint = 500 // bytes

func isVersion(v string) bool {
	_, err := semver.NewVersion(v)
	return err == nil && len(v) <= maxConstraint
}

// satisfies reports whether a version is in a range; what cannot be read is not.
func satisfies(constraint, version string) bool {
	if len(constraint) > maxConstraint || len(version) > maxConstraint {
		return false
	}
	v, err := semver.NewVersion(version)
	if err != nil {
		return false
	}
	c, err := semver.NewConstraint(constraint)
	return err == nil && c.Check(v)
}
