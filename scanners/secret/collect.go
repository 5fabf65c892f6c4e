package secret

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// maxFound bounds the different findings of one scan, and with them memory.
const maxFound = 200_000

// identity is what makes a finding one finding.
type identity struct{ rule, key, path string }

// place is where a hit is.
type place struct {
	hit
	commit *commit // nil: the working tree
}

// entry is everything known about one finding.
type entry struct {
	tree, history *place         // the best place in each, or nil
	commits       map[int]*place // by index of the commits that add it: the best place in each, if kept
}

// collector merges hits. What it ends up with does not depend on their order.
type collector struct {
	staged bool // what belongs to no commit is staged, not of the working tree
	keep   bool // the best place in each commit

	mu    sync.Mutex
	found map[identity]*entry
	kept  int
}

func newCollector() *collector { return &collector{found: map[identity]*entry{}} }

func (c *collector) add(f fragment, hits []hit) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range hits {
		id := identity{h.rule, h.key, f.path}
		e := c.found[id]
		if e == nil {
			if len(c.found) == maxFound {
				return fmt.Errorf("secret: more than %d different findings: scan parts of the tree one by one", maxFound)
			}
			e = &entry{}
			c.found[id] = e
		}
		c.place(e, place{h, f.commit})
	}
	return nil
}

func (c *collector) place(e *entry, p place) {
	if p.commit == nil {
		e.tree = better(e.tree, p)
		return
	}
	e.history = better(e.history, p)
	if e.commits == nil {
		e.commits = map[int]*place{}
	}
	old, seen := e.commits[p.commit.index]
	switch {
	case !seen && c.keep && c.kept < maxKept:
		c.kept++
		e.commits[p.commit.index] = &p
	case !seen:
		c.keep = false
		e.commits[p.commit.index] = nil
	case old != nil:
		e.commits[p.commit.index] = better(old, p)
	}
}

// complete reports whether every place is there that was to be kept.
func (c *collector) complete() bool { return c.keep }

// better keeps the place to report: one that nobody marked as allowed, in the
// oldest commit, nearest the top.
func better(old *place, p place) *place {
	if old == nil || comparePlaces(p, *old) < 0 {
		return &p
	}
	return old
}

func comparePlaces(a, b place) int {
	if a.allowed != b.allowed {
		if b.allowed {
			return -1
		}
		return 1
	}
	if a.commit != nil && b.commit != nil {
		// Of two commits of the same second, the one listed later is the older.
		if c := cmp.Or(cmp.Compare(a.commit.time, b.commit.time), cmp.Compare(b.commit.index, a.commit.index)); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.col, b.col), cmp.Compare(a.endLine, b.endLine), cmp.Compare(a.endCol, b.endCol))
}

// findings returns what was found, ordered by path, line, rule and key, and
// the rules that it uses.
func (c *collector) findings(e engine) ([]finding.Finding, []finding.Rule) {
	rules := map[string]finding.Rule{}
	var out []finding.Finding
	for id, entry := range c.found {
		rule, ok := rules[id.rule]
		if !ok {
			rule = ruleOf(e, id.rule)
			rules[id.rule] = rule
		}
		out = append(out, entry.finding(id, rule, c.staged))
	}
	slices.SortFunc(out, func(a, b finding.Finding) int {
		return cmp.Or(
			strings.Compare(a.Location.Path, b.Location.Path),
			cmp.Compare(a.Location.StartLine, b.Location.StartLine),
			cmp.Compare(a.Location.StartColumn, b.Location.StartColumn),
			strings.Compare(a.RuleID, b.RuleID),
			strings.Compare(a.Location.Commit, b.Location.Commit),
			strings.Compare(a.Key, b.Key))
	})
	var used []finding.Rule
	for _, r := range rules {
		used = append(used, r)
	}
	slices.SortFunc(used, func(a, b finding.Rule) int { return strings.Compare(a.ID, b.ID) })
	return out, used
}

func (e *entry) finding(id identity, rule finding.Rule, staged bool) finding.Finding {
	f := finding.Finding{RuleID: id.rule, Severity: rule.Severity, SeveritySource: "scangate", Key: id.key}
	p := e.tree
	times := "in " + text.Count(len(e.commits), "commit")
	switch {
	case e.tree == nil:
		p = e.history
		f.Message = fmt.Sprintf("%s: removed from the working tree or never merged, but still in the history (%s). Whoever can read the repository can read it: rotate it.", rule.Title, times)
		f.Fix = "Revoke or rotate it at its provider. Deleting the line was not enough, and rewriting the history does not reach existing clones."
		f.Location.Commit = p.commit.hash[:12]
		f.Location.Date = p.commit.date()
	case len(e.commits) > 0:
		f.Message = fmt.Sprintf("%s: in the working tree, and added %s of the history.", rule.Title, times)
		f.Fix = "Revoke or rotate it at its provider first, then remove it from the file: it stays readable in the history."
	case staged:
		f.Message = rule.Title + ": in the staged changes."
		f.Fix = "Do not commit it: take it out of the file and stage that. If it was ever pushed or shown, revoke or rotate it at its provider first."
	default:
		f.Message = rule.Title + ": in the working tree."
		f.Fix = "Revoke or rotate it at its provider first, then remove it from the file."
	}
	f.Location.Path = strings.ToValidUTF8(id.path, "\uFFFD")
	f.Location.StartLine, f.Location.EndLine = p.line, p.endLine
	f.Location.StartColumn, f.Location.EndColumn = p.col, p.endCol
	if p.allowed {
		f.Suppressions = []finding.Suppression{{Source: allowMark}}
	}
	f.Fingerprint = finding.FingerprintOf("secret", f)
	return f
}
