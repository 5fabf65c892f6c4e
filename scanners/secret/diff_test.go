package secret

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorder writes down what a patchReader meets.
type recorder struct{ events []string }

func (r *recorder) add(format string, args ...any) error {
	r.events = append(r.events, fmt.Sprintf(format, args...))
	return nil
}

func (r *recorder) Commit(hash string, time int64) error { return r.add("commit %.4s %d", hash, time) }
func (r *recorder) File(path string) error               { return r.add("file %s", path) }
func (r *recorder) Hunk(line int) error                  { return r.add("hunk %d", line) }
func (r *recorder) Added(p []byte) error                 { return r.add("%q", p) }
func (r *recorder) HunkEnd() error                       { return r.add("end") }
func (r *recorder) Binary(path, blob string) error       { return r.add("binary %s %.4s", path, blob) }

var (
	idA   = strings.Repeat("a", 40)
	idB   = strings.Repeat("b", 64)
	zero  = strings.Repeat("0", 40)
	first = "\x00" + idA + " 5\n\n"
	index = "index " + zero + ".." + idA + " 100644\n"
)

func TestReadPatches(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", nil},
		{"commits without changes", first + "\x00" + idB + " -7\n", []string{"commit aaaa 5", "commit bbbb -7"}},
		{
			"a new file and a changed one", first + "diff --git a/x y b/x y\nnew file mode 100644\n" + index + "--- /dev/null\n+++ b/x y\t\n@@ -0,0 +1,2 @@\n+one\n+\x00" + idB + " 1\n\\ No newline at end of file\n" +
				"diff --git a/z b/z\n" + index + "--- a/z\n+++ b/z\n@@ -4 +7 @@ func f() {\n-old\n\\ No newline at end of file\n+new\n@@ -9,2 +8,0 @@\n--- a\n-+++ b\n",
			[]string{"commit aaaa 5", "file x y", "hunk 1", `"one\n"`, `"\x00` + idB + ` 1\n"`, "end", "file z", "hunk 7", `"new\n"`, "end"},
		},
		{
			"lines that look like headers", first + "diff --git a/z b/z\n" + index + "--- a/z\n+++ b/z\n@@ -1,2 +1,2 @@\n--- a/q\n-diff --git a/q b/q\n+++ b/q\n+@@ -1 +1 @@\n",
			[]string{"commit aaaa 5", "file z", "hunk 1", `"++ b/q\n"`, `"@@ -1 +1 @@\n"`, "end"},
		},
		{
			"context between", first + "diff --git a/z b/z\n" + index + "--- a/z\n+++ b/z\n@@ -1,2 +1,4 @@\n+a\n b\n+c\n d\n",
			[]string{"commit aaaa 5", "file z", "hunk 1", `"a\n"`, "end", "hunk 3", `"c\n"`, "end"},
		},
		{"deleted", first + "diff --git a/z b/z\ndeleted file mode 100644\nindex " + idA + ".." + zero + "\n--- a/z\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n", []string{"commit aaaa 5"}},
		{"submodule", first + "diff --git a/m b/m\nnew file mode 160000\nindex " + zero + ".." + idA + "\n--- /dev/null\n+++ b/m\n@@ -0,0 +1 @@\n+Subproject commit " + idA + "\n", []string{"commit aaaa 5"}},
		{"mode change", first + "diff --git a/dir/z b/dir/z\nold mode 100644\nnew mode 100755\n", []string{"commit aaaa 5", "file dir/z"}},
		{"empty file, quoted", first + "diff --git \"a/\\303\\274\\n\\\"\" \"b/\\303\\274\\n\\\"\"\nnew file mode 100644\n" + index, []string{"commit aaaa 5", "file ü\n\""}},
		{"rename", first + "diff --git a/o b/n\nsimilarity index 90%\nrename from o\nrename to n\n" + index + "--- a/o\n+++ b/n\n@@ -1 +1 @@\n-a\n+b\n", []string{"commit aaaa 5", "file n", "hunk 1", `"b\n"`, "end"}},
		{"pure copy", first + "diff --git a/o b/n\nsimilarity index 100%\ncopy from o\ncopy to \"n\\t\"\n", []string{"commit aaaa 5", "file n\t"}},
		{"binary", first + "diff --git a/z b/z\nnew file mode 100644\n" + index + "Binary files /dev/null and b/z differ\n", []string{"commit aaaa 5", "file z", "binary z aaaa"}},
		{
			"remerge", first + "diff --git a/z b/z\nremerge CONFLICT (content): Merge conflict in z\n @@ -1 +1 @@\n" + index + "--- a/z\n+++ b/z\n@@ -1 +1 @@\n-a\n+b\n",
			[]string{"commit aaaa 5", "file z", "hunk 1", `"b\n"`, "end"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got recorder
			if err := readPatches(strings.NewReader(tt.in), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.events); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadPatchesRefuses(t *testing.T) {
	file := first + "diff --git a/z b/z\n" + index + "--- a/z\n+++ b/z\n"
	tests := []struct{ name, in string }{
		{"no commit", "diff --git a/z b/z\n"},
		{"short id", "\x00abc 5\n"},
		{"no time", "\x00" + idA + "\n"},
		{"upper-case id", "\x00" + strings.ToUpper(idA) + " 5\n"},
		{"a line of no file", first + "index\n"},
		{"a warning in place of a diff", first + "diff: warning: Skipping remerge-diff for octopus merges.\n"},
		{"unknown header", file + "hello\n"},
		{"combined diff", first + "diff --cc z\n"},
		{"combined hunk", file + "@@@ -1 -1 +1 @@@\n"},
		{"literal patch", first + "diff --git a/z b/z\n" + index + "GIT binary patch\n"},
		{"bad counts", file + "@@ -x +1 @@\n+a\n"},
		{"negative count", file + "@@ -1 +1,-1 @@\n+a\n"},
		{"no end of counts", file + "@@ -1 +1\n"},
		{"too few lines", file + "@@ -0,0 +1,2 @@\n+a\n@@ -5 +6 @@\n"},
		{"too many lines", file + "@@ -0,0 +1 @@\n+a\n+b\n"},
		{"wrong sign", file + "@@ -0,0 +1 @@\n-a\n"},
		{"ends in a hunk", file + "@@ -0,0 +1,2 @@\n+a\n"},
		{"ends in a line of a hunk", file + "@@ -0,0 +1 @@\n+a"},
		{"ends in a header", first + "diff --git a/z"},
		{"endless header", first + "diff --git " + strings.Repeat("x", maxHeader)},
		{"two names", first + "diff --git a/one b/two\nold mode 100644\n"},
		{"bad quote", first + "diff --git a/z b/z\n" + index + "+++ \"b/\\q\"\n"},
		{"open quote", first + "diff --git a/z b/z\n" + index + "+++ \"b/z\n"},
		{"no prefix", first + "diff --git a/z b/z\n" + index + "+++ z\n"},
		{"binary without id", first + "diff --git a/z b/z\nBinary files a/z and b/z differ\n"},
		{"short blob id", first + "diff --git a/z b/z\nindex 12..34\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := readPatches(strings.NewReader(tt.in), &recorder{})
			if err == nil {
				t.Fatal("no error")
			}
			if strings.HasPrefix(tt.in, first) && !strings.Contains(err.Error(), idA) {
				t.Errorf("the error names no commit: %v", err)
			}
		})
	}
}

func FuzzReadPatches(f *testing.F) {
	f.Add(first + "diff --git a/z b/z\n" + index + "--- a/z\n+++ b/z\n@@ -1 +1 @@\n-a\n+b\n\\ No newline\n")
	f.Add(first + "diff --git \"a/\\303\" \"b/\\303\"\nold mode 1\nremerge x\n y\n")
	f.Fuzz(func(t *testing.T, in string) {
		var got recorder
		readPatches(strings.NewReader(in), &got)
		open := false
		for _, e := range got.events {
			switch {
			case strings.HasPrefix(e, "hunk"):
				if open {
					t.Fatal("a hunk inside a hunk")
				}
				open = true
			case e == "end":
				open = false
			case e[0] == '"' && !open:
				t.Fatal("lines outside a hunk")
			}
		}
	})
}
