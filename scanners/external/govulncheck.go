package external

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/match"
)

// GovulncheckOptions is the section govulncheck of the configuration.
type GovulncheckOptions struct {
	// DB is a vulnerability database instead of vuln.go.dev: an address, or
	// file:/// and the directory of a copy. With a copy nothing uses the
	// network: the modules must be vendored, or in Go's module cache.
	DB string `yaml:"db"`
}

func aboutGovulncheck() About {
	return About{
		Name: "govulncheck", Adds: "whether the code calls what is vulnerable in a Go module or in the standard library, and where",
		Sends:   "names of modules with known vulnerabilities, to `vuln.go.dev`; required modules come from Go's module proxy. With `db: file:///…`: nothing",
		Licence: "BSD-3-Clause", Install: "go install golang.org/x/vuln/cmd/govulncheck@v1.1.4", Example: "govulncheck: {db: \"file:///opt/vulndb\"}",
	}
}

// Govulncheck asks which vulnerable functions a module's code reaches.
func Govulncheck(o GovulncheckOptions) (Tool, error) {
	scheme, rest, _ := strings.Cut(o.DB, "://")
	if o.DB != "" && (!slices.Contains([]string{"file", "http", "https"}, scheme) || rest == "" || scheme == "file" && !strings.HasPrefix(rest, "/")) {
		return Tool{}, errors.New("govulncheck: db: want https://… or file:///…")
	}
	return Tool{
		Name: "govulncheck", Programs: []string{"govulncheck", "go"}, Version: Version{Oldest: "1.0"}, Network: scheme != "file",
		Units: goModules,
		Call:  func(u Unit, p Place) Call { return govulncheckCall(o.DB, u, p) },
		Read:  readGovulncheck,
	}, nil
}

// govulncheckCall keeps Go to the one that is installed, to the modules' own
// go.mod, and to a cache in the box, which is filled from the user's.
func govulncheckCall(db string, u Unit, p Place) Call {
	c := Call{Args: []string{"-json"}}
	if db != "" {
		c.Args = append(c.Args, "-db", db)
	}
	c.Args = append(c.Args, "./...")
	work := "off"
	if u.Mode != "" {
		work = filepath.Join(p.Tree, filepath.FromSlash(u.Mode))
	}
	// Addresses that carry a password are left out.
	proxy := os.Getenv("GOPROXY")
	if strings.Contains(proxy, "@") {
		proxy = ""
	}
	switch {
	case strings.HasPrefix(db, "file:"):
		proxy = "off"
	case proxy == "":
		proxy = "https://proxy.golang.org,direct"
	}
	if cache := moduleCache(); cache != "" {
		proxy = cache + "," + proxy
	}
	c.Env = []string{
		"GOWORK=" + work, "GOTOOLCHAIN=local", "GOENV=off", "GOFLAGS=-modcacherw", "GOPATH=" + p.File("go"), "GOCACHE=" + p.File("gocache"),
		"GOPROXY=" + proxy, "GOVCS=*:off", "GOTELEMETRY=off",
	}
	for _, name := range []string{"GOSUMDB", "GONOSUMDB", "GOPRIVATE"} {
		if v := os.Getenv(name); v != "" && !strings.Contains(v, "@") {
			c.Env = append(c.Env, name+"="+v)
		}
	}
	return c
}

// moduleCache is the address of the modules that the user's Go has downloaded,
// in the form of a proxy, or "".
func moduleCache() string {
	dir := os.Getenv("GOMODCACHE")
	if dir == "" {
		paths := filepath.SplitList(os.Getenv("GOPATH"))
		if home, err := os.UserHomeDir(); err == nil {
			paths = append(paths, filepath.Join(home, "go"))
		}
		if len(paths) == 0 {
			return ""
		}
		dir = filepath.Join(paths[0], "pkg", "mod")
	}
	dir = filepath.Join(dir, "cache", "download")
	if info, err := os.Stat(dir); err != nil || !info.IsDir() || !filepath.IsAbs(dir) || strings.ContainsAny(dir, ",|") {
		return ""
	}
	return "file://" + strings.TrimSuffix("/"+strings.TrimPrefix(filepath.ToSlash(dir), "/"), "/")
}

// goAdvisory is an entry of the Go vulnerability database, in OSV's format.
type goAdvisory struct {
	ID         string   `json:"id"`
	Published  string   `json:"published"`
	Aliases    []string `json:"aliases"`
	Summary    string   `json:"summary"`
	Details    string   `json:"details"`
	References []struct {
		URL string `json:"url"`
	} `json:"references"`
	Specific struct {
		URL string `json:"url"`
	} `json:"database_specific"`
}

// goFinding says that a vulnerability is there: that its module is required,
// its package imported, or its function called, once for each.
type goFinding struct {
	OSV   string    `json:"osv"`
	Fixed string    `json:"fixed_version"`
	Trace []goFrame `json:"trace"` // the vulnerable function first, the caller of all last
}

type goFrame struct {
	Module   string `json:"module"`
	Version  string `json:"version"`
	Package  string `json:"package"`
	Function string `json:"function"`
	Receiver string `json:"receiver"`
	Position struct {
		Filename string `json:"filename"` // relative to the module
		Line     int    `json:"line"`
	} `json:"position"`
}

// symbol is the frame's function, as people write it.
func (f *goFrame) symbol() string {
	name := f.Function
	if f.Receiver != "" {
		name = strings.TrimLeft(f.Receiver, "*") + "." + name
	}
	return f.Package + "." + name
}

