package dependency

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/aquasecurity/trivy/pkg/dependency/parser/python/pip"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/text"
)

// requirementsFiles are the names of kinds for pip's requirements.
var requirementsFiles = []string{
	"requirements.txt", "requirements-*.txt", "requirements.*.txt", "requirements_*.txt", "*-requirements.txt", "*_requirements.txt", "requirements/*.txt",
}

var (
	// requirement is a line that names a package.
	requirement = regexp.MustCompile(`^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(?:$|[=<>!~@;(])`)

	// otherRequirement is a line that names a package by its place, or sets an
	// option.
	otherRequirement = regexp.MustCompile(`^(?:[a-z+]+:|\.{0,2}/|-[rcefi]\b|--[a-z])`)

	// inclusion is an option that names another file: -r reads it, -c limits
	// the versions of what is installed anyway.
	inclusion = regexp.MustCompile(`^(?:-(r|c)|--(requirement|constraint))[ =]?\s*(\S+)$`)
)

// parseRequirements reads exact requirements only, and those that a file of
// constraints makes exact: what other ones install is not known. Files that
// are not named requirements.txt must look like requirements throughout.
func parseRequirements(in source) (inv inventory, err error) {
	in.data = utf8Text(in.data)
	if path.Base(in.path) != "requirements.txt" && !looksLikeRequirements(in.data) {
		inv.remarks = append(inv.remarks, "not looked at: it does not look like pip's requirements")
		return inv, nil
	}
	inv.packages, _, err = pip.NewParser(false).Parse(bytes.NewReader(in.data))
	if err != nil {
		return inv, err
	}
	type loose struct {
		name string
		line int
	}
	var unpinned []loose
	pins, unread := map[string]string{}, 0
	eachRequirement(in.data, func(number int, line string) {
		if m := inclusion.FindStringSubmatch(line); m != nil {
			other := source{tree: in.tree}
			other.path, _ = inTree(in.path, m[3])
			known := slices.ContainsFunc(requirementsFiles, func(pattern string) bool { return isNamed(other.path, pattern) })
			switch {
			case m[1] == "c" || m[2] == "constraint":
				other.pins(pins)
			case !known || in.tree == nil || !in.tree.Has(other.path): // else it is looked at by itself
				unread++
			}
		} else if m := requirement.FindStringSubmatch(line); m != nil && !strings.Contains(line, "==") {
			unpinned = append(unpinned, loose{m[1], number})
		} else if m == nil && (!strings.HasPrefix(line, "-") || strings.HasPrefix(line, "-e")) {
			unpinned = append(unpinned, loose{"", number})
		}
	})
	unknown := 0
	for _, l := range unpinned {
		version, ok := pins[pythonName(l.name)]
		if !ok {
			unknown++
			continue
		}
		inv.packages = append(inv.packages, ftypes.Package{Name: l.name, Version: version, Locations: ftypes.Locations{{StartLine: l.line, EndLine: l.line}}})
	}
	for i, p := range inv.packages {
		inv.packages[i].ID = p.Name + "@" + p.Version
		inv.packages[i].Dev = forDevelopment(in.path)
	}
	inv.annotated(in.data)
	if unknown > 0 {
		inv.remarks = append(inv.remarks, fmt.Sprintf("%s without an exact version (==) cannot be looked at: pin them, for instance with pip-compile", text.Count(unknown, "requirement")))
	}
	if unread > 0 {
		inv.remarks = append(inv.remarks, fmt.Sprintf("%s of other files that are not looked at: those in the tree are that are named requirements.txt or requirements-….txt", text.Count(unread, "include")))
	}
	return inv, nil
}

// annotated reads the comments of pip-compile and uv, which say what each
// requirement is there for: "# via" with the name of a package or, when it is
// the project itself, of a file or of the project.
func (inv *inventory) annotated(data []byte) {
	ids := map[string]string{}
	for _, p := range inv.packages {
		ids[pythonName(p.Name)] = p.ID
	}
	direct, required, seen, within, current := map[string]bool{}, map[string]bool{}, false, false, ""
	eachLine(data, func(_ int, raw []byte) {
		line := strings.TrimSpace(string(raw))
		comment, ok := strings.CutPrefix(line, "#")
		if !ok {
			within = false
			if m := requirement.FindStringSubmatch(line); m != nil {
				current = ids[pythonName(m[1])]
			}
			return
		}
		comment = strings.TrimSpace(comment)
		if reason, ok := strings.CutPrefix(comment, "via"); ok && (reason == "" || reason[0] == ' ') {
			within, comment = true, strings.TrimSpace(reason)
		}
		if !within || comment == "" || current == "" {
			return
		}
		seen = true
		if by := ids[pythonName(comment)]; by != "" && !strings.HasPrefix(comment, "-") && !strings.Contains(comment, "(") {
			inv.requires = append(inv.requires, ftypes.Dependency{ID: by, DependsOn: []string{current}})
			required[current] = true
		} else {
			direct[current] = true
		}
	})
	if !seen {
		return
	}
	for _, id := range ids { // uv gives no reason for members of the project's groups
		direct[id] = direct[id] || !required[id]
	}
	inv.direct(direct)
}

// pins adds the exact versions of a file of constraints.
func (in source) pins(to map[string]string) {
	data := in.beside(path.Base(in.path))
	found, _, err := pip.NewParser(false).Parse(bytes.NewReader(utf8Text(data)))
	if err != nil {
		return
	}
	for _, p := range found {
		to[pythonName(p.Name)] = p.Version
	}
}

// eachRequirement calls f with the lines that say something, without comments,
// and without what continues a line.
func eachRequirement(data []byte, f func(number int, line string)) {
	continued := false
	eachLine(data, func(number int, raw []byte) {
		line := strings.TrimSpace(string(raw))
		if i := strings.IndexByte(line, '#'); i == 0 || i > 0 && strings.ContainsAny(line[i-1:i], " \t") {
			line = strings.TrimSpace(line[:i])
		}
		was := continued
		line, continued = strings.CutSuffix(line, `\`)
		if line = strings.TrimSpace(line); !was && line != "" {
			f(number, line)
		}
	})
}

func looksLikeRequirements(data []byte) bool {
	ok := true
	eachRequirement(data, func(_ int, line string) {
		ok = ok && (requirement.MatchString(line) || otherRequirement.MatchString(line))
	})
	return ok
}

// forDevelopment goes by the words of a file's name, as in requirements-dev.txt
// or requirements/test.txt.
func forDevelopment(file string) bool {
	words := strings.FieldsFunc(strings.ToLower(path.Base(file)), func(r rune) bool { return r < 'a' || r > 'z' })
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"dev", "develop", "development", "test", "tests", "testing", "lint", "docs"}, w)
	})
}

// utf8Text converts UTF-16 with a mark at its begin, as Windows PowerShell
// writes the output of pip freeze.
func utf8Text(data []byte) []byte {
	low, high := 0, 1
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		low, high = 1, 0
	default:
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, uint16(data[i+low])|uint16(data[i+high])<<8)
	}
	return []byte(string(utf16.Decode(units)))
}
