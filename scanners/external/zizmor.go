package external

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// ZizmorOptions is the section zizmor of the configuration.
type ZizmorOptions struct {
	// Persona is for whom it looks: "regular" (the default), "pedantic" for
	// smells, too, or "auditor" for everything.
	Persona string `yaml:"persona"`
}

func aboutZizmor() About {
	return About{
		Name: "zizmor", Adds: "more audits of GitHub workflows, actions and Dependabot's settings", Sends: "nothing: it runs with `--offline`",
		Licence: "MIT", Install: "pipx install zizmor==1.32.0", Example: "zizmor: {persona: pedantic}",
	}
}

var zizmorPersonas = []string{"regular", "pedantic", "auditor"}

// zizmorQuiet is the mode in which what is ignored is not reported.
const zizmorQuiet = "settings"

// Zizmor audits GitHub workflows and actions.
func Zizmor(o ZizmorOptions) (Tool, error) {
	persona := o.Persona
	if persona == "" {
		persona = zizmorPersonas[0]
	}
	if !slices.Contains(zizmorPersonas, persona) {
		return Tool{}, fmt.Errorf("zizmor: persona: unknown %q%s", text.OneLine(persona, maxID), text.Suggest(persona, zizmorPersonas))
	}
	return Tool{
		Name: "zizmor", Programs: []string{"zizmor"}, Version: Version{Args: []string{"--version"}, Oldest: "1.10"},
		Units: func(t *scanners.Tree) (Units, error) { return zizmorUnits(t), nil },
		Call:  func(u Unit, _ Place) Call { return zizmorCall(persona, u) },
		Read:  readZizmor,
	}, nil
}

// zizmorExpected tells whether it is certain to look at a file.
func zizmorExpected(name string) bool {
	dir, base := path.Split(name)
	switch path.Ext(base) {
	case ".yml", ".yaml":
		return dir == ".github/workflows/" || strings.HasSuffix(dir, "/.github/workflows/") || strings.TrimSuffix(base, path.Ext(base)) == "action"
	}
	return false
}

// zizmorSettings are where its settings are.
var zizmorSettings = []string{"zizmor.yml", "zizmor.yaml", ".github/zizmor.yml", ".github/zizmor.yaml"}

func zizmorUnits(t *scanners.Tree) Units {
	u := Units{None: "no workflows and no action.yml"}
	n := 0
	for _, f := range t.Files() {
		if zizmorExpected(f.Path) {
			n++
		}
	}
	if n == 0 {
		return u
	}
	unit := Unit{Dir: "."}
	if slices.ContainsFunc(zizmorSettings, t.Has) {
		unit.Mode = zizmorQuiet
	}
	u.List, u.What = []Unit{unit}, text.Count(n, "workflow or action")
	if n != 1 {
		u.What = fmt.Sprintf("%d workflows and actions", n)
	}
	return u
}

// zizmorCall looks at what .gitignore names, too: GitHub runs it all the same.
// It asks for what comments ignore, which is marked then, unless there are
// settings: what these ignore would stand among the rest.
func zizmorCall(persona string, u Unit) Call {
	args := []string{"--offline", "--format=json-v1", "--no-progress", "--color=never", "--no-exit-codes", "--collect=all", "--persona=" + persona}
	if u.Mode != zizmorQuiet {
		args = append(args, "--no-ignores")
	}
	return Call{Args: append(args, ".")}
}

type zizmorPoint struct {
	Row    int `json:"row"`    // from 0
	Column int `json:"column"` // in bytes, from 0
}

// zizmorPlace is one of a finding's locations. Beside it stands the code.
type zizmorPlace struct {
	Symbolic struct {
		Key struct {
			Local *struct {
				Path string `json:"verbatim_path"`
			}
		} `json:"key"`
		Annotation string `json:"annotation"`
		Route      struct {
			Route []struct {
				Key *string // nil: the index of a list
			} `json:"route"`
		} `json:"route"`
		Kind string `json:"kind"` // Primary, Related, Hidden
	} `json:"symbolic"`
	Concrete struct {
		Location struct {
			Start zizmorPoint `json:"start_point"`
			End   zizmorPoint `json:"end_point"`
		} `json:"location"`
	} `json:"concrete"`
}

type zizmorFinding struct {
	ID             string `json:"ident"`
	Description    string `json:"desc"`
	URL            string `json:"url"`
	Determinations struct {
		Confidence string `json:"confidence"`
		Severity   string `json:"severity"`
	} `json:"determinations"`
	Locations []zizmorPlace `json:"locations"`
	Ignored   bool          `json:"ignored"`
}

var zizmorCompleted = regexp.MustCompile(`(?m)^ ?INFO audit: zizmor: .* completed (.+)$`)

