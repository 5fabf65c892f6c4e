package suppress

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// extent is a run of lines, both ends included.
type extent struct{ start, end int }

// comments reads the marks in the file's comments.
func (p *parser) comments(all []comment, extents []extent) {
	p.extents = extents
	for _, c := range all {
		found := p.trivyMarks(c)
		found = p.checkovMarks(c) || found
		if p.ownMarks(c) || found {
			p.alone[c.line] = c.alone
		}
	}
}

// atLine keeps a mark that holds for what begins on its line, and with below
// for what begins on the next one.
func (p *parser) atLine(m mark, below, stack bool) {
	if n := p.add(m); n >= 0 {
		p.unplaced = append(p.unplaced, placed{n, m.Line, below, stack})
	}
}

// stackLine remembers that a line begins with a mark. Lines that do, one below
// the other, are one stack, which a comment with a mark behind other words may
// end: what all of them are about begins below the last.
func (p *parser) stackLine(line int) { p.stacked[line] = true }

// placeAtLines enters marks at the lines on which what they are about begins.
func (p *parser) placeAtLines() {
	if len(p.unplaced) == 0 {
		return
	}
	lines := make([]int, 0, len(p.stacked))
	for line := range p.stacked {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	bottom := make(map[int]int, len(lines)) // of the stack that a line is in
	for i := len(lines) - 1; i >= 0; i-- {
		line := lines[i]
		bottom[line] = line
		if below, ok := bottom[line+1]; ok {
			bottom[line] = below
		} else if p.alone[line+1] {
			bottom[line] = line + 1
		}
	}
	p.file.starts = map[int][]int{}
	for _, u := range p.unplaced {
		line := u.line
		if u.stack {
			line = bottom[u.line]
		}
		p.enter(line, u.mark)
		if u.below {
			p.enter(line+1, u.mark)
		}
	}
}

// enter makes a mark hold for what begins on a line.
func (p *parser) enter(line, n int) {
	if len(p.file.starts[line]) >= maxAtPlace {
		p.tooMany(n)
		return
	}
	p.file.starts[line] = append(p.file.starts[line], n)
}

func (p *parser) tooMany(n int) {
	m := p.file.marks[n]
	p.problem(m.Line, fmt.Sprintf("%s is one of more than %d marks at one place, and suppresses nothing", m.Source, maxAtPlace))
}

// placeInScopes finds the extents within which Checkov's marks hold: an
// outermost block of Terraform, a resource of CloudFormation, a file of any
// other kind. Annotations and metadata have been placed with their objects.
func (p *parser) placeInScopes() {
	if p.kind != Terraform && p.kind != CloudFormation {
		p.extents = []extent{{1, math.MaxInt}}
	}
	slices.SortFunc(p.extents, func(a, b extent) int { return cmp.Compare(a.start, b.start) })
	for _, n := range p.skips {
		line := p.file.marks[n].Line
		i, _ := slices.BinarySearchFunc(p.extents, line+1, func(e extent, line int) int { return cmp.Compare(e.start, line) })
		if i--; i < 0 || p.extents[i].end < line {
			p.problem(line, Checkov+" is not inside of anything that it could be about")
			continue
		}
		p.scope(p.extents[i], n)
	}
	slices.SortStableFunc(p.file.scopes, func(a, b scope) int { return cmp.Compare(a.start, b.start) })
	for _, s := range p.file.scopes {
		p.join(s)
	}
}

// scope makes a mark hold within an extent.
func (p *parser) scope(e extent, n int) {
	i, ok := p.scopeAt[e]
	if !ok {
		i = len(p.file.scopes)
		p.scopeAt[e] = i
		p.file.scopes = append(p.file.scopes, scope{extent: e})
	}
	s := &p.file.scopes[i]
	if len(s.marks) >= maxAtPlace {
		p.tooMany(n)
		return
	}
	s.marks = append(s.marks, n)
}

// join looks for the checks of ours that several of Checkov's make up, and
// that are passed over where all of those are.
func (p *parser) join(s scope) {
	by := map[string]int{} // the mark that skips an id
	for _, n := range s.marks {
		for _, id := range p.file.marks[n].skips {
			if _, ok := by[id]; !ok && len(jointly(id)) > 0 {
				by[id] = n
			}
		}
	}
	for id, n := range by {
		for _, j := range jointly(id) {
			missing := slices.DeleteFunc(slices.Clone(j.all), func(other string) bool { _, ok := by[other]; return ok })
			if len(missing) == 0 {
				p.file.marks[n].ids = append(p.file.marks[n].ids, j.ours)
				continue
			}
			p.unknown(p.file.marks[n].Line, fmt.Sprintf("%s of %s suppresses %s only together with %s", Checkov, id, j.ours, missing[0]))
		}
	}
}
