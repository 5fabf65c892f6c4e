package ignore

import (
	"regexp"
	"strings"

	"github.com/package-url/packageurl-go"
	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy/pattern"
	"github.com/scangate/scangate/text"
)

// grypeTypes are Syft's types of packages as package URLs have them.
func grypeTypes() map[string]string {
	return map[string]string{
		"npm": packageurl.TypeNPM, "python": packageurl.TypePyPi, "gem": packageurl.TypeGem, "java-archive": packageurl.TypeMaven,
		"go-module": packageurl.TypeGolang, "rust-crate": packageurl.TypeCargo, "php-composer": packageurl.TypeComposer,
		"dotnet": packageurl.TypeNuget, "dart-pub": packageurl.TypePub, "hex": packageurl.TypeHex, "swift": packageurl.TypeSwift,
		"pod": packageurl.TypeCocoapods, "conan": packageurl.TypeConan, "conda": packageurl.TypeConda,
		"deb": packageurl.TypeDebian, "rpm": packageurl.TypeRPM, "apk": packageurl.TypeApk,
	}
}

// grype reads the key ignore of .grype.yaml. The other keys set Grype up.
func (f *foreign) grype(top *yaml.Node) {
	if top.Kind != yaml.MappingNode {
		f.problem(top.Line, "want keys and values here")
		return
	}
	for i := 0; i+1 < len(top.Content); i += 2 {
		if top.Content[i].Value == "ignore" {
			f.items(top.Content[i+1], f.grypeRule)
		}
	}
}

func (f *foreign) grypeRule(n *yaml.Node) {
	e := Entry{Scanners: []string{"dependency", "image"}}
	vex := false
	add := func(c condition) bool {
		e.conditions = append(e.conditions, c)
		return true
	}
	ok := f.fields(n, []string{"vulnerability", "include-aliases", "reason", "fix-state", "package", "vex-status", "vex-justification"}, func(key string, v *yaml.Node) bool {
		var word string
		if key == "package" {
			return f.grypePackage(v, &e)
		}
		if key == "reason" && v.Kind == yaml.ScalarNode {
			e.Reason = v.Value
			return true
		}
		if !f.word(v, &word) || word == "" {
			return v.Kind == yaml.ScalarNode && word == "" && v.Value == ""
		}
		switch key {
		case "vulnerability":
			e.ID = word
			return add(named(strings.ToLower(word)))
		case "fix-state":
			c := fixState(word)
			if c == nil {
				f.problem(v.Line, "fix-state: want fixed, not-fixed, wont-fix or unknown")
				return false
			}
			return add(c)
		case "vex-status", "vex-justification":
			vex = true // about statements of VEX documents, not about findings
		}
		return true
	})
	switch {
	case !ok || vex:
	case len(e.conditions) == 0:
		f.problem(n.Line, "the rule names nothing to ignore")
	default:
		f.add(n.Line, e)
	}
}

func (f *foreign) grypePackage(n *yaml.Node, e *Entry) bool {
	return f.fields(n, []string{"name", "version", "type", "location"}, func(key string, v *yaml.Node) bool {
		var word string
		if !f.word(v, &word) {
			return false
		}
		if word == "" {
			return true
		}
		var c condition
		switch key {
		case "name":
			// Anchored, as there. Its engine takes linear time, and its size is
			// bounded by that of the word.
			re, err := regexp.Compile("^(?:" + word + ")$")
			if err != nil || len(word) > 200 {
				f.problem(v.Line, "package.name is not a regular expression, or too long")
				return false
			}
			e.Package = word
			c = func(f *finding.Finding) bool { return f.Package != nil && re.MatchString(f.Package.Name) }
		case "version":
			c = ofVersion(word)
		case "type":
			kind, ok := grypeTypes()[word]
			if !ok {
				f.problem(v.Line, "package.type %q is not known here", text.OneLine(word, 60))
				return false
			}
			c = ofType(kind)
		case "location":
			p, err := pattern.CompileWhole(word)
			if err != nil {
				f.problem(v.Line, "package.location: %v", err)
				return false
			}
			e.Path = word
			c = at(p)
		}
		e.conditions = append(e.conditions, c)
		return true
	})
}

// fixState is the condition that there is a fix for what a finding is about, or
// that there is none, as Grype calls it.
func fixState(word string) condition {
	state := func(is func(p *finding.Package) bool) condition {
		return func(f *finding.Finding) bool { return f.Package != nil && is(f.Package) }
	}
	switch word {
	case "fixed":
		return state(func(p *finding.Package) bool { return p.FixedVersion != "" })
	case "wont-fix":
		return state(func(p *finding.Package) bool { return p.FixedVersion == "" && p.Status == "will-not-fix" })
	case "not-fixed":
		return state(func(p *finding.Package) bool { return p.FixedVersion == "" && p.Status != "will-not-fix" })
	case "unknown":
		return state(func(p *finding.Package) bool {
			return p.FixedVersion == "" && (p.Status == "" || p.Status == "under-investigation")
		})
	}
	return nil
}
