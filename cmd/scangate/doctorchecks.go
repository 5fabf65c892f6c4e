package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/github"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/git"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb"
	"github.com/scangate/scangate/vulndb/feed"
)

// room is what a vulnerability database takes while it is replaced, in bytes.
const room = 3 << 30

// checkGit looks at the repository.
func (a *app) checkGit(ctx context.Context, d *doctoring) {
	g, _, err := git.Open(d.path)
	switch {
	case errors.Is(err, git.ErrMissing):
		d.say("git", problem, "install git; or have the files scanned alone, with secret: {history: none}", "there is no git program, and this is a repository")
		return
	case err != nil:
		d.say("git", problem, "", "%v", err)
		return
	case g == nil:
		d.say("git", absent, "", "not in a git repository: the files are scanned, and there is no history")
		return
	}
	version, err := g.Output(ctx, "version")
	shallow := false
	if err == nil {
		shallow, err = g.Shallow(ctx)
	}
	words := strings.TrimPrefix(strings.TrimSpace(string(version)), "git ")
	switch {
	case err != nil:
		d.say("git", problem, "", "%v", err)
	case shallow:
		d.say("git", problem, "check out with fetch-depth: 0, or run git fetch --unshallow", "%s; the clone is shallow, so the history is not all there", words)
	default:
		d.say("git", fine, "", "%s", words)
	}
}

// checkSettings looks at the configuration, and at all that it asks for.
func (a *app) checkSettings(ctx context.Context, d *doctoring) {
	file, pol, err := a.loadPolicy(d.judging, d.path)
	if err != nil {
		d.usage = err
		d.say("configuration", problem, "", "%v", err)
		return
	}
	if file.Digest == "" {
		d.say("configuration", fine, "", "none: high and critical findings fail")
	} else {
		d.say("configuration", fine, "", "%s", file.Name)
	}
	a.checkCacheDir(d)
	a.checkDatabase(d, file)
	runs := a.checkScanners(ctx, d, file)
	a.checkFeeds(d, file, pol, runs)
}

// checkCacheDir looks at the directory for what is kept.
func (a *app) checkCacheDir(d *doctoring) {
	dir, err := a.cache("")
	if err == nil {
		err = a.checkCache(d.path)
	}
	if err != nil {
		d.usage = errors.Join(d.usage, err)
		d.say("cache", problem, "", "%v", err)
		return
	}
	there := existing(dir)
	probe, err := os.CreateTemp(there, ".scangate-doctor-")
	if err == nil {
		probe.Close()
		err = os.Remove(probe.Name())
	}
	free, known := freeSpace(there)
	switch {
	case err != nil:
		d.say("cache", warning, cacheVariable+" names another directory", "%s cannot be written, so nothing is kept from run to run", dir)
	case known && free < room:
		d.say("cache", warning, "make room, or name another directory with "+cacheVariable, "%s: %.1f GiB free; a new vulnerability database takes up to %d GiB", dir, float64(free)/(1<<30), room>>30)
	default:
		d.say("cache", fine, "", "%s", dir)
	}
}

