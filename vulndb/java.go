package vulndb

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver
)

const (
	javaName   = "trivy-java.db" // an SQLite file
	javaSchema = 1

	javaHeader  = "SQLite format 3\x00"
	javaTimeout = 10 * time.Second // of one look-up, which takes microseconds in a whole file
	maxJavaText = 1000             // bytes of a group, artifact or version
)

// ErrNoJava is what OpenJava gives where there is no Java database. It is
// optional.
var ErrNoJava = errors.New("there is no Java database")

// JavaDB is an open Java database: which artifact a jar is, by its digest or
// its name. It is safe for concurrent use.
type JavaDB struct {
	path    string
	db      *sql.DB
	updated time.Time
}

// OpenJava opens the Java database that belongs to the vulnerability database
// in dir, for reading.
func OpenJava(dir string) (*JavaDB, error) {
	place, err := java.place(dir)
	if err != nil {
		return nil, err
	}
	for {
		at, _, err := java.locate(place)
		if err != nil {
			return nil, err
		}
		db, err := openJavaAt(place, at)
		if err == nil {
			return db, nil
		}
		// An update may have put another in its place meanwhile.
		if now, _, e := java.locate(place); e != nil || now == at {
			return nil, err
		}
	}
}

func openJavaAt(place, at string) (*JavaDB, error) {
	if err := java.absent(place, at); err != nil {
		return nil, err
	}
	meta, err := java.readMetadata(at, time.Now())
	if err != nil {
		return nil, err
	}
	if err := verifyJava(java.path(at)); err != nil {
		return nil, err
	}
	j, err := openJava(java.path(at))
	if err != nil {
		return nil, err
	}
	j.updated = meta.UpdatedAt
	return j, nil
}

// openJava opens the file as one that nobody changes, so that SQLite takes no
// lock and writes nothing beside it.
func openJava(path string) (*JavaDB, error) {
	name := filepath.ToSlash(path)
	if !strings.HasPrefix(name, "/") {
		name = "/" + name // a Windows drive
	}
	options := url.Values{"mode": {"ro"}, "immutable": {"1"}, "_pragma": {"query_only(1)", "trusted_schema(0)", "cell_size_check(1)", "mmap_size(0)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: name, RawQuery: options.Encode()}).String())
	if err != nil {
		return nil, javaCorrupt(path, err)
	}
	// One connection, opened now: an update may remove the file.
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	if err := db.Ping(); err != nil {
		db.Close()
		return nil, javaCorrupt(path, err)
	}
	return &JavaDB{path: path, db: db}, nil
}

// Close lets go of the database.
func (j *JavaDB) Close() error { return j.db.Close() }

// BySHA1 returns the artifact whose jar has the SHA-1, in hexadecimal.
func (j *JavaDB) BySHA1(hexSHA1 string) (group, artifact, version string, ok bool, err error) {
	sum, err := hex.DecodeString(hexSHA1)
	if err != nil || len(sum) != 20 {
		return "", "", "", false, fmt.Errorf("%q is not a SHA-1", cutText(hexSHA1, 80))
	}
	ok, err = j.row(`SELECT a.group_id, a.artifact_id, i.version FROM indices i JOIN artifacts a ON a.id = i.artifact_id WHERE i.sha1 = ? LIMIT 1`,
		[]any{sum}, &group, &artifact, &version)
	return group, artifact, version, ok && artifact != "", err
}

// ByArtifact returns the group of an artifact that has the version as a jar.
// Of several groups, as Trivy does, it is the one with the most versions of
// that artifact; of those that have as many, the first by name.
func (j *JavaDB) ByArtifact(artifact, version string) (group string, ok bool, err error) {
	ok, err = j.row(`SELECT a.group_id FROM artifacts a JOIN indices i ON i.artifact_id = a.id
		WHERE a.artifact_id = ? AND i.version = ? AND i.archive_type = 'jar' GROUP BY a.id
		ORDER BY COUNT(*) * (SELECT COUNT(*) FROM indices n WHERE n.artifact_id = a.id) DESC, a.group_id LIMIT 1`,
		[]any{artifact, version}, &group)
	return group, ok, err
}

// Exists reports whether there is any version of the artifact.
func (j *JavaDB) Exists(group, artifact string) (bool, error) {
	var name string
	return j.row(`SELECT a.artifact_id FROM indices i JOIN artifacts a ON a.id = i.artifact_id WHERE a.group_id = ? AND a.artifact_id = ? LIMIT 1`,
		[]any{group, artifact}, &name)
}

// UpdatedAt is when the database was built.
func (j *JavaDB) UpdatedAt() time.Time { return j.updated }

// row reads one row of texts.
func (j *JavaDB) row(query string, args []any, into ...*string) (ok bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), javaTimeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			ok, err = false, javaCorrupt(j.path, fmt.Errorf("%v", r))
		}
	}()
	texts := make([]sql.NullString, len(into))
	targets := make([]any, len(into))
	for i := range texts {
		targets[i] = &texts[i]
	}
	err = j.db.QueryRowContext(ctx, query, args...).Scan(targets...)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, javaCorrupt(j.path, err)
	}
	for i, text := range texts {
		if len(text.String) > maxJavaText || strings.ContainsFunc(text.String, func(r rune) bool { return r < ' ' }) {
			return false, javaCorrupt(j.path, errors.New("a name in it cannot be one"))
		}
		*into[i] = text.String
	}
	return true, nil
}

