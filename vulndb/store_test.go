package vulndb

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
	"github.com/aquasecurity/trivy-db/pkg/metadata"
)

// TestMain lets the test binary be a process that holds the lock of a store.
func TestMain(m *testing.M) {
	if dir := os.Getenv("SCANGATE_TEST_LOCK"); dir != "" {
		if _, err := vulnerabilities.lock(context.Background(), dir); err != nil {
			panic(err)
		}
		os.Stdout.WriteString("locked\n")
		time.Sleep(time.Minute)
	}
	os.Exit(m.Run())
}

// TestLockEndsWithItsProcess: a process that is killed leaves no lock behind.
func TestLockEndsWithItsProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := makeStore(dir); err != nil {
		t.Fatal(err)
	}
	other := exec.Command(self)
	other.Env = append(os.Environ(), "SCANGATE_TEST_LOCK="+dir)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
		t.Fatal(line, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := vulnerabilities.lock(ctx, dir); err == nil {
		t.Error("two processes have the lock")
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	other.Wait()
	ctx, cancel = context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	unlock, err := vulnerabilities.lock(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

// TestCrash stops an update after each of its steps on the disk: what is in
// use is always one whole pair, and the next update goes through.
func TestCrash(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	before, after := now.Add(-30*time.Hour), now.Add(-time.Hour)
	m := newMirror(t)
	m.push(t, dbLayer(published(t, now)))
	for _, plain := range []bool{true, false} {
		for steps := range 6 {
			dir := t.TempDir()
			if err := makeStore(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(filepath.Join(store(dir), "v-old"), os.DirFS(build(t, before))); err != nil {
				t.Fatal(err)
			}
			if plain {
				if err := os.CopyFS(dir, os.DirFS(build(t, before))); err != nil {
					t.Fatal(err)
				}
			} else if err := writeState(filepath.Join(store(dir), "current.json"), current{Version: "v-old"}); err != nil {
				t.Fatal(err)
			}
			at, fresh := filepath.Join(store(dir), "v-new"), build(t, after)
			want := before
			for _, step := range []func() error{
				func() error { return os.Mkdir(at, 0o755) },
				func() error { return os.Link(trivydb.Path(fresh), trivydb.Path(at)) },
				func() error { return os.Link(metadata.Path(fresh), metadata.Path(at)) },
				func() error {
					if !plain {
						want = after
					}
					return writeState(filepath.Join(store(dir), "current.json"), current{Version: "v-new"})
				},
				func() error {
					want = after
					return os.RemoveAll(trivydb.Path(dir))
				},
			}[:steps] {
				if err := step(); err != nil {
					t.Fatal(err)
				}
			}
			if got := open(t, dir); !got.UpdatedAt().Equal(want) {
				t.Errorf("plain %v, %d steps: built %v, want %v", plain, steps, got.UpdatedAt(), want)
			} else {
				got.Close()
			}
			if out, err := Update(t.Context(), dir, options(m)); err != nil || !out.Updated || !builtAt(t, dir).Equal(now) {
				t.Errorf("plain %v, %d steps: %+v, %v", plain, steps, out, err)
			}
			if left := leftovers(t, dir); left != nil {
				t.Errorf("left behind: %v", left)
			}
			if _, err := os.Lstat(metadata.Path(dir)); err == nil {
				t.Error("the old metadata.json is still there")
			}
		}
	}
}
