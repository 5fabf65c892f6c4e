package vulndb

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/vulndb/feed"
)

// catalogue makes a KEV catalogue the feed of dir, and returns its file.
func catalogue(t *testing.T, dir string, entries int, now time.Time) string {
	t.Helper()
	var list []string
	for i := range entries {
		list = append(list, fmt.Sprintf(`{"cveID": "CVE-2020-%d", "dateAdded": "2022-01-02"}`, 10_000+i))
	}
	text := fmt.Sprintf(`{"catalogVersion": "1", "dateReleased": %q, "count": %d, "vulnerabilities": [%s]}`, now.UTC().Format(time.RFC3339), entries, strings.Join(list, ","))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }))
	defer server.Close()
	_, info, err := feed.KEV().Update(t.Context(), dir, feed.Options{Address: server.URL, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(info.Path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestExportCarriesFeeds(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	from, to := build(t, now), t.TempDir()
	catalogue(t, from, 600, now)
	name := filepath.Join(t.TempDir(), "db.tar.gz")
	if err := os.WriteFile(name, export(t, from), 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := Import(t.Context(), to, name, now)
	if err != nil || len(info.Feeds) != 1 || info.Feeds[0].Entries != 600 {
		t.Fatalf("%+v, %v", info, err)
	}
	found, _, err := feed.KEV().Load(to, now, []string{"CVE-2020-10001"})
	if err != nil || len(found) != 1 {
		t.Errorf("%v, %v", found, err)
	}
	if left := leftovers(t, to); left != nil {
		t.Errorf("left behind: %v", left)
	}
	// What is newer here stays.
	catalogue(t, to, 601, now.Add(time.Hour))
	if info, err := Import(t.Context(), to, name, now); err != nil || info.Feeds[0].Entries != 601 {
		t.Errorf("%+v, %v", info, err)
	}
	// So does what the export has nothing of.
	if err := os.WriteFile(name, export(t, build(t, now)), 0o644); err != nil {
		t.Fatal(err)
	}
	if info, err := Import(t.Context(), to, name, now); err != nil || info.Feeds != nil {
		t.Errorf("%+v, %v", info, err)
	}
	if _, err := feed.KEV().Inspect(to, now); err != nil {
		t.Error(err)
	}
	// A damaged feed is not exported.
	if err := os.Truncate(filepath.Join(from, "feeds", "kev.feed"), 1000); err != nil {
		t.Fatal(err)
	}
	if err := Export(t.Context(), new(strings.Builder), from, now); err == nil || !strings.Contains(err.Error(), "its content has another digest") {
		t.Errorf("%v", err)
	}
}

// TestTamperedFeed: nothing is replaced when a feed cannot be used.
func TestTamperedFeed(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	db, meta := pair(t, now)
	good := catalogue(t, t.TempDir(), 600, now)
	few := catalogue(t, t.TempDir(), 500, now)
	few = strings.Replace(few, "CVE-2020-10001", "CVE-2020-1000x", 1)
	// with makes an archive whose manifest knows the feed by its digest.
	with := func(content, listed string) []byte {
		m := manifest{Version: exportVersion, Files: map[string]unpacked{}}
		entries := []entry{db, meta}
		if listed != "" {
			sum := sha256.Sum256([]byte(listed))
			m.Files["kev.feed"] = unpacked{int64(len(listed)), hex.EncodeToString(sum[:])}
		}
		for _, e := range entries {
			var err error
			if m.Files[e.header.Name], err = digest(t.Context(), strings.NewReader(e.content)); err != nil {
				t.Fatal(err)
			}
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, file(manifestName, string(text)))
		if content != "" {
			entries = append(entries, file("kev.feed", content))
		}
		return archive(t, entries...)
	}
	for want, data := range map[string][]byte{
		"":                         with(good, good),
		"another digest than":      with(good, few),
		"is not the one that was ": with("", good),
		"its kev.feed is not the":  with(good, ""),
		"its kev.feed cannot be used: it is damaged: its content has another digest": with(few, few),
		"its kev.feed cannot be used: it is damaged: it does not say what it is":     with("x", "x"),
		"unexpected entry": archive(t, db, meta, file("new.feed", "x")),
	} {
		name, dir := filepath.Join(t.TempDir(), "db.tar.gz"), build(t, now.Add(-time.Hour))
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Import(t.Context(), dir, name, now)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		if want != "" && !builtAt(t, dir).Equal(now.Add(-time.Hour)) {
			t.Errorf("%s: the database was replaced", want)
		}
		if _, err := os.Stat(filepath.Join(dir, "feeds")); (err == nil) != (want == "") {
			t.Errorf("%s: feeds: %v", want, err)
		}
	}
}
