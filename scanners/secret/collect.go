package secret

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

const (
	// maxFound bounds the different findings of one scan, counted once for
	// each of their files, and with them memory.
	maxFound = 200_000
	// maxPlaces bounds how far the places of one finding are counted.
	maxPlaces = 100_000
	// maxRelated bounds the places that are listed beside the one a finding
	// stands at.
	maxRelated = 20
)

// identity is what makes a finding one finding: the secret, wherever it is.
// What is found by its path has no secret, and the path in its place.
type identity struct{ rule, key, path string }

// place is where a hit is.
type place struct {
	hit
	path   string
	commit *commit // nil: the working tree
	asked  []finding.Suppression
}

// trail is the best place of a finding in the working tree and in the history
// of one file, or nil.
type trail struct {
	tree, history *place
	pinned        []finding.Suppression // by the commit that added it to the file
}

// entry is everything known about one finding.
type entry struct {
	trails  map[string]*trail   // by path
	commits map[int]struct{}    // indices of the commits that add it
	seen    map[uint64]struct{} // hashes of its places, up to maxPlaces
	listed  []place             // the best, in order
	origin  *place              // the oldest in the history
	bare    bool                // somewhere in the working tree it is not marked as allowed
	inTree  int                 // files of the working tree that hold it
}

// collector merges hits. What it ends up with does not depend on their order.
type collector struct {
	known  *known
	staged bool // what belongs to no commit is staged, not of the working tree
	keep   bool // every hit, for the cache

	mu     sync.Mutex
	found  map[identity]*entry
	trails int
	hidden map[string]int // findings that a file of rules passes over
	kept   map[keptHit]struct{}
}

func newCollector() *collector {
	return &collector{found: map[identity]*entry{}, hidden: map[string]int{}}
}

func (c *collector) add(f fragment, hits []hit) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range hits {
		p := place{hit: h, path: f.path, commit: f.commit}
		var pins []finding.Suppression
		var pinned bool
		if p.asked, pinned = c.known.suppressions(f, h); pinned {
			pins = p.asked
		}
		if err := c.place(p, pins); err != nil {
			return err
		}
		c.remember(f, h)
	}
	return nil
}

// place adds a place, and who passes over the file by naming the commit.
func (c *collector) place(p place, pinned []finding.Suppression) error {
	id := identity{rule: p.rule, key: p.key}
	if p.line == 0 {
		id.path = p.path
	}
	e := c.found[id]
	if e == nil {
		e = &entry{trails: map[string]*trail{}, commits: map[int]struct{}{}, seen: map[uint64]struct{}{}}
		c.found[id] = e
	}
	t := e.trails[p.path]
	if t == nil {
		if c.trails == maxFound {
			return fmt.Errorf("secret: more than %d different findings: scan parts of the tree one by one", maxFound)
		}
		c.trails++
		t = &trail{}
		e.trails[p.path] = t
	}
	if pinned != nil && (t.pinned == nil || slices.CompareFunc(pinned, t.pinned, compareSuppressions) < 0) {
		t.pinned = pinned
	}
	e.add(t, p)
	return nil
}

// keptHit is a hit, as the cache keeps it.
type keptHit struct {
	path   string
	commit int   // its index, or inTree
	time   int64 // of the commit
	hit    hit
}

// inTree stands for the working tree in place of a commit.
const inTree = -1

// remember keeps what the cache is to have: every hit, since what is said of a
// finding depends on all of them. Of too many, none is kept.
func (c *collector) remember(f fragment, h hit) {
	if !c.keep {
		return
	}
	if c.kept == nil {
		c.kept = map[keptHit]struct{}{}
	}
	k := keptHit{path: f.path, commit: inTree, hit: h}
	if f.commit != nil {
		k.commit, k.time = f.commit.index, f.commit.time
	}
	c.kept[k] = struct{}{}
	if len(c.kept) > maxKept {
		c.keep, c.kept = false, nil
	}
}

// complete reports whether every hit is there that was to be kept.
func (c *collector) complete() bool { return c.keep }

