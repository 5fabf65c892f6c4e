package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb/feed"
)

// updateFeeds downloads all feeds. One that cannot be had does not keep the
// others away.
func (a *app) updateFeeds(ctx context.Context, dir string, options map[string]feed.Options) error {
	var problems []error
	for _, kind := range feed.Kinds() {
		updated, info, err := kind.Update(ctx, dir, options[kind.Key()])
		if err != nil {
			problems = append(problems, fmt.Errorf("%w (db.%s in the configuration names another address, --no-feeds leaves the feeds out)", err, kind.Key()))
			continue
		}
		word := "nothing newer than"
		if updated {
			word = "updated to"
		}
		fmt.Fprintf(a.stdout, "%s %s\n", word, describeFeed(info))
	}
	return errors.Join(problems...)
}

// describeFeed names a feed in a line.
func describeFeed(info feed.Info) string {
	return fmt.Sprintf("%s of %s, %s, from %s", info.Kind.Name(), stamp(info.Released), text.Count(info.Entries, "entry"), report.Line(info.Source))
}

// feedState is what `scangate db status` shows of a feed.
type feedState struct {
	Path     string    `json:"path"`
	Released time.Time `json:"released"`
	Checked  time.Time `json:"checked"` // when its source last said that there is no newer one
	AgeHours int       `json:"ageHours"`
	Stale    string    `json:"stale,omitempty"` // why it is too old to be relied on
	Due      bool      `json:"due"`
	Entries  int       `json:"entries"`
	Size     int64     `json:"sizeBytes"`
	Source   string    `json:"source"`
	Tried    time.Time `json:"lastUpdate,omitzero"`
	Problem  string    `json:"lastUpdateProblem,omitempty"`
}

// feedStates are those of the feeds that are there, by their keys. One that
// cannot be used is an error, as it would be for a scan.
func feedStates(dir string, now time.Time) (map[string]*feedState, error) {
	out := map[string]*feedState{}
	for _, kind := range feed.Kinds() {
		info, err := kind.Inspect(dir, now)
		switch {
		case errors.Is(err, feed.ErrAbsent):
			continue
		case err != nil:
			return nil, err
		}
		out[kind.Key()] = &feedState{
			Path: info.Path, Released: info.Released.UTC(), Checked: info.Checked.UTC(), AgeHours: int(info.Age(now) / time.Hour), Stale: info.Outdated(now, 0),
			Due: info.Due(now), Entries: info.Entries, Size: info.Size, Source: info.Source, Tried: info.Tried.UTC(), Problem: info.Problem,
		}
	}
	return out, nil
}

// showFeeds prints a part of the table for each feed.
func (a *app) showFeeds(states map[string]*feedState, now time.Time) {
	for _, kind := range feed.Kinds() {
		s := states[kind.Key()]
		if s == nil {
			fmt.Fprintf(a.stdout, "\n%s: none, `%s` downloads it\n", kind.Name(), feed.UpdateCommand)
			continue
		}
		age := text.Age(now.Sub(s.Checked)) + " since it was the newest"
		if s.Due && s.Stale == "" {
			age += ", a newer one should be out"
		}
		stale := "no"
		if s.Stale != "" {
			stale = "yes: " + s.Stale
		}
		tried := ""
		if !s.Tried.IsZero() {
			tried = stamp(s.Tried)
		}
		fmt.Fprintf(a.stdout, "\n%s\n", kind.Name())
		a.showState([][2]string{
			{"path", s.Path}, {"released", stamp(s.Released)}, {"age", age}, {"stale", stale}, {"entries", text.Count(s.Entries, "entry")},
			{"size", fmt.Sprintf("%.1f MiB", mebi(s.Size))}, {"source", s.Source}, {"last update", tried}, {"problem", s.Problem},
		})
	}
}
