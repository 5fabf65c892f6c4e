package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// set holds what was found, as lines that both programs can be asked for, each
// with the versions that fix it, where it is about an advisory.
type set map[string]string

// result is what one program says of one input, by what was asked.
type result map[string]set

func (r result) add(kind, line, fixed string) {
	if r[kind] == nil {
		r[kind] = set{}
	}
	r[kind][line] = fixed
}

// compare prints a line for what was asked of an input, and every difference
// that nobody argues for; with all, the others, too. It returns how many nobody
// argues for as an error.
func (known book) compare(input string, kinds []string, theirs, ours result, all bool) error {
	var err error
	for _, kind := range kinds {
		lines := differences(theirs[kind], ours[kind])
		var shown []string
		reasons := map[string]int{}
		unexplained := 0
		for _, line := range lines {
			why := known.argument(input + ": " + line)
			reasons[why]++
			if why == "" {
				unexplained++
			} else {
				line += " (" + why + ")"
			}
			if why == "" || all {
				shown = append(shown, line)
			}
		}
		delete(reasons, "")
		verdict := "equal"
		if len(lines) > 0 {
			verdict = fmt.Sprintf("%d differences, %d of them explained", len(lines), len(lines)-unexplained)
			if len(reasons) > 0 {
				verdict += ": " + strings.Join(slices.Sorted(maps.Keys(reasons)), "; ")
			}
		}
		fmt.Printf("%s: %s: Trivy %d, scangate %d: %s\n", input, kind, len(theirs[kind]), len(ours[kind]), verdict)
		for _, line := range shown {
			fmt.Println("  " + line)
		}
		if unexplained > 0 {
			err = errors.Join(err, fmt.Errorf("%s: %s: %d differences without an argument", input, kind, unexplained))
		}
	}
	return err
}

// differences are the lines that only one has, and those for which the two name
// other fixes.
func differences(theirs, ours set) []string {
	var out []string
	for _, line := range slices.Sorted(maps.Keys(theirs)) {
		switch fix, both := ours[line]; {
		case !both:
			out = append(out, "only Trivy: "+line)
		case !fixes(theirs[line], fix):
			out = append(out, fmt.Sprintf("%s: fixed in %q for Trivy, in %q for scangate", line, theirs[line], fix))
		}
	}
	for _, line := range slices.Sorted(maps.Keys(ours)) {
		if _, both := theirs[line]; !both {
			out = append(out, "only scangate: "+line)
		}
	}
	return out
}

// fixes reports whether ours is the fix, or among the fixes, that Trivy names:
// it lists those of all branches, scangate that of the installed one.
func fixes(theirs, ours string) bool {
	return ours == theirs || slices.Contains(strings.Split(theirs, ", "), ours)
}
