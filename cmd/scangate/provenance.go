package main

import (
	"context"
	"os"
	"path"
	"slices"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/git"
	"github.com/scangate/scangate/vulndb"
)

// maxSetting bounds a file of settings, in bytes.
const maxSetting = 64 << 20

// provenance notes what results depend on: which commit they are of, by which
// settings and with which database. Later scans can tell by it whether they
// would come to the same.
func (a *app) provenance(ctx context.Context, s *scanning, file *config.File, tree *scanners.Tree, res *finding.Results) {
	if s.staged {
		return
	}
	if slices.ContainsFunc(res.Runs, func(run finding.Run) bool {
		return run.Status != finding.Skipped && (run.Scanner == "dependency" || run.Scanner == "image")
	}) {
		dir, _ := a.database(s.db)
		if info, err := vulndb.Inspect(dir, time.Now()); err == nil {
			res.Database = finding.DatabaseOf(info.Built, info.Digest)
		}
	}
	if s.pull != nil {
		res.Commit, res.Settings = s.pull.head, s.pull.digest(s.scanners)
		return
	}
	if res.Commit = commitOf(ctx, s.path); res.Commit != "" {
		res.Settings = workingDigest(s.scanners, file, s.path, tree)
	}
}

// workingDigest sums up the settings of a tree as they stand in it.
func workingDigest(scannerList string, file *config.File, dir string, tree *scanners.Tree) string {
	files := map[string]string{}
	var names settingNames
	if at := below(file, dir); at != "" {
		if data, err := tree.Read(at, config.MaxSize); err == nil {
			names = namesOf(data, path.Clean(at))
			files[path.Clean(at)] = git.BlobID(data)
		}
	} else if file.Name != "" {
		if data, err := os.ReadFile(file.Name); err == nil && len(data) <= config.MaxSize {
			names = namesOf(data, file.Name)
			files[file.Name] = git.BlobID(data)
		}
	}
	for _, f := range tree.Files() {
		if !names.scans(f.Path) {
			continue
		}
		data, err := tree.Read(f.Path, maxSetting)
		if err != nil {
			return "" // it cannot be told
		}
		files[f.Path] = git.BlobID(data)
	}
	return settingsDigest(scannerList, files)
}
