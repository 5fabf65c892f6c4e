package vulndb

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/google/go-containerregistry/pkg/v1/static"
)

func TestUpdate(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	m, dir := newMirror(t), filepath.Join(t.TempDir(), "a", "db")
	m.push(t, dbLayer(published(t, now.Add(-time.Hour))))
	var done, total int64
	o := options(m)
	o.Progress = func(_ string, d, n int64) { done, total = d, n }
	out, err := Update(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if !out.Updated || !strings.HasPrefix(out.Digest, "sha256:") || !out.Built.Equal(now.Add(-time.Hour)) || len(out.Problems) > 0 || done != total || total == 0 {
		t.Errorf("outcome %+v, %d of %d bytes", out, done, total)
	}
	info, err := Inspect(dir, time.Now())
	if err != nil || info.Digest != out.Digest || info.Source != m.repo+":2" || info.Downloaded.Before(now) || info.Size == 0 || info.Tried.IsZero() {
		t.Errorf("info %+v, %v", info, err)
	}
	if got, err := open(t, dir).Detect(t.Context(), ftypes.Npm, []ftypes.Package{{Name: "lodash", Version: "4.17.20"}}); err != nil || len(got) != 2 {
		t.Error(got, err)
	}
	if left := leftovers(t, dir); left != nil {
		t.Errorf("left behind: %v", left)
	}

	// Nothing new: one look, and no pull.
	m.forget()
	if out, err = Update(t.Context(), dir, o); err != nil || out.Updated || m.asked("GET manifests")+m.asked("GET blobs") > 0 || m.asked("HEAD manifests") != 1 {
		t.Errorf("not modified: %+v, %v, %v", out, err, m.requests)
	}

	// The same digest does not help when the file here is damaged.
	at, _, err := vulnerabilities.locate(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(trivydb.Path(at), 5000); err != nil {
		t.Fatal(err)
	}
	if out, err = Update(t.Context(), dir, o); err != nil || !out.Updated || builtAt(t, dir).IsZero() {
		t.Errorf("damaged: %+v, %v", out, err)
	}

	// A newer one replaces it, while a reader goes on with what it has open.
	m.push(t, dbLayer(published(t, now)))
	if out, err = Update(t.Context(), dir, o); err != nil || !out.Updated || !builtAt(t, dir).Equal(now) {
		t.Errorf("newer: %+v, %v", out, err)
	}
	if left := leftovers(t, dir); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestUpdateOfPlainFiles(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	m, dir := newMirror(t), build(t, now.Add(-30*time.Hour))
	m.push(t, dbLayer(published(t, now)))
	db := open(t, dir)
	if out, err := Update(t.Context(), dir, options(m)); err != nil || !out.Updated {
		t.Fatal(out, err)
	}
	if got, err := db.Detect(t.Context(), ftypes.Npm, []ftypes.Package{{Name: "lodash", Version: "4.17.20"}}); err != nil || len(got) != 2 {
		t.Error("what was open before the update:", got, err)
	}
	if other := open(t, dir); !other.UpdatedAt().Equal(db.UpdatedAt()) { // one handle, one date
		t.Errorf("%v beside %v", other.UpdatedAt(), db.UpdatedAt())
	}
	if !builtAt(t, dir).Equal(now) {
		t.Error("the new one is not in use")
	}
	// Someone who puts files there by hand means them.
	if err := Build(sampleFacts, dir, now.Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	if !builtAt(t, dir).Equal(now.Add(-time.Minute)) {
		t.Error("the built one is not in use")
	}
}

func TestManyUpdatersAndReaders(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	m, dir := newMirror(t), build(t, now.Add(-25*time.Hour))
	m.push(t, dbLayer(published(t, now)))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := Refresh(t.Context(), dir, options(m)); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			for range 20 {
				db, err := Open(dir)
				if err != nil {
					t.Error(err)
					return
				}
				db.Close()
			}
		})
	}
	wg.Wait()
	if !builtAt(t, dir).Equal(now) || m.asked("GET blobs") != 1 {
		t.Errorf("built %v, %v", builtAt(t, dir), m.requests)
	}
}

// TestFirstLayerIsNotIt: there have been manifests with an empty layer first.
func TestFirstLayerIsNotIt(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	m, dir := newMirror(t), t.TempDir()
	m.push(t, static.NewLayer([]byte("{}"), "application/vnd.oci.empty.v1+json"), dbLayer(published(t, now)))
	if out, err := Update(t.Context(), dir, options(m)); err != nil || !out.Updated {
		t.Fatal(out, err)
	}
	m.push(t, dbLayer(published(t, now)), dbLayer(published(t, now.Add(time.Minute))))
	if _, err := Update(t.Context(), dir, options(m)); err == nil || !strings.Contains(err.Error(), "2 layers") {
		t.Errorf("two layers: %v", err)
	}
}
