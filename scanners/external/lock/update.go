package lock

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/scangate/scangate/text"
)

// Quarantine is how long a version must have been public before it is
// proposed: most releases of stolen accounts are found out within days.
const Quarantine = 7 * 24 * time.Hour

// maxReleases bounds what an index may say about one tool.
const maxReleases = 2000

// Release is a version of a tool as an index knows it.
type Release struct {
	Version   string
	Published time.Time        // when its newest file was published; zero: not known
	Signer    Signer           // zero: not known
	Platforms map[string]Build // what is known: of an archive, the program's digest is not
}

// Index knows the releases of tools. It is given what the lock has, as the
// address there may say where to ask.
type Index interface {
	Releases(ctx context.Context, t Tool) ([]Release, error)
}

// Proposal is what could be done about one locked tool.
type Proposal struct {
	Tool    Tool
	Release *Release // the newest version that may be taken; nil: none
	Waiting string   // a still newer version in quarantine and for how long; or empty
}

// Propose looks for a newer version of a tool. One that has been public for
// less than the quarantine, or nobody says for how long, is not proposed, nor
// is a version that lacks one of the locked platforms, nor a pre-release. A
// locked version for which the index has another digest than the lock is
// ErrChanged: that is never an update.
func Propose(ctx context.Context, t Tool, index Index, now time.Time, quarantine time.Duration) (Proposal, error) {
	p := Proposal{Tool: t}
	releases, err := index.Releases(ctx, t)
	if err != nil {
		return p, fmt.Errorf("%s: cannot ask for newer versions: %w", t.Name, err)
	}
	if len(releases) > maxReleases {
		return p, fmt.Errorf("%s: more than %d versions: is it the right index?", t.Name, maxReleases)
	}
	have, err := semver.NewVersion(t.Version)
	if err != nil {
		return p, fmt.Errorf("%s: the locked version %s cannot be compared with others", t.Name, t.Version)
	}
	for _, r := range releases {
		if err := unchanged(t, r); err != nil {
			return p, err
		}
	}
	var best, young *semver.Version
	var youngAge time.Duration
	for _, r := range releases {
		v, err := semver.NewVersion(r.Version)
		if err != nil || matches(versionPattern)(r.Version) != nil || v.Prerelease() != "" || !v.GreaterThan(have) || !complete(t, r) {
			continue
		}
		age := now.Sub(r.Published)
		switch {
		case r.Published.IsZero():
		case age < quarantine:
			if young == nil || v.GreaterThan(young) {
				young, youngAge = v, age
				p.Waiting = r.Version
			}
		case best == nil || v.GreaterThan(best):
			best, p.Release = v, &r
		}
	}
	if young != nil && (best == nil || young.GreaterThan(best)) {
		// A date in the future is as young as can be.
		p.Waiting += " is in quarantine for another " + text.Age(quarantine-max(youngAge, 0))
	} else {
		p.Waiting = ""
	}
	return p, nil
}

// unchanged checks a release of the locked version against the lock.
func unchanged(t Tool, r Release) error {
	if r.Version != t.Version {
		return nil
	}
	for _, name := range t.platforms() {
		old, now := t.Platforms[name], r.Platforms[name]
		for _, pair := range [][2]string{{old.Archive, now.Archive}, {old.SHA256, now.SHA256}} {
			if pair[0] != "" && pair[1] != "" && pair[0] != pair[1] {
				return &failure{ErrChanged, fmt.Sprintf("%s %s for %s was changed after it was published: the lock has SHA-256 %s…, the index %s…: ask its authors before you use either",
					t.Name, t.Version, name, pair[0][:shortDigest], text.OneLine(text.Cut(pair[1], shortDigest+1), 2*shortDigest))}
			}
		}
	}
	return nil
}

// complete tells whether a release has all that the lock needs to know.
func complete(t Tool, r Release) bool {
	for name, old := range t.Platforms {
		now, ok := r.Platforms[name]
		digest := now.SHA256
		if now.Member != "" {
			digest = now.Archive
		}
		if !ok || matches(digestPattern)(digest) != nil || (old.URL != "" && checkURL(now.URL) != nil) {
			return false
		}
	}
	return true
}

// Take writes a proposed release into the lock. For archives it downloads each
// platform's, checks it, and hashes the program in it. Versions that the lock
// has already keep their digests.
func (i Installer) Take(ctx context.Context, f *File, p Proposal) error {
	if p.Release == nil {
		return fmt.Errorf("%s: nothing is proposed", p.Tool.Name)
	}
	r := *p.Release
	old, ok := f.Tool(p.Tool.Name)
	if !ok || old.Version != p.Tool.Version {
		return fmt.Errorf("%s: the lock was changed since the update was proposed", p.Tool.Name)
	}
	if old.Version == r.Version {
		return unchanged(old, r)
	}
	next := old
	next.Version, next.Signer = r.Version, cmp.Or(r.Signer, old.Signer)
	next.Published = r.Published.UTC().Truncate(24 * time.Hour)
	next.Platforms = map[string]Build{}
	for _, name := range old.platforms() {
		b := r.Platforms[name]
		if b.Member != "" && b.SHA256 == "" {
			var err error
			if b, err = i.Measure(ctx, b); err != nil {
				return fmt.Errorf("%s %s for %s: %w", next.Name, next.Version, name, err)
			}
		}
		next.Platforms[name] = b
	}
	return f.Set(next)
}
