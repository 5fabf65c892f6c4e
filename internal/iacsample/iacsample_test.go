package iacsample

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"go.yaml.in/yaml/v3"
)

// count is what a repository holds: files by extension, and the documents of
// the YAML files.
type count struct {
	Files     map[string]int
	Documents int
	Sum       string // the first digits of the hash of all paths and contents
}

// TestTrees asserts that every file parses, and that the bytes are the same
// on every machine: figures of different days are about the same input.
func TestTrees(t *testing.T) {
	for name, test := range map[string]struct {
		make func() tree
		want count
	}{
		"terraform":  {terraform70, count{Files: map[string]int{".tf": 70}, Sum: "f1ccc6783e7d8db0"}},
		"kubernetes": {kubernetes170, count{Files: map[string]int{".yaml": 58}, Documents: manifests, Sum: "ebb80770b15955f4"}},
		"nested":     {nestedModules, count{Files: map[string]int{".tf": 101, ".tftpl": 2}, Sum: "f835e6579526a9cd"}},
		"none": {noIaC, count{
			Files: map[string]int{
				".css": 357, ".go": 358, ".java": 357, ".json": 1071, ".md": 357, ".py": 357, ".sql": 357, ".toml": 357, ".tsx": 358,
				".yaml": 714, ".yml": 357,
			},
			Documents: 1071,
			Sum:       "6d209990d9ec8c9e",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := test.make()
			if diff := cmp.Diff(test.want, look(t, files)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !maps.Equal(files, test.make()) {
				t.Error("a second call made something else")
			}
		})
	}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := Terraform70(dir); err != nil {
		t.Fatal(err)
	}
	for name, text := range terraform70() {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Error(err)
		} else if string(data) != text {
			t.Errorf("%s holds something else", name)
		}
	}
	if err := Terraform70(dir); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("a second time into the same directory: %v", err)
	}
}

// look counts and hashes files, and fails for each that does not parse.
func look(t *testing.T, files tree) count {
	t.Helper()
	n := count{Files: map[string]int{}}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		data := []byte(files[name])
		fmt.Fprintf(sum, "%s\x00%d\x00%s", name, len(data), data)
		n.Files[path.Ext(name)]++
		if left := leftover(data); left != "" {
			t.Errorf("%s: %s was not replaced", name, left)
		}
		switch path.Ext(name) {
		case ".tf":
			if _, diags := hclsyntax.ParseConfig(data, name, hcl.InitialPos); diags.HasErrors() {
				t.Error(diags)
			}
		case ".json":
			if !json.Valid(data) {
				t.Errorf("%s is not JSON", name)
			}
		case ".yaml", ".yml":
			docs, err := documents(data)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			n.Documents += docs
		}
	}
	n.Sum = hex.EncodeToString(sum.Sum(nil))[:16]
	return n
}

// leftover is the first placeholder that a template was left with.
func leftover(data []byte) string {
	for _, word := range []string{"@n", "@i", "@on", "@parts", "@public", "@count", "@cidr", "@stage", "@team", "@tag", "@port", "@user", "@yes", "@verb", "@resource"} {
		if bytes.Contains(data, []byte(word)) {
			return word
		}
	}
	return ""
}

// documents counts the documents of a YAML file, each of which must be a map.
func documents(data []byte) (n int, err error) {
	for dec := yaml.NewDecoder(bytes.NewReader(data)); ; n++ {
		var doc map[string]any
		if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
	}
}