// existing is the directory itself, or what is there of the way to it.
func existing(dir string) string {
	for {
		if _, err := os.Lstat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// checkDatabase looks at the vulnerability database.
func (a *app) checkDatabase(d *doctoring, file *config.File) {
	now := time.Now()
	dir, isDefault := a.database(d.db)
	refreshed := isDefault && !d.offline
	info, err := vulndb.Inspect(dir, now)
	age := text.Age(info.Age(now))
	limit := file.DB.MaxAge
	const update = "scangate db update"
	switch {
	case err != nil && refreshed && existing(dir) != dir:
		d.say("database", absent, "", "none yet: the first scan that needs one downloads it")
	case err != nil && refreshed:
		d.say("database", warning, update, "%v", err)
	case err != nil:
		d.say("database", problem, update+", or name another directory with --db DIR", "%v", err)
	case limit > 0 && info.Age(now) > limit && !refreshed:
		d.say("database", problem, update, "%s old, and db.max-age allows %s", age, limit)
	case info.Stale(now) && info.Problem != "":
		d.say("database", warning, update, "%s old; the last update failed: %s", age, info.Problem)
	case info.Stale(now) && !refreshed:
		d.say("database", warning, update, "%s old", age)
	case info.Due(now) && refreshed:
		d.say("database", fine, "", "%s old: the next scan looks for a newer one", age)
	default:
		d.say("database", fine, "", "%s old", age)
	}
}

// checkScanners plans, and returns the runs that there would be. Tools that nobody
// has asked for are looked at, too.
func (a *app) checkScanners(ctx context.Context, d *doctoring, file *config.File) (runs []finding.Run) {
	asked, err := a.planned(ctx, d.scanning, file)
	if err != nil {
		if codeOf(exitPassed, err) == exitUsage {
			d.usage = errors.Join(d.usage, err)
		}
		d.say("scanners", problem, "", "%v", err)
		return nil
	}
	known := map[string]bool{}
	for _, p := range asked {
		known[p.Scanner.Name()] = true
		switch {
		case p.Err != nil:
			d.say(p.Title(), problem, "", "%v", p.Err)
		case p.Work.Skip != "":
			d.say(p.Title(), absent, "", "%s", p.Work.Skip)
		default:
			d.say(p.Title(), fine, "", "%s", p.Work.What)
			runs = append(runs, finding.Run{Scanner: p.Scanner.Name(), Target: scanners.TargetOf(p.Scanner)})
		}
	}
	all := d.scanning
	all.scanners = everything
	others, err := a.planned(ctx, all, file)
	if err != nil {
		return runs // it is about what nobody has asked for
	}
	for _, p := range others {
		switch {
		case known[p.Scanner.Name()]:
		case p.Err != nil:
			d.say(p.Title(), absent, "", "not asked for; %v", p.Err)
		case p.Work.Skip != "":
			d.say(p.Title(), absent, "", "not asked for; %s", p.Work.Skip)
		default:
			d.say(p.Title(), absent, "", "not asked for; it could look at %s: with --scanners, or its section in the configuration", p.Work.What)
		}
	}
	return runs
}

// checkFeeds looks at those that the policy asks for.
func (a *app) checkFeeds(d *doctoring, file *config.File, pol policy.Policy, runs []finding.Run) {
	at, err := a.feedPlace(d.db, d.offline, file.DB)
	if err != nil {
		d.usage = errors.Join(d.usage, err)
		d.say("feeds", problem, "", "%v", err)
		return
	}
	now := time.Now()
	for _, kind := range feed.Kinds() {
		if !pol.Asks(kind.Key(), runs) {
			continue
		}
		info, err := kind.Inspect(at.dir, now)
		why := ""
		if err == nil {
			why = info.Outdated(now, at.maxAge)
		}
		switch {
		case (err != nil || why != "") && at.refresh:
			d.say(kind.Key(), absent, "", "the next scan downloads it: %s", kind.Name())
		case err != nil:
			d.say(kind.Key(), problem, feed.UpdateCommand, "%v", err)
		case why != "":
			d.say(kind.Key(), problem, feed.UpdateCommand, "%s: %s", kind.Name(), why)
		default:
			d.say(kind.Key(), fine, "", "%s, %s old", kind.Name(), text.Age(info.Age(now)))
		}
	}
}

// checkGitHub looks at what a token can reach, if there is one.
func (a *app) checkGitHub(ctx context.Context, d *doctoring) {
	access := a.access()
	switch {
	case d.offline:
		d.say("github", absent, "", "not asked, with --offline")
		return
	case access.Token == "":
		d.say("github", absent, "", "there is no token in GITHUB_TOKEN: not asked")
		return
	}
	client, err := github.NewClient(access)
	if err != nil {
		d.say("github", warning, "", "%v", err)
		return
	}
	reach, err := client.Probe(ctx)
	switch {
	case err != nil:
		d.say("github", warning, "the job needs the permission contents: read", "%s cannot be read: %v", access.Repository, err)
	case reach.Archived:
		d.say("github", warning, "", "%s is archived, and takes no uploads", access.Repository)
	case reach.Disabled:
		d.say("github", warning, "turn it on in the settings of the repository, or leave it: findings are shown as annotations then", "%s has no code scanning (%v)", access.Repository, reach.Alerts)
	case reach.Alerts != nil:
		d.say("github", warning, "the job needs the permission security-events: write", "alerts of code scanning cannot be read: %v", reach.Alerts)
	default:
		d.say("github", fine, "", "%s and its alerts can be read; whether the token may upload, GitHub tells when it does", access.Repository)
	}
}
