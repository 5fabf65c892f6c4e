package language

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/scanners/installed"
)

// outcome is all that a reader says of a file.
func outcome(t *testing.T, reader, path string, content []byte) string {
	t.Helper()
	res, err := readOne(t, Options{}, reader, path, content)
	lines := describe(path, res)
	if err != nil {
		lines = append(lines, "error "+err.Error())
	}
	return strings.Join(lines, "\n")
}

func TestHostileArchives(t *testing.T) {
	good := pom("g", "a", "1")
	const found = "jar x.jar g:a 1"
	zeros := string(make([]byte, 20<<20))

	deep := archive(t, good)
	for range 1000 {
		deep = pack(t, zip.Store, entry{"n.jar", string(deep)})
	}
	many := []entry{good}
	for i := range 30 {
		many = append(many, entry{fmt.Sprintf("%02d/pom.properties", i), zeros[:maxProperties+1]})
	}
	lies := pack(t, zip.Store, entry{"b.jar", "short"}, good)
	// The sizes of b.jar in the directory.
	at := bytes.LastIndex(lies[:bytes.LastIndex(lies, []byte("b.jar"))], []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(lies[at+24:], 1<<31)

	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"a bomb", archive(t, entry{"META-INF/MANIFEST.MF", zeros}, good), found + "\n" + `gap x.jar: "META-INF/MANIFEST.MF" in it: larger than 16 MB: not looked at`},
		{"1,000 deep", deep, `gap x.jar: "n.jar/n.jar/n.jar/n.jar/n.jar/n.jar/n.jar/n.jar" in it: nested more than 8 deep: not looked at`},
		{"names that lead out", archive(t, entry{"../../e.jar", string(archive(t, good))}, entry{"/etc/f.jar", string(archive(t, good))}, good),
			"jar x.jar/etc/f.jar g:a 1\n" + found + "\n" + `gap x.jar: "../../e.jar" in it: its path leads out of the archive: not looked at`},
		{"a size that is not true", lies, found + "\n" + `gap x.jar: "b.jar" in it: larger than 256 MB: not looked at`},
		{"truncated", archive(t, good)[:60], "error cannot be read as a zip archive"},
		{"nested and truncated", archive(t, good, entry{"n.jar", string(archive(t, good)[:60])}), found + "\n" + `gap x.jar: "n.jar" in it: cannot be read as a zip archive`},
		{"a long name", archive(t, pom("g", strings.Repeat("a", 2000), "1"), good), found + "\ngap x.jar: it names a package in more than 1024 bytes, which was passed over"},
		{"a long path", archive(t, entry{strings.Repeat("d/", 3000) + "n.jar", string(archive(t, good))}, good),
			found + "\n" + `gap x.jar: "` + strings.Repeat("d/", 100) + `" in it: its path is longer than 4096 bytes: not looked at`},
	} {
		if diff := cmp.Diff(c.want, outcome(t, "jar", "x.jar", c.data)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
	}
	got := strings.Split(outcome(t, "jar", "x.jar", archive(t, many...)), "\n")
	if len(got) != 1+maxGaps+1 || got[len(got)-1] != "gap x.jar: and 10 more entries" {
		t.Errorf("gaps are not summed up: %d lines, the last %q", len(got), got[len(got)-1])
	}
}

