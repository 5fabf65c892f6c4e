package secret

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// TestHistory makes one repository for each way in which a secret can hide in
// the history, and names the findings that it must give.
func TestHistory(t *testing.T) {
	tests := []struct {
		name string
		make func(w *world) (want []string)
	}{
		{"added and deleted", func(w *world) []string {
			w.put("a/s.txt", "one\ntwo\nkey = "+awsKey+"\n")
			c := w.git("rev-parse", "HEAD")[:12]
			w.remove("a/s.txt")
			w.put("README", "x\n")
			return []string{"aws-access-token a/s.txt:3 " + c}
		}},
		{"in the tree and the history", func(w *world) []string {
			w.put("s.txt", "key = "+awsKey+"\n")
			w.put("s.txt", "new first line\nkey = "+awsKey+"\n")
			return []string{"aws-access-token s.txt:2"}
		}},
		{"the oldest of several commits", func(w *world) []string {
			c := w.put("s.txt", "key = "+awsKey+"\n")[:12]
			w.put("s.txt", "gone\n")
			w.put("s.txt", "a\nb\nkey = "+awsKey+"\n")
			w.put("s.txt", "gone\n")
			return []string{"aws-access-token s.txt:1 " + c}
		}},
		{"on a side branch", func(w *world) []string {
			w.put("README", "x\n")
			w.git("checkout", "-q", "-b", "side")
			c := w.put("s.txt", "key = "+awsKey+"\n")[:12]
			w.git("checkout", "-q", "main")
			return []string{"aws-access-token s.txt:1 " + c}
		}},
		{"on a detached HEAD", func(w *world) []string {
			w.put("README", "x\n")
			w.git("checkout", "-q", "--detach")
			c := w.put("s.txt", "key = "+awsKey+"\n")[:12]
			w.remove("s.txt")
			return []string{"aws-access-token s.txt:1 " + c}
		}},
		{"under a tag alone", func(w *world) []string {
			w.put("README", "x\n")
			w.git("checkout", "-q", "--detach")
			c := w.put("s.txt", "key = "+awsKey+"\n")[:12]
			w.git("tag", "-a", "-m", "t", "v1")
			w.git("checkout", "-q", "main")
			return []string{"aws-access-token s.txt:1 " + c}
		}},
		{"in a stash", func(w *world) []string {
			w.put("s.txt", "x\n")
			w.write("s.txt", "key = "+awsKey+"\n")
			w.git("stash", "-q")
			return []string{"aws-access-token s.txt:1 " + w.git("rev-parse", "refs/stash")[:12]}
		}},
		{"only in a merge commit", func(w *world) []string {
			c := evilMerge(w, "key = "+awsKey+"\n")
			return []string{"aws-access-token top:1 " + c}
		}},
		{"only in an octopus merge", func(w *world) []string {
			w.put("top", "x\n")
			for _, b := range []string{"b1", "b2"} {
				w.git("checkout", "-q", "-b", b, "main")
				w.put(b, b+"\n")
			}
			w.git("checkout", "-q", "main")
			w.put("b3", "b3\n")
			w.now += 86400
			w.git("merge", "-q", "--no-commit", "b1", "b2")
			w.write("evil", "key = "+awsKey+"\n")
			w.git("add", "-A")
			w.git("commit", "-q", "-m", "octopus")
			if n := strings.Count(w.git("rev-list", "--parents", "-1", "HEAD"), " "); n != 3 {
				w.t.Fatalf("%d parents, want 3", n)
			}
			c := w.git("rev-parse", "HEAD")[:12]
			w.remove("evil")
			return []string{"aws-access-token evil:1 " + c}
		}},
		{"behind a -diff attribute", func(w *world) []string {
			w.write(".gitattributes", "*.txt -diff\n")
			c := w.put("s.txt", "one\nkey = "+awsKey+"\n")[:12]
			w.remove("s.txt")
			return []string{"aws-access-token s.txt:2 " + c}
		}},
		{"in UTF-16", func(w *world) []string {
			c := w.put("win.ini", utf16Of("[x]\r\nkey = "+awsKey+"\r\n"))[:12]
			w.remove("win.ini")
			return []string{"aws-access-token win.ini:2 " + c}
		}},
		{"in a real binary: passed over", func(w *world) []string {
			w.put("blob.dat", "\x00\x01\x02 key = "+awsKey+"\n")
			w.remove("blob.dat")
			return nil
		}},
		{"under diff.noprefix", func(w *world) []string {
			w.git("config", "diff.noprefix", "true")
			w.git("config", "diff.mnemonicPrefix", "true")
			c := w.put("a/s.txt", "key = "+awsKey+"\n")[:12]
			w.remove("a/s.txt")
			return []string{"aws-access-token a/s.txt:1 " + c}
		}},
		{"settings that hide or rewrite", func(w *world) []string {
			for _, kv := range [][2]string{{"log.showRoot", "false"}, {"diff.context", "9"}, {"diff.interHunkContext", "9"}, {"color.ui", "always"},
				{"color.diff", "always"}, {"diff.relative", "true"}, {"diff.submodule", "log"}, {"log.decorate", "full"}, {"diff.algorithm", "patience"},
				{"core.bigFileThreshold", "1"}, {"core.quotePath", "false"}, {"diff.renames", "copies"}, {"log.diffMerges", "off"}, {"diff.colorMoved", "zebra"}, {"log.date", "relative"}, {"format.pretty", "oneline"}, {"diff.wsErrorHighlight", "all"}} {
				w.git("config", kv[0], kv[1])
			}
			c := w.put("a/s.txt", "one\nkey = "+awsKey+"\n")[:12]
			w.remove("a/s.txt")
			return []string{"aws-access-token a/s.txt:2 " + c}
		}},
		{"a replaced commit", func(w *world) []string {
			c := w.put("s.txt", "key = "+awsKey+"\n")
			w.remove("s.txt")
			w.git("checkout", "-q", "--orphan", "clean")
			clean := w.put("README", "x\n")
			w.git("checkout", "-q", "main")
			w.git("replace", c, clean)
			return []string{"aws-access-token s.txt:1 " + c[:12]}
		}},
		{"strange names", func(w *world) []string {
			var want []string
			for _, name := range []string{"b/sp ace", "d \"q\\uote", "n\new", "tab\there", "x b/x", "ü/é.txt"} {
				c := w.put(name, "key = "+awsKey+"\n")[:12]
				w.remove(name)
				want = append(want, "aws-access-token "+name+":1 "+c)
			}
			return want
		}},
		{"renamed, then deleted", func(w *world) []string {
			c := w.put("old.txt", "key = "+awsKey+"\nmore\nlines\n")[:12]
			w.git("mv", "old.txt", "new.txt")
			d := w.commit()[:12]
			w.remove("new.txt")
			return []string{"aws-access-token new.txt:1 " + d, "aws-access-token old.txt:1 " + c}
		}},
		{"content that looks like a log", func(w *world) []string {
			forged := "\x00" + strings.Repeat("a", 40) + " 1\n"
			// The NUL stands beyond where git looks for one.
			c := w.put("s.txt", strings.Repeat("filler line\n", 800)+forged+"diff --git a/x b/x\n@@ -0,0 +1 @@\nkey = "+awsKey+"\n")[:12]
			w.remove("s.txt")
			return []string{"aws-access-token s.txt:804 " + c}
		}},
		{"mode change, empty file, no line end, CRLF, submodule", func(w *world) []string {
			w.put("run.sh", "x")
			w.git("update-index", "--chmod=+x", "run.sh")
			w.git("commit", "-q", "-m", "mode")
			w.put("empty", "")
			w.git("update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("1", 40)+",mod")
			w.git("commit", "-q", "-m", "submodule")
			c := w.put("s.txt", "one\r\nkey = "+awsKey+"\r\nend")[:12]
			w.git("rm", "-q", "-f", "s.txt", "empty")
			w.commit()
			return []string{"aws-access-token s.txt:2 " + c}
		}},
		{"a private key, and a file known by its name", func(w *world) []string {
			w.write("cert.p12", "\x00\x01")
			c := w.put("id_rsa", "# mine\n"+pem)[:12]
			w.git("rm", "-q", "id_rsa", "cert.p12")
			w.commit()
			return []string{"pkcs12-file cert.p12:0 " + c, "private-key id_rsa:2 " + c}
		}},
		{"allowed in the line", func(w *world) []string {
			c := w.put("s.txt", "key = "+awsKey+" # gitleaks:allow\n")[:12]
			w.put("t.txt", "key = "+awsKey2+" # gitleaks:allow\n")
			w.put("t.txt", "key = "+awsKey2+"\n")
			e := w.git("rev-parse", "HEAD")[:12]
			w.git("rm", "-q", "s.txt", "t.txt")
			w.commit()
			// Of the second, the commit without the mark is the one to report.
			return []string{"aws-access-token s.txt:1 " + c + " suppressed", "aws-access-token t.txt:1 " + e}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			want := tt.make(w)
			r := mustScan(t, w.dir)
			if diff := cmp.Diff(want, sites(r.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if n := len(strings.Fields(w.git("--no-replace-objects", "rev-list", "--all"))); r.Looked.Commits != n {
				t.Errorf("looked at %d commits of %d", r.Looked.Commits, n)
			}
		})
	}
}

// evilMerge makes a merge whose conflict is solved by content of neither side,
// and removes it again.
func evilMerge(w *world, content string) string {
	w.put("top", "x\n")
	w.git("checkout", "-q", "-b", "side")
	w.put("top", "side\n")
	w.git("checkout", "-q", "main")
	w.put("top", "main\n")
	w.try("merge", "-q", "side")
	c := w.put("top", content)[:12]
	w.put("top", "clean\n")
	return c
}

func TestMessages(t *testing.T) {
	w := newWorld(t)
	w.put("gone.txt", "key = "+awsKey+"\n")
	w.put("gone.txt", "x\n")
	w.put("gone.txt", "key = "+awsKey+"\n")
	w.remove("gone.txt")
	w.put("kept.txt", "😀 key = "+awsKey2+"\n")
	w.write("new.txt", "key = "+githubPAT+"\n")
	r := mustScan(t, w.dir)
	if len(r.Findings) != 3 {
		t.Fatalf("findings: %v", brief(r.Findings))
	}
	gone, kept, fresh := r.Findings[0], r.Findings[1], r.Findings[2]
	if gone.Location.Date != "2023-11-15" || !strings.Contains(gone.Message, "still in the history: added in commit "+gone.Location.Commit+" of 2023-11-15 and 1 more commit. ") || !strings.Contains(gone.Message, "rotate it") {
		t.Errorf("in the history alone: %s %q", gone.Location.Date, gone.Message)
	}
	if !strings.HasSuffix(kept.Message, "in the working tree, and added in 1 commit of the history. Rotate it.") {
		t.Errorf("in both: %q", kept.Message)
	}
	if !strings.HasSuffix(fresh.Message, ": in the working tree. Rotate it.") {
		t.Errorf("in the tree alone: %q", fresh.Message)
	}
	// A character outside the basic plane counts as two.
	if l := kept.Location; l.StartColumn != 10 || l.EndColumn != 30 {
		t.Errorf("columns %d to %d, want 10 to 30", l.StartColumn, l.EndColumn)
	}
	if want := finding.FingerprintOf("secret", kept); kept.Fingerprint != want || len(kept.Key) != 16 {
		t.Errorf("fingerprint %s, key %s", kept.Fingerprint, kept.Key)
	}
	if len(r.Rules) != 2 || r.Rules[0].ID != "aws-access-token" || r.Rules[1].ID != "github-pat" {
		t.Errorf("rules: %+v", r.Rules)
	}
}

func TestMergesOfOldGit(t *testing.T) {
	w := newWorld(t)
	c := evilMerge(w, "key = "+awsKey+"\n")
	w.git("config", "merge.mine.driver", "true")
	r := mustScan(t, w.dir)
	if diff := cmp.Diff([]string{"aws-access-token top:1 " + c}, brief(r.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if r.Looked.Commits != 5 || notes(r, finding.Information, "merge driver") != 1 {
		t.Errorf("looked %+v, notes %v", r.Looked, r.Notes)
	}
}
