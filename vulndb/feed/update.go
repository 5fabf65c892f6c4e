package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb/fetch"
)

const (
	// updateTimeout bounds an update: some MiB over a slow line.
	updateTimeout = 5 * time.Minute
	// refreshTimeout is for those who wait for something else.
	refreshTimeout = time.Minute
)

// Options say where an update comes from. The zero value means the public
// address.
type Options struct {
	// Address is that of a mirror; see CheckAddress.
	Address string
	// Transport carries the requests; one with time limits if nil.
	Transport http.RoundTripper
	// Now is the clock; time.Now if nil.
	Now func() time.Time

	pause func(context.Context, time.Duration) error
	stall time.Duration
}

// updater is one update.
type updater struct {
	kind      *Kind
	dir       string
	address   *url.URL
	options   Options
	transport http.RoundTripper
	now       func() time.Time

	have header // of the usable feed that is there; a zero Checked is none
	data []byte // its content
}

func newUpdater(k *Kind, dir string, o Options) (*updater, error) {
	if o.Address == "" {
		o.Address = k.address
	}
	address, err := parseAddress(o.Address)
	if err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	u := &updater{kind: k, dir: abs, address: address, options: o, transport: o.Transport, now: o.Now}
	if u.transport == nil {
		u.transport = fetch.NewTransport()
	}
	if u.now == nil {
		u.now = time.Now
	}
	return u, nil
}

// Update replaces the feed in dir by the newest that its source has, and
// reports whether that is another one. What is there stays in use, whole, until
// the new one is verified, and after any error. Several processes may update
// one directory: they take turns.
func (k *Kind) Update(ctx context.Context, dir string, options Options) (updated bool, info Info, err error) {
	u, err := newUpdater(k, dir, options)
	if err != nil {
		return false, Info{Kind: k}, err
	}
	updated, err = u.run(ctx, updateTimeout, func() bool { return true })
	if err != nil {
		return false, Info{Kind: k}, fmt.Errorf("%s: %w", k.name, err)
	}
	return updated, k.info(k.path(u.dir), u.have), nil
}

// Refresh updates the feed in dir if there is none, or a day has passed since
// its source was asked. While there is one, an hour lies between two tries; in
// that time Refresh returns the error of the last one again, which does not
// name the feed.
func (k *Kind) Refresh(ctx context.Context, dir string, options Options) error {
	u, err := newUpdater(k, dir, options)
	if err != nil {
		return err
	}
	last := func() error { return nil }
	wanted := func() bool {
		h, err := k.readHeader(k.path(u.dir))
		now := u.now()
		if err != nil || h.Address != u.addressDigest() {
			// Somebody else's mirror is not believed for longer than must be.
			h.Checked = time.Time{}
		}
		if !due(h.Checked, now) {
			return false
		}
		a := k.readAttempt(u.dir, now)
		if err != nil || a.Address != u.addressDigest() || now.Sub(a.Time) >= retryWait {
			return true
		}
		last = func() error {
			if a.Problem == "" {
				return nil
			}
			return errors.New(a.Problem)
		}
		return false
	}
	if !wanted() {
		return last()
	}
	// Another process may have been faster when the lock is there.
	if _, err := u.run(ctx, refreshTimeout, wanted); err != nil {
		return err
	}
	return last()
}

// run updates under the lock, if it is wanted still when the lock is there.
func (u *updater) run(ctx context.Context, limit time.Duration, wanted func() bool) (updated bool, err error) {
	unlock, err := u.kind.lock(ctx, u.dir)
	if err != nil {
		return false, err
	}
	defer unlock()
	if !wanted() {
		return false, nil
	}
	if h, data, err := u.kind.readFile(u.kind.path(u.dir)); err == nil {
		if _, err := u.kind.check(data, u.now()); err == nil {
			u.have, u.data = h, data
		}
	}
	limited, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took longer than %s", limit))
	defer cancel()
	updated, err = u.fromSource(limited)
	switch {
	case ctx.Err() != nil:
		// Somebody's Ctrl-C says nothing about the source.
		return false, fmt.Errorf("the update was interrupted: %w", context.Cause(ctx))
	case err != nil:
		err = fmt.Errorf("%s: %s", text.OneLine(u.address.Host, 100), text.OneLine(err.Error(), 300))
	}
	if e := u.kind.writeAttempt(u.dir, attempt{Time: u.now(), Address: u.addressDigest()}, err); err == nil && e != nil {
		err = e
	}
	return updated, err
}