func readZizmor(o Output, r *Reading) error {
	d, err := newDocument(o.Data)
	if err != nil {
		return err
	}
	src := source{tree: r.tree}
	err = d.elements(func() error {
		var z zizmorFinding
		if err := d.value(&z); err != nil {
			return err
		}
		if z.ID == "" || len(z.Locations) == 0 {
			return errors.New("a finding without audit or location")
		}
		if f, rule := z.finding(&src, r); f.Location.Path == "" || r.tree.Has(f.Location.Path) {
			r.Add(f, rule)
		} // else it is in a directory that is no part of the scan
		return nil
	})
	if err = d.end(err); err != nil {
		return err
	}
	// What it cannot read it passes over with a warning that may not name it.
	looked := map[string]bool{}
	for _, m := range zizmorCompleted.FindAllSubmatch(o.Stderr, -1) {
		if name := r.inside(string(m[1])); r.tree.Has(name) && !looked[name] {
			looked[name] = true
			r.looked.Files++
		}
	}
	for _, f := range r.tree.Files() {
		switch {
		case zizmorExpected(f.Path) && !looked[f.Path]:
			r.Note(finding.Gap, f.Path, "zizmor did not look at it: it is no valid workflow or action")
		case slices.Contains(zizmorSettings, f.Path):
			r.Note(finding.Information, f.Path, "its settings count: what they or comments ignore is not reported")
		}
	}
	return nil
}

func (z *zizmorFinding) finding(src *source, r *Reading) (finding.Finding, finding.Rule) {
	severity := zizmorSeverity(z.Determinations.Severity)
	f := finding.Finding{RuleID: z.ID, Severity: severity, SeveritySource: "zizmor", Message: z.Description}
	primary := max(slices.IndexFunc(z.Locations, func(p zizmorPlace) bool { return p.Symbolic.Kind == "Primary" }), 0)
	for i := range z.Locations {
		p := &z.Locations[i]
		switch {
		case i == primary:
			f.Location = p.location(src, r)
			f.Resource = p.job()
			if words := line(p.Symbolic.Annotation, maxWords); words != "" {
				f.Message += ": " + words
			}
		case p.Symbolic.Kind != "Hidden" && len(f.Related) < maxPlaces:
			l := p.location(src, r)
			l.Message = line(p.Symbolic.Annotation, maxWords)
			f.Related = append(f.Related, l)
		}
	}
	f.Key = f.Resource
	if z.Ignored {
		f.Suppressions = []finding.Suppression{{Source: "zizmor: ignore", Inline: true}}
	}
	rule := finding.Rule{Name: z.ID, Title: z.Description, References: []string{z.URL}, Severity: severity}
	switch c := strings.ToLower(z.Determinations.Confidence); c {
	case "high", "medium", "low":
		rule.Precision = c
		if c != "high" {
			f.Message += " (" + c + " confidence)"
		}
	}
	return f, rule
}

// job is the address of the job that a place is in.
func (p *zizmorPlace) job() string {
	r := p.Symbolic.Route.Route
	if len(r) < 2 || r[0].Key == nil || *r[0].Key != "jobs" || r[1].Key == nil {
		return ""
	}
	return line("jobs."+*r[1].Key, maxID)
}

// location counts from 1, and columns in UTF-16 units. An end at the beginning
// of a line is that of the line before.
func (p *zizmorPlace) location(src *source, r *Reading) finding.Location {
	local := p.Symbolic.Key.Local
	if local == nil {
		return finding.Location{}
	}
	start, end := p.Concrete.Location.Start, p.Concrete.Location.End
	const most = 1 << 30
	if start.Row < 0 || start.Row > most || end.Row < 0 || end.Row > most {
		start, end = zizmorPoint{Row: -1}, zizmorPoint{Row: -1}
	}
	if end.Column == 0 && end.Row > start.Row {
		end = zizmorPoint{Row: end.Row - 1, Column: -1}
	}
	l := finding.Location{Path: r.Path(local.Path), StartLine: start.Row + 1, EndLine: end.Row + 1}
	at := func(row, offset int) int {
		lines := src.lines(finding.Location{Path: l.Path, StartLine: row + 1})
		if len(lines) == 0 {
			return 0
		}
		return column(lines[0], offset)
	}
	l.StartColumn = at(start.Row, start.Column)
	if l.StartColumn > 0 {
		l.EndColumn = at(end.Row, end.Column)
	}
	return l
}

func zizmorSeverity(name string) finding.Severity {
	switch strings.ToLower(name) {
	case "informational":
		return finding.Info
	case "low":
		return finding.Low
	case "medium":
		return finding.Medium
	case "high":
		return finding.High
	}
	return finding.Unknown
}
