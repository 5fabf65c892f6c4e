package check

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// teamCheck is one rule of a team. The rules of a package that has metadata
// share a Check.
type teamCheck struct {
	*Check
	pkg       ast.Ref // data.main
	rule      string  // deny_root
	exception bool    // the package has rules that grant exceptions
	own       bool    // the id is the rule's own
	at        *ast.Location
}

// The rules that say what is wrong, in the words of Trivy (deny) and Conftest
// (all three). What a warning found is of low severity.
var verdictRules = []struct {
	name     string
	severity finding.Severity
}{
	{"deny", finding.High},
	{"violation", finding.High},
	{"warn", finding.Low},
}

// verdictRule reports whether a rule says what is wrong; what is its suffix in
// Conftest's exceptions.
func verdictRule(rule string) (suffix string, severity finding.Severity, ok bool) {
	for _, r := range verdictRules {
		if rule == r.name {
			return "", r.severity, true
		}
		if rest, ok := strings.CutPrefix(rule, r.name+"_"); ok {
			return rest, r.severity, true
		}
	}
	return "", 0, false
}

// ruleName is the name that a rule is defined under, which may be the start of
// a path: deny in deny.root.
func ruleName(r *ast.Rule) string {
	v, _ := r.Head.Ref()[0].Value.(ast.Var)
	return string(v)
}

// describe makes the checks of all modules.
func describe(c *Custom, p *problems) []*teamCheck {
	packages := map[string][]*ast.Module{}
	var names []string
	for _, file := range c.files {
		name := packageName(c.modules[file])
		if packages[name] == nil {
			names = append(names, name)
		}
		packages[name] = append(packages[name], c.modules[file])
	}
	var out []*teamCheck
	for _, name := range names {
		out = append(out, describePackage(name, packages[name], p)...)
	}
	slices.SortStableFunc(out, func(a, b *teamCheck) int { return cmp.Compare(a.File, b.File) })
	refuseDoubles(out, p)
	return out
}

// describePackage makes the checks of the modules of one package.
func describePackage(name string, modules []*ast.Module, p *problems) []*teamCheck {
	var (
		about *header
		at    *ast.Location
	)
	for _, m := range modules {
		h, l := moduleHeader(m, p)
		switch {
		case h == nil:
		case about != nil:
			p.at(l, fmt.Sprintf("the package %s has its metadata in %s already", name, at.File))
			return nil
		default:
			about, at = h, l
		}
	}
	if about == nil {
		about = &header{}
	}
	if about.Custom.Deprecated || about.Custom.Library || !about.standard() {
		return nil
	}
	if tooNew(about.Custom.Minimum) {
		p.at(at, fmt.Sprintf("the check asks for version %s of Trivy, and this engine has what %s has", about.Custom.Minimum, EngineVersion))
		return nil
	}
	var out []*teamCheck
	made := map[string]*teamCheck{}
	shared := map[finding.Severity]*Check{}
	exception := false
	for _, m := range modules {
		for _, r := range m.Rules {
			rule := ruleName(r)
			exception = exception || rule == "exception"
			_, severity, ok := verdictRule(rule)
			if !ok || len(r.Head.Args) > 0 {
				continue
			}
			if made[rule] != nil {
				continue // the first part of a rule describes it
			}
			own, ownAt := ruleHeader(r, p)
			t := &teamCheck{pkg: m.Package.Path, rule: rule, at: cmp.Or(ownAt, at, r.Location), own: own != nil && own.Custom.ID != ""}
			switch {
			case own != nil || about.Custom.ID == "" && about.Custom.AVDID == "":
				t.Check = teamDescription(name, rule, about, own, severity, t.at, p)
			case shared[severity] == nil:
				shared[severity] = teamDescription(name, rule, about, nil, severity, t.at, p)
				fallthrough
			default:
				t.Check = shared[severity]
			}
			made[rule] = t
			out = append(out, t)
		}
	}
	for _, t := range out {
		t.exception = exception
	}
	return out
}