// lock makes the directory and waits for its turn to write to it.
func (k *Kind) lock(ctx context.Context, dir string) (unlock func(), err error) {
	at := place(dir)
	err = os.MkdirAll(at, 0o755)
	if err == nil {
		// A link in its place could lead what is written elsewhere.
		var info fs.FileInfo
		if info, err = os.Lstat(at); err == nil && !info.IsDir() {
			err = errors.New("it is not a directory")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", at, fileio.Cause(err))
	}
	name := filepath.Join(at, "lock")
	unlock, err = fileio.Lock(ctx, name)
	switch {
	case err == nil:
		tidy(at)
		return unlock, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("another process is updating the feeds in %s: %w", at, ctx.Err())
	}
	return nil, fmt.Errorf("cannot lock %s: %w", name, fileio.Cause(err))
}

// tidy removes what a process that was killed has left. The caller holds the
// lock.
func tidy(at string) {
	entries, err := os.ReadDir(at)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".tmp") {
			os.Remove(filepath.Join(at, e.Name()))
		}
	}
}

func (u *updater) addressDigest() string { return digest([]byte(u.address.String())) }

// fromSource asks the source, verifies what it has, and keeps it.
func (u *updater) fromSource(ctx context.Context) (updated bool, err error) {
	same := u.have.Address == u.addressDigest()
	etag := ""
	if same {
		etag = u.have.ETag
	}
	var got answer
	err = fetch.Persist(ctx, u.options.pause, func() (bool, error) {
		got, err = u.request(ctx, etag)
		return false, err
	})
	if err != nil {
		return false, err
	}
	now := u.now()
	if got.same {
		u.have.Checked = now.UTC()
		return false, u.kind.write(u.dir, u.have, u.data)
	}
	data, err := u.kind.unzip(got.data)
	if err != nil {
		return false, err
	}
	c, err := u.kind.check(data, now)
	if err == nil {
		err = u.kind.behind(c, now)
	}
	// What another source had says nothing about this one.
	if err == nil && same {
		err = u.kind.compare(u.have, c)
	}
	if err != nil {
		return false, err
	}
	before := u.have.SHA256
	u.have, u.data = u.kind.describe(data, c), data
	u.have.Checked, u.have.Source, u.have.Address, u.have.ETag = now.UTC(), u.address.Host, u.addressDigest(), got.etag
	return u.have.SHA256 != before, u.kind.write(u.dir, u.have, data)
}

// describe begins the header of a content.
func (k *Kind) describe(data []byte, c content) header {
	return header{Version: fileVersion, Kind: k.key, Released: c.released, Entries: c.entries, Size: int64(len(data)), SHA256: digest(data)}
}

// attempt is what is known about the last try to update.
type attempt struct {
	Time    time.Time `json:"time"`
	Address string    `json:"address"` // SHA-256
	Problem string    `json:"problem,omitempty"`
}

// readAttempt returns what is known; one from the future would keep the next
// away for ever.
func (k *Kind) readAttempt(dir string, now time.Time) attempt {
	f, err := k.open(k.attemptPath(dir))
	if err != nil {
		return attempt{}
	}
	defer f.Close()
	var a attempt
	if json.NewDecoder(io.LimitReader(f, maxHeader)).Decode(&a) != nil || a.Time.After(now) {
		return attempt{}
	}
	a.Problem = text.OneLine(a.Problem, 500)
	return a
}

func (k *Kind) writeAttempt(dir string, a attempt, problem error) error {
	if problem != nil {
		a.Problem = problem.Error()
	}
	err := fileio.Replace(k.attemptPath(dir), func(w io.Writer) error { return json.NewEncoder(w).Encode(a) })
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", k.attemptPath(dir), fileio.Cause(err))
	}
	return nil
}
