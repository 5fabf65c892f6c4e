package main

import (
	"context"
	"os"
	"path/filepath"
	"sync"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/vulndb"
)

func registerDB(f *flags, dir *string) {
	f.StringVar(dir, "db", "", "vulnerability database `DIR` (default SCANGATE_DB, or scangate/db in the user's cache directory)")
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
	if cache, err := os.UserCacheDir(); err == nil {
		return filepath.Join(cache, "scangate", "db"), true
	}
	return filepath.Join(".scangate", "db"), true
}

// settings is what the scanners get to know of the command line.
func (a *app) settings(s scanning, conf config.DB) settings {
	dir, isDefault := a.database(s.db)
	set := settings{database: match.Database{Dir: dir, MaxAge: conf.MaxAge}, offline: s.offline, images: s.images, path: s.path}
	if cache, err := os.UserCacheDir(); err == nil {
		set.cache = filepath.Join(cache, "scangate", "layers")
	}
	if isDefault && !s.offline {
		// Once for all scanners: one that still refreshed it while another
		// reads it would change it under its hands.
		var once sync.Once
		var err error
		set.database.Refresh = func(ctx context.Context) error {
			once.Do(func() { err = vulndb.Refresh(ctx, dir, a.mirrors) })
			return err
		}
	}
	return set
}
