// Package workflow judges GitHub's workflows and actions by checks of our own,
// on actionlint's parser. They are in docs/workflow-checks.md.
package workflow

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rhysd/actionlint"
	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/suppress"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/scanners/iac/yamldoc"
)

const (
	maxExpanded = 16 << 20 // bytes of values in a workflow, with every alias written out
	maxFound    = 1_000    // findings in one workflow
	maxGaps     = 20       // notes about one workflow
)

// Is reports whether GitHub would take a file for a workflow, which
// its place decides, or for an action, which its name and a section do.
func Is(tree *scanners.Tree, f scanners.File) bool {
	if path.Dir(f.Path) == ".github/workflows" {
		return strings.HasSuffix(f.Path, ".yml") || strings.HasSuffix(f.Path, ".yaml")
	}
	if !isAction(f.Path) || f.Size > work.MaxFileSize {
		return false
	}
	data, err := tree.Read(f.Path, work.MaxFileSize)
	return err != nil || looksLikeAction(data) // Scan will say why it cannot be read
}

func isAction(name string) bool {
	base := path.Base(name)
	return path.Dir(name) != ".github/workflows" && (base == "action.yml" || base == "action.yaml")
}

// looksLikeAction reports whether data has the section that every action has.
func looksLikeAction(data []byte) bool {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '{' {
		return bytes.Contains(trimmed, []byte("runs"))
	}
	for line := range bytes.Lines(data) {
		key, _, ok := bytes.Cut(line, []byte(":"))
		if ok && string(bytes.Trim(bytes.TrimRight(key, " \t"), `"'`)) == "runs" {
			return true
		}
	}
	return false
}

// workflow is one file as the checks see it. A composite action is one without
// events and jobs.
type workflow struct {
	path   string
	src    source
	marks  suppress.Marks
	root   *yaml.Node
	events []string
	top    *actionlint.Workflow // nil for an action
	jobs   []*actionlint.Job    // in the order of the file
	groups []group

	found []finding.Finding
	notes []finding.Note
	full  bool // there were more findings than a report should have
}

// group is a list of steps that run one after the other.
type group struct {
	where string          // as resources name it: jobs.build, runs
	job   *actionlint.Job // nil in an action
	steps []*actionlint.Step
}

// Judge runs the checks over a file. What cannot be read is a gap,
// with its line.
func Judge(_ context.Context, f work.File, now time.Time) (out work.Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			out = work.OnlyGap(f.Path, 1, "cannot be parsed: the parser gave up on it")
		}
	}()
	data := bytes.TrimPrefix(f.Data, []byte("\ufeff"))
	w := &workflow{path: f.Path, src: newSource(string(data))}
	root, line, why := boundedYAML(data)
	switch {
	case why != "":
		return work.OnlyGap(f.Path, line, "cannot be parsed: "+why), nil
	case root == nil:
		return work.Outcome{}, nil // everything in it is commented out
	case isAction(f.Path):
		w.readAction(root)
	default:
		w.root = root
		w.read(data)
	}
	file, problems := suppress.Parse(data, suppress.Workflow, now)
	w.marks = suppress.Marks{f.Path: file}
	w.judge()
	return work.Outcome{Findings: w.found, Notes: append(w.notes, work.MarkNotes(f.Path, problems)...)}, nil
}

// boundedYAML parses a file and refuses what would be costly to look at:
// actionlint's parser follows every alias, and its tree knows no bounds. The
// root is nil when there is nothing but comments.
func boundedYAML(data []byte) (root *yaml.Node, line int, why string) {
	if !utf8.Valid(data) {
		return nil, 1, "it is not UTF-8"
	}
	if yamldoc.Empty(data) {
		return nil, 0, ""
	}
	var doc yaml.Node
	err := yaml.Unmarshal(data, &doc)
	if err == nil {
		err = yamldoc.Check(&doc)
	}
	if err != nil {
		line, why = yamldoc.Reason(err)
		return nil, max(line, 1), cmp.Or(why, "it is no YAML")
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return nil, 0, ""
	}
	root = doc.Content[0]
	if expandedBytes(root, map[*yaml.Node]int{}) > maxExpanded {
		return nil, root.Line, "it is too large with its aliases written out"
	}
	if root.Kind != yaml.MappingNode {
		return nil, root.Line, "it is not a mapping"
	}
	return root, 0, ""
}

