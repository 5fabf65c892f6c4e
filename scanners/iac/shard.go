package iac

import (
	"cmp"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/work"
)

var _ scanners.Divisible = (*Scanner)(nil)

// What a file takes: some time of its own, and more where it is evaluated or
// rendered together with others.
const (
	weightFile      = 5
	weightTerraform = 30
	weightChart     = 100
)

// unit is what is judged together: files of kinds, and charts. What is found in
// a file depends on no file of another unit.
type unit struct {
	files  [kinds][]work.File
	dirs   []string // of Terraform code
	charts []chart
	weight int64
}

// units takes a plan apart, once: it reads the Terraform code for that.
func (s *Scanner) units(p *plan) []unit {
	if !p.divided {
		p.apart, p.divided = s.divide(p), true
	}
	return p.apart
}

// divide takes a plan apart. Modules of Terraform stay with those that call them.
// Manifests and charts are one unit where kustomizations take them up. A team's
// own checks may look at anything: with them, all is one.
func (s *Scanner) divide(p *plan) []unit {
	if len(s.options.Checks) > 0 || len(p.raw) > 0 {
		return nil
	}
	var out []unit
	each := func(kind int) {
		for _, f := range p.files[kind] {
			u := unit{weight: weightFile + int64(len(f.Data))/(4<<10)}
			u.files[kind] = []work.File{f}
			out = append(out, u)
		}
	}
	for _, dirs := range components(p.tree, p.files[terraformKind]) {
		out = append(out, unit{dirs: dirs, weight: int64(len(dirs)) * weightTerraform})
	}
	each(planKind)
	if len(p.files[kustomizeKind]) > 0 {
		u := unit{charts: p.charts, weight: int64(len(p.charts)) * weightChart}
		for _, kind := range []int{kustomizeKind, kubernetesKind} {
			u.files[kind] = p.files[kind]
			u.weight += weightFile * int64(len(p.files[kind]))
		}
		out = append(out, u)
	} else {
		for _, c := range p.charts {
			out = append(out, unit{charts: []chart{c}, weight: weightChart})
		}
		each(kubernetesKind)
	}
	for _, kind := range []int{cloudformationKind, azureKind, dockerfileKind, workflowKind} {
		each(kind)
	}
	return out
}

// Units weighs what can be judged apart.
func (s *Scanner) Units(w scanners.Work) []int64 {
	p, ok := w.Items.(*plan)
	if !ok {
		return nil
	}
	var out []int64
	for _, u := range s.units(p) {
		out = append(out, u.weight)
	}
	return out
}

// Part leaves some of the units.
func (s *Scanner) Part(w scanners.Work, units []int) scanners.Work {
	p, ok := w.Items.(*plan)
	if !ok {
		return w
	}
	all := s.units(p)
	part := &plan{tree: p.tree, notes: p.notes, dirs: map[string]bool{}}
	for _, i := range units {
		for _, dir := range all[i].dirs {
			part.dirs[dir] = true
		}
		for kind, files := range all[i].files {
			part.files[kind] = append(part.files[kind], files...)
		}
		part.charts = append(part.charts, all[i].charts...)
	}
	if len(part.dirs) > 0 {
		// All of it is read, as one module may need any other.
		part.files[terraformKind] = p.files[terraformKind]
	}
	w.Items = part
	return w
}

// Join makes rules whole again: each part has described a check for the
// frameworks in which it found something.
func Join(run *finding.Run, parts []finding.Run) error {
	at := map[string]*finding.Rule{}
	for i := range run.Rules {
		at[run.Rules[i].ID] = &run.Rules[i]
	}
	for _, p := range parts {
		for _, o := range p.Rules {
			if r := at[o.ID]; r != nil {
				r.Tags, r.Help = joinTags(r.Tags, o.Tags), joinHelp(r.Help, o.Help)
			}
		}
	}
	return nil
}

// joinTags is as ruleOf orders tags: the scanner's name, then the others.
func joinTags(a, b []string) []string {
	if slices.Equal(a, b) {
		return a
	}
	out := slices.Concat(a, b)
	slices.SortFunc(out, func(x, y string) int {
		return cmp.Or(cmp.Compare(rankTag(x), rankTag(y)), strings.Compare(x, y))
	})
	return slices.Compact(out)
}

func rankTag(tag string) int {
	if tag == Name {
		return 0
	}
	return 1
}

// exampleMark begins an example in a rule's help.
const exampleMark = "\n\n```"

// joinHelp joins two helps that differ in their examples alone. Those in YAML
// come first: the frameworks stand in the order of their names.
func joinHelp(a, b string) string {
	if a == b {
		return a
	}
	head, list, tail := cutHelp(a)
	head2, more, tail2 := cutHelp(b)
	if head != head2 || tail != tail2 {
		return max(a, b)
	}
	list = append(list, more...)
	slices.SortFunc(list, func(x, y string) int {
		return cmp.Or(-cmp.Compare(language(x), language(y)), strings.Compare(x, y))
	})
	return head + strings.Join(slices.Compact(list), "") + tail
}

// language is that of an example.
func language(example string) string {
	lang, _, _ := strings.Cut(strings.TrimPrefix(example, exampleMark), "\n")
	return lang
}

// cutHelp takes a help apart: what stands before the examples, the examples, and
// what stands behind them.
func cutHelp(help string) (head string, examples []string, tail string) {
	at := strings.Index(help, exampleMark)
	if at < 0 {
		if at = strings.Index(help, moreMark); at < 0 {
			at = len(strings.TrimSuffix(help, "\n"))
		}
		return help[:at], nil, help[at:]
	}
	head, rest := help[:at], help[at:]
	for strings.HasPrefix(rest, exampleMark) {
		end := strings.Index(rest[len(exampleMark):], "\n```")
		if end < 0 {
			break
		}
		end += len(exampleMark) + len("\n```")
		examples = append(examples, rest[:end])
		rest = rest[end:]
	}
	return head, examples, rest
}

// moreMark begins the links in a rule's help.
const moreMark = "\n\n**More:**\n"
