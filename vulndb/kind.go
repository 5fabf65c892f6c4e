package vulndb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
)

// Kind is a database that is downloaded, kept and carried in the same way as
// the others.
type Kind struct {
	name         string // for messages
	below        string // the directory below --db DIR where it is; empty for DIR itself
	file         string // beside metadata.json
	schema       int
	maxSize      int64 // of the file, in bytes
	layerType    string
	tag          string // of a repository without one: the schema's version
	repositories []string
	update       string // the command that downloads one
	missing      string // what an old one lacks
	optional     error  // what tells that there is none; nil where there must be one

	refreshAge time.Duration // from this age on a newer one is looked for, whatever it says itself
	maxAge     time.Duration // from this age on it is stale

	verify func(path string) error // finds out whether the file can be read through
}

// Vulnerabilities is the database of advisories.
func Vulnerabilities() *Kind { return &vulnerabilities }

// Java is the database that knows jars by their digest. It is optional, and
// lies in the directory java below that of the vulnerability database.
func Java() *Kind { return &java }

var vulnerabilities = Kind{
	name: "vulnerability database", file: databaseName, schema: trivydb.SchemaVersion, maxSize: maxDatabaseSize,
	layerType: "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip", tag: "2",
	repositories: []string{
		"mirror.gcr.io/aquasec/trivy-db:2",
		"ghcr.io/aquasecurity/trivy-db:2",
		"public.ecr.aws/aquasecurity/trivy-db:2",
	},
	update: "scangate db update", missing: "newer advisories", refreshAge: 24 * time.Hour, maxAge: MaxAge, verify: verifyAdvisories,
}

// Upstream builds a Java database once a week.
var java = Kind{
	name: "Java database", below: "java", file: javaName, schema: javaSchema, maxSize: maxDatabaseSize,
	layerType: "application/vnd.aquasec.trivy.javadb.layer.v1.tar+gzip", tag: "1",
	repositories: []string{
		"mirror.gcr.io/aquasec/trivy-java-db:1",
		"ghcr.io/aquasecurity/trivy-java-db:1",
		"public.ecr.aws/aquasecurity/trivy-java-db:1",
	},
	update: javaUpdate, missing: "newer jars", optional: ErrNoJava, refreshAge: 7 * 24 * time.Hour, maxAge: 21 * 24 * time.Hour, verify: verifyJava,
}

// Name is what the database is called in sentences.
func (k *Kind) Name() string { return k.name }

// UpdateCommand is the command that downloads the newest.
func (k *Kind) UpdateCommand() string { return k.update }

// Missing says what an old one lacks.
func (k *Kind) Missing() string { return k.missing }

// Repositories returns the public mirrors, in the order they are tried.
func (k *Kind) Repositories() []string { return append([]string(nil), k.repositories...) }

// MaxAge is the age from which the database is stale.
func (k *Kind) MaxAge() time.Duration { return k.maxAge }

// place is where the database is, of the directory that the user names.
func (k *Kind) place(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no " + k.name + ": name its directory with --db DIR")
	}
	abs, err := filepath.Abs(dir)
	return filepath.Join(abs, k.below), err
}

func (k *Kind) path(dir string) string { return filepath.Join(dir, k.file) }

// Update is Kind.Update of the vulnerability database.
func Update(ctx context.Context, dir string, options UpdateOptions) (Outcome, error) {
	return vulnerabilities.Update(ctx, dir, options)
}

// Refresh is Kind.Refresh of the vulnerability database.
func Refresh(ctx context.Context, dir string, options UpdateOptions) error {
	return vulnerabilities.Refresh(ctx, dir, options)
}

// Inspect is Kind.Inspect of the vulnerability database.
func Inspect(dir string, now time.Time) (Info, error) { return vulnerabilities.Inspect(dir, now) }

// Export is Kind.Export of the vulnerability database.
func Export(ctx context.Context, w io.Writer, dir string, now time.Time) error {
	return vulnerabilities.Export(ctx, w, dir, now)
}

// Import is Kind.Import of the vulnerability database.
func Import(ctx context.Context, dir, file string, now time.Time) (Info, error) {
	return vulnerabilities.Import(ctx, dir, file, now)
}

// DefaultRepositories is Kind.Repositories of the vulnerability database.
func DefaultRepositories() []string { return vulnerabilities.Repositories() }

// absent is the error for an optional database that is not there.
func (k *Kind) absent(place, at string) error {
	if k.optional == nil {
		return nil
	}
	if _, err := os.Lstat(k.path(at)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w in %s: `%s` downloads it", k.optional, place, k.update)
	}
	return nil
}
