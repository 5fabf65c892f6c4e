package lock

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// local is an index in a file.
type local string

func (l local) Releases(_ context.Context, t Tool) ([]Release, error) {
	b, err := os.ReadFile(string(l))
	if err != nil {
		return nil, err
	}
	var all map[string][]Release
	err = json.Unmarshal(b, &all)
	return all[t.Name], err
}

// index writes the releases of the tool.
func index(t *testing.T, releases ...Release) local {
	t.Helper()
	b, err := json.Marshal(map[string][]Release{"tool": releases})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "index.json")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return local(name)
}

var now = time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)

// release is one of some days ago.
func release(version string, days float64) Release {
	return Release{
		Version: version, Published: now.Add(-time.Duration(days * 24 * float64(time.Hour))),
		Platforms: map[string]Build{"linux/amd64": {URL: "https://a.test/" + version, SHA256: digestB}},
	}
}

func TestPropose(t *testing.T) {
	locked := tool(Build{URL: "https://a.test/1.0.0", SHA256: digestA})
	same := release("1.0.0", 100)
	same.Platforms["linux/amd64"] = locked.Platforms["linux/amd64"]
	changed := release("1.0.0", 100)
	without := func(r Release, change func(*Release)) Release { change(&r); return r }
	tests := []struct {
		name     string
		releases []Release
		want     string // the proposed version
		waiting  string
	}{
		{"nothing", nil, "", ""},
		{"the same", []Release{same}, "", ""},
		{"an older one", []Release{release("0.9.0", 1)}, "", ""},
		{"a newer one", []Release{same, release("1.1.0", 8)}, "1.1.0", ""},
		{"the newest one", []Release{release("1.2.0", 8), release("1.10.0", 9), release("1.9.0", 10)}, "1.10.0", ""},
		{"exactly old enough", []Release{release("1.1.0", 7)}, "1.1.0", ""},
		{"too young", []Release{release("1.1.0", 6.5)}, "", "1.1.0 is in quarantine for another 12 hours"},
		{"two too young", []Release{release("1.2.0", 1), release("1.1.0", 2)}, "", "1.2.0 is in quarantine for another 6 days"},
		{"one of each", []Release{release("1.2.0", 1), release("1.1.0", 30)}, "1.1.0", "1.2.0 is in quarantine for another 6 days"},
		{"a patch of something older", []Release{release("1.0.1", 1), release("1.1.0", 30)}, "1.1.0", ""},
		{"from the future", []Release{release("1.1.0", -300)}, "", "1.1.0 is in quarantine for another 7 days"},
		{"no date", []Release{without(release("1.1.0", 8), func(r *Release) { r.Published = time.Time{} })}, "", ""},
		{"pre-release", []Release{release("1.1.0-rc.1", 8)}, "", ""},
		{"no version", []Release{release("latest", 8)}, "", ""},
		{"a version that is a path", []Release{release("1.1.0+../../x", 8)}, "", ""},
		{"no such platform", []Release{without(release("1.1.0", 8), func(r *Release) { r.Platforms = map[string]Build{"darwin/arm64": {SHA256: digestB}} })}, "", ""},
		{"no digest", []Release{without(release("1.1.0", 8), func(r *Release) { r.Platforms = map[string]Build{"linux/amd64": {URL: "https://a.test/x"}} })}, "", ""},
		{"no https", []Release{without(release("1.1.0", 8), func(r *Release) {
			r.Platforms = map[string]Build{"linux/amd64": {URL: "http://a.test/x", SHA256: digestB}}
		})}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Propose(context.Background(), locked, index(t, tt.releases...), now, Quarantine)
			got := ""
			if p.Release != nil {
				got = p.Release.Version
			}
			if err != nil || got != tt.want || p.Waiting != tt.waiting {
				t.Errorf("got %q, %q, %v", got, p.Waiting, err)
			}
		})
	}
	_, err := Propose(context.Background(), locked, index(t, release("1.1.0", 8), changed), now, Quarantine)
	want := "tool 1.0.0 for linux/amd64 was changed after it was published: the lock has SHA-256 aaaaaaaaaaaa…, the index bbbbbbbbbbbb…"
	if !errors.Is(err, ErrChanged) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := Propose(context.Background(), locked, local("none"), now, Quarantine); err == nil {
		t.Error("no index, and no error")
	}
	locked.Version = "nightly"
	if _, err := Propose(context.Background(), locked, index(t), now, Quarantine); err == nil || !strings.Contains(err.Error(), "cannot be compared") {
		t.Error(err)
	}
}

