package external

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/text"
)

// CargoAuditOptions is the section cargo-audit of the configuration.
type CargoAuditOptions struct {
	// DB is a checkout of the RustSec advisory database, a git repository. It
	// is used as it is: nothing is fetched, and yanked versions, which only
	// the registry knows, are not looked for.
	DB string `yaml:"db"`
}

func aboutCargoAudit() About {
	return About{
		Name: "cargo-audit", Adds: "crates that are unmaintained, unsound or yanked, and what RustSec says before others do",
		Sends:   "nothing of the project but names of crates, to `index.crates.io`; the advisories come from `github.com`. With `db`: nothing",
		Licence: "Apache-2.0 OR MIT", Install: "cargo install cargo-audit --version 0.22.2 --locked", Example: "cargo-audit: {db: /opt/advisory-db}",
	}
}

// CargoAudit compares each Cargo.lock with RustSec's advisories.
func CargoAudit(o CargoAuditOptions) (Tool, error) {
	if strings.ContainsAny(o.DB, "\x00\n\r") {
		return Tool{}, errors.New("cargo-audit: db: not the name of a directory")
	}
	return Tool{
		Name: "cargo-audit", Programs: []string{"cargo-audit"}, Version: Version{Args: []string{"--version"}, Oldest: "0.18"}, Network: o.DB == "", Exits: []int{1},
		Units: cargoUnits,
		Call:  func(u Unit, p Place) Call { return cargoCall(o.DB, u, p) },
		Read: func(out Output, r *Reading) error {
			if o.DB != "" {
				r.Note(finding.Information, "", "db: nothing was fetched, so yanked versions were not looked for")
			}
			return readCargoAudit(out, r)
		},
	}, nil
}

// cargoUnits are the lockfiles: a workspace has one. What Cargo puts below
// target, and what is vendored, is somebody else's.
func cargoUnits(t *scanners.Tree) (Units, error) {
	u := Units{None: "no Cargo.lock"}
	for _, f := range t.Files() {
		if path.Base(f.Path) != "Cargo.lock" || below(f.Path, "target", "vendor") {
			continue
		}
		u.List = append(u.List, Unit{Dir: path.Dir(f.Path), Name: f.Path, File: f.Path})
	}
	return u, nil
}

// below tells whether a directory of one of the names is part of a path.
func below(name string, dirs ...string) bool {
	for part := range strings.SplitSeq(path.Dir(name), "/") {
		if slices.Contains(dirs, part) {
			return true
		}
	}
	return false
}

func cargoCall(db string, u Unit, p Place) Call {
	args := []string{"audit", "--json", "--color=never", "--file", path.Base(u.File)}
	if db == "" {
		return Call{Args: append(args, "--db", p.File("advisory-db"))}
	}
	if !filepath.IsAbs(db) {
		db = filepath.Join(p.Tree, filepath.FromSlash(db))
	}
	return Call{Args: append(args, "--db", db, "--no-fetch", "--stale")}
}

// cargoAdvisory is RustSec's text.
type cargoAdvisory struct {
	ID            string   `json:"id"`
	Package       string   `json:"package"`
	Title         string   `json:"title"`
	Description   string   `json:"description"`
	Date          string   `json:"date"`
	Aliases       []string `json:"aliases"`
	CVSS          string   `json:"cvss"`
	Informational string   `json:"informational"`
	References    []string `json:"references"`
	URL           string   `json:"url"`
}

