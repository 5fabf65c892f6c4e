package main

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy/since"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/git"
	"github.com/scangate/scangate/text"
)

const (
	// maxBaseEntry and maxBaseCache bound the cache of results of bases, in
	// bytes: of one unpacked, and of all together.
	maxBaseEntry = 64 << 20
	maxBaseCache = 256 << 20
)

// compare marks what of the results the base has. What goes wrong on the way
// makes everything new.
func (a *app) compare(ctx context.Context, p *pull, s scanning, file *config.File, head *finding.Results, tree *scanners.Tree) {
	head.Since = &finding.Since{Rev: p.rev, Base: p.base, Policy: p.tip, Changes: p.settings.changed}
	base := since.Base{From: map[string]string{}, Unknown: map[string]string{}}
	if err := p.facts(ctx, tree, &base); err == nil && p.unknown == "" {
		a.baseResults(ctx, p, s, file, head, &base)
	} else if p.unknown == "" {
		p.unknown = text.OneLine(err.Error(), 300)
	}
	if p.unknown != "" {
		for _, run := range head.Runs {
			base.Unknown[run.Scanner] = p.unknown
		}
	}
	head.Since.Changes = append(head.Since.Changes, since.Mark(head, base)...)
	head.Since.Notes = append(head.Since.Notes, p.uncommitted(ctx, *head)...)
}

// uncommitted says which new findings are new because no commit of the
// repository has their files: what a build has made, what is in a submodule.
func (p *pull) uncommitted(ctx context.Context, head finding.Results) []string {
	fresh := map[string]int{}
	for i := range head.Runs {
		for j := range head.Runs[i].Findings {
			if f := &head.Runs[i].Findings[j]; head.Runs[i].Target == "" && f.Base == "" && f.Location.Path != "" && f.Location.Commit == "" {
				fresh[f.Location.Path]++
			}
		}
	}
	if len(fresh) == 0 || p.base == "" {
		return nil
	}
	entries, err := p.git.ListTree(ctx, p.head)
	if err != nil {
		return []string{text.OneLine(err.Error(), 300)}
	}
	inner := map[string]bool{}
	for _, e := range entries {
		delete(fresh, e.Path)
		if e.Repository() {
			inner[e.Path] = true
		}
	}
	n, files := 0, slices.Sorted(maps.Keys(fresh))
	for _, name := range files {
		n += fresh[name]
	}
	if n == 0 {
		return nil
	}
	note := fmt.Sprintf("%s of the new ones %s in files that the checked out commit does not have, as %s", text.Count(n, "finding"), map[bool]string{true: "is", false: "are"}[n == 1], files[0])
	for dir := path.Dir(files[0]); dir != "."; dir = path.Dir(dir) {
		if inner[dir] {
			note += ": it belongs to the submodule " + dir
		}
	}
	return []string{note}
}

// facts are what is known of the files of both sides.
func (p *pull) facts(ctx context.Context, tree *scanners.Tree, base *since.Base) (err error) {
	base.Has = tree.Has
	base.Had = func(path string) bool { return p.had[path].Regular() }
	base.Unchanged = func(path string) bool {
		_, same, err := p.same(path, p.had[path].ID)
		return err == nil && same && p.had[path].Regular()
	}
	if p.base != "" {
		base.Renamed, err = p.git.Renames(ctx, p.base, p.head)
	}
	return err
}

// baseResults finds the results of the base: in files that were saved, in the
// cache, and of scanners for which neither has any, by scanning it.
func (a *app) baseResults(ctx context.Context, p *pull, s scanning, file *config.File, head *finding.Results, base *since.Base) {
	take := func(saved finding.Results, from string) {
		for _, run := range saved.Runs {
			now := head.Find(run.Scanner)
			if now != nil && base.From[run.Scanner] == "" && run.Target == "" && run.Status == finding.Completed && run.Engine == now.Engine {
				base.From[run.Scanner] = from
				base.Results.Runs = append(base.Results.Runs, run)
			}
		}
	}
	for _, name := range s.baseResults {
		saved, err := readResults(name)
		if err == nil {
			err = p.standsFor(saved, *head)
		}
		if err != nil {
			head.Since.Notes = append(head.Since.Notes, "the saved results of the base are not used: "+text.OneLine(err.Error(), 300))
			continue
		}
		take(saved, "saved results")
	}
	cache := a.baseCache(p, *head)
	if saved, err := readCachedBase(cache); err == nil && p.standsFor(saved, *head) == nil {
		take(saved, "the cache")
	}
	var wanted []string
	for _, run := range head.Runs {
		if run.Status != finding.Skipped && run.Target == "" && base.From[run.Scanner] == "" {
			wanted = append(wanted, run.Scanner)
		}
	}
	if len(wanted) == 0 || ctx.Err() != nil {
		return
	}
	scanned, err := a.scanBase(ctx, p, s, file, wanted)
	if err != nil {
		for _, name := range wanted {
			base.Unknown[name] = "the base cannot be scanned: " + text.OneLine(err.Error(), 300)
		}
		return
	}
	for _, run := range scanned.Runs {
		base.From[run.Scanner] = "a scan"
	}
	base.Results.Runs = append(base.Results.Runs, scanned.Runs...)
	if cache != "" {
		keep := base.Results
		keep.Version, keep.Tool = finding.SchemaVersion, head.Tool
		keep.Commit, keep.Settings, keep.Database = p.base, head.Settings, head.Database
		fileio.WriteCache(cache, keep, maxBaseEntry, maxBaseCache)
	}
}