// TestHostileDirectories: archive/zip makes a value of each entry that a
// directory has, or says it has.
func TestHostileDirectories(t *testing.T) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for range 300_000 {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	// A directory with more entries than it says it has.
	const n, e = 262_144 + 1, 47
	silent := bytes.Repeat(append([]byte("PK\x01\x02"), append(make([]byte, 42), 'a')...), n)
	for i := range n {
		silent[i*e+28] = 1 // the length of the name
	}
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	binary.LittleEndian.PutUint16(end[8:], n%65536)
	binary.LittleEndian.PutUint16(end[10:], n%65536)
	binary.LittleEndian.PutUint32(end[12:], n*e)

	for name, data := range map[string][]byte{"said": buf.Bytes(), "not said": append(silent, end...)} {
		if diff := cmp.Diff("error has more than 200000 entries: not looked at", outcome(t, "jar", "x.jar", data)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// TestLargeDirectory has few entries, with long comments.
func TestLargeDirectory(t *testing.T) {
	const n = 1100
	record := make([]byte, 46+0xffff)
	copy(record, "PK\x01\x02")
	binary.LittleEndian.PutUint16(record[32:], 0xffff)
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	binary.LittleEndian.PutUint16(end[8:], n)
	binary.LittleEndian.PutUint16(end[10:], n)
	binary.LittleEndian.PutUint32(end[12:], uint32(n*len(record)))
	data := append(bytes.Repeat(record, n), end...)
	if got, want := outcome(t, "jar", "x.jar", data), "error has a directory of more than 64 MB: not looked at"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestArchiveBudget is on a small budget, so that the test stays small.
func TestArchiveBudget(t *testing.T) {
	inner := string(archive(t, pom("g", "inner", "1")))
	data := archive(t, pom("g", "outer", "1"), entry{"1.jar", inner}, entry{"2.jar", inner}, entry{"3.jar", inner}, pom("g", "last", "1"))
	look := func(change func(*jar)) string {
		j := &jar{root: "x.jar", known: map[string]bool{}, archive: archiveReader{ctx: t.Context(), bytes: maxArchiveBytes, entries: maxAllEntries}}
		change(j)
		err := j.look("x.jar", bytes.NewReader(data), int64(len(data)), 1)
		return fmt.Sprint(len(j.pkgs), " ", err)
	}
	for want, change := range map[string]func(*jar){
		"5 <nil>":                    func(*jar) {},
		"2 " + errBudget.Error():     func(j *jar) { j.archive.bytes = int64(len(inner)) + 200 },
		"2 " + errAllEntries.Error(): func(j *jar) { j.archive.entries = 6 },
		"0 context canceled":         func(j *jar) { j.archive.ctx = canceled() },
	} {
		if got := look(change); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// TestLargeNested: a nested archive that is too large for memory leaves no file
// behind.
func TestLargeNested(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	inner := pack(t, zip.Store, entry{"zeros", string(make([]byte, maxInMemory))}, pom("g", "a", "1"))
	if got, want := outcome(t, "jar", "x.jar", archive(t, entry{"n.jar", string(inner)})), "jar x.jar/n.jar g:a 1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestHostileMetadata(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 1_000_000)
	long := strings.Repeat("n", 2000)
	for _, c := range []struct{ reader, path, content, want string }{
		{"node", "package.json", `{"name":"a","version":"1","license":` + deep, ""},
		{"node", "package.json", `{"name":"a","version":"1","workspaces":{"packages":7},"dependencies":[]}`, "node-pkg package.json a 1"},
		{"node", "package.json", `{"name":"a b","version":"1"}`, ""},
		{"node", "package.json", `{"name":"a","version":1}`, ""},
		{"node", "package.json", `{"name":"a","version":"1","license":{"type":["MIT"]}}`, "node-pkg package.json a 1"},
		{"node", "package.json", `{"name":"` + long + `","version":"1"}`, "error names a package in more than 1024 bytes: not looked at"},
		{"composer", "composer/installed.json", deep, "error cannot be read as Composer's list of installed packages"},
		{"composer", "other/installed.json", `{"packages": 7}`, ""},
		{"composer", "composer/installed.json", `[{"name":"a/b","version":"1","license":"MIT"}]`, "composer-vendor composer/installed.json a/b 1 (MIT)"},
		{"composer", "composer/installed.json", `[{"name":"a/b","version":"` + long + `"}]`, "error names a package in more than 1024 bytes: not looked at"},
		{"dotnet", "a.deps.json", deep, "error cannot be read as a list of .NET packages"},
		{"dotnet", "a.deps.json", `{"libraries":{"a":{"type":"package"},"a/1/2":{"type":"package"},"b/1":{"type":"Package"}}}`, "dotnet-core a.deps.json b 1"},
		{"dotnet", "packages.lock.json", `{"dependencies":{"net8.0":{"a":{"resolved":"` + long + `"}}}}`, "error names a package in more than 1024 bytes: not looked at"},
		{"dotnet", "packages.config", strings.Repeat("<packages>", 100_000), "error cannot be read as a list of .NET packages"},
		{"conda", "opt/envs/a/conda-meta/x-1-0.json", deep, "error cannot be read as JSON"},
		{"conda", "opt/envs/a/conda-meta/x-1-0.json", `{"name":"x"}`, "error names no conda package with a version"},
		{"python", "a.dist-info/METADATA", strings.Repeat("a", 1_000_000), "error names no Python package with a version"},
		{"python", "a.dist-info/METADATA", "Name: a\nVersion: 1\nno header\n", "python-pkg a.dist-info/METADATA a 1"},
		{"python", "a.dist-info/METADATA", "Name: a\nVersion: 1\nLicense: " + strings.Repeat("The text. ", 100), "python-pkg a.dist-info/METADATA a 1"},
		{"python", "a.dist-info/METADATA", "Name: a\nVersion: 1\nLicense-Expression: MIT OR 0BSD\nLicense: MIT\n\nName: b\n", "python-pkg a.dist-info/METADATA a 1 (MIT OR 0BSD)"},
		{"python", "a.dist-info/METADATA", "Name: a\nVersion: 1\nClassifier: License :: OSI Approved\nLicense: MIT\n", "python-pkg a.dist-info/METADATA a 1 (MIT)"},
		{"egg", "a.egg", "no zip", ""},
		{"egg", "a.egg", string(archive(t, entry{"EGG-INFO/SOURCES.txt", ""})), ""},
		{"egg", "a.egg", string(archive(t, entry{"EGG-INFO/PKG-INFO", string(make([]byte, maxMetadata+1))})), "error larger than 8 MB: not looked at"},
		{"gemspec", "a/specifications/a.gemspec", "Gem::Specification.new do |" + strings.Repeat("s", 1_000_000), "error names no gem with a version"},
		{"gemspec", "a/specifications/a.gemspec", "Gem::Specification.new do |s|\n s.name = 'a'\n s.version = '1'\n s.license = 'MIT'\n s.version_note = 2\n", "gemspec a/specifications/a.gemspec a 1 (MIT)"},
	} {
		if diff := cmp.Diff(c.want, outcome(t, c.reader, c.path, []byte(c.content))); diff != "" {
			t.Errorf("%s %.60s: -want +got:\n%s", c.reader, c.content, diff)
		}
	}
}

// endless is a file that goes on and on, whatever its size was said to be.
type endless struct{ fault error }

func (e endless) Read(p []byte) (int, error) {
	if e.fault != nil {
		panic(e.fault)
	}
	return len(p), nil
}
func (e endless) ReadAt(p []byte, _ int64) (int, error) { return e.Read(p) }
func (e endless) Seek(off int64, _ int) (int64, error)  { return off, nil }

func TestEveryReaderIsBounded(t *testing.T) {
	for _, r := range Readers(Options{}) {
		path := map[string]string{"python": "a.egg-info", "dotnet": "packages.config", "composer": "composer/installed.json"}[r.Name]
		read := func(ctx context.Context, size int64, c installed.Content) error {
			_, err := r.Read(ctx, installed.File{Path: path, Size: size, Content: c})
			return err
		}
		if err := read(t.Context(), r.Max+1, endless{}); err == nil || !strings.Contains(err.Error(), "larger than") {
			t.Errorf("%s: reads a file over its limit: %v", r.Name, err)
		}
		if err := read(canceled(), 1, endless{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: goes on after its context ended: %v", r.Name, err)
		}
		if err := read(t.Context(), 64, endless{errors.New("quoted")}); err == nil || strings.Contains(err.Error(), "quoted") {
			t.Errorf("%s: does not survive a panic: %v", r.Name, err)
		}
		if r.Max == maxMetadata {
			if err := read(t.Context(), 1, endless{}); err == nil || !strings.Contains(err.Error(), "larger than") {
				t.Errorf("%s: trusts the size it was told: %v", r.Name, err)
			}
		}
	}
}

var _ io.ReaderAt = endless{}
