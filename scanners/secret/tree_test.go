package secret

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

func TestWorkingTree(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "s.txt"), []byte("key = "+awsKey+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.write(".gitignore", "*.ignored\n")
	w.put("tracked.txt", "a\nkey = "+awsKey+"\n")
	w.put("deleted.txt", "x\n")
	if err := os.Remove(filepath.Join(w.dir, "deleted.txt")); err != nil {
		t.Fatal(err)
	}
	w.write("untracked.txt", "key = "+awsKey+"\n")
	w.write("local.ignored", "key = "+awsKey+"\n")
	w.write("package-lock.json", `{"key": "`+awsKey+`"}`)
	w.write("utf16le.txt", utf16Of("\nkey = "+awsKey+"\n"))
	w.write("utf16be.txt", utf16be("😀 key = "+awsKey+"\n"))
	w.write("bom.txt", "\xEF\xBB\xBFkey = "+awsKey+"\n")
	w.write("binary.dat", "\x00key = "+awsKey+"\n")
	w.write("bundle.p12", "\x00\x01")
	w.write("archive.gz", "key = "+awsKey+"\n") // a name is no content
	w.write("allowed.txt", "key = "+awsKey+" // gitleaks:allow\n")
	w.write("both.txt", "key = "+awsKey+" // gitleaks:allow\nkey = "+awsKey+"\n")
	w.write("not-allowed.txt", "gitleaks:allow\n\nkey = "+awsKey)
	w.write("twice.txt", "x\nkey = "+awsKey+"\nkey = "+awsKey+"\n")
	w.write("encoded.txt", "x\ndata: "+base64Of("aws_key = "+awsKey+" padding")+"\n")
	w.write("nested/.git/HEAD", "ref: refs/heads/main\n")
	nested := &world{t: t, dir: filepath.Join(w.dir, "nested")}
	nested.git("init", "-q")
	nested.put("s.txt", "key = "+awsKey+"\n")
	for _, link := range []string{"link.txt", "dirlink"} {
		to := outside
		if link == "link.txt" {
			to = filepath.Join(outside, "s.txt")
		}
		if err := os.Symlink(to, filepath.Join(w.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	r := mustScan(t, w.dir)
	want := []string{
		"aws-access-token allowed.txt:1 suppressed",
		"aws-access-token archive.gz:1",
		"aws-access-token bom.txt:1",
		"aws-access-token both.txt:2",
		"pkcs12-file bundle.p12:0",
		"aws-access-token encoded.txt:2",
		"aws-access-token not-allowed.txt:3",
		"aws-access-token tracked.txt:2",
		"aws-access-token twice.txt:2",
		"aws-access-token untracked.txt:1",
		"aws-access-token utf16be.txt:1",
		"aws-access-token utf16le.txt:2",
	}
	if diff := cmp.Diff(want, sites(r.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if len(r.Findings) != 2 {
		t.Errorf("one secret is several findings: %v", brief(r.Findings))
	}
	if r.Looked.Files != 15 || r.Looked.Commits != 2 {
		t.Errorf("looked %+v", r.Looked)
	}
	if notes(r, finding.Information, "1 nested repository in the tree") != 1 || notes(r, finding.Information, "1 file not read") != 1 {
		t.Errorf("notes: %v", r.Notes)
	}
}

func TestPlainDirectory(t *testing.T) {
	dir := t.TempDir()
	w := &world{t: t, dir: dir}
	w.write("a/s.txt", "key = "+awsKey+"\n")
	w.write("b.txt", "x\n")
	r := mustScan(t, dir)
	if diff := cmp.Diff([]string{"aws-access-token a/s.txt:1"}, brief(r.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if r.Looked != (finding.Looked{Files: 2, Bytes: 29}) || notes(r, finding.Information, "not in a git repository") != 1 {
		t.Errorf("looked %+v, notes %v", r.Looked, r.Notes)
	}
}

func TestPlan(t *testing.T) {
	w := newWorld(t)
	empty := target(t, w.dir, 1)
	s := newScanner(t, Options{})
	if work, err := s.Plan(t.Context(), empty); err != nil || work.Skip == "" {
		t.Errorf("empty repository: %+v, %v", work, err)
	}
	if work, err := s.Plan(t.Context(), target(t, t.TempDir(), 1)); err != nil || work.Skip == "" {
		t.Errorf("empty directory: %+v, %v", work, err)
	}
	w.write("a.txt", "x\n")
	for _, tt := range []struct {
		history, want string
		commits       int
	}{
		{"full", "1 file of the working tree", 0},
		{"full", "full history (1 commit) and 1 file of the working tree", 1},
		{"", "full history (2 commits) and 1 file of the working tree", 2},
		{"none", "1 file of the working tree", 2},
	} {
		for len(strings.Fields(w.git("rev-list", "--all"))) < tt.commits {
			w.commit()
		}
		work, err := newScanner(t, Options{History: tt.history}).Plan(t.Context(), target(t, w.dir, 1))
		if err != nil || work.What != tt.want {
			t.Errorf("%q, %d commits: %q, %v, want %q", tt.history, tt.commits, work.What, err, tt.want)
		}
	}
	if got := text.Count(1234567, "file"); got != "1,234,567 files" {
		t.Error(got)
	}
}

func TestNewRepositoryWithoutCommits(t *testing.T) {
	w := newWorld(t)
	w.write("s.txt", "key = "+awsKey+"\n")
	r := mustScan(t, w.dir)
	if len(r.Findings) != 1 || r.Looked.Files != 1 || r.Looked.Commits != 0 {
		t.Errorf("%v, %+v", brief(r.Findings), r.Looked)
	}
}

func TestIgnoredDirectory(t *testing.T) {
	w := newWorld(t)
	w.put(".gitignore", "out/\n")
	w.write("out/s.txt", "key = "+awsKey+"\n")
	r := mustScan(t, filepath.Join(w.dir, "out"))
	if len(r.Findings) != 1 || notes(r, finding.Information, "git ignores this directory") != 1 {
		t.Errorf("%v, %v", brief(r.Findings), r.Notes)
	}
}

// TestLargeFiles asserts that a file is cut into pieces without losing a
// secret, a line number or a column, and that a file over the limit is a gap.
func TestLargeFiles(t *testing.T) {
	dir := t.TempDir()
	w := &world{t: t, dir: dir}
	line := strings.Repeat("lorem ipsum ", 8) + "\n"
	var many strings.Builder
	var want []string
	for i := 1; many.Len() < 7*chunkSize/4; i++ {
		// Keys land on and around every border between two pieces.
		if i%97 == 0 {
			fmt.Fprintf(&many, "id = %s\n", nthKey(i))
			want = append(want, fmt.Sprintf("aws-access-token many.txt:%d", i))
			continue
		}
		many.WriteString(line)
	}
	w.write("many.txt", many.String())

	var long strings.Builder
	n := 0
	for long.Len() < 7*chunkSize/4 {
		long.WriteString(strings.Repeat("lorem ipsum ", 50) + "id=" + nthKey(30_000+n) + " ")
		n++
	}
	w.write("long.js", long.String())

	big, err := os.Create(filepath.Join(dir, "big.dat"))
	if err != nil {
		t.Fatal(err)
	}
	big.WriteString("text")
	err = big.Truncate(maxText + 1)
	big.Close()
	if err != nil {
		t.Fatal(err)
	}

	r := mustScan(t, dir)
	var inMany []string
	inLong := 0
	for i, f := range r.Findings {
		if f.Location.Path == "long.js" {
			inLong++
			continue
		}
		inMany = append(inMany, brief(r.Findings[i:i+1])...)
		if f.Location.StartColumn != 6 || f.Location.EndColumn != 26 {
			t.Errorf("line %d: columns %d to %d", f.Location.StartLine, f.Location.StartColumn, f.Location.EndColumn)
		}
	}
	if diff := cmp.Diff(want, inMany); diff != "" {
		t.Errorf("many.txt (-want +got):\n%s", diff)
	}
	if inLong != n {
		t.Errorf("long.js: %d of %d", inLong, n)
	}
	if len(r.Notes) != 1 {
		t.Errorf("notes: %v", r.Notes)
	}
}

func TestTextOverTheLimit(t *testing.T) {
	c := &chunker{yield: func(fragment) error { return nil }}
	if _, err := content(&endless{}, c); err != errTooLong {
		t.Errorf("got %v", err)
	}
	if n := gap("a", errTooLong); n.Level != finding.Gap || !strings.Contains(n.Message, "64 MiB") {
		t.Error(n)
	}
}

func TestUnreadableFile(t *testing.T) {
	dir := t.TempDir()
	w := &world{t: t, dir: dir}
	w.write("a.txt", "x\n")
	w.write("b.txt", "key = "+awsKey+"\n")
	s := newScanner(t, Options{})
	target := target(t, dir, 1)
	work, err := s.Plan(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "a.txt")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "a.txt"), 0o755); err != nil {
		t.Fatal(err)
	}
	r, err := s.Scan(t.Context(), target, work)
	if err != nil || len(r.Findings) != 1 || notes(r, finding.Gap, "a.txt: cannot be read: not a regular file") != 1 {
		t.Errorf("%v, %v, %v", brief(r.Findings), r.Notes, err)
	}
}

// nthKey makes different keys of the same form.
func nthKey(i int) string {
	sum := sha256.Sum256([]byte{byte(i), byte(i >> 8)})
	return "AK" + "IA" + base32.StdEncoding.EncodeToString(sum[:10])
}

// endless is a text without an end.
type endless struct{}

func (*endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func utf16be(s string) string {
	le := []byte(utf16Of(s))
	for i := 0; i+1 < len(le); i += 2 {
		le[i], le[i+1] = le[i+1], le[i]
	}
	return string(le)
}
