package vulndb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/vulndb/fetch"
)

// UpdateOptions say where an update comes from. The zero value means the
// public mirrors.
type UpdateOptions struct {
	// Repositories are tried in this order; the public mirrors if empty.
	Repositories []string
	// Keychain has the credentials for repositories of one's own. The public
	// ones are always anonymous, and all are when it is nil.
	Keychain authn.Keychain
	// Transport carries the requests; one with time limits if nil.
	Transport http.RoundTripper
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Progress is told how many bytes of a download are there, and of how
	// many. It may be nil.
	Progress func(repository string, done, total int64)

	pause func(context.Context, time.Duration) error
	stall time.Duration
}

// Outcome is what an update did.
type Outcome struct {
	Updated  bool      // false: there was nothing newer
	Source   string    // the repository that was asked last
	Digest   string    // of its manifest
	Built    time.Time // of the database that is in use now
	Problems []string  // mirrors that were passed over, and why
}

// Update replaces the database in dir by the newest that the repositories
// have. What is there stays in use, whole, until the new one is verified, and
// after any error. Several processes may update one directory: they take
// turns. An error is one line with the reason for each repository.
func (k *Kind) Update(ctx context.Context, dir string, options UpdateOptions) (Outcome, error) {
	u, err := newUpdater(k, dir, options)
	if err != nil {
		return Outcome{}, err
	}
	return u.run(ctx, func(bool) bool { return true })
}

// updater is one update.
type updater struct {
	kind      *Kind
	named     string // as the user says it
	dir       string // where it is
	options   UpdateOptions
	transport http.RoundTripper
	now       func() time.Time
	pause     func(context.Context, time.Duration) error

	info Info   // of the usable database that is there; a zero Built is none
	from origin // where that came from
	last attempt
}

func newUpdater(k *Kind, dir string, o UpdateOptions) (*updater, error) {
	if dir == "" {
		return nil, fmt.Errorf("no directory for the %s: name one with --db DIR", k.name)
	}
	at, err := k.place(dir)
	if err != nil {
		return nil, err
	}
	if len(o.Repositories) == 0 {
		o.Repositories = k.Repositories()
	}
	u := &updater{kind: k, info: Info{kind: k}, named: dir, dir: at, options: o, transport: o.Transport, now: o.Now, pause: o.pause}
	if u.transport == nil {
		u.transport = fetch.NewTransport()
	}
	if u.now == nil {
		u.now = time.Now
	}
	return u, nil
}

// run updates under the lock, if it is wanted still when the lock is there.
// wanted is asked with whether the database is usable.
func (u *updater) run(ctx context.Context, wanted func(usable bool) bool) (Outcome, error) {
	if err := makeStore(u.dir); err != nil {
		return Outcome{}, err
	}
	unlock, err := u.kind.lock(ctx, u.dir)
	if err != nil {
		return Outcome{}, err
	}
	defer unlock()
	if info, err := u.kind.Inspect(u.named, u.now()); err == nil {
		u.info = info
		if _, u.from, err = u.kind.locate(u.dir); err != nil {
			return Outcome{}, err
		}
	}
	u.last = readAttempt(u.dir, u.now())
	if !wanted(u.usable()) {
		return Outcome{Built: u.info.Built}, nil
	}
	out, err := u.fromAny(ctx)
	// Somebody's Ctrl-C says nothing about the mirrors; a time limit does.
	if !errors.Is(ctx.Err(), context.Canceled) {
		u.last.Time, u.last.Problem = u.now(), ""
		if err != nil {
			u.last.Problem = err.Error()
		}
		if e := writeAttempt(u.dir, u.last); err == nil && e != nil {
			err = e
		}
	}
	return out, err
}

func (u *updater) usable() bool { return !u.info.Built.IsZero() }

// fromAny asks the repositories until one has a database that is not stale. A
// mirror that fell behind must not hide what the others have.
func (u *updater) fromAny(ctx context.Context) (Outcome, error) {
	var out Outcome
	answered, keep := false, ""
	defer func() { u.kind.tidy(u.dir, keep) }()
	for _, repo := range u.options.Repositories {
		updated, partial, err := u.fromOne(ctx, repo)
		if partial != "" {
			keep = partial
		}
		var here localError
		switch {
		case err == nil:
			answered = true
			out.Updated = out.Updated || updated
			out.Source, out.Digest, out.Built = repo, u.from.Digest, u.info.Built
			if updated {
				keep = "" // there is nothing left to continue
			}
			if !u.info.Stale(u.now()) {
				return out, nil
			}
		case ctx.Err() != nil:
			return out, fmt.Errorf("the update of the %s was interrupted: %w", u.kind.name, context.Cause(ctx))
		case errors.As(err, &here):
			return out, fmt.Errorf("cannot write the %s to %s: %w", u.kind.name, u.dir, fileio.Cause(here.error))
		default:
			out.Problems = append(out.Problems, repo+": "+cut(err))
		}
	}
	if !answered {
		return out, fmt.Errorf("no mirror has a %s for us: %s", u.kind.name, strings.Join(out.Problems, "; "))
	}
	return out, nil
}

// fromOne asks one repository. It returns the name of a download that can be
// continued, if it leaves one.
func (u *updater) fromOne(ctx context.Context, repo string) (updated bool, partial string, err error) {
	ref, err := u.kind.parseRepository(repo)
	if err != nil {
		return false, "", err
	}
	err = fetch.Persist(ctx, u.pause, func() (gained bool, err error) {
		m, err := u.connect(ctx, ref)
		if err != nil {
			return false, err
		}
		digest, err := m.digest(ctx)
		if err != nil {
			return false, err
		}
		if u.usable() && digest != "" && digest == u.from.Digest {
			return false, nil
		}
		digest, layer, err := m.layer(ctx, digest)
		if err != nil {
			return false, err
		}
		have := u.usable() && layer.Digest.String() == u.from.Layer
		if have || u.usable() && slices.Contains(u.last.Older, layer.Digest.String()) {
			return false, nil
		}
		name := partialName(u.dir, layer)
		gained, err = u.download(ctx, m, layer)
		if err != nil {
			if gained || fetch.Temporary(err) || ctx.Err() != nil {
				partial = name
			}
			return gained, err
		}
		partial = ""
		updated, err = u.unpack(ctx, name, origin{m.ref.Name(), digest, layer.Digest.String()})
		return false, err
	})
	return updated, partial, err
}

// download fetches the layer into its file.
func (u *updater) download(ctx context.Context, m *mirror, layer v1.Descriptor) (gained bool, err error) {
	d, err := startDownload(ctx, u.dir, layer)
	if err != nil {
		return false, err
	}
	defer d.file.Close()
	if u.options.stall > 0 {
		d.stall = u.options.stall
	}
	if tell := u.options.Progress; tell != nil {
		d.tell = func(done int64) { tell(m.ref.Name(), done, layer.Size) }
	}
	before := d.have
	err = d.run(ctx, m)
	return d.have > before, err
}
