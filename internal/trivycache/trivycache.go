// Package trivycache fills the directory in which Trivy's own command line
// looks for its databases, for running it beside scangate on the same ones.
package trivycache

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aquasecurity/trivy-java-db/pkg/db"
	"github.com/aquasecurity/trivy-java-db/pkg/types"
	"github.com/scangate/scangate/vulndb"
	_ "modernc.org/sqlite" // opens the Java database
)

// Fill builds both databases below dir from the advisories of the test data,
// and returns the directory of the one that scangate uses as well.
func Fill(dir string) (string, error) {
	vulnerabilities := filepath.Join(dir, "db")
	if err := os.MkdirAll(vulnerabilities, 0o755); err != nil {
		return "", err
	}
	if err := vulndb.Build("testdata/advisories", vulnerabilities, time.Now()); err != nil {
		return "", err
	}
	if err := javaDatabase(filepath.Join(dir, "java-db")); err != nil {
		return "", fmt.Errorf("the Java database: %w", err)
	}
	return vulnerabilities, nil
}

// javaDatabase makes a database that knows the artifacts of the fixtures whose
// archives say what they are in the manifest alone: Trivy does not believe
// that of others.
func javaDatabase(dir string) error {
	java, err := db.New(dir)
	if err != nil {
		return err
	}
	defer java.Close()
	if err := java.Init(); err != nil {
		return err
	}
	var known []types.Index
	for i, name := range [...]string{"org.example.shop:shop-manifest:4.5.6", "org.example.osgi:shop-bundle:7.0.1"} {
		part := strings.Split(name, ":")
		known = append(known, types.Index{GroupID: part[0], ArtifactID: part[1], Version: part[2], SHA1: make([]byte, 20), ArchiveType: types.JarType})
		known[i].SHA1[0] = byte(i) // of no file
	}
	if err := java.InsertIndexes(known); err != nil {
		return err
	}
	now := time.Now()
	meta := db.NewMetadata(dir)
	return meta.Update(db.Metadata{Version: db.SchemaVersion, UpdatedAt: now, NextUpdate: now.Add(time.Hour), DownloadedAt: now})
}
