package trivycache

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	checks "github.com/aquasecurity/trivy-checks"
	"github.com/scangate/scangate/scanners/iac/check"
)

// FillChecks gives Trivy the checks that scangate has, in place of those that
// it was built with: a newer or an older check is no difference of the engines.
func FillChecks(dir string) error {
	content := filepath.Join(dir, "policy", "content")
	all, err := check.Builtin()
	if err != nil {
		return err
	}
	for _, c := range all {
		data, err := checks.EmbeddedPolicyFileSystem.ReadFile(c.File)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(content, filepath.FromSlash(c.File)), named(string(data), c)); err != nil {
			return err
		}
	}
	err = fs.WalkDir(checks.EmbeddedLibraryFileSystem, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.rego") {
			return err
		}
		data, err := checks.EmbeddedLibraryFileSystem.ReadFile(name)
		if err != nil {
			return err
		}
		return write(filepath.Join(content, filepath.FromSlash(name)), string(data))
	})
	if err != nil {
		return err
	}
	return write(filepath.Join(dir, "policy", "metadata.json"), `{"Digest":"sha256:0","DownloadedAt":"`+time.Now().UTC().Format(time.RFC3339)+`"}`)
}

// named gives a check the fields in which Trivy v0.66.0 looks for its names.
func named(text string, c *check.Check) string {
	id := "\n#   id: " + c.ID + "\n"
	return strings.Replace(text, id, id+"#   avd_id: AVD-"+c.ID+"\n#   short_code: "+c.ShortCode+"\n", 1)
}

func write(name, content string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(content), 0o644)
}
