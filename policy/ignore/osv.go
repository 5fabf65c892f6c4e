package ignore

import (
	"errors"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/package-url/packageurl-go"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// maxNesting bounds how deep lists and tables of a TOML file may nest.
const maxNesting = 50

// osvTypes are the ecosystems of OSV as package URLs have them.
func osvTypes() map[string]string {
	return map[string]string{
		"npm": packageurl.TypeNPM, "PyPI": packageurl.TypePyPi, "Go": packageurl.TypeGolang, "crates.io": packageurl.TypeCargo,
		"RubyGems": packageurl.TypeGem, "Packagist": packageurl.TypeComposer, "NuGet": packageurl.TypeNuget, "Maven": packageurl.TypeMaven,
		"Pub": packageurl.TypePub, "Hex": packageurl.TypeHex, "SwiftURL": packageurl.TypeSwift, "ConanCenter": packageurl.TypeConan,
	}
}

// osvFile is what osv-scanner.toml can say.
type osvFile struct {
	IgnoredVulns []struct {
		ID          string    `toml:"id"`
		IgnoreUntil time.Time `toml:"ignoreUntil"`
		Reason      string    `toml:"reason"`
	} `toml:"IgnoredVulns"`
	PackageOverrides  []osvOverride `toml:"PackageOverrides"`
	GoVersionOverride string        `toml:"GoVersionOverride"`
	ScanGoModVersion  bool          `toml:"ScanGoModVersion"`
}

type osvOverride struct {
	Name          string `toml:"name"`
	Version       string `toml:"version"`
	Ecosystem     string `toml:"ecosystem"`
	Group         string `toml:"group"`
	NameIsRegex   bool   `toml:"nameIsRegex"`
	Ignore        bool   `toml:"ignore"`
	Vulnerability struct {
		Ignore bool `toml:"ignore"`
	} `toml:"vulnerability"`
	License struct {
		Override []string `toml:"override"`
		Ignore   bool     `toml:"ignore"`
	} `toml:"license"`
	EffectiveUntil time.Time `toml:"effectiveUntil"`
	Reason         string    `toml:"reason"`
}

// osv reads osv-scanner.toml, which is about the lockfiles beside it.
func (f *foreign) osv(data string) {
	if nesting(data) > maxNesting {
		f.problem(0, "nested too deep")
		return
	}
	var file osvFile
	meta, err := toml.Decode(data, &file)
	if err != nil {
		line, msg := 0, err.Error()
		if pe := (toml.ParseError{}); errors.As(err, &pe) {
			line, msg = pe.Position.Line, pe.Message
		}
		f.problem(line, "not valid TOML, or a value of another kind: %s", text.OneLine(strings.TrimPrefix(msg, "toml: "), 200))
		return
	}
	// As there: a key that is not known may have been meant as a condition.
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		f.problem(0, "the key %q is not known", text.OneLine(unknown[0].String(), 80))
		return
	}
	lines := headers(data, "IgnoredVulns", len(file.IgnoredVulns))
	for i, v := range file.IgnoredVulns {
		if v.ID == "" || len(v.ID) > maxPattern {
			f.problem(lines[i], "the entry has no id, or one that is too long")
			continue
		}
		f.add(lines[i], f.osvEntry(Entry{ID: v.ID, Reason: v.Reason, Until: utc(v.IgnoreUntil), conditions: []condition{named(strings.ToLower(v.ID))}}))
	}
	lines = headers(data, "PackageOverrides", len(file.PackageOverrides))
	for i, o := range file.PackageOverrides {
		if o.Ignore || o.Vulnerability.Ignore {
			f.override(lines[i], o)
		}
	}
}

// osvEntry narrows an entry to the scanner and the directory that it is about.
func (f *foreign) osvEntry(e Entry) Entry {
	dir := f.dir
	e.Scanners = []string{"dependency"}
	e.conditions = append(e.conditions, func(x *finding.Finding) bool {
		return x.Location.Path != "" && path.Dir(x.Location.Path) == dir
	})
	return e
}

// override reads an entry about packages.
func (f *foreign) override(line int, o osvOverride) {
	e := Entry{Package: o.Name, Reason: o.Reason, Until: utc(o.EffectiveUntil)}
	switch {
	case o.Group != "":
		f.problem(line, "groups of dependencies are not known here")
		return
	case o.Name == "" && o.Version == "" && o.Ecosystem == "":
		f.problem(line, "the override is about every package")
		return
	case o.NameIsRegex:
		re, err := regexp.Compile("^(?:" + o.Name + ")$")
		if err != nil || len(o.Name) > 200 {
			f.problem(line, "name is not a regular expression, or too long")
			return
		}
		e.conditions = append(e.conditions, func(x *finding.Finding) bool { return x.Package != nil && re.MatchString(x.Package.Name) })
	case o.Name != "":
		e.conditions = append(e.conditions, func(x *finding.Finding) bool { return x.Package != nil && x.Package.Name == o.Name })
	}
	if o.Version != "" {
		e.conditions = append(e.conditions, ofVersion(o.Version))
	}
	if o.Ecosystem != "" {
		kind, ok := osvTypes()[o.Ecosystem]
		if !ok {
			f.problem(line, "the ecosystem %q is not known here", text.OneLine(o.Ecosystem, 60))
			return
		}
		e.conditions = append(e.conditions, ofType(kind))
	}
	f.add(line, f.osvEntry(e))
}

// utc reads a time without a zone as one in UTC, so that a result does not
// depend on where it is made.
func utc(t time.Time) time.Time {
	if t.IsZero() || !strings.HasSuffix(t.Location().String(), "-local") {
		return t
	}
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// headers returns the lines of the n tables of an array: those of their
// headers, or 0 where these cannot be told.
func headers(data, name string, n int) []int {
	var lines []int
	number := 0
	for line := range strings.Lines(data) {
		number++
		inner, ok := strings.CutPrefix(strings.TrimSpace(line), "[[")
		inner, _, closed := strings.Cut(inner, "]]")
		if ok && closed && strings.Trim(inner, " \t\"'") == name {
			lines = append(lines, number)
		}
	}
	if len(lines) != n { // inline tables, or text that looks like a header
		return make([]int, n)
	}
	return lines
}

// nesting is a bound of how deep lists and tables nest; brackets in strings and
// comments count, too.
func nesting(data string) int {
	depth, deepest := 0, 0
	for i := range len(data) {
		switch data[i] {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth = max(depth-1, 0)
		}
	}
	// A dotted key makes a table of each of its parts.
	dots := 0
	for line := range strings.Lines(data) {
		key, _, _ := strings.Cut(line, "=")
		if key = strings.TrimSpace(key); strings.HasPrefix(key, "[") || strings.Contains(line, "=") {
			dots = max(dots, strings.Count(key, "."))
		}
	}
	return max(deepest, dots)
}
