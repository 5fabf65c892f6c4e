package lock

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// New values leave everything else in the file as it is.
func TestSetReplaces(t *testing.T) {
	f := parse(t, sample)
	tool, _ := f.Tool("gitleaks")
	tool.Version, tool.Published = "8.31.0", time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	tool.Platforms = map[string]Build{"linux/amd64": {URL: "https://a.test/new.tar.gz", Archive: digestB, Member: "gitleaks", SHA256: digestC}}
	if err := f.Set(tool); err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(
		`"8.30.1" #`, `"8.31.0" #`, "2026-01-03", "2026-02-01", digestA, digestB, digestB, digestC,
		"https://github.com/gitleaks/gitleaks/releases/download/v8.30.1/gitleaks_8.30.1_linux_x64.tar.gz", "https://a.test/new.tar.gz",
	).Replace(sample)
	if got := string(f.Bytes()); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	name := filepath.Join(t.TempDir(), "lock")
	if err := f.Write(name); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("written: %q, %v", got, err)
	}
	if err := f.Write(filepath.Join(name, "x")); err == nil {
		t.Error("written below a file")
	}
}

// What comes and goes leaves the comments.
func TestSetGrows(t *testing.T) {
	f := parse(t, "# a licence\n\n"+sample+"# the end\n")
	tool, _ := f.Tool("gitleaks")
	tool.Signer = Signer{}
	tool.Platforms = map[string]Build{"linux/amd64": tool.Platforms["linux/amd64"], "darwin/arm64": {SHA256: digestC}}
	if err := f.Set(tool); err != nil {
		t.Fatal(err)
	}
	// 1.10 would be the number 1.1 without quotes.
	if err := f.Set(Tool{Name: "new", Version: "1.10", Platforms: map[string]Build{"linux/amd64": {SHA256: digestA}}}); err != nil {
		t.Fatal(err)
	}
	got := string(f.Bytes())
	for _, comment := range []string{"# what we run", "# secrets", "# the last one", "# CI", "# a licence", "# the end"} {
		if strings.Count(got, comment) != 1 {
			t.Errorf("%s is gone from:\n%s", comment, got)
		}
	}
	if strings.Contains(got, "identity") {
		t.Errorf("the signer is still there:\n%s", got)
	}
	again := parse(t, got)
	if len(again.Tools()) != 3 {
		t.Errorf("%d tools in:\n%s", len(again.Tools()), got)
	}
	if n, _ := again.Tool("new"); n.Version != "1.10" || n.Program != "new" {
		t.Errorf("new: %+v", n)
	}
	if g, _ := again.Tool("gitleaks"); len(g.Platforms) != 2 || g.Platforms["linux/amd64"].Member != "gitleaks" {
		t.Errorf("gitleaks: %+v", g)
	}
}

func TestSetFromNothing(t *testing.T) {
	for _, text := range []string{"", "version: 1\ntools:\n", "# nothing yet\n"} {
		f := parse(t, text)
		if err := f.Set(Tool{Name: "a", Version: "1", Platforms: map[string]Build{"linux/amd64": {SHA256: digestA}}}); err != nil {
			t.Errorf("%q: %v", text, err)
		} else if _, ok := parse(t, string(f.Bytes())).Tool("a"); !ok {
			t.Errorf("%q became %q", text, f.Bytes())
		} else if strings.Contains(text, "#") && !strings.HasPrefix(string(f.Bytes()), text) {
			t.Errorf("the comment is gone: %q", f.Bytes())
		}
	}
}

func TestSetRefuses(t *testing.T) {
	f := parse(t, sample)
	tool, _ := f.Tool("gitleaks")
	changed := tool
	changed.Platforms = map[string]Build{"linux/amd64": tool.Platforms["linux/amd64"]}
	b := changed.Platforms["linux/amd64"]
	b.SHA256 = digestC
	changed.Platforms["linux/amd64"] = b
	if err := f.Set(changed); !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), "was changed after it was published") {
		t.Errorf("another digest for the same version: %v", err)
	}
	bad := tool
	bad.Version = "a\nb: c"
	if err := f.Set(bad); err == nil {
		t.Error("a version of two lines was written")
	}
	if string(f.Bytes()) != sample {
		t.Error("the lock was changed all the same")
	}
}