// cargoResult is a vulnerability or, with a kind, a warning.
type cargoResult struct {
	Kind     string         `json:"kind"`
	Advisory *cargoAdvisory `json:"advisory"` // a yanked version has none
	Versions *struct {
		Patched []string `json:"patched"`
	} `json:"versions"`
	Package struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"package"`
}

// cargoSettings are the settings that leave something out. They may stand in
// the project's .cargo/audit.toml.
type cargoSettings struct {
	Arch     []string `json:"target_arch"`
	OS       []string `json:"target_os"`
	Severity string   `json:"severity"`
	Ignore   []string `json:"ignore"`
}

func readCargoAudit(o Output, r *Reading) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	lock, err := readCargoLock(r.tree, o.Unit.File)
	if err != nil {
		return fmt.Errorf("%s: %w", path.Base(o.Unit.File), err)
	}
	one := func() error {
		var c cargoResult
		if err := d.value(&c); err != nil {
			return err
		}
		return c.read(o.Unit, lock, r)
	}
	packages, advisories, count, listed := -1, -1, -1, -1
	err = d.members(func(key string) error {
		switch key {
		case "settings":
			var s cargoSettings
			err := d.value(&s)
			s.note(o.Unit, r)
			return err
		case "database":
			var b struct {
				Count *int `json:"advisory-count"`
			}
			err := d.value(&b)
			if b.Count != nil {
				advisories = *b.Count
			}
			return err
		case "lockfile":
			var l struct {
				Count *int `json:"dependency-count"`
			}
			err := d.value(&l)
			if l.Count != nil {
				packages = *l.Count
			}
			return err
		case "vulnerabilities":
			return d.members(func(key string) error {
				switch key {
				case "count":
					return d.value(&count)
				case "list":
					before := len(r.findings) + r.left
					err := d.elements(one)
					listed = len(r.findings) + r.left - before
					return err
				}
				return d.skip()
			})
		case "warnings":
			return d.members(func(string) error { return d.elements(one) })
		}
		return d.skip()
	})
	switch err = d.end(err); {
	case err != nil:
		return err
	case packages < 0 || listed < 0:
		return errors.New("it is no report of cargo audit")
	case count != listed:
		return fmt.Errorf("it lists %s where it counts %d", text.Count(listed, "result"), count)
	case advisories == 0:
		return errors.New("its advisory database is empty")
	}
	r.looked.Files++
	r.looked.Packages += packages
	return nil
}

// note tells what the settings leave out.
func (s *cargoSettings) note(u Unit, r *Reading) {
	if len(s.Ignore) > 0 {
		shown := s.Ignore[:min(len(s.Ignore), 10)]
		r.Note(finding.Warning, u.File, "the project's settings ignore "+text.Count(len(s.Ignore), "advisory")+": "+strings.Join(shown, ", "))
	}
	if s.Severity != "" && s.Severity != "none" || len(s.Arch) > 0 || len(s.OS) > 0 {
		r.Note(finding.Warning, u.File, "the project's settings leave out results below a severity, or for other systems than some")
	}
}

// cargoKinds are the kinds of warnings: they say that something may go wrong,
// not how badly.
func cargoKinds(kind string) (finding.Severity, string) {
	switch kind {
	case "unsound":
		return finding.Medium, "unsound"
	case "unmaintained":
		return finding.Low, "unmaintained"
	case "yanked":
		return finding.Low, "yanked"
	case "notice":
		return finding.Info, "notice"
	}
	return finding.Unknown, ""
}

func (c *cargoResult) read(u Unit, lock *cargoLock, r *Reading) error {
	if c.Package.Name == "" || c.Package.Version == "" || c.Advisory == nil && c.Kind != "yanked" || c.Advisory != nil && c.Advisory.ID == "" {
		return errors.New("a result without package, version or advisory")
	}
	key := c.Package.Name + "@" + c.Package.Version
	p := finding.Package{Ecosystem: match.Cargo.Name, Name: c.Package.Name, Version: c.Package.Version, PURL: match.Cargo.PackageURL(c.Package.Name, c.Package.Version)}
	p.Path, p.Relationship = lock.chain(key)
	at := finding.Location{Path: u.File, StartLine: max(lock.packages[key].line, 1)}
	if c.Advisory == nil {
		r.addAdvisory(advisory{id: "cargo-yanked", title: "this version was yanked from its registry", severity: finding.Low, source: "scangate"}, p, at,
			func(f *finding.Finding) {
				f.Message, f.Fix = line(key, maxID)+" was yanked: its author took it back", pasteable("cargo update -p %s", key)
			})
		return nil
	}
	if c.Versions != nil {
		p.FixedVersion = cargoFixed(c.Versions.Patched, p.Version)
	}
	r.addAdvisory(c.advisory(), p, at, func(f *finding.Finding) {
		switch _, kind := cargoKinds(cmp.Or(c.Kind, c.Advisory.Informational)); {
		case kind == "unmaintained":
			f.Fix = "replace it by a crate that is looked after"
		case p.FixedVersion != "":
			if command := pasteable("cargo update -p %s --precise %s", key, p.FixedVersion); command != "" {
				f.Fix += ": " + command
			}
			if p.Relationship == "indirect" {
				f.Fix += " if what requires it allows that"
			}
		}
	})
	return nil
}

func (c *cargoResult) advisory() advisory {
	a := c.Advisory
	out := advisory{
		id: a.ID, aliases: a.Aliases, title: a.Title, description: a.Description, published: a.Date, vector: a.CVSS,
		score: cvssScore(a.CVSS), source: "rustsec", links: append([]string{"https://rustsec.org/advisories/" + a.ID + ".html", a.URL}, a.References...),
	}
	out.severity = finding.SeverityOfScore(out.score)
	if s, kind := cargoKinds(cmp.Or(c.Kind, a.Informational)); kind != "" {
		out.title = kind + ": " + out.title
		if out.score == 0 {
			out.severity, out.source = s, "scangate"
		}
	}
	return out
}
