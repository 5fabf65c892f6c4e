package fileio

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTrimCache(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"new.json.gz", "old.json.gz", "middle.json.gz", "other"} {
		file := filepath.Join(dir, name)
		at := time.Unix(1_700_000_000+int64([]int{3, 1, 2, 0}[i]), 0)
		if err := os.WriteFile(file, make([]byte, 10), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	trimCache(dir, 20)
	list, _ := filepath.Glob(filepath.Join(dir, "*"))
	var names []string
	for _, name := range list {
		names = append(names, filepath.Base(name))
	}
	if diff := cmp.Diff([]string{"middle.json.gz", "new.json.gz", "other"}, names); diff != "" {
		t.Error(diff)
	}
}
