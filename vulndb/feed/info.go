package feed

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/scangate/scangate/text"
)

// Info says what a feed is, without what is in it.
type Info struct {
	Kind     *Kind
	Path     string    // of its file
	Released time.Time // when its source made it
	Checked  time.Time // when its source last said that there is no newer one; its age counts from here
	Entries  int
	Size     int64  // of its content, in bytes
	Source   string // the host it is from

	Tried   time.Time // the last try to update; zero if there was none
	Problem string    // why that try failed; empty if it did not
}

func (k *Kind) info(path string, h header) Info {
	return Info{Kind: k, Path: path, Released: h.Released, Checked: h.Checked, Entries: h.Entries, Size: h.Size, Source: text.OneLine(h.Source, 100)}
}

// Inspect checks the feed in dir. What is known about the last update comes
// with an error, too, which is ErrAbsent when there is no feed.
func (k *Kind) Inspect(dir string, now time.Time) (Info, error) {
	info, _, err := k.load(dir, now)
	return info, err
}

func (k *Kind) load(dir string, now time.Time) (Info, []byte, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Info{Kind: k}, nil, err
	}
	h, data, err := k.readFile(k.path(abs))
	info := k.info(k.path(abs), h)
	tried := k.readAttempt(abs, now)
	info.Tried, info.Problem = tried.Time, tried.Problem
	if err != nil {
		return info, nil, k.unusable(abs, err)
	}
	return info, data, nil
}

// unusable says what to do about a feed that cannot be read.
func (k *Kind) unusable(dir string, err error) error {
	if errors.Is(err, ErrAbsent) {
		return fmt.Errorf("%s: %w in %s: `%s` downloads it", k.name, err, dir, UpdateCommand)
	}
	return fmt.Errorf("%s: %s cannot be used: %w: replace it with `%s`", k.name, k.path(dir), err, UpdateCommand)
}

// Load looks vulnerabilities up, by their CVE ids. What has no entry is not in
// the feed. It does not ask how old the feed is; see Info.Outdated.
func (k *Kind) Load(dir string, now time.Time, ids []string) (map[string]Entry, Info, error) {
	info, data, err := k.load(dir, now)
	if err != nil {
		return nil, info, err
	}
	wanted := make(map[string]Entry, len(ids))
	for _, id := range ids {
		wanted[strings.ToUpper(id)] = Entry{}
	}
	found := map[string]Entry{}
	c, err := k.read(data, func(id []byte, e Entry) {
		if _, ok := wanted[string(id)]; ok {
			known, twice := found[string(id)]
			if !twice {
				known = e
			}
			found[string(id)] = known.Join(e)
		}
	})
	if err != nil {
		return nil, info, k.unusable(filepath.Dir(filepath.Dir(info.Path)), err)
	}
	info.Released, info.Entries = c.released, c.entries
	return found, info, nil
}

// Join is what is known of something that has two names: the day on which it
// was first known to be exploited, and the higher probability.
func (e Entry) Join(other Entry) Entry {
	if e.Added == "" || other.Added != "" && other.Added < e.Added {
		e.Added = other.Added
	}
	e.Score = max(e.Score, other.Score)
	return e
}

// Age is how long ago the feed's source last said that this is its newest. It
// is never negative. The date of the content does not tell: CISA leaves the
// catalogue as it is for days.
func (i Info) Age(now time.Time) time.Duration { return max(now.Sub(i.Checked), 0) }

// Due reports whether it is time to look for a newer one.
func (i Info) Due(now time.Time) bool { return due(i.Checked, now) }

func due(checked, now time.Time) bool {
	return now.Sub(checked) >= refreshAge || checked.Sub(now) > clockSkew
}

// Outdated says why the feed is too old to be relied on, as of now; empty when
// it is not. A maxAge of 0 means MaxAge.
func (i Info) Outdated(now time.Time, maxAge time.Duration) string {
	if maxAge <= 0 {
		maxAge = MaxAge
	}
	switch {
	case i.Checked.Sub(now) > clockSkew || i.Released.Sub(now) > clockSkew:
		return "it is from the future: check this machine's clock"
	case i.Age(now) >= maxAge:
		return fmt.Sprintf("it was last looked for %s ago, over the limit of %s", text.Age(i.Age(now)), hours(maxAge))
	case now.Sub(i.Released) >= i.Kind.frozen:
		return fmt.Sprintf("its source has had nothing newer for %s, which cannot be right", text.Age(now.Sub(i.Released)))
	}
	return ""
}

// hours formats a limit as a configuration has it.
func hours(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
