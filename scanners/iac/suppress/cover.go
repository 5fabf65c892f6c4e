package suppress

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/text"
)

// Covers says which mark, if any, covers a finding. A mark of Trivy's or of
// scangate's is about what begins on its line, or right below it, be it the
// place of the finding or one around it. A mark of Checkov's holds within the
// resource, the object or the file that it is in.
func (m Marks) Covers(s Subject) (Mark, bool) {
	for i, at := range s.Chain {
		file, ok := m[at.Path]
		if !ok || at.Start <= 0 {
			continue
		}
		for _, n := range file.starts[at.Start] {
			if found := &file.marks[n]; found.names(s.IDs) && found.holds(s, i) {
				return found.Mark, true
			}
		}
		if found := file.within(at.Start, s.IDs); found != nil {
			return found.Mark, true
		}
	}
	return Mark{}, false
}

// within returns the mark of Checkov's that names a check and holds on a line.
func (f File) within(line int, ids []string) *mark {
	i, _ := slices.BinarySearchFunc(f.scopes, line+1, func(s scope, line int) int { return cmp.Compare(s.start, line) })
	// Scopes do not overlap, except for several on one line.
	for i--; i >= 0 && f.scopes[i].end >= line; i-- {
		for _, n := range f.scopes[i].marks {
			if slices.ContainsFunc(f.marks[n].ids, func(id string) bool { return slices.Contains(ids, id) }) {
				return &f.marks[n]
			}
		}
		if f.scopes[i].start < line {
			break
		}
	}
	return nil
}

// names reports whether the mark means a check with these names.
func (m *mark) names(ids []string) bool {
	for i, id := range ids {
		for _, pattern := range m.ids {
			switch {
			case m.fold:
				if text.Wildcard(pattern, strings.ToLower(id)) {
					return true
				}
			case text.Wildcard(pattern, id), i == 0 && text.Wildcard(pattern, strings.ToLower(id)):
				return true
			}
		}
	}
	return false
}

// holds reports whether the mark's conditions are met at Chain[i].
func (m *mark) holds(s Subject, i int) bool {
	if m.workspace != "" && !text.Wildcard(m.workspace, cmp.Or(s.Workspace, "default")) {
		return false
	}
	for _, p := range m.params {
		if s.Attribute == nil || !is(s.Attribute(i, p[0]), p[1]) {
			return false
		}
	}
	return true
}

// is reports whether a value is what a mark says. As in Trivy, a number is
// also given by its integer part.
func is(value any, want string) bool {
	switch v := value.(type) {
	case string:
		return v == want
	case bool:
		return strconv.FormatBool(v) == want
	case float64:
		return strconv.Itoa(int(v)) == want || fmt.Sprintf("%f", v) == want
	}
	return false
}
