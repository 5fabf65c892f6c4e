package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb"
)

// updateTimeout is the time limit of `scangate db update` when none is given:
// some 100 MiB over a slow line.
const updateTimeout = 30 * time.Minute

// dbCommands are the words after `scangate db`.
func dbCommands() []command {
	return []command{
		{"update", "", "download the newest database and feeds, if there are newer ones", (*app).dbUpdate},
		{"status", "", "which database and feeds are in use, and how old they are", (*app).dbStatus},
		{"export", "FILE.tar.gz", "write the database and the feeds to a file, for a machine without a network", (*app).dbExport},
		{"import", "FILE.tar.gz", "replace the database and the feeds by those that were exported", (*app).dbImport},
		{"build", "[FACTS_DIR] [--osv PATH] [-o DIR]", "make a database from advisory facts in YAML and OSV advisories", (*app).dbBuild},
	}
}

// db is the command `scangate db`.
func (a *app) db(ctx context.Context, args []string) (int, error) {
	return a.subcommand(ctx, "db", dbCommands(), args)
}

func (a *app) dbUpdate(ctx context.Context, args []string) (int, error) {
	var dir string
	var repos repositories
	var timeout time.Duration
	var java, noFeeds bool
	var conf string
	f := newFlags("db update")
	registerDB(f, &dir)
	registerJava(f, &java)
	registerRepositories(f, &repos)
	f.BoolVar(&noFeeds, "no-feeds", false, "leave out CISA's catalogue of exploited vulnerabilities (KEV) and FIRST's predictions (EPSS)")
	f.StringVar(&conf, "config", "", "configuration `FILE` whose db section names repositories and feeds (default .scangate.yaml, which may be absent)")
	f.DurationVar(&timeout, "timeout", updateTimeout, "time limit, `DUR`; 0 is none")
	if rest, err := f.parse(args); err != nil || len(rest) > 0 {
		return 0, errors.Join(err, noArguments("db update", rest))
	}
	dir, _ = a.database(dir)
	file, err := config.Load(conf, ".")
	if err != nil {
		return 0, usageError{err}
	}
	configured := file.DB.Repositories
	if java {
		configured = file.DB.JavaRepositories
	}
	options, err := a.sources(repos, configured)
	if err != nil {
		return 0, err
	}
	options.Progress = a.downloading()
	feeds, err := a.feedSources(file.DB)
	if err != nil {
		return 0, err
	}
	if timeout < 0 {
		return 0, usage("--timeout: want a duration such as 10m, not %s", timeout)
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	err = a.updateDatabase(ctx, kindOf(java), dir, options)
	if !java && !noFeeds {
		err = errors.Join(err, a.updateFeeds(ctx, dir, feeds))
	}
	if err != nil {
		return exitIncomplete, err
	}
	return exitPassed, nil
}

// updateDatabase downloads one database, and says what came of it.
func (a *app) updateDatabase(ctx context.Context, kind *vulndb.Kind, dir string, options vulndb.UpdateOptions) error {
	out, err := kind.Update(ctx, dir, options)
	if err != nil {
		return fmt.Errorf("%w (--db-repository REPOSITORY names another mirror, `scangate db import FILE` needs none)", err)
	}
	for _, p := range out.Problems {
		fmt.Fprintf(a.stderr, "scangate: passed over %s\n", report.Line(p))
	}
	age := time.Since(out.Built)
	word := "nothing newer than"
	if out.Updated {
		word = "updated to"
	}
	fmt.Fprintf(a.stdout, "%s the %s built %s (%s ago), by %s\n", word, kind.Name(), stamp(out.Built), text.Age(age), report.Line(out.Source))
	if age >= kind.MaxAge() {
		fmt.Fprintln(a.stderr, "scangate: the mirrors have none that is newer: what came since then is not in it")
	}
	return nil
}

// downloading shows how far a download is: on a terminal in one line that is
// written over, elsewhere once when it starts.
func (a *app) downloading() func(string, int64, int64) {
	var shown int64 = -1
	return func(repo string, done, total int64) {
		switch percent := done * 100 / max(total, 1); {
		case a.terminal && percent != shown:
			shown = percent
			fmt.Fprintf(a.stderr, "\r\x1b[Kdownloading %.1f MiB: %d %%", mebi(total), percent)
			if done == total {
				fmt.Fprint(a.stderr, "\r\x1b[K")
			}
		case !a.terminal && shown < 0:
			shown = 0
			fmt.Fprintf(a.stderr, "scangate: downloading %.1f MiB from %s\n", mebi(total), report.Line(repo))
		}
	}
}

func (a *app) dbExport(ctx context.Context, args []string) (int, error) {
	var dir string
	var java bool
	f := newFlags("db export")
	registerDB(f, &dir)
	registerJava(f, &java)
	name, err := f.oneFile(args)
	if err != nil {
		return 0, err
	}
	if err := report.CheckWritable(name); err != nil {
		return 0, usageError{err}
	}
	dir, _ = a.database(dir)
	err = report.WriteFile(name, func(w io.Writer) error { return kindOf(java).Export(ctx, w, dir, time.Now()) })
	if err != nil {
		return exitIncomplete, err
	}
	fmt.Fprintf(a.stdout, "wrote %s: `scangate db import%s` reads it\n", report.Line(name), map[bool]string{true: " --java"}[java])
	return exitPassed, nil
}

func (a *app) dbImport(ctx context.Context, args []string) (int, error) {
	var dir string
	var java bool
	f := newFlags("db import")
	registerDB(f, &dir)
	registerJava(f, &java)
	name, err := f.oneFile(args)
	if err != nil {
		return 0, err
	}
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		return 0, usage("%s: no such file", name)
	}
	dir, _ = a.database(dir)
	info, err := kindOf(java).Import(ctx, dir, name, time.Now())
	if err != nil {
		return exitIncomplete, fmt.Errorf("%w: nothing was replaced; `scangate db export` writes such a file", err)
	}
	fmt.Fprintf(a.stdout, "imported the %s built %s (%s ago) into %s\n", kindOf(java).Name(), stamp(info.Built), text.Age(info.Age(time.Now())), report.Line(info.Dir))
	for _, in := range info.Feeds {
		fmt.Fprintf(a.stdout, "with %s\n", describeFeed(in))
	}
	return exitPassed, nil
}

