package external

import (
	"cmp"
	"slices"
	"strings"
)

// byRule sorts what order a tool leaves to chance.
func byRule(all []brief) []brief {
	slices.SortFunc(all, func(a, b brief) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), strings.Compare(a.At, b.At), strings.Compare(a.Package, b.Package))
	})
	return all
}