func (e *entry) add(t *trail, p place) {
	if len(e.seen) < maxPlaces {
		e.seen[p.hash()] = struct{}{}
	}
	e.list(p)
	if p.commit == nil {
		if t.tree == nil {
			e.inTree++
		}
		e.bare = e.bare || !p.allowed
		t.tree = better(t.tree, p)
		return
	}
	e.commits[p.commit.index] = struct{}{}
	t.history = better(t.history, p)
	if e.origin == nil || cmp.Or(compareAge(p, *e.origin), strings.Compare(p.path, e.origin.path)) < 0 {
		e.origin = &p
	}
}

// hash tells places apart that gitleaks would: by commit, path and line.
func (p *place) hash() uint64 {
	h := fnv.New64a()
	if p.commit != nil {
		h.Write([]byte(p.commit.hash))
	}
	fmt.Fprintf(h, "\x00%s\x00%d", p.path, p.line)
	return h.Sum64()
}

func (p *place) same(o *place) bool {
	return p.path == o.path && p.line == o.line && (p.commit == nil) == (o.commit == nil) &&
		(p.commit == nil || p.commit.hash == o.commit.hash)
}

// list keeps the place if it is one of the best: of those in one line, the
// first.
func (e *entry) list(p place) {
	if i := slices.IndexFunc(e.listed, func(o place) bool { return p.same(&o) }); i >= 0 {
		if comparePlaces(p, e.listed[i]) >= 0 {
			return
		}
		e.listed = slices.Delete(e.listed, i, i+1)
	}
	at, _ := slices.BinarySearchFunc(e.listed, p, comparePlaces)
	if at > maxRelated {
		return
	}
	e.listed = slices.Insert(e.listed, at, p)
	if len(e.listed) > maxRelated+1 {
		e.listed = e.listed[:maxRelated+1]
	}
}

func better(old *place, p place) *place {
	if old == nil || comparePlaces(p, *old) < 0 {
		return &p
	}
	return old
}

// comparePlaces orders places by their worth to a reader: those that nobody
// asks to pass over before others, what is surely a secret before what may be
// none, the working tree before the history, older commits before newer ones.
func comparePlaces(a, b place) int {
	return cmp.Or(
		ahead(len(a.asked) == 0, len(b.asked) == 0),
		ahead(a.doubt == "", b.doubt == ""),
		ahead(a.commit == nil, b.commit == nil),
		compareAge(a, b),
		strings.Compare(a.path, b.path),
		cmp.Compare(a.line, b.line), cmp.Compare(a.col, b.col), cmp.Compare(a.endLine, b.endLine), cmp.Compare(a.endCol, b.endCol),
		strings.Compare(a.doubt, b.doubt),
		slices.CompareFunc(a.asked, b.asked, compareSuppressions))
}

// compareAge puts older commits first. Of two of the same second, the one
// listed later is the older.
func compareAge(a, b place) int {
	if a.commit == nil || b.commit == nil {
		return 0
	}
	return cmp.Or(cmp.Compare(a.commit.time, b.commit.time), cmp.Compare(b.commit.index, a.commit.index))
}

// ahead orders what has a property before what has not.
func ahead(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func compareSuppressions(a, b finding.Suppression) int {
	return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Reason, b.Reason))
}

// findings returns what was found, ordered by path, line, rule and key, and
// the rules that it uses.
func (c *collector) findings(describe func(id string) finding.Rule) ([]finding.Finding, []finding.Rule) {
	rules := map[string]finding.Rule{}
	var out []finding.Finding
	for id, entry := range c.found {
		rule, ok := rules[id.rule]
		if !ok {
			rule = describe(id.rule)
			rules[id.rule] = rule
		}
		f := entry.finding(id, rule, c.staged)
		for _, s := range f.Suppressions {
			if strings.HasSuffix(s.Source, ".toml") {
				c.hidden[s.Source]++
				break
			}
		}
		out = append(out, f)
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
	used := slices.Collect(maps.Values(rules))
	slices.SortFunc(used, func(a, b finding.Rule) int { return strings.Compare(a.ID, b.ID) })
	return out, used
}

// notes says, once findings was called, what the repository's rules hide.
func (c *collector) notes() (notes []finding.Note) {
	for _, name := range slices.Sorted(maps.Keys(c.hidden)) {
		notes = append(notes, finding.Note{Level: finding.Information, Path: name,
			Message: "passes over " + text.Count(c.hidden[name], "finding") + " of gitleaks' default rules, reported as suppressed"})
	}
	return notes
}
