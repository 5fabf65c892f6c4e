package vulndb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
	"github.com/aquasecurity/trivy-db/pkg/metadata"
	bolt "go.etcd.io/bbolt"
)

// buildPageSize is fixed, so that a build gives the same bytes everywhere.
const buildPageSize = 4096

// BuildSources say what a database is made from. One is enough.
type BuildSources struct {
	Facts string   // a directory with facts, a file per ecosystem or release (facts.go has the format)
	OSV   []string // files or directories with advisories in the OSV format, as JSON or YAML
}

// Built says what is in a new database.
type Built struct {
	Advisories int      // one for each package that an advisory is about
	Notes      []string // what could not be expressed, with how often
}

// Build makes a vulnerability database in outDir from the advisory facts in
// factsDir, as BuildFrom does.
func Build(factsDir, outDir string, now time.Time) error {
	_, err := BuildFrom(context.Background(), BuildSources{Facts: factsDir}, outDir, now)
	return err
}

// BuildFrom makes a vulnerability database in outDir, dated now. The same
// sources give the same bytes. Where facts and OSV advisories say something
// about the same package and id, the facts count. On an error, which names the
// file, outDir keeps what it had.
func BuildFrom(ctx context.Context, from BuildSources, outDir string, now time.Time) (Built, error) {
	b := newBuilder()
	if from.Facts != "" || len(from.OSV) == 0 {
		facts, err := readFacts(from.Facts)
		if err == nil {
			err = b.addFacts(facts)
		}
		if err != nil {
			return Built{}, err
		}
	}
	quietEngine() // which compares versions
	for _, at := range from.OSV {
		if err := b.addOSV(ctx, at); err != nil {
			return Built{}, err
		}
	}
	if b.count == 0 {
		return Built{}, errors.New("nothing in these advisories can be matched: the database would be empty")
	}
	return Built{b.count, b.noteLines()}, writeDatabase(b.done(), outDir, now)
}

// writeDatabase puts the database in its place.
func writeDatabase(content content, outDir string, now time.Time) error {
	if err := os.MkdirAll(outDir, 0o755); err != nil {
		return fmt.Errorf("cannot make the vulnerability database: %w", err)
	}
	temp, err := os.MkdirTemp(outDir, ".build-*")
	if err != nil {
		return fmt.Errorf("cannot make the vulnerability database: %w", err)
	}
	defer os.RemoveAll(temp)
	if err := writeBolt(trivydb.Path(temp), content); err != nil {
		return fmt.Errorf("cannot write the vulnerability database: %w", err)
	}
	now = now.UTC()
	meta := metadata.Metadata{Version: trivydb.SchemaVersion, UpdatedAt: now, NextUpdate: now.Add(24 * time.Hour), DownloadedAt: now}
	if err := metadata.NewClient(temp).Update(meta); err != nil {
		return fmt.Errorf("cannot write the vulnerability database: %w", err)
	}
	// The date last: until then the new content only looks older than it is.
	// Where there is no such file, one from elsewhere may be in use until
	// trivy.db appears, so that comes last.
	order := []func(string) string{trivydb.Path, metadata.Path}
	if _, err := os.Lstat(trivydb.Path(outDir)); errors.Is(err, fs.ErrNotExist) {
		slices.Reverse(order)
	}
	for _, path := range order {
		if err := os.Rename(path(temp), path(outDir)); err != nil {
			return fmt.Errorf("cannot replace the vulnerability database: %w", err)
		}
	}
	return nil
}

// writeBolt writes content in the order of its keys, with a transaction for
// each nested bucket: bolt lays out several of one transaction in random order.
func writeBolt(path string, content content) (err error) {
	keys := make([][3]string, 0, len(content))
	for k := range content {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [3]string) int { return slices.Compare(a[:], b[:]) })
	options := &bolt.Options{PageSize: buildPageSize, FreelistType: bolt.FreelistArrayType, NoSync: true, Timeout: lockWait}
	db, err := bolt.Open(path, 0o644, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for len(keys) > 0 {
		n := 1
		for n < len(keys) && keys[n][0] == keys[0][0] && keys[n][1] == keys[0][1] {
			n++
		}
		if err := db.Update(func(tx *bolt.Tx) error { return put(tx, keys[:n], content) }); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return db.Sync()
}

// put writes the values of keys, which are all of one bucket.
func put(tx *bolt.Tx, keys [][3]string, content content) error {
	bucket, err := tx.CreateBucketIfNotExists([]byte(keys[0][0]))
	if err != nil {
		return err
	}
	if nested := keys[0][1]; nested != "" {
		if bucket, err = bucket.CreateBucketIfNotExists([]byte(nested)); err != nil {
			return err
		}
	}
	for _, k := range keys {
		value, err := json.Marshal(content[k])
		if err != nil {
			return err
		}
		if err := bucket.Put([]byte(k[2]), value); err != nil {
			return err
		}
	}
	return nil
}