func javaCorrupt(path string, err error) error {
	return fmt.Errorf("Java database %s is corrupt: %s: replace it with `%s`", path, cutText(oneLine(err), 200), javaUpdate)
}

const javaUpdate = "scangate db update --java"

// verifyJava checks that the file is a whole SQLite database with the two
// tables, and any jar in them. SQLite itself takes no page on trust.
func verifyJava(path string) error {
	if err := verifyJavaFile(path); err != nil {
		return javaCorrupt(path, err)
	}
	j, err := openJava(path)
	if err != nil {
		return err
	}
	defer j.Close()
	// Views and virtual tables in their place would be code of the file's.
	var tables, first string
	if _, err := j.row(`SELECT CAST(COUNT(*) AS TEXT) FROM sqlite_master WHERE type = 'table' AND name IN ('artifacts', 'indices')
		AND sql NOT LIKE '%VIRTUAL%' AND sql NOT LIKE '%GENERATED%'`, nil, &tables); err != nil {
		return err
	}
	if tables != "2" {
		return javaCorrupt(path, errors.New("it has not the tables that it should have"))
	}
	ok, err := j.row(`SELECT a.artifact_id || i.version || i.archive_type || length(i.sha1) FROM indices i JOIN artifacts a ON a.id = i.artifact_id LIMIT 1`, nil, &first)
	if err == nil && !ok {
		err = fmt.Errorf("Java database %s holds no jars: replace it with `%s`", path, javaUpdate)
	}
	return err
}

// verifyJavaFile compares the size in the header with that of the file.
func verifyJavaFile(path string) error {
	f, err := openRegular(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	header := make([]byte, 100)
	if _, err := io.ReadFull(f, header); err != nil || string(header[:len(javaHeader)]) != javaHeader {
		return errors.New("it is no SQLite file")
	}
	page := int64(header[16])<<8 | int64(header[17])
	if page == 1 {
		page = 1 << 16
	}
	pages := int64(header[28])<<24 | int64(header[29])<<16 | int64(header[30])<<8 | int64(header[31])
	if page < 512 || info.Size() < page*pages {
		return fmt.Errorf("it has %d of at least %d bytes", info.Size(), page*pages)
	}
	return nil
}

// JavaSource says where the Java database is, and who keeps it fresh.
type JavaSource struct {
	Dir     string                      // that of the vulnerability database it belongs to; empty: there is none
	Refresh func(context.Context) error // nil: nobody
}

// Open opens the database if there is one: it is optional, many times as large
// as the other, and only who has asked for it once keeps getting it. Without
// one it returns nil. A refresh that fails leaves the old one.
func (s JavaSource) Open(ctx context.Context) (*JavaDB, error) {
	if s.Dir == "" {
		return nil, nil
	}
	db, err := OpenJava(s.Dir)
	switch {
	case errors.Is(err, ErrNoJava):
		return nil, nil
	case err != nil || s.Refresh == nil:
		return db, err
	}
	if err := s.Refresh(ctx); err != nil {
		if ctx.Err() != nil {
			db.Close()
			return nil, ctx.Err()
		}
		return db, nil
	}
	db.Close()
	return OpenJava(s.Dir)
}