// The index is GitHub's: it gives the archive's digest, and the program's is
// found out.
func TestGitHub(t *testing.T) {
	archive := tarGz(t, member{name: "tool_1.1.0/tool", content: program})
	asset := func(name, digest, at string) map[string]any {
		return map[string]any{"name": name, "digest": digest, "browser_download_url": "https://github.example.com/files/" + name, "updated_at": at}
	}
	long := "2026-01-10T00:00:00Z"
	releases := []map[string]any{
		{"tag_name": "v1.3.0", "published_at": long, "prerelease": true},
		{"tag_name": "v1.2.0", "published_at": long, "assets": []any{asset("tool_1.2.0_linux.tar.gz", "sha256:"+digest(archive), "2026-03-19T00:00:00Z")}},
		{"tag_name": "v1.1.0", "published_at": long, "assets": []any{
			asset("tool_1.1.0_linux.tar.gz", "sha256:"+digest(archive), long), asset("tool_1.1.0_darwin.tar.gz", "", long),
		}},
		{"tag_name": "v1.0.0", "published_at": long, "assets": []any{asset("tool_1.0.0_linux.tar.gz", "sha256:"+digestA, long)}},
	}
	asked := ""
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/files/tool_1.1.0_linux.tar.gz" {
			w.Write(archive)
			return
		}
		asked = r.URL.String() + " " + r.Header.Get("Authorization")
		json.NewEncoder(w).Encode(releases)
	})
	i := installer(t).faraway(t, map[string]string{"api.example.com": "203.0.113.1", "github.example.com": "203.0.113.2"}, h)
	f := parse(t, `version: 1
tools:
  tool:
    version: 1.0.0 # ours
    platforms:
      linux/amd64: {url: https://github.com/acme/tool/releases/download/v1.0.0/tool_1.0.0_linux.tar.gz, archive-sha256: `+digestA+`, member: tool_1.0.0/tool, sha256: `+digestB+`}
`)
	locked, _ := f.Tool("tool")
	g := GitHub{API: "https://api.example.com/", Token: "t", network: i.network}
	p, err := Propose(context.Background(), locked, g, now, Quarantine)
	if err != nil || p.Release == nil || p.Release.Version != "1.1.0" || !strings.HasPrefix(p.Waiting, "1.2.0 is in quarantine for another 5 days") {
		t.Fatalf("%+v, %v", p, err)
	}
	if asked != "/repos/acme/tool/releases?per_page=100 Bearer t" {
		t.Errorf("asked for %s", asked)
	}
	if err := i.Take(context.Background(), f, p); err != nil {
		t.Fatal(err)
	}
	want := `version: 1
tools:
  tool:
    version: 1.1.0 # ours
    platforms:
      linux/amd64: {url: https://github.example.com/files/tool_1.1.0_linux.tar.gz, archive-sha256: ` + digest(archive) + `, member: tool_1.1.0/tool, sha256: ` + digest(program) + `}
    published: 2026-01-10
`
	if got := string(f.Bytes()); sorted(got) != sorted(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if err := i.Take(context.Background(), f, p); err == nil || !strings.Contains(err.Error(), "changed since the update was proposed") {
		t.Errorf("taken twice: %v", err)
	}
	// The same version with another file.
	releases[3]["assets"] = []any{asset("tool_1.0.0_linux.tar.gz", "sha256:"+digestC, long)}
	if _, err := Propose(context.Background(), locked, g, now, Quarantine); !errors.Is(err, ErrChanged) {
		t.Error(err)
	}
	// An archive that is not the one of the index.
	releases[2]["assets"] = []any{asset("tool_1.1.0_linux.tar.gz", "sha256:"+digestC, long)}
	releases[3]["assets"] = nil
	if p, err = Propose(context.Background(), locked, g, now, Quarantine); err != nil {
		t.Fatal(err)
	}
	f = parse(t, "version: 1\n")
	if err := f.Set(locked); err != nil {
		t.Fatal(err)
	}
	before := string(f.Bytes())
	if err := i.Take(context.Background(), f, p); !errors.Is(err, ErrChanged) || string(f.Bytes()) != before {
		t.Errorf("%v, %s", err, f.Bytes())
	}
}

// sorted is a YAML without its layout, which an added key may change.
func sorted(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \n{},'\"", r) }), " ")
}

func TestGitHubRefuses(t *testing.T) {
	for url, want := range map[string]string{
		"https://example.com/a/b/releases/download/v1/x": "not that of a release on GitHub",
		"https://github.com/a/b/archive/x.tar.gz":        "not that of a release on GitHub",
		"": "update it by hand",
	} {
		if _, err := (GitHub{}).Releases(context.Background(), tool(Build{URL: url})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", url, err)
		}
	}
	two := tool(Build{URL: "https://github.com/a/b/releases/download/v1/x"})
	two.Platforms["darwin/arm64"] = Build{URL: "https://github.com/a/c/releases/download/v1/x"}
	if _, err := (GitHub{}).Releases(context.Background(), two); err == nil || !strings.Contains(err.Error(), "different repositories") {
		t.Error(err)
	}
	base := serve(t, map[string][]byte{"/repos/a/b/releases": []byte("<html>")})
	one := tool(Build{URL: "https://github.com/a/b/releases/download/v1/x"})
	if _, err := (GitHub{API: base}).Releases(context.Background(), one); err == nil || !strings.Contains(err.Error(), "not a list of releases") {
		t.Error(err)
	}
	if _, err := (GitHub{API: base + "/x"}).Releases(context.Background(), one); err == nil || !strings.Contains(err.Error(), "status 404") {
		t.Error(err)
	}
}
