package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/scangate/scangate/text"
)

// maxProblems is how many faults an error names.
const maxProblems = 5

// problems gathers what is wrong with a team's checks, so that all of it can
// be mended at once.
type problems struct{ list []problem }

type problem struct {
	file      string
	line, col int // 0 where the file as a whole is meant
	message   string
}

func (p *problems) add(file string, line, col int, message string) {
	p.list = append(p.list, problem{file, line, col, message})
}

// at adds a problem at a location.
func (p *problems) at(l *ast.Location, message string) {
	if l == nil {
		p.add("", 0, 0, message)
		return
	}
	p.add(l.File, l.Row, l.Col, message)
}

// rego adds the errors of OPA. file is the one to name where they do not say.
func (p *problems) rego(file string, err error) {
	var list ast.Errors
	var one *ast.Error
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = ast.Errors{one}
	default:
		p.add(file, 0, 0, err.Error())
		return
	}
	for _, e := range list {
		if e.Location == nil {
			p.add(file, 0, 0, e.Message)
			continue
		}
		message := e.Message
		if name, ok := strings.CutPrefix(message, "undefined function "); ok {
			message = unavailable(name)
		}
		p.at(e.Location, message)
	}
}

// err is one line that names the first problems, in the order of their places;
// nil when there are none.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	list := slices.Clone(p.list)
	slices.SortStableFunc(list, func(a, b problem) int {
		if n := strings.Compare(a.file, b.file); n != 0 {
			return n
		}
		if a.line != b.line {
			return a.line - b.line
		}
		return a.col - b.col
	})
	list = slices.Compact(list)
	var out []string
	for _, q := range list[:min(len(list), maxProblems)] {
		place := q.file
		if q.line > 0 {
			place += fmt.Sprintf(":%d:%d", q.line, max(q.col, 1))
		}
		if place != "" {
			place += ": "
		}
		out = append(out, place+text.OneLine(q.message, 300))
	}
	if n := len(list) - maxProblems; n > 0 {
		out = append(out, fmt.Sprintf("and %d more", n))
	}
	return errors.New(strings.Join(out, "; "))
}