// paths is a repeatable flag with a path.
type paths []string

func (p *paths) String() string { return "" }

func (p *paths) Set(path string) error {
	if path == "" {
		return errors.New("want a path")
	}
	*p = append(*p, path)
	return nil
}

func (a *app) dbBuild(ctx context.Context, args []string) (int, error) {
	out := "db"
	var osv paths
	f := newFlags("db build")
	f.StringVar(&out, "o", out, "where to put the database, `DIR`")
	f.Var(&osv, "osv", "add the OSV advisories of a file or directory, `PATH` (repeatable; JSON or YAML)")
	rest, err := f.parse(args)
	switch {
	case err != nil:
		return 0, err
	case len(rest) > 1:
		return 0, usage("db build: want one directory of facts, not %d", len(rest))
	case len(rest)+len(osv) == 0:
		return 0, usage("db build: want a directory of facts, or OSV advisories with --osv PATH")
	}
	from := vulndb.BuildSources{OSV: osv}
	if len(rest) == 1 {
		from.Facts = rest[0]
	}
	built, err := vulndb.BuildFrom(ctx, from, out, time.Now())
	if err != nil {
		return exitIncomplete, err
	}
	for _, note := range built.Notes {
		fmt.Fprintf(a.stderr, "scangate: left out: %s\n", report.Line(note))
	}
	fmt.Fprintf(a.stdout, "built a database in %s: `scangate scan --db %s` uses it\n", report.Line(out), report.Line(out))
	return exitPassed, nil
}

// oneFile parses flags and one argument.
func (f *flags) oneFile(args []string) (string, error) {
	rest, err := f.parse(args)
	if err == nil && len(rest) != 1 {
		err = usage("%s: want one argument, not %d", f.Name(), len(rest))
	}
	if err != nil {
		return "", err
	}
	return rest[0], nil
}

func noArguments(command string, rest []string) error {
	if len(rest) == 0 {
		return nil
	}
	return usage("%s takes no arguments", command)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func mebi(n int64) float64 { return float64(n) / (1 << 20) }
