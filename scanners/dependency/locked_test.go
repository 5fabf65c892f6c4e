package dependency

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadLocked(t *testing.T) {
	const lock = `# yarn lockfile v1


frame@^1.0.0:
  version "1.1.0"
  dependencies:
    leaf "~0.9.0"

leaf@1.2.0:
  version "1.2.0"

leaf@~0.9.0:
  version "0.9.1"

tester@3.0.1:
  version "3.0.1"
`
	tr := tree(t, map[string]string{
		"a/yarn.lock":      lock,
		"a/package.json":   `{"dependencies": {"frame": "^1.0.0", "leaf": "1.2.0"}, "devDependencies": {"tester": "3.0.1"}}`,
		"b/pnpm-lock.yaml": "lockfileVersion: [",
		"c/readme":         "",
	})
	got, n, err := ReadLocked(t.Context(), tr, "a/yarn.lock", func(name string) bool { return name != "frame" })
	if err != nil {
		t.Fatal(err)
	}
	want := []Locked{
		{Name: "leaf", Version: "0.9.1", Line: 12, Relationship: "indirect", Path: []string{"frame@1.1.0", "leaf@0.9.1"}},
		{Name: "leaf", Version: "1.2.0", Line: 9, Relationship: "direct"},
		{Name: "tester", Version: "3.0.1", Line: 15, Relationship: "direct", Dev: true},
	}
	if d := cmp.Diff(want, got); d != "" || n != 4 {
		t.Errorf("%d packages\n%s", n, d)
	}
	for _, bad := range []string{"b/pnpm-lock.yaml", "c/readme", "d/yarn.lock"} {
		if _, _, err := ReadLocked(t.Context(), tr, bad, func(string) bool { return true }); err == nil || strings.ContainsAny(err.Error(), "\n[") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
