package secret

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/scanners"
)

// cache knows what earlier scans found in the commits of a repository. A
// commit's id stands for its content and all that went before it, so what was
// found in it once is what would be found again: with the same rules and read
// in the same way, which the cache makes sure of. It goes by commits and not by
// tips: branches can be deleted or rewritten, and what is not in the history any
// more is not reported, while what still is needs no second look.
//
// The same goes for the content of files of the working tree.
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

	files map[string]int // by path: index into old.Files
	same  []int          // indices of files that are as they were
}

// ruled is an engine that can have other rules than its version comes with.
type ruled interface{ ruleSet() string }

// openCache returns the cache for the scan of a full history. A shallow clone
// gets none: its first commits seem to add all that was there before.
func openCache(ctx context.Context, dir string, e engine, archives int, tree *scanners.Tree, p *plan) (*cache, error) {
	if p.since != nil || p.git.shallow {
		return nil, nil
	}
	git, err := p.git.surroundings(ctx, tree, p.files)
	if err != nil || git == "" {
		return nil, err
	}
	rules := fmt.Sprintf("gitleaks %s, archives %d", EngineVersion, archives)
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
	c.files = make(map[string]int, len(m.Files))
	for i, f := range m.Files {
		c.files[string(m.Paths[f.Path])] = i
	}
	return ""
}

// knows reports whether a file of that path was scanned before.
func (c *cache) knows(path string) bool {
	if c == nil {
		return false
	}
	_, ok := c.files[path]
	return ok
}

// takeFile reports whether a file is as it was, and how much text it holds.
func (c *cache) takeFile(path string, hash []byte) (size int64, known bool) {
	if c == nil || hash == nil {
		return 0, false
	}
	i, ok := c.files[path]
	if !ok || !bytes.Equal(c.old.Files[i].Hash, hash) {
		return 0, false
	}
	c.same = append(c.same, i)
	return c.old.Files[i].Bytes, true
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
		if c.at[s.In] < 0 {
			continue
		}
		at := &commit{hash: all[c.at[s.In]].hash, time: s.Time, index: c.at[s.In]}
		if err := found.add(fragment{path: string(c.old.Paths[s.Path]), commit: at}, []hit{s.hit()}); err != nil {
			return err
		}
	}
	same := map[int]bool{}
	for _, i := range c.same {
		same[i] = true
	}
	for _, s := range c.old.InFiles {
		if !same[s.In] {
			continue
		}
		if err := found.add(fragment{path: string(c.old.Paths[c.old.Files[s.In].Path])}, []hit{s.hit()}); err != nil {
			return err
		}
	}
	return nil
}

// keep writes down what is known now of all commits of the history and of the
// files. Those of which something was not scanned are left out, so that they
// are looked at, and noted, again.
func (c *cache) keep(h *historySource, tree *treeSource, found *collector) {
	if c == nil || c.name == "" || !found.complete() {
		return
	}
	if c.old != nil && len(h.shown)+len(tree.seen) == 0 && !slices.Contains(c.at, -1) && len(c.same) == len(c.old.Files) {
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
	known := make([]listed, 0, len(sizes))
	for _, commit := range h.all {
		if _, ok := sizes[commit.index]; ok {
			known = append(known, commit)
		}
	}
	slices.SortFunc(known, func(a, b listed) int { return strings.Compare(a.hash, b.hash) })
	m := &memory{Version: cacheVersion, Rules: c.rules, Git: c.git, width: len(h.all[0].hash) / 2}
	commits := map[int]int{} // from the index in this scan to that in the file
	for i, commit := range known {
		id, err := hex.DecodeString(commit.hash)
		if err != nil {
			return
		}
		commits[commit.index] = i
		m.IDs = append(m.IDs, id...)
		m.Bytes = append(m.Bytes, sizes[commit.index])
	}
	files := tree.seen
	for _, i := range c.same {
		f := c.old.Files[i]
		files = append(files, treeFile{string(c.old.Paths[f.Path]), f.Hash, f.Bytes})
	}
	m.see(found, commits, files)
	fileio.WriteCache(c.name, m, maxCacheFile, maxCaches)
}

// see writes down the files, and what was found in them and in the commits.
func (m *memory) see(found *collector, commits map[int]int, files []treeFile) {
	names := map[string]int{}
	for _, f := range files {
		names[f.path] = 0
	}
	for k := range found.kept {
		names[k.path] = 0
	}
	for i, name := range slices.Sorted(maps.Keys(names)) {
		names[name] = i
		m.Paths = append(m.Paths, []byte(name))
	}
	slices.SortFunc(files, func(a, b treeFile) int { return strings.Compare(a.path, b.path) })
	place := map[string]int{}
	for i, f := range files {
		place[f.path] = i
		m.Files = append(m.Files, seenFile{names[f.path], f.hash, f.text})
	}
	for k := range found.kept {
		if k.commit == inTree {
			if at, ok := place[k.path]; ok {
				m.InFiles = append(m.InFiles, newSight(at, names[k.path], k))
			}
		} else if at, ok := commits[k.commit]; ok {
			m.Found = append(m.Found, newSight(at, names[k.path], k))
		}
	}
	slices.SortFunc(m.Found, compareSights)
	slices.SortFunc(m.InFiles, compareSights)
}

// compareSights gives the same content the same form.
func compareSights(a, b sight) int {
	return cmp.Or(cmp.Compare(a.In, b.In), cmp.Compare(a.Path, b.Path), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Key, b.Key),
		cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.EndLine, b.EndLine), cmp.Compare(a.EndCol, b.EndCol), cmp.Compare(a.Start, b.Start),
		strings.Compare(a.HiddenBy, b.HiddenBy), strings.Compare(a.Reason, b.Reason), strings.Compare(a.Doubt, b.Doubt))
}

func newSight(in, path int, k keptHit) sight {
	h := k.hit
	return sight{in, k.time, path, h.rule, h.key, h.line, h.col, h.endLine, h.endCol, h.allowed, h.start, h.hiddenBy, h.reason, h.doubt}
}

// digest is a short name for parts that are to be told apart.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
