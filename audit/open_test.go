//go:build unix

package audit

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWhatIsNoLog(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, content := range map[string]string{"readme": "# hello\n", "short": "{", "long": beginning + strings.Repeat("x", maxLine+10)} {
		if err := os.WriteFile(path(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(path("readme"), path("link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path("nowhere"), path("dangling")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"readme": "is no audit log", "short": "is no audit log", "link": "it is a link", "dangling": "it is a link", "pipe": "not a regular file",
		".": "not a regular file", "no/such": "no such file or directory",
	} {
		if err := Check(path(name)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if _, err := os.Lstat(path("nowhere")); err == nil {
		t.Error("a link was followed")
	}
	if _, err := Append(path("long"), Record{}); err == nil || !strings.Contains(err.Error(), "over the limit") {
		t.Errorf("a line without an end: %v", err)
	}
	if _, err := Append(path("new"), Record{Arguments: []string{strings.Repeat("x", maxLine)}}); err == nil || !strings.Contains(err.Error(), "over the limit") {
		t.Errorf("a long record: %v", err)
	}
}
