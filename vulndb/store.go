package vulndb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/aquasecurity/trivy-db/pkg/metadata"

	"github.com/scangate/scangate/fileio"
)

// A database directory holds trivy.db and metadata.json themselves or, once it
// has been updated or imported into, a store: a directory per version, and one
// file that names the current version. Replacing that file replaces trivy.db
// and metadata.json at the same instant, and what a reader has open stays.
//
//	DIR/scangate-db/current.json     which version is in use, and its origin
//	DIR/scangate-db/v-…/             trivy.db and metadata.json
//	DIR/scangate-db/layer-….partial  a download that was interrupted
//	DIR/scangate-db/attempt.json     the last try to update
//	DIR/scangate-db/lock             held by the process that writes
const (
	storeName     = "scangate-db"
	versionPrefix = "v-"
	partialSuffix = ".partial"

	maxStateSize = 64 << 10 // of current.json and attempt.json
)

// origin is where a database came from.
type origin struct {
	Source string `json:"source,omitempty"` // a repository, or the name of an imported file
	Digest string `json:"digest,omitempty"` // of the registry's manifest
	Layer  string `json:"layer,omitempty"`  // the digest of what was downloaded
}

// current is the content of current.json.
type current struct {
	Version string `json:"version"` // the name of the directory
	origin
}

// versionName is what a version's directory may be called: nothing that leads
// elsewhere.
var versionName = regexp.MustCompile(`^v-[0-9A-Za-z]{1,40}$`)

func store(dir string) string { return filepath.Join(dir, storeName) }

// locate returns the directory that holds the pair of files. A file right in
// dir wins: someone put it there.
func (k *Kind) locate(dir string) (string, origin, error) {
	if _, err := os.Lstat(k.path(dir)); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return dir, origin{}, nil
	}
	var c current
	name := filepath.Join(store(dir), "current.json")
	err := readState(name, &c)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return dir, origin{}, nil
	case err == nil && !versionName.MatchString(c.Version):
		err = errors.New("it names no version")
	}
	if err != nil {
		return "", origin{}, fmt.Errorf("%s: %s is corrupt: %w: replace it with `%s`", k.name, name, fileio.Cause(err), k.update)
	}
	return filepath.Join(store(dir), c.Version), c.origin, nil
}

// makeStore makes the store's directory. A link in its place could lead the
// cleaning up elsewhere.
func makeStore(dir string) error {
	err := os.MkdirAll(store(dir), 0o755)
	if err == nil {
		var info fs.FileInfo
		if info, err = os.Lstat(store(dir)); err == nil && !info.IsDir() {
			err = errors.New("it is not a directory")
		}
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", store(dir), fileio.Cause(err))
	}
	return nil
}

// install makes the version in the directory at, which holds a checked pair,
// the current one.
func (k *Kind) install(dir, at string, from origin) error {
	err := syncDir(at)
	if err == nil {
		err = writeState(filepath.Join(store(dir), "current.json"), current{filepath.Base(at), from})
	}
	if err == nil {
		err = syncDir(store(dir))
	}
	// Files right in dir stay in force until the database is gone.
	for _, name := range []string{k.path(dir), metadata.Path(dir)} {
		if err == nil {
			if err = os.Remove(name); errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
		}
	}
	if err != nil {
		return fmt.Errorf("cannot replace the %s in %s: %w", k.name, dir, fileio.Cause(err))
	}
	return nil
}

// tidy removes versions that are not in use and, except for keep, downloads
// that were interrupted. The caller holds the lock. What cannot be removed
// (elsewhere than on Unix, because it is still open) is for the next time.
func (k *Kind) tidy(dir, keep string) {
	at, _, err := k.locate(dir)
	entries, listErr := os.ReadDir(store(dir))
	if err != nil || listErr != nil {
		return
	}
	for _, e := range entries {
		name := filepath.Join(store(dir), e.Name())
		old := strings.HasPrefix(e.Name(), versionPrefix) && name != at
		partial := strings.HasSuffix(e.Name(), partialSuffix) && name != keep
		if old || partial || strings.HasSuffix(e.Name(), ".tmp") {
			os.RemoveAll(name)
		}
	}
}

func readState(name string, into any) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxStateSize))
	if err != nil {
		return err
	}
	return json.NewDecoder(bytes.NewReader(data)).Decode(into)
}

// writeState replaces a file whole.
func writeState(name string, what any) error {
	data, err := json.MarshalIndent(what, "", "  ")
	if err != nil {
		return err
	}
	return fileio.Replace(name, func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	})
}

// syncDir brings a directory's entries to the disk, where the system can.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
