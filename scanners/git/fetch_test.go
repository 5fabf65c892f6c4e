package git

import (
	"path/filepath"
	"strings"
	"testing"
)

// shallow makes a clone of depth 1, as actions/checkout does, of a merge commit.
func shallow(t *testing.T) (*Git, string) {
	t.Helper()
	origin, _ := repository(t, map[string]string{"a": "one\n"})
	do(t, origin.Top, "", "checkout", "-q", "-b", "side")
	do(t, origin.Top, "", "commit", "-q", "--allow-empty", "-m", "side")
	do(t, origin.Top, "", "checkout", "-q", "main")
	do(t, origin.Top, "", "commit", "-q", "--allow-empty", "-m", "two")
	do(t, origin.Top, "", "merge", "-q", "--no-ff", "-m", "merge", "side")
	do(t, origin.Top, "", "config", "uploadpack.allowAnySHA1InWant", "true")
	dir := filepath.Join(t.TempDir(), "clone")
	do(t, ".", "", "clone", "-q", "--depth", "1", "file://"+origin.Top, dir)
	g, _, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return g, do(t, dir, "", "rev-parse", "HEAD")
}

func TestFetch(t *testing.T) {
	g, head := shallow(t)
	if parents, err := g.Parents(t.Context(), head); err != nil || len(parents) != 0 {
		t.Fatalf("the shallow clone has parents %v, %v", parents, err)
	}
	refs := do(t, g.Top, "", "for-each-ref")
	if err := g.Fetch(t.Context(), 2, head); err != nil {
		t.Fatal(err)
	}
	parents, err := g.Parents(t.Context(), head)
	if err != nil || len(parents) != 2 {
		t.Fatalf("after the fetch it has %v, %v", parents, err)
	}
	if bases, err := g.MergeBases(t.Context(), head, parents[0]); err != nil || len(bases) != 1 || bases[0] != parents[0] {
		t.Errorf("merge bases %v, %v", bases, err)
	}
	if got := do(t, g.Top, "", "for-each-ref"); got != refs {
		t.Errorf("refs were %q and are %q", refs, got)
	}
	if got := do(t, g.Top, "", "status", "--porcelain"); got != "" {
		t.Errorf("the working tree was changed: %q", got)
	}
	for _, bad := range []string{"main", "--upload-pack=x", ""} {
		if g.Fetch(t.Context(), 2, bad) == nil {
			t.Errorf("%q was fetched", bad)
		}
	}
}

// TestFetchSpeaksOnlyWhatItShould: a place that makes git run a program, or that
// is not encrypted, is not asked.
func TestFetchSpeaksOnlyWhatItShould(t *testing.T) {
	g, head := shallow(t)
	for _, place := range []string{"ext::sh -c 'touch ran; exit 1'", "http://127.0.0.1:1/x", "ssh://127.0.0.1:1/x", "git://127.0.0.1:1/x"} {
		do(t, g.Top, "", "remote", "set-url", "origin", place)
		err := g.Fetch(t.Context(), 2, head)
		if err == nil || !strings.Contains(err.Error(), "not allowed") {
			t.Errorf("%s: %v", place, err)
		}
		if got := do(t, g.Top, "", "status", "--porcelain"); got != "" {
			t.Errorf("%s: a program ran: %q", place, got)
		}
	}
}
