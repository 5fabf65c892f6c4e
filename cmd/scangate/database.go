package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/vulndb"
)

func registerDB(f *flags, dir *string) {
	f.StringVar(dir, "db", "", "vulnerability database `DIR` (default SCANGATE_DB, or db in SCANGATE_CACHE_DIR, or scangate/db in the user's cache directory)")
}

// repositories is the repeatable --db-repository flag.
type repositories []string

func (r *repositories) String() string { return "" }

func (r *repositories) Set(repo string) error {
	if err := vulndb.CheckRepository(repo); err != nil {
		return err
	}
	*r = append(*r, repo)
	return nil
}

func registerRepositories(f *flags, repos *repositories) {
	f.Var(repos, "db-repository", "`REPOSITORY` to download the database from (repeatable, tried in order; wins over the configuration; default "+
		strings.Join(vulndb.DefaultRepositories(), ", ")+")")
}

// sources says where a database comes from: as the flag says, else as the
// configuration does, else the public mirrors.
func (a *app) sources(flag repositories, configured []config.Section) (vulndb.UpdateOptions, error) {
	options := a.mirrors
	var fromFile []string
	for _, s := range configured {
		repo, err := s.Text()
		if err == nil && s.Absent() {
			err = s.Errorf("an empty entry in a list")
		}
		if err == nil {
			if e := vulndb.CheckRepository(repo); e != nil {
				err = s.Errorf("%v", e)
			}
		}
		if err != nil {
			return options, usageError{err}
		}
		fromFile = append(fromFile, repo)
	}
	switch {
	case len(flag) > 0:
		options.Repositories = flag
	case len(fromFile) > 0:
		options.Repositories = fromFile
	}
	return options, nil
}

// registerJava registers the flag that asks for the Java database.
func registerJava(f *flags, java *bool) {
	f.BoolVar(java, "java", false, "the Java database, which knows jars by their digest, instead of the vulnerability database")
}

// kindOf is the database that a command is about.
func kindOf(java bool) *vulndb.Kind {
	if java {
		return vulndb.Java()
	}
	return vulndb.Vulnerabilities()
}

// database says where the vulnerability database is, and whether that is the
// default place, which scans keep up to date.
func (a *app) database(flag string) (dir string, isDefault bool) {
	if flag != "" {
		return flag, false
	}
	if env := a.getenv("SCANGATE_DB"); env != "" {
		return env, false
	}
	if cache, err := a.cache("db"); err == nil {
		return cache, true
	}
	return filepath.Join(".scangate", "db"), true
}

// settings is what the scanners get to know of the command line.
func (a *app) settings(s scanning, conf config.DB) (settings, error) {
	dir, isDefault := a.database(s.db)
	set := settings{database: match.Database{Dir: dir, MaxAge: conf.MaxAge}, offline: s.offline, images: s.images, targets: s.targets, path: s.path, settings: s.path}
	if s.pull != nil {
		set.settings, set.names = s.pull.settings.dir, s.pull.settings.names
	}
	if cache, err := a.cache("layers"); err == nil {
		set.cache = cache
	}
	if cache, err := a.cache("secrets"); err == nil {
		set.secret.CacheDir = cache
	}
	set.secret.Since, set.secret.Staged, set.secret.Offline = s.since, s.staged, s.offline
	if index := a.getenv("GIT_INDEX_FILE"); s.staged && index != "" {
		// git gives its hooks an index of their own for `git commit -a`.
		full, err := filepath.Abs(index)
		if err != nil {
			return set, fmt.Errorf("GIT_INDEX_FILE: %w", err)
		}
		set.secret.Index = full
	}
	options, err := a.sources(s.repositories, conf.Repositories)
	if err != nil {
		return set, err
	}
	javaOptions, err := a.sources(nil, conf.JavaRepositories)
	if err != nil {
		return set, err
	}
	set.java = vulndb.JavaSource{Dir: dir}
	if isDefault && !s.offline {
		// Once for all scanners: one that still refreshed it while another
		// reads it would change it under its hands.
		set.database.Refresh = once(func(ctx context.Context) error { return vulndb.Refresh(ctx, dir, options) })
		set.java.Refresh = once(func(ctx context.Context) error { return vulndb.Java().Refresh(ctx, dir, javaOptions) })
	}
	return set, nil
}

// once calls f for the first caller, and gives its outcome to all.
func once(f func(context.Context) error) func(context.Context) error {
	var first sync.Once
	var err error
	return func(ctx context.Context) error {
		first.Do(func() { err = f(ctx) })
		return err
	}
}
