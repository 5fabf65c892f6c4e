package vulndb

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
	tlog "github.com/aquasecurity/trivy/pkg/log"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// lockWait is how long to wait for a process that is writing the database.
const lockWait = time.Second

// handle counts the users of trivy-db's database handle. The engine keeps one
// per process and offers no other way, so this is shared state as well.
var handle struct {
	sync.Mutex
	dir   string // as it was asked for, links followed
	at    opened
	users int
}

// opened is the pair of files that is in use. An update does not change it:
// it puts another beside it.
type opened struct {
	dir     string
	updated time.Time
}

// quietEngine replaces the logger that importing the engine installs as the
// process's default: it buffers for ever and panics on groups.
var quietEngine = sync.OnceFunc(func() { tlog.InitLogger(false, true) })

// acquire opens the database whose files are at, for the directory dir, or
// joins those who have that directory open.
func acquire(dir string, at opened) (opened, error) {
	quietEngine()
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	handle.Lock()
	defer handle.Unlock()
	if handle.users > 0 {
		if handle.dir != dir {
			return opened{}, fmt.Errorf("vulnerability database %s: %s is in use in this process, and only one can be", dir, handle.dir)
		}
		handle.users++
		return handle.at, nil
	}
	path := trivydb.Path(at.dir)
	if err := verify(path); err != nil {
		return opened{}, err
	}
	// The engine removes the file when it faults here, which verify rules out.
	err := guard(path, func() error { return trivydb.Init(at.dir, trivydb.WithBoltOptions(readOnly())) })
	if err != nil {
		return opened{}, beingWritten(path, err)
	}
	if err := guard(path, func() error { return notEmpty(trivydb.Config{}.Connection(), path) }); err != nil {
		trivydb.Close()
		return opened{}, err
	}
	handle.dir, handle.at, handle.users = dir, at, 1
	return at, nil
}

func readOnly() *bolt.Options { return &bolt.Options{ReadOnly: true, Timeout: lockWait} }

// beingWritten explains why a file that is whole cannot be opened.
func beingWritten(path string, err error) error {
	if errors.Is(err, bolterrors.ErrTimeout) {
		return fmt.Errorf("vulnerability database %s is being written by another process: try again later", path)
	}
	return err
}

// release closes the database when its last user is gone.
func release() error {
	handle.Lock()
	defer handle.Unlock()
	if handle.users--; handle.users > 0 {
		return nil
	}
	return trivydb.Close()
}

// guard runs read and turns panics, and faults of the memory that the file is
// mapped to, into errors about the database.
func guard(path string, read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = corrupt(path, "%v", r)
		}
	}()
	return read()
}

func corrupt(path, format string, args ...any) error {
	return fmt.Errorf("vulnerability database %s is corrupt: %s: replace it with `scangate db update`", path, fmt.Sprintf(format, args...))
}

// notEmpty makes an error of a database without any advisory: everything
// would look clean.
func notEmpty(db *bolt.DB, path string) error {
	return db.View(func(tx *bolt.Tx) error {
		c := tx.Cursor()
		for name, _ := c.First(); name != nil; name, _ = c.Next() {
			if notAdvisories[string(name)] {
				continue
			}
			source := tx.Bucket(name)
			if source == nil {
				continue
			}
			if pkg, _ := source.Cursor().First(); pkg != nil {
				return nil
			}
		}
		return fmt.Errorf("vulnerability database %s holds no advisories: replace it with `scangate db update`", path)
	})
}

// notAdvisories are the top-level buckets that hold something else.
var notAdvisories = map[string]bool{"data-source": true, "vulnerability": true, "Red Hat CPE": true}

// covers reports whether any advisory source is about the ecosystem.
func covers(ecosystem string) (found bool, err error) {
	err = trivydb.Config{}.Connection().View(func(tx *bolt.Tx) error {
		prefix := ecosystem + "::"
		c := tx.Cursor()
		for name, _ := c.Seek([]byte(prefix)); name != nil && strings.HasPrefix(string(name), prefix); name, _ = c.Next() {
			if source := tx.Bucket(name); source != nil {
				if pkg, _ := source.Cursor().First(); pkg != nil {
					found = true
					return nil
				}
			}
		}
		return nil
	})
	return found, err
}
