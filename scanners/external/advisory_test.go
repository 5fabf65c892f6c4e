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

func sortedBy[T any](all []T, less func(a, b T) bool) []T {
	slices.SortFunc(all, func(a, b T) int {
		switch {
		case less(a, b):
			return -1
		case less(b, a):
			return 1
		}
		return 0
	})
	return all
}
