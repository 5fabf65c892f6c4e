package secret

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/scanners"
)

// cache knows what earlier scans found in the commits of a repository. A
// commit's id stands for its content and all that went before it, so what was
// found in it once is what would be found again: with the same rules and read
// in the same way, which the cache makes sure of. It goes by commits and not by
// tips: branches can be deleted or rewritten, and what is not in the history any
// more is not reported, while what still is needs no second look.
//
// A nil cache knows nothing and keeps nothing.
type cache struct {
	dir    string
	rules  string
	git    string
	prefix string // the scanned directory in the repository

	name string  // of the file, once the repository is known
	old  *memory // what was there; nil: nothing
	at   []int   // by index into old: the commit's index in this scan, or -1
}

// ruled is an engine that can have other rules than its version comes with.
type ruled interface{ ruleSet() string }

// openCache returns the cache for the scan of a full history. A shallow clone
// gets none: its first commits seem to add all that was there before.
func openCache(ctx context.Context, dir string, e engine, tree *scanners.Tree, p *plan) (*cache, error) {
	if p.since != nil || p.git.shallow {
		return nil, nil
	}
	git, err := p.git.surroundings(ctx, tree, p.files)
	if err != nil || git == "" {
		return nil, err
	}
	rules := "gitleaks " + EngineVersion
	if own, ok := e.(ruled); ok {
		rules += " " + own.ruleSet()
	}
	return &cache{dir: dir, rules: digest(rules), git: git, prefix: p.git.prefix}, nil
}

// open looks for what is known of the repository that has these commits, and
// says what is wrong with what it cannot use.
func (c *cache) open(all []listed) (problem string) {
	if c == nil {
		return ""
	}
	var roots []string
	for _, commit := range all {
		if commit.parents == 0 {
			roots = append(roots, commit.hash)
		}
	}
	slices.Sort(roots)
	c.name = filepath.Join(c.dir, digest(c.prefix, strings.Join(roots, " "))+".json.gz")
	m, err := readMemory(c.name, len(all[0].hash)/2)
	switch {
	case err != nil:
		return "the cache of scanned commits cannot be read (" + err.Error() + ")"
	case m == nil:
		return ""
	case m.Version != cacheVersion:
		return "the cache of scanned commits was made by another version"
	case m.Rules != c.rules:
		return "the cache of scanned commits was made with other rules"
	case m.Git != c.git:
		return "the cache of scanned commits was made with another git, or with other settings or attributes of the repository"
	}
	c.old = m
	c.at = make([]int, len(m.Bytes))
	for i := range c.at {
		c.at[i] = -1
	}
	return ""
}

// take reports whether a commit is known, and how much it adds.
func (c *cache) take(commit listed) (bytes int64, known bool) {
	if c == nil || c.old == nil {
		return 0, false
	}
	id, err := hex.DecodeString(commit.hash)
	if err != nil || len(id) != c.old.width {
		return 0, false
	}
	i := c.old.find(id)
	if i < 0 {
		return 0, false
	}
	c.at[i] = commit.index
	return c.old.Bytes[i], true
}

// replay adds what is known of the commits that were taken.
func (c *cache) replay(found *collector, all []listed) error {
	if c == nil || c.old == nil {
		return nil
	}
	for _, s := range c.old.Found {
		if c.at[s.Commit] < 0 {
			continue
		}
		at := &commit{hash: all[c.at[s.Commit]].hash, time: s.Time, index: c.at[s.Commit]}
		if err := found.add(fragment{path: string(c.old.Paths[s.Path]), commit: at}, []hit{s.hit()}); err != nil {
			return err
		}
	}
	return nil
}

// keep writes down what is known now of all commits of the history. Commits
// of which something was not scanned are left out, so that they are looked at,
// and noted, again.
func (c *cache) keep(h *historySource, found *collector) {
	if c == nil || c.name == "" || !found.complete() {
		return
	}
	if c.old != nil && len(h.shown) == 0 && !slices.Contains(c.at, -1) {
		now := time.Now()
		os.Chtimes(c.name, now, now) // in use: not to be trimmed first
		return
	}
	sizes := map[int]int64{} // by index in this scan
	for i, at := range c.at {
		if at >= 0 {
			sizes[at] = c.old.Bytes[i]
		}
	}
	for _, s := range h.shown {
		if !s.noted {
			sizes[s.index] = s.bytes
		}
	}
	m := &memory{Version: cacheVersion, Rules: c.rules, Git: c.git, width: len(h.all[0].hash) / 2}
	known := make([]listed, 0, len(sizes))
	for _, commit := range h.all {
		if _, ok := sizes[commit.index]; ok {
			known = append(known, commit)
		}
	}
	slices.SortFunc(known, func(a, b listed) int { return strings.Compare(a.hash, b.hash) })
	place := map[int]int{} // from the index in this scan to that in the file
	for i, commit := range known {
		id, err := hex.DecodeString(commit.hash)
		if err != nil {
			return
		}
		place[commit.index] = i
		m.IDs = append(m.IDs, id...)
		m.Bytes = append(m.Bytes, sizes[commit.index])
	}
	m.see(found, place)
	m.write(c.name)
}

// see writes down the places of the history.
func (m *memory) see(found *collector, place map[int]int) {
	paths := map[string]int{}
	for k := range found.kept {
		commit, ok := place[k.commit]
		if !ok {
			continue
		}
		path, ok := paths[k.path]
		if !ok {
			path = len(m.Paths)
			paths[k.path] = path
			m.Paths = append(m.Paths, []byte(k.path))
		}
		h := k.hit
		m.Found = append(m.Found, sight{commit, k.time, path, h.rule, h.key, h.line, h.col, h.endLine, h.endCol, h.allowed, h.start, h.hiddenBy, h.reason, h.doubt})
	}
	m.order()
}

// order gives the same content the same form.
func (m *memory) order() {
	names := m.Paths
	rank := make([]int, len(names))
	for i := range rank {
		rank[i] = i
	}
	slices.SortFunc(rank, func(a, b int) int { return bytes.Compare(names[a], names[b]) })
	moved := make([]int, len(names))
	m.Paths = make([][]byte, len(names))
	for to, from := range rank {
		moved[from], m.Paths[to] = to, names[from]
	}
	for i := range m.Found {
		m.Found[i].Path = moved[m.Found[i].Path]
	}
	slices.SortFunc(m.Found, func(a, b sight) int {
		return cmp.Or(cmp.Compare(a.Commit, b.Commit), cmp.Compare(a.Path, b.Path), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Key, b.Key),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.EndLine, b.EndLine), cmp.Compare(a.EndCol, b.EndCol), cmp.Compare(a.Start, b.Start),
			strings.Compare(a.HiddenBy, b.HiddenBy), strings.Compare(a.Reason, b.Reason), strings.Compare(a.Doubt, b.Doubt))
	})
}

// digest is a short name for parts that are to be told apart.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
