package external

import (
	"strings"

	"github.com/Masterminds/semver/v3"
)

// A range of an advisory is alternatives, separated by ||, of comparators,
// separated by spaces: ">=1.0.0 <1.2.3 || >=2.0.0 <2.0.1".

// affects tells whether an advisory's range holds a version. What cannot be
// understood counts as affected: npm has named the package.
func affects(ranges, version string) bool {
	v, err := semver.NewVersion(version)
	if err != nil {
		return true
	}
	for alternative := range strings.SplitSeq(ranges, "||") {
		if in, _ := within(alternative, v); in {
			return true
		}
	}
	return false
}

// fixedVersion is the first version behind the part of a range that holds the
// installed one, or "" when the range does not say: a fix may come later than
// right behind "<=1.2.3".
func fixedVersion(ranges, version string) string {
	v, err := semver.NewVersion(version)
	if err != nil {
		return ""
	}
	for alternative := range strings.SplitSeq(ranges, "||") {
		if in, bound := within(alternative, v); in && bound != nil {
			return line(bound.Original(), maxID)
		}
	}
	return ""
}

// within compares as npm does for audits: prereleases have no special place.
// The bound is the lowest version that the comparators exclude from above.
func within(comparators string, v *semver.Version) (in bool, bound *semver.Version) {
	for _, c := range comparatorsOf(comparators) {
		operand := strings.TrimLeft(c, "<>=")
		if operand == "*" || operand == "" || operand == "x" {
			continue
		}
		limit, err := semver.NewVersion(operand)
		if err != nil {
			return true, nil
		}
		order := v.Compare(limit)
		holds := order == 0
		switch c[:len(c)-len(operand)] {
		case "<":
			holds = order < 0
			if bound == nil || limit.LessThan(bound) {
				bound = limit
			}
		case "<=":
			holds = order <= 0
		case ">":
			holds = order > 0
		case ">=":
			holds = order >= 0
		}
		if !holds {
			return false, nil
		}
	}
	return true, bound
}

// comparatorsOf splits comparators; an operator may stand apart from its
// version.
func comparatorsOf(s string) (out []string) {
	operator := ""
	for _, f := range strings.Fields(s) {
		if strings.Trim(f, "<>=") == "" {
			operator += f
			continue
		}
		out = append(out, operator+f)
		operator = ""
	}
	return out
}