// expandedBytes is the size of the values below a node, with aliases written
// out; checkNodes has seen that they end.
func expandedBytes(n *yaml.Node, known map[*yaml.Node]int) int {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if size, ok := known[n]; ok {
		return size
	}
	size := len(n.Value)
	for _, c := range n.Content {
		size = min(size+expandedBytes(c, known), maxExpanded+1)
	}
	known[n] = size
	return size
}

// read takes the parts of a workflow that the checks look at. Parts that are
// not as GitHub wants them are gaps when there is something in them to judge;
// the rest of what the parser remarks on is a matter of style.
func (w *workflow) read(data []byte) {
	top, errs := actionlint.Parse(data)
	if top == nil {
		line := 1
		if len(errs) > 0 {
			line = max(errs[0].Line, 1)
		}
		w.gap(line, "cannot be parsed: it is no YAML")
		return
	}
	w.top = top
	for _, e := range top.On {
		w.events = append(w.events, e.EventName())
	}
	for _, j := range top.Jobs {
		w.jobs = append(w.jobs, j)
	}
	slices.SortFunc(w.jobs, func(a, b *actionlint.Job) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col), cmp.Compare(a.ID.Value, b.ID.Value))
	})
	if len(w.jobs) == 0 {
		w.gap(1, "has no jobs that can be read: it is not a workflow")
	}
	for _, j := range w.jobs {
		if j.WorkflowCall == nil && len(j.Steps) == 0 {
			w.gap(j.Pos.Line, "a job has neither steps nor a workflow to call: not judged")
		}
		w.addGroup(group{"jobs." + name(j.ID.Value), j, j.Steps})
	}
}

// addGroup takes the steps that can be run.
func (w *workflow) addGroup(g group) {
	for _, s := range g.steps {
		if s.Exec == nil {
			w.gap(s.Pos.Line, "a step has neither run nor uses: not judged")
		}
	}
	w.groups = append(w.groups, g)
}

// gap reports what was not looked at, up to a number: the rest is alike.
func (w *workflow) gap(line int, message string) {
	if len(w.notes) == maxGaps {
		return
	}
	w.notes = append(w.notes, work.Gap(w.path, line, message))
}

// on reports whether one of the events triggers the workflow.
func (w *workflow) on(events ...string) bool {
	return slices.ContainsFunc(w.events, func(e string) bool { return slices.Contains(events, e) })
}

// judge runs the checks.
func (w *workflow) judge() {
	w.checkPins()
	w.checkForks()
	w.checkScripts()
	w.checkPermissions()
	w.checkCommands()
	if w.full {
		w.gap(0, fmt.Sprintf("has more than %d findings: the rest is not listed", maxFound))
	}
}

// spot is what a finding is about.
type spot struct {
	from, to int // in the source; to may be 0
	resource string
	key      string // what tells it from others of its rule in the file
}

// add reports a finding.
func (w *workflow) add(id string, severity finding.Severity, at spot, message string) {
	if len(w.found) == maxFound {
		w.full = true
		return
	}
	rule := workflowRules[id]
	loc := w.src.location(at.from, at.to)
	loc.Path = w.path
	w.found = append(w.found, finding.Finding{
		RuleID:         id,
		Severity:       severity,
		SeveritySource: "scangate",
		Message:        message,
		Fix:            rule.fix,
		Location:       loc,
		Framework:      work.GitHubActions,
		Resource:       at.resource,
		Key:            at.key,
		Suppressions:   work.Suppressions(w.marks, suppress.Subject{IDs: []string{id}, Chain: []suppress.Place{{Path: w.path, Start: loc.StartLine, End: loc.EndLine}}}),
	})
}

// spot is the place of a value in a step of the group.
func (g group) spot(index int, from, to int, what string) spot {
	s := g.steps[index]
	at := spot{from: from, to: to, key: g.where}
	if s.ID != nil && s.ID.Value != "" {
		at.resource = g.where + ".steps[" + name(s.ID.Value) + "]"
		at.key += "/" + name(s.ID.Value)
	} else {
		// The number is not part of the key: a new step before it changes it.
		at.resource = fmt.Sprintf("%s.steps[%d]", g.where, index)
	}
	at.key += "/" + what
	return at
}