// standsFor reports why saved results are not those that a scan of the base
// would give now.
func (p *pull) standsFor(saved, head finding.Results) error {
	switch {
	case saved.Commit == "":
		return errors.New("they do not say which commit they are of")
	case saved.Commit != p.base:
		return fmt.Errorf("they are of commit %.12s, and the merge base is %.12s", saved.Commit, p.base)
	case saved.Since != nil, saved.Interrupted, saved.Shard != "", len(saved.Missing) > 0:
		return errors.New("they are not of a whole scan")
	case saved.Tool.Version == unreleased:
		return errors.New("they were made by a build without a version, which may be any")
	case saved.Tool != head.Tool:
		return fmt.Errorf("they were made by %s %s", saved.Tool.Name, saved.Tool.Version)
	case saved.Settings != head.Settings:
		return errors.New("they were made with other settings")
	case saved.Database != head.Database:
		return errors.New("they were made with another vulnerability database")
	}
	return nil
}

// baseCache is the file for the results of a pull request's base, or "".
func (a *app) baseCache(p *pull, head finding.Results) string {
	dir, err := a.cache("bases")
	if err != nil {
		return ""
	}
	h := sha256.New()
	for _, part := range []string{p.base, p.prefix, head.Tool.Version, head.Settings, head.Database} {
		fmt.Fprintf(h, "%q\n", part)
	}
	return filepath.Join(dir, hex.EncodeToString(h.Sum(nil)[:16])+".json.gz")
}

// readCachedBase reads an entry of the cache.
func readCachedBase(name string) (finding.Results, error) {
	if name == "" {
		return finding.Results{}, fs.ErrNotExist
	}
	f, err := os.Open(name)
	if err != nil {
		return finding.Results{}, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return finding.Results{}, err
	}
	return finding.Decode(io.LimitReader(z, maxBaseEntry+1))
}

// scanBase scans the merge base, laid out from git's objects, with the scanners
// of those names.
func (a *app) scanBase(ctx context.Context, p *pull, s scanning, file *config.File, wanted []string) (finding.Results, error) {
	dir, err := p.layOutBase(ctx)
	if err != nil {
		return finding.Results{}, err
	}
	s.path, s.since, s.images, s.targets = dir, "", nil, nil
	set, err := a.settings(s, file.DB)
	if err != nil {
		return finding.Results{}, err
	}
	// What is in the history is there already. What counts is which files have it
	// now.
	set.secret.FilesOnly = true
	list, err := a.choose(s.scanners, file, set)
	if err != nil {
		return finding.Results{}, err
	}
	list = slices.DeleteFunc(list, func(sc scanners.Scanner) bool {
		return scanners.TargetOf(sc) != "" || !slices.Contains(wanted, sc.Name())
	})
	tree, err := scanners.Walk(ctx, dir)
	if err != nil {
		return finding.Results{}, err
	}
	defer tree.Close()
	t := scanners.Target{Tree: tree, Jobs: s.jobs}
	runs := scanners.Run(ctx, scanners.Plan(ctx, list, t), t, scanners.Options{Jobs: scannersPerJob * s.jobs, Timeout: s.timeout})
	scanners.ReadLines(runs, tree, time.Now())
	return finding.Results{Runs: runs}, nil
}

// settingsDigest sums up what tells scanners how to work: results with the same
// one can stand for each other.
func settingsDigest(scannerList string, files map[string]string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", scannerList)
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(h, "%q %s\n", name, files[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// digest is that of the settings of the pull request's base.
func (p *pull) digest(scannerList string) string {
	files := map[string]string{}
	for at := range p.settings.taken {
		if name := p.rel(at); p.settings.names.scans(name) || name == p.rel(p.settings.config) {
			files[name] = p.settings.entries[at].ID
		}
	}
	return settingsDigest(scannerList, files)
}

// commitOf is the commit that is checked out in a directory, or "".
func commitOf(ctx context.Context, dir string) string {
	g, _, err := git.Open(dir)
	if err != nil || g == nil {
		return ""
	}
	head, _ := g.Resolve(ctx, "HEAD")
	return head
}
