package terraform

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/text"
)

// link finds the root modules: those that no other module of the tree calls.
// It notes calls that lead nowhere, and refuses root modules whose calls come
// back to where they were, because the engine would follow them round.
func (tf *Code) link() {
	called := map[string]bool{}
	for _, m := range tf.modules {
		for _, call := range m.calls {
			target, local := call.target(m.dir)
			switch {
			case call.computed:
				tf.note(call, "the module's source is computed; not scanned")
			case !local:
				tf.note(call, fmt.Sprintf("remote module %s is not downloaded; not scanned", call.name()))
			case tf.modules[target] == nil:
				tf.note(call, fmt.Sprintf("module %s is not in the tree; not scanned", call.name()))
			default:
				called[target] = true
			}
		}
	}
	reached := map[string]bool{}
	for _, dir := range tf.dirs() {
		if called[dir] {
			continue
		}
		if tf.round(dir, reached) {
			tf.Notes = append(tf.Notes, work.Gap(tf.modules[dir].firstFile(), 0, "calls a module that calls itself; this root module is not scanned"))
			continue
		}
		if n := tf.instances(dir, map[string]instances{}); n.modules > maxModules || n.blocks > maxBlocks || n.inner > maxInner {
			tf.Notes = append(tf.Notes, work.Gap(tf.modules[dir].firstFile(), 0, multiply))
			continue
		}
		if notes := checkBounds(tf, dir); len(notes) > 0 {
			tf.Notes = append(tf.Notes, notes...)
			continue // what is wrong is noted where it is
		}
		tf.roots = append(tf.roots, dir)
	}
	// What no root module reaches are circles without an entrance.
	for _, dir := range tf.dirs() {
		if !reached[dir] {
			tf.round(dir, reached)
		}
	}
}

const (
	maxModules = 500    // modules that are called below one root module, counting every call
	maxBlocks  = 10_000 // blocks in all of them
	maxInner   = 20_000 // blocks inside these, each of which takes 70 kB
)

const multiply = "this root module comes to more than 500 module calls, 10000 blocks or 20000 blocks inside them; it is not scanned"

// instances is a guess at what a module comes to when every call is followed.
type instances struct{ modules, blocks, inner float64 }

// instances of dir, which is in no circle. It recurses as deep as modules call
// one another.
func (tf *Code) instances(dir string, known map[string]instances) instances {
	if n, ok := known[dir]; ok {
		return n
	}
	m := tf.modules[dir]
	total := instances{modules: 1, blocks: float64(len(m.blocks) + m.counts), inner: float64(m.inner)}
	for _, call := range m.calls {
		if target, local := call.target(dir); local && tf.modules[target] != nil {
			n := tf.instances(target, known)
			total.modules += float64(call.copies) * n.modules
			total.blocks += float64(call.copies) * n.blocks
			total.inner += float64(call.copies) * n.inner
		}
	}
	known[dir] = total
	return total
}

func (tf *Code) dirs() []string {
	dirs := make([]string, 0, len(tf.modules))
	for dir := range tf.modules {
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	return dirs
}

// note adds a note about a call that is not followed.
func (tf *Code) note(call tfCall, message string) {
	tf.Notes = append(tf.Notes, finding.Note{Level: finding.Information, Path: call.path, Line: call.line, Message: message})
}

// round follows the calls from dir and reports whether any of them comes back
// to a module that it started from. Each call that does is a gap. It does not
// recurse, so that a chain of calls as long as the tree has directories does
// no harm. Modules that it comes through are added to reached.
func (tf *Code) round(dir string, reached map[string]bool) bool {
	type step struct {
		dir  string
		next int // index of the call to follow
	}
	reached[dir] = true
	open, done := map[string]bool{dir: true}, map[string]bool{}
	found := false
	for stack := []step{{dir: dir}}; len(stack) > 0; {
		top := &stack[len(stack)-1]
		m := tf.modules[top.dir]
		if top.next == len(m.calls) {
			delete(open, top.dir)
			done[top.dir] = true
			stack = stack[:len(stack)-1]
			continue
		}
		call := m.calls[top.next]
		top.next++
		target, local := call.target(m.dir)
		switch {
		case !local || tf.modules[target] == nil || done[target]:
		case open[target]:
			found = true
			tf.Notes = append(tf.Notes, work.Gap(call.path, call.line, fmt.Sprintf("module %s calls itself in the end; not scanned", call.name())))
		default:
			open[target], reached[target] = true, true
			stack = append(stack, step{dir: target})
		}
	}
	return found
}

// target returns the directory that a call from dir leads to, and whether it
// is in the tree by its form.
func (c tfCall) target(dir string) (string, bool) {
	if c.computed || !strings.HasPrefix(c.source, "./") && !strings.HasPrefix(c.source, "../") && c.source != "." && c.source != ".." {
		return "", false
	}
	return path.Join(dir, c.source), true
}

// secretParts are the parts of a module's address that may hold a password or
// a token: what stands before the host, and the query.
var secretParts = regexp.MustCompile(`//[^/@]*@|\?.*$`)

// name returns the source as it may be shown.
func (c tfCall) name() string {
	return text.OneLine(secretParts.ReplaceAllStringFunc(c.source, func(s string) string {
		if strings.HasPrefix(s, "//") {
			return "//"
		}
		return ""
	}), 120)
}