// goMessage is one of the documents that govulncheck writes.
type goMessage struct {
	Config *struct {
		Scanner string `json:"scanner_version"`
		Mode    string `json:"scan_mode"`
		Level   string `json:"scan_level"`
	} `json:"config"`
	SBOM *struct {
		Modules []struct{} `json:"modules"`
	} `json:"SBOM"`
	OSV     *goAdvisory `json:"osv"`
	Finding *goFinding  `json:"finding"`
}

// goVulnerability is everything about an advisory and a module.
type goVulnerability struct {
	goFinding
	called, imported bool
	symbols          []string
	calls            []finding.Location
}

func readGovulncheck(o Output, r *Reading) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	mod, err := readGoMod(r.tree, o.Unit.File)
	if err != nil {
		return fmt.Errorf("%s: %w", path.Base(o.Unit.File), err)
	}
	advisories := map[string]*goAdvisory{}
	type identity struct{ id, module string }
	var order []*goVulnerability
	at := map[identity]*goVulnerability{}
	var configured bool
	var findings, modules int
	for n := 0; d.next(o.Data) != 0; n++ {
		var m goMessage
		if err := d.value(&m); err != nil {
			return err
		}
		switch {
		case n > 4*maxResults:
			return errors.New("it has too many messages")
		case m.Config != nil:
			if m.Config.Mode != "" && m.Config.Mode != "source" || m.Config.Level != "" && m.Config.Level != "symbol" {
				return errors.New("it is about something else than calls in source code")
			}
			configured = true
			r.version = versionForm.FindString(strings.TrimPrefix(m.Config.Scanner, "v"))
		case m.SBOM != nil:
			modules = len(m.SBOM.Modules)
		case m.OSV != nil:
			advisories[m.OSV.ID] = m.OSV
		case m.Finding != nil:
			f := *m.Finding
			findings++
			if f.OSV == "" || len(f.Trace) == 0 || f.Trace[0].Module == "" {
				return errors.New("a finding without advisory or module")
			}
			id := identity{f.OSV, f.Trace[0].Module}
			v := at[id]
			if v == nil {
				v = &goVulnerability{goFinding: f}
				at[id] = v
				order = append(order, v)
			}
			v.see(f, mod, o.Unit, r)
		}
	}
	if !configured {
		return errors.New("it does not begin with a configuration: it is no output of govulncheck -json")
	}
	for _, v := range order {
		a := advisories[v.OSV]
		if a == nil {
			a = &goAdvisory{ID: v.OSV}
		}
		v.add(a, mod, o.Unit, r)
	}
	r.looked.Files++
	r.looked.Packages += modules
	return nil
}

// see takes another finding of the same vulnerability into account.
func (v *goVulnerability) see(f goFinding, mod *goMod, u Unit, r *Reading) {
	first := &f.Trace[0]
	v.imported = v.imported || first.Package != ""
	if first.Function == "" {
		return
	}
	v.called = true
	if s := line(first.symbol(), maxID); !slices.Contains(v.symbols, s) && len(v.symbols) < maxPlaces {
		v.symbols = append(v.symbols, s)
	}
	for i := range f.Trace {
		frame := &f.Trace[i]
		if i == 0 || frame.Module != mod.module || frame.Position.Line < 1 || len(v.calls) >= maxPlaces {
			continue
		}
		l := finding.Location{Path: r.Path(frame.Position.Filename), StartLine: frame.Position.Line,
			Message: line(frame.symbol()+" calls "+f.Trace[i-1].symbol(), maxWords)}
		if l.Path != "" && !slices.Contains(v.calls, l) {
			v.calls = append(v.calls, l)
		}
		return // what calls that is the project's own affair
	}
}

func (v *goVulnerability) add(a *goAdvisory, mod *goMod, u Unit, r *Reading) {
	frame := v.Trace[0]
	out := advisory{id: a.ID, aliases: a.Aliases, title: a.Summary, description: a.Details, published: a.Published, severity: finding.Low, source: "scangate"}
	words := "; the code imports it, and does not call what is vulnerable"
	switch {
	case v.called:
		out.severity = finding.High
		words = "; the code calls " + strings.Join(v.symbols[:min(len(v.symbols), 3)], ", ")
	case !v.imported:
		words = "; the code does not import what is vulnerable"
	}
	out.links = append(out.links, a.Specific.URL)
	for _, l := range a.References[:min(len(a.References), maxLinks)] {
		out.links = append(out.links, l.URL)
	}
	required := mod.requires[frame.Module]
	p := finding.Package{
		Ecosystem: match.Go.Name, Name: frame.Module, Version: frame.Version, FixedVersion: v.Fixed,
		PURL: match.Go.PackageURL(frame.Module, frame.Version), Relationship: required.relationship,
	}
	r.addAdvisory(out, p, finding.Location{Path: u.File, StartLine: max(required.line, 1)}, func(f *finding.Finding) {
		f.Message += words
		f.Related = v.calls
		if v.Fixed == "" {
			return
		}
		target := frame.Module + "@" + v.Fixed
		if frame.Module == "stdlib" {
			target = "toolchain@go" + strings.TrimPrefix(v.Fixed, "v")
		}
		if command := pasteable("go get %s", target); command != "" {
			f.Fix += ": " + command
		}
	})
}
