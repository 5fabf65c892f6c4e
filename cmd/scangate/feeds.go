package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb/feed"
)

// feedPlace says where feeds are, and whether they may be downloaded.
type feedPlace struct {
	dir     string
	refresh bool // they are ours to keep up to date
	maxAge  time.Duration
	options map[string]feed.Options // by the key of the feed
}

// feedPlace is what flags and configuration say of it.
func (a *app) feedPlace(db string, offline bool, conf config.DB) (feedPlace, error) {
	dir, isDefault := a.database(db)
	options, err := a.feedSources(conf)
	return feedPlace{dir, isDefault && !offline, conf.MaxAge, options}, err
}

// feedSources says where each feed comes from: as the configuration does, else
// its public address.
func (a *app) feedSources(conf config.DB) (map[string]feed.Options, error) {
	out := map[string]feed.Options{}
	for key, s := range map[string]config.Section{finding.FeedKEV: conf.KEV, finding.FeedEPSS: conf.EPSS} {
		options := a.feeds
		if !s.Absent() {
			address, err := s.Text()
			if err == nil {
				if e := feed.CheckAddress(address); e != nil {
					err = s.Errorf("%v", e)
				}
			}
			if err != nil {
				return nil, usageError{err}
			}
			options.Address = address
		}
		out[key] = options
	}
	return out, nil
}

// lookUp marks the findings of results with what feeds know of them, of those
// feeds that a rule of the policies asks for. Results that were looked up
// before stay as they are, however long ago that was. Which facts are not to
// be had, and what else to say, is part of the facts.
func (a *app) lookUp(ctx context.Context, res *finding.Results, at feedPlace, policies ...policy.Policy) policy.Facts {
	facts := policy.Facts{Unknown: map[string]string{}}
	for _, kind := range feed.Kinds() {
		key := kind.Key()
		if res.Feed(key) == nil {
			res.Forget(key)
			if !slices.ContainsFunc(policies, func(p policy.Policy) bool { return p.Asks(key, res.Runs) }) {
				continue
			}
			notice, err := at.mark(ctx, kind, res)
			if err != nil {
				facts.Unknown[key] = text.OneLine(err.Error(), 1000)
				continue
			}
			if notice != "" {
				facts.Notices = append(facts.Notices, text.OneLine(notice, 1000))
			}
		}
		switch key {
		case finding.FeedKEV:
			facts.KEV = func(f *finding.Finding) bool { return f.Exploited != "" }
		case finding.FeedEPSS:
			facts.EPSS = func(f *finding.Finding) (float64, bool) { return f.EPSS, f.EPSS > 0 }
		}
	}
	return facts
}

// knowing is the policy with facts about exploits.
func knowing(pol policy.Policy, facts policy.Facts) policy.Policy {
	pol.Facts.KEV, pol.Facts.EPSS, pol.Facts.Unknown = facts.KEV, facts.EPSS, facts.Unknown
	pol.Facts.Notices = slices.Concat(pol.Facts.Notices, facts.Notices)
	return pol
}

// mark looks all findings up in one feed. The notice says what a reader should
// know who relies on it.
func (at feedPlace) mark(ctx context.Context, kind *feed.Kind, res *finding.Results) (notice string, err error) {
	var problem error
	if at.refresh {
		problem = kind.Refresh(ctx, at.dir, at.options[kind.Key()])
	}
	var ids []string
	for i := range res.Runs {
		for j := range res.Runs[i].Findings {
			ids = append(ids, res.Runs[i].Findings[j].CVEs()...)
		}
	}
	now := time.Now()
	found, info, err := kind.Load(at.dir, now, ids)
	if err != nil {
		if problem != nil {
			err = fmt.Errorf("%w (it could not be downloaded: %w)", err, problem)
		}
		return "", err
	}
	if why := info.Outdated(now, at.maxAge); why != "" {
		why = fmt.Sprintf("%s: %s: run `%s`, or set db.max-age", kind.Name(), why, feed.UpdateCommand)
		if problem != nil {
			why += fmt.Sprintf(" (it could not be refreshed: %v)", problem)
		}
		return "", fmt.Errorf("%s", why)
	}
	for i := range res.Runs {
		for j := range res.Runs[i].Findings {
			f := &res.Runs[i].Findings[j]
			var known feed.Entry
			for _, id := range f.CVEs() {
				known = known.Join(found[id])
			}
			if kind.Key() == finding.FeedKEV {
				f.Exploited = known.Added
			} else {
				f.EPSS = known.Score
			}
		}
	}
	res.Feeds = append(res.Feeds, finding.Feed{Name: kind.Key(), Date: stamp(info.Released), Entries: info.Entries})
	if problem != nil {
		notice = fmt.Sprintf("%s could not be refreshed, so what is here is used, of %s and last looked for %s ago: %v",
			kind.Name(), stamp(info.Released), text.Age(info.Age(now)), problem)
	}
	return notice, nil
}
