package main

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/dast"
	"github.com/scangate/scangate/scanners/dependency"
	"github.com/scangate/scangate/scanners/external"
	"github.com/scangate/scangate/scanners/external/dependabot"
	"github.com/scangate/scangate/scanners/external/lock"
	"github.com/scangate/scangate/scanners/external/plugin"
	"github.com/scangate/scangate/scanners/iac"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/scanners/secret"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb"
)

// entry is a scanner of the list: how to make one from its section of the
// configuration.
type entry struct {
	name       string
	frameworks []string // those that can have thresholds of their own
	make       func(config.Section, settings) ([]scanners.Scanner, error)
}

// settings is what the command line gives to scanners.
type settings struct {
	database match.Database
	java     vulndb.JavaSource
	offline  bool
	images   []string // as --image names them
	targets  []string // as --target names them
	path     string   // of the scanned tree
	settings string   // where settings are; the same, but in a pull request
	names    settingNames
	config   string // the configuration's path below that; empty: it is elsewhere
	cache    string // directory for what is known of layers; empty: none
	secret   secret.Options

	program *dast.Program // what dast starts; nil: nothing

	asked     bool // the configuration or the command line names the scanner
	getenv    func(string) string
	lock      *lock.File // of external tools
	installer lock.Installer
}

// embedded lists the scanners of this binary. A new one is its package, its
// test, its testdata, a line here and a row in the README.
func embedded() []entry {
	return []entry{
		{name: "dependency", make: func(s config.Section, set settings) ([]scanners.Scanner, error) {
			o := dependency.Options{DB: set.database}
			return build(s, &o, dependency.New)
		}},
		{name: "image", make: makeImages},
		{name: "secret", make: func(s config.Section, set settings) ([]scanners.Scanner, error) {
			return build(s, &set.secret, secret.New)
		}},
		{name: "iac", frameworks: iac.Frameworks(), make: func(s config.Section, _ settings) ([]scanners.Scanner, error) {
			return build(s, &iac.Options{}, iac.New)
		}},
		{name: "dast", make: makeDAST},
	}
}

// everything is the word of --scanners for all scanners and tools.
const everything = "all"

// tools lists the programs of others, and imports of what they wrote. They run
// only when the configuration has their section, or --scanners names them or
// everything. A new one is a file in scanners/external, a line here and a row in
// docs/external-tools.md.
func tools() []entry {
	frameworks := map[string][]string{}
	for _, a := range external.Known() {
		frameworks[a.Name] = a.Frameworks
	}
	list := []entry{
		{name: "npm-audit", make: tool(external.NPMAudit)},
		{name: "cargo-audit", make: tool(external.CargoAudit)},
		{name: "govulncheck", make: tool(external.Govulncheck)},
		{name: "osv-scanner", make: tool(external.OSVScanner)},
		{name: "grype", make: tool(external.Grype)},
		{name: "trivy", make: makeTrivy},
		{name: "gitleaks", make: tool(external.Gitleaks)},
		{name: "checkov", make: tool(external.Checkov)},
		{name: "bandit", make: tool(external.Bandit)},
		{name: "semgrep", make: tool(external.Semgrep)},
		{name: "hadolint", make: tool(external.Hadolint)},
		{name: "zizmor", make: tool(external.Zizmor)},
		{name: "nuclei", make: tool(external.Nuclei)},
		{name: "zap", make: makeZAP},
		{name: "codeql", make: detectable(func(s config.Section, set settings) ([]scanners.Scanner, error) {
			return build(s, &external.CodeQLOptions{}, func(o external.CodeQLOptions) (scanners.Scanner, error) {
				return external.CodeQL(o, set.external())
			})
		})},
		{name: "sarif", make: detectable(func(s config.Section, _ settings) ([]scanners.Scanner, error) {
			return build(s, &external.SARIFOptions{}, external.SARIF)
		})},
		{name: "dependabot", make: makeDependabot},
	}
	for i := range list {
		list[i].frameworks = frameworks[list[i].name]
	}
	return list
}

