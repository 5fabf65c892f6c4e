package secret

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/scanners"
)

// TestHistoryInParts: several processes of git find what one does, and a part
// that fails fails the scan.
func TestHistoryInParts(t *testing.T) {
	w := newWorld(t)
	for i := range 7 {
		w.put(fmt.Sprintf("f%d.txt", i), fmt.Sprintf("line %d\nkey = %s\n", i, []string{awsKey, awsKey2}[i%2]))
	}
	w.git("checkout", "-q", "-b", "side", "HEAD~2")
	w.put("side.txt", "token = "+githubPAT+"\n")
	w.git("checkout", "-q", "main")
	w.git("merge", "-q", "--no-edit", "side")
	var want scanners.Report
	for i, part := range []int{0, 1, 2, 5} {
		s := newScanner(t, Options{})
		s.part = part
		got, err := scan(t.Context(), t, s, w.dir, 4)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			want = got
			if got.Looked.Commits != 9 || len(got.Findings) != 3 {
				t.Fatalf("%+v, %d findings", got.Looked, len(got.Findings))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("parts of %d commits: %s", part, diff)
		}
	}
}
