package sarif

import (
	"cmp"
	"fmt"
	"slices"
)

// Level is what a Problem means for an upload to GitHub code scanning.
type Level string

const (
	// Reject: GitHub or its upload action refuses the whole file, all runs of it.
	Reject Level = "reject"
	// Drop: GitHub takes the file and leaves a part of it out.
	Drop Level = "drop"
	// Warn: GitHub takes the file, and shows something else than is meant.
	Warn Level = "warn"
)

// Problem is one thing that Lint found.
type Problem struct {
	Level   Level  `json:"level"`
	Kind    string `json:"kind"`    // stable, for filters: "uri-scheme"
	Where   string `json:"where"`   // JSON pointer (RFC 6901); empty for the file itself
	Message string `json:"message"` // what GitHub would say or do, and the remedy
}

// String formats the problem for a line of output.
func (p Problem) String() string {
	return fmt.Sprintf("%s: %s: %s [%s]", p.Level, cmp.Or(p.Where, "/"), p.Message, p.Kind)
}

// maxPerKind is how many problems of one kind are listed one by one.
const maxPerKind = 20

// problems collects them. A file can have as many as it has results.
type problems struct {
	list  []Problem
	kinds []kindCount
}

type kindCount struct {
	level Level
	kind  string
	n     int
}

// add takes a problem. Its texts are put together only for those that are
// listed.
func (p *problems) add(level Level, kind, base, below, format string, args ...any) {
	i := slices.IndexFunc(p.kinds, func(k kindCount) bool { return k.level == level && k.kind == kind })
	if i < 0 {
		i = len(p.kinds)
		p.kinds = append(p.kinds, kindCount{level: level, kind: kind})
	}
	if p.kinds[i].n++; p.kinds[i].n <= maxPerKind {
		p.list = append(p.list, Problem{level, kind, base + below, fmt.Sprintf(format, args...)})
	}
}

// sorted returns the problems, the worst levels first and the kinds together.
func (p *problems) sorted() []Problem {
	for _, k := range p.kinds {
		if more := k.n - maxPerKind; more > 0 {
			p.list = append(p.list, Problem{k.level, k.kind, "", fmt.Sprintf("and %d more of this kind", more)})
		}
	}
	rank := func(x Problem) int { return slices.Index([]Level{Reject, Drop, Warn}, x.Level) }
	first := func(x Problem) int {
		return slices.IndexFunc(p.kinds, func(k kindCount) bool { return k.level == x.Level && k.kind == x.Kind })
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(first(a), first(b)))
	})
	return p.list
}