// tool makes the scanner that runs a tool.
func tool[O any](describe func(O) (external.Tool, error)) func(config.Section, settings) ([]scanners.Scanner, error) {
	return func(s config.Section, set settings) ([]scanners.Scanner, error) {
		var o O
		return build(s, &o, func(o O) (*external.Scanner, error) {
			t, err := describe(o)
			return external.New(t, set.external()), err
		})
	}
}

// makeTrivy makes a scanner for the tree and one for each image that the
// configuration names.
func makeTrivy(s config.Section, set settings) ([]scanners.Scanner, error) {
	var o external.TrivyOptions
	return toolsOf(s, set, &o, func() ([]external.Tool, error) { return external.TrivyTools(o) })
}

// makeZAP makes a scanner for each address: one that cannot be reached is a run
// that failed.
func makeZAP(s config.Section, set settings) ([]scanners.Scanner, error) {
	o := external.ZAPOptions{Offline: set.offline}
	list, err := toolsOf(s, set, &o, func() ([]external.Tool, error) { return external.ZAP(o) })
	for i, scanner := range list {
		if scanners.TargetOf(scanner) != "" && set.program != nil {
			list[i] = withProgram{scanner.(*external.Scanner), set.program}
		}
	}
	return list, err
}

// toolsOf makes the scanners of a tool that looks at several things.
func toolsOf[O any](s config.Section, set settings, o *O, describe func() ([]external.Tool, error)) ([]scanners.Scanner, error) {
	if err := s.Decode(o); err != nil {
		return nil, err
	}
	all, err := describe()
	if err != nil {
		return nil, usageError{s.Errorf("%v", err)}
	}
	var out []scanners.Scanner
	for _, t := range all {
		out = append(out, external.New(t, set.external()))
	}
	return out, nil
}

// external is how tools are run.
func (set settings) external() external.Options {
	return external.Options{Asked: set.asked, Offline: set.offline, Lock: set.lock, Installer: set.installer}
}

// makeDependabot imports what GitHub knows, with the token that a workflow
// gives.
func makeDependabot(s config.Section, set settings) ([]scanners.Scanner, error) {
	o := dependabot.Options{Asked: set.asked, Offline: set.offline}
	if set.getenv != nil {
		o = o.FromEnvironment(set.getenv)
	}
	return build(s, &o, dependabot.New)
}

// detectable makes scanners that have nothing to do, rather than fail, where
// nobody has asked for them and they cannot be planned.
func detectable(make func(config.Section, settings) ([]scanners.Scanner, error)) func(config.Section, settings) ([]scanners.Scanner, error) {
	return func(s config.Section, set settings) ([]scanners.Scanner, error) {
		list, err := make(s, set)
		if err != nil || set.asked {
			return list, err
		}
		for i, scanner := range list {
			list[i] = unasked{scanner}
		}
		return list, nil
	}
}

// unasked is a scanner that nobody has asked for.
type unasked struct{ scanners.Scanner }

// Plan says why there is nothing to do where the scanner's own plan fails.
func (u unasked) Plan(ctx context.Context, t scanners.Target) (scanners.Work, error) {
	w, err := u.Scanner.Plan(ctx, t)
	if err != nil && ctx.Err() == nil {
		return scanners.Nothing(err.Error()), nil
	}
	return w, err
}

// Engine is that of the scanner.
func (u unasked) Engine() finding.Engine {
	if v, ok := u.Scanner.(scanners.Versioned); ok {
		return v.Engine()
	}
	return finding.Engine{Name: u.Name()}
}

// all lists the scanners and the tools.
func (a *app) all() []entry {
	out := slices.Clone(a.scanners)
	for _, t := range tools() {
		if !slices.ContainsFunc(out, func(e entry) bool { return e.name == t.name }) {
			out = append(out, t)
		}
	}
	return out
}

// build decodes a scanner's section over its defaults and makes the scanner.
func build[O any, S scanners.Scanner](s config.Section, o *O, make func(O) (S, error)) ([]scanners.Scanner, error) {
	if err := s.Decode(o); err != nil {
		return nil, err
	}
	scanner, err := make(*o)
	if err != nil {
		return nil, usageError{s.Errorf("%v", err)}
	}
	return []scanners.Scanner{scanner}, nil
}

