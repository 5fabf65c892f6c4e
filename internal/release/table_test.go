package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestTableOfThisCommit holds every commit to what the action relies on: a
// table with entries is that of this very source. Without, an action at a
// later commit would run the release before it.
func TestTableOfThisCommit(t *testing.T) {
	data, err := os.ReadFile("../../" + tableFile)
	must(t, err)
	source, err := sourceDigest("../..")
	must(t, err)
	if err := checkTable(data, source); err != nil {
		t.Errorf("%s: %v", tableFile, err)
	}
}

func TestCheckTable(t *testing.T) {
	sum, source := strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	good := "# x\n" + sourceLine + source + "\n"
	for _, p := range platforms {
		good += sum + "  scangate_1.2.3_" + p + "\n"
	}
	for _, tt := range []struct{ name, from, to, want string }{
		{"good", "", "", ""},
		{"empty", good, "# no release\n", ""},
		{"a platform is missing", sum + "  scangate_1.2.3_linux_arm64\n", "", "a release has"},
		{"a platform twice", "linux_arm64", "linux_amd64", "a release has"},
		{"another version", "1.2.3_linux_arm64", "1.2.4_linux_arm64", "several versions"},
		{"of other source", source, sum, "other source"},
		{"upper case", sum + "  scangate_1.2.3_linux_arm64", strings.ToUpper(sum) + "  scangate_1.2.3_linux_arm64", "line 6 is no digest"},
		{"one space", sum + "  scangate_1.2.3_linux_arm64", sum + " scangate_1.2.3_linux_arm64", "line 6 is no digest"},
		{"a path", "1.2.3_linux_arm64", "../x_linux_arm64", "line 6 is no digest"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(good, tt.from) {
				t.Fatal("the case changes nothing")
			}
			err := checkTable([]byte(strings.Replace(good, tt.from, tt.to, 1)), source)
			if tt.want == "" {
				must(t, err)
			} else if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// TestWriteTables makes a release in a repository of its own, and changes it.
func TestWriteTables(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		out, err := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=x", "-c", "user.email=x@example.com"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v: %s", args, err, out)
		}
	}
	put := func(name, content string) {
		t.Helper()
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
	git("init", "-q")
	put("main.go", "package main\n")
	put(tableFile, tableHead)
	git("add", ".")
	for _, p := range platforms {
		put("dist/scangate_1.2.3_"+p, p)
	}
	t.Chdir(dir)
	must(t, writeTables("dist", tableFile))
	git("add", tableFile)
	check := func() error {
		t.Helper()
		data, err := os.ReadFile(tableFile)
		must(t, err)
		source, err := sourceDigest(".")
		must(t, err)
		return checkTable(data, source)
	}
	must(t, check())
	sums, err := os.ReadFile("dist/checksums.txt")
	must(t, err)
	all, err := os.ReadFile(tableFile)
	must(t, err)
	if d := cmp.Diff(tableHead, strings.Replace(string(all), string(sums), "", 1)[:len(tableHead)]); d != "" || !strings.HasSuffix(string(all), "\n"+string(sums)) {
		t.Errorf("the tables differ: %s", all)
	}
	put("main.go", "package main // changed\n")
	git("add", "main.go")
	if err := check(); err == nil {
		t.Error("the table stands for other source")
	}
	must(t, os.Remove("dist/scangate_1.2.3_linux_arm64"))
	if err := writeTables("dist", tableFile); err == nil {
		t.Error("a release without a platform was taken")
	}
}
