package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb"
)

// dbStatus shows which database is in use. One that cannot be used is an
// error, as it would be for a scan; an old one is not.
func (a *app) dbStatus(_ context.Context, args []string) (int, error) {
	var dir, format string
	f := newFlags("db status")
	registerDB(f, &dir)
	f.StringVar(&format, "format", "table", "`FORMAT`: table or json")
	if rest, err := f.parse(args); err != nil || len(rest) > 0 {
		return 0, errors.Join(err, noArguments("db status", rest))
	}
	if err := checkFormat(format, "table", "json"); err != nil {
		return 0, err
	}
	now := time.Now()
	dir, _ = a.database(dir)
	info, err := vulndb.Inspect(dir, now)
	if err != nil {
		if info.Problem != "" {
			err = fmt.Errorf("%w (the last update, %s ago, failed: %s)", err, text.Age(now.Sub(info.Tried)), info.Problem)
		}
		return exitIncomplete, err
	}
	s := stateOf(info, now)
	jar, err := vulndb.Java().Inspect(dir, now)
	switch {
	case err == nil:
		s.Java = stateOf(jar, now)
	case !errors.Is(err, vulndb.ErrNoJava):
		return exitIncomplete, err
	}
	if s.Feeds, err = feedStates(dir, now); err != nil {
		return exitIncomplete, err
	}
	if format == "json" {
		return exitPassed, a.printJSON(s)
	}
	a.showState(s.rows(now, vulndb.Vulnerabilities()))
	if s.Java != nil {
		fmt.Fprintln(a.stdout, "\nJava database")
		a.showState(s.Java.rows(now, vulndb.Java()))
	}
	a.showFeeds(s.Feeds, now)
	return exitPassed, nil
}

func (a *app) showState(rows [][2]string) {
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(a.stdout, "%-11s %s\n", row[0], report.Line(row[1]))
		}
	}
}

func stateOf(info vulndb.Info, now time.Time) *dbState {
	return &dbState{
		Path: info.Dir, Schema: info.Schema, Built: info.Built.UTC(), AgeHours: int(info.Age(now) / time.Hour),
		Stale: info.Stale(now), Due: info.Due(now), Size: info.Size, Digest: info.Digest, Source: info.Source,
		Downloaded: info.Downloaded.UTC(), Tried: info.Tried.UTC(), Problem: info.Problem,
	}
}

// dbState is what `scangate db status` shows.
type dbState struct {
	Path       string    `json:"path"`
	Schema     int       `json:"schema"`
	Built      time.Time `json:"built"`
	AgeHours   int       `json:"ageHours"`
	Stale      bool      `json:"stale"` // too old to be relied on
	Due        bool      `json:"due"`   // a newer one should be out
	Size       int64     `json:"sizeBytes"`
	Digest     string    `json:"digest,omitempty"`
	Source     string    `json:"source,omitempty"`
	Downloaded time.Time `json:"downloaded,omitzero"`
	Tried      time.Time `json:"lastUpdate,omitzero"`
	Problem    string    `json:"lastUpdateProblem,omitempty"`
	Java       *dbState  `json:"java,omitempty"` // where there is one

	Feeds map[string]*feedState `json:"feeds,omitempty"` // those that are there
}

func (s dbState) rows(now time.Time, kind *vulndb.Kind) [][2]string {
	age := text.Age(now.Sub(s.Built))
	switch {
	case s.Stale:
		age += ", stale: " + kind.Missing() + " are not in it, update it with `" + kind.UpdateCommand() + "`"
	case s.Due:
		age += ", a newer one should be out"
	}
	when := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return stamp(t)
	}
	return [][2]string{
		{"path", s.Path}, {"schema", fmt.Sprint(s.Schema)}, {"built", stamp(s.Built)}, {"age", age},
		{"stale", map[bool]string{true: "yes", false: "no"}[s.Stale]}, {"size", fmt.Sprintf("%.1f MiB", mebi(s.Size))},
		{"source", s.Source}, {"digest", s.Digest}, {"downloaded", when(s.Downloaded)}, {"last update", when(s.Tried)}, {"problem", s.Problem},
	}
}