// known says which names a policy may use.
func (a *app) known(file *config.File) policy.Known {
	k := policy.Known{}
	for _, e := range a.all() {
		k[e.name] = e.frameworks
	}
	if pairs, err := file.Plugins.Pairs(); err == nil {
		for _, p := range pairs {
			if _, ok := k[p.Name]; !ok {
				k[p.Name] = nil
			}
		}
	}
	return k
}

// beside is the directory of the configuration, where the lock is and where
// plug-ins are looked for.
func beside(file *config.File, path string) string {
	if file.Dir != "" {
		return file.Dir
	}
	return besideIn(file, path)
}

// besideIn is the directory of the configuration as it is named.
func besideIn(file *config.File, path string) string {
	if file.Name == "" || file.Name == config.DefaultName {
		return path
	}
	return filepath.Dir(file.Name)
}

// plugins makes the scanners of the user's own. reserved are the names of ours.
func (a *app) plugins(file *config.File, path string, reserved []string) ([]*plugin.Plugin, error) {
	list, err := plugin.Decode(file.Plugins, plugin.Options{Dir: beside(file, path), Path: filepath.SplitList(a.getenv("PATH")), Reserved: reserved})
	if err != nil {
		return nil, usageError{err}
	}
	return list, nil
}

// choose makes the scanners that a comma-separated list asks for, in the order
// of the program's own list; an empty one asks for all that are part of the
// program, and for the tools that the configuration has a section for. The word
// all adds the tools that are installed and apply.
func (a *app) choose(list string, file *config.File, set settings) ([]scanners.Scanner, error) {
	all := a.all()
	var names, wanted []string
	for i, e := range all {
		names = append(names, e.name)
		if _, ok := file.Scanners[e.name]; ok || i < len(a.scanners) {
			wanted = append(wanted, e.name)
		}
	}
	own, err := a.plugins(file, set.settings, slices.Concat(names, []string{everything}))
	if err != nil {
		return nil, err
	}
	for _, p := range own {
		names = append(names, p.Name())
		wanted = append(wanted, p.Name())
	}
	set.getenv, set.config = a.getenv, below(file, set.path)
	if set.lock, err = lock.Read("", beside(file, set.settings)); err != nil {
		return nil, usageError{err}
	}
	if dir, err := a.cache("tools"); err == nil {
		set.installer.Dir = dir
	}
	check := func(name string) string {
		if slices.Contains(names, name) {
			return ""
		}
		return "unknown scanner \"" + name + "\"" + text.Suggest(name, names)
	}
	for _, name := range slices.Sorted(maps.Keys(file.Scanners)) {
		if msg := check(name); msg != "" {
			return nil, usageError{file.Scanners[name].Errorf("scanners: %s", msg)}
		}
		if slices.ContainsFunc(own, func(p *plugin.Plugin) bool { return p.Name() == name }) {
			return nil, usageError{file.Scanners[name].Errorf("scanners: %s is a plug-in: what it takes stands under plugins", name)}
		}
	}
	asked, detect := wanted, false
	if list != "" {
		asked = nil
		for name := range strings.SplitSeq(list, ",") {
			name = strings.TrimSpace(name)
			if name == everything {
				asked, detect = append(asked, wanted...), true
				continue
			}
			if msg := check(name); msg != "" {
				return nil, usage("--scanners: %s", msg)
			}
			asked = append(asked, name)
		}
	}
	var out []scanners.Scanner
	for _, e := range all {
		// A section is decoded even when its scanner is not wanted: a mistake
		// in it is a mistake today, not on the day it is wanted.
		set.asked = slices.Contains(asked, e.name)
		s, err := e.make(file.Scanners[e.name], set)
		if err != nil {
			return nil, err
		}
		if d, ok := s[0].(*dast.Scanner); ok {
			set.program = d.Program() // zap scans it, too
		}
		if set.asked || detect {
			out = append(out, s...)
		}
	}
	for _, p := range own {
		if slices.Contains(asked, p.Name()) {
			out = append(out, p)
		}
	}
	return out, nil
}