// teamDescription describes a rule by the metadata of its package, what its
// own adds to it, and its name.
func teamDescription(pkg, rule string, about, own *header, severity finding.Severity, at *ast.Location, p *problems) *Check {
	h := *about
	if own != nil {
		h.Title = cmp.Or(own.Title, h.Title)
		h.Description = cmp.Or(own.Description, h.Description)
		h.Related = append(slices.Clone(own.Related), h.Related...)
		h.Custom.Severity = cmp.Or(own.Custom.Severity, h.Custom.Severity)
		h.Custom.Action = cmp.Or(own.Custom.Action, own.Custom.Actions, h.Custom.Action)
		h.Custom.URL = cmp.Or(own.Custom.URL, h.Custom.URL)
		if own.Custom.ID != "" {
			h.Custom.ID, h.Custom.AVDID = own.Custom.ID, own.Custom.AVDID
			h.Custom.LongID, h.Custom.ShortCode, h.Custom.Aliases = own.Custom.LongID, own.Custom.ShortCode, own.Custom.Aliases
		}
	}
	if h.Custom.ID == "" {
		h.Custom.ID = cmp.Or(h.Custom.AVDID, pkg+"."+rule)
		h.Custom.AVDID = ""
	}
	if !goodID.MatchString(h.Custom.ID) {
		p.at(at, "the id is not fit for one: want up to 100 letters, digits and . _ - : /")
	}
	c := h.check(at.File)
	c.Custom = true
	c.Title = text.OneLine(c.Title, 200)
	c.Severity = severity
	if h.Custom.Severity != "" {
		s, err := finding.ParseSeverity(h.Custom.Severity)
		if err != nil {
			p.at(at, err.Error())
		}
		c.Severity = s
	}
	if len(h.Custom.ShortCode) == 0 {
		c.ShortCode = ""
	}
	if len(h.Custom.LongID) == 0 {
		c.LongID = ""
	}
	return c
}

var goodID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$`)

// moduleHeader returns the metadata of a module's package, and where it is:
// an annotation, or a rule of the form that came before them.
func moduleHeader(m *ast.Module, p *problems) (*header, *ast.Location) {
	for _, a := range m.Annotations {
		if a.Scope == "package" {
			return annotated(a, p), a.Location
		}
	}
	var h *header
	var at *ast.Location
	for _, r := range m.Rules {
		name := ruleName(r)
		if name != "__rego_metadata__" && name != "__rego_input__" {
			continue
		}
		value, err := ast.JSON(r.Head.Value.Value)
		object, ok := value.(map[string]any)
		if err != nil || !ok {
			p.at(r.Location, name+" is not an object of plain values, which is all that is read")
			continue
		}
		if h == nil {
			h, at = &header{}, r.Location
		}
		if name == "__rego_input__" {
			object = map[string]any{"input": object}
		} else {
			h.Title, _ = object["title"].(string)
			h.Description, _ = object["description"].(string)
		}
		decodeCustom(h, object, r.Location, p)
	}
	return h, at
}

// ruleHeader returns the metadata of a rule.
func ruleHeader(r *ast.Rule, p *problems) (*header, *ast.Location) {
	for _, a := range r.Annotations {
		if a.Scope == "rule" || a.Scope == "document" {
			return annotated(a, p), a.Location
		}
	}
	return nil, nil
}

// annotated reads an annotation.
func annotated(a *ast.Annotations, p *problems) *header {
	h := &header{Title: a.Title, Description: a.Description}
	for _, r := range a.RelatedResources {
		h.Related = append(h.Related, r.Ref.String())
	}
	decodeCustom(h, a.Custom, a.Location, p)
	return h
}

// decodeCustom reads what is Trivy's in metadata.
func decodeCustom(h *header, custom map[string]any, at *ast.Location, p *problems) {
	if len(custom) == 0 {
		return
	}
	written, err := yaml.Marshal(custom)
	if err == nil {
		err = yaml.Unmarshal(written, &h.Custom)
	}
	if err != nil {
		p.at(at, "the metadata is not what is expected: "+strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:\n"))
		return
	}
	for _, s := range h.Custom.Input.Selector {
		if !slices.Contains(selectable, s.Type) {
			message := fmt.Sprintf("unknown type %q of a selector: want one of %s", text.OneLine(s.Type, 50), strings.Join(selectable, ", "))
			p.at(at, message)
		}
	}
}

// selectable are the types of a selector. Nothing is fed to rbac any more; its
// checks say kubernetes.
var selectable = []string{"cloud", "defsec", "dockerfile", "json", "kubernetes", "terraform-raw", "toml", "yaml"}

// refuseDoubles finds ids that two checks have, or that is a built-in check's.
func refuseDoubles(all []*teamCheck, p *problems) {
	taken := map[string]bool{}
	if list, err := Builtin(); err == nil {
		for _, c := range list {
			taken[strings.ToUpper(c.ID)] = true
			taken["AVD-"+strings.ToUpper(c.ID)] = true
		}
	}
	seen := map[string]*teamCheck{}
	for _, t := range all {
		id := strings.ToUpper(t.ID)
		if taken[id] {
			p.at(t.at, fmt.Sprintf("the id %s is a built-in check's: give the check another", t.ID))
		}
		if other := seen[id]; other != nil {
			if !other.pkg.Equal(t.pkg) || other.own || t.own {
				p.at(t.at, fmt.Sprintf("the id %s is that of the check at %s:%d too", t.ID, other.at.File, other.at.Row))
			}
			continue
		}
		seen[id] = t
	}
}
