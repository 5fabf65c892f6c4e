package secret

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/scanners"
)

// equalScans scans with the cache and without, and wants one and the same
// report.
func equalScans(t *testing.T, dir, cacheDir string) scanners.Report {
	t.Helper()
	want := mustScan(t, dir)
	got, err := scan(t.Context(), t, newScanner(t, Options{CacheDir: cacheDir}), dir, 3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("without and with the cache (-without +with):\n%s", diff)
	}
	return got
}

// TestCacheChangesNoReport lets a history grow, branch, merge, lose branches
// and get rewritten at random, and scans after each step.
func TestCacheChangesNoReport(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w, cacheDir := newWorld(t), t.TempDir()
			w.put("README", "x\n")
			rng := rand.New(rand.NewPCG(seed, 7))
			branches := []string{"main"}
			pick := func() string { return branches[rng.IntN(len(branches))] }
			change := func() {
				name := fmt.Sprintf("d%d/f%d.txt", rng.IntN(2), rng.IntN(3))
				content := fmt.Sprintf("line %d\n", rng.IntN(3))
				for range rng.IntN(3) {
					content += "key = " + nthKey(rng.IntN(4)) + []string{"", " # gitleaks:allow"}[rng.IntN(2)] + "\n"
				}
				w.write(name, content)
				if rng.IntN(3) > 0 {
					w.now -= 86400 // two commits of the same second
				}
				w.commit()
			}
			for step := range 9 {
				w.git("checkout", "-q", pick())
				switch op := (step + int(seed)) % 9; op {
				case 0, 3:
					name := fmt.Sprintf("b%d", step)
					w.git("checkout", "-q", "-b", name)
					branches = append(branches, name)
					change()
				case 1, 4: // a merge, of which the result is that of neither side
					if _, err := w.try("merge", "-q", "--no-commit", "--no-ff", pick()); err != nil {
						w.git("add", "-A")
					}
					w.write("merged.txt", "key = "+nthKey(100+step)+"\n")
					w.commit()
				case 2: // a merge of three
					for _, name := range []string{"o1", "o2"} {
						w.git("checkout", "-q", "-B", name, "main")
						w.put(name+".txt", "key = "+nthKey(50+step)+"\n")
					}
					w.git("checkout", "-q", "main")
					w.put("o3.txt", "x\n")
					w.git("merge", "-q", "--no-commit", "o1", "o2")
					w.write("octopus.txt", "key = "+nthKey(60+step)+"\n")
					w.git("add", "-A")
					w.git("commit", "-q", "-m", "octopus")
				case 5: // the last commit is another one now
					w.write("amended.txt", "key = "+nthKey(step)+"\n")
					w.git("add", "-A")
					w.git("commit", "-q", "--amend", "-m", "amended")
				case 6: // a branch is gone, and perhaps all that was on it
					if len(branches) > 1 {
						name := branches[len(branches)-1]
						branches = branches[:len(branches)-1]
						w.git("checkout", "-q", "main")
						w.git("branch", "-q", "-D", name)
					}
				case 7: // what was merged is taken out of the history
					w.git("reset", "-q", "--hard", "HEAD^")
				case 8:
					change()
					change()
				}
				change()
				equalScans(t, w.dir, cacheDir)
			}
			// A clone elsewhere has the branches under other names, and none of
			// what was rewritten.
			clone := filepath.Join(t.TempDir(), "clone")
			w.git("clone", "-q", w.dir, clone)
			moved := filepath.Join(t.TempDir(), "cache")
			if err := os.Rename(cacheDir, moved); err != nil {
				t.Fatal(err)
			}
			equalScans(t, clone, moved)
		})
	}
}

// cached makes a repository with a cache of it.
func cached(t *testing.T) (w *world, cacheDir, file string) {
	t.Helper()
	w, cacheDir = newWorld(t), t.TempDir()
	w.put("s.txt", "key = "+awsKey+"\n")
	w.put("t.txt", "one\nkey = "+githubPAT+"\n")
	w.remove("s.txt")
	w.put("\xFFname", "key = "+awsKey2+" # gitleaks:allow\n")
	equalScans(t, w.dir, cacheDir)
	files, err := filepath.Glob(filepath.Join(cacheDir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	return w, cacheDir, files[0]
}

func TestCacheHoldsNoSecret(t *testing.T) {
	w, _, file := cached(t)
	data := unpack(t, file)
	noSecrets(t, string(data))
	if strings.Contains(string(data), w.dir) || strings.Contains(string(data), filepath.Dir(file)) {
		t.Error("the cache holds a path of this machine")
	}
	if base := filepath.Base(file); len(base) != 32+len(".json.gz") || !strings.HasSuffix(base, ".json.gz") {
		t.Errorf("it is called %s", base)
	}
	m, err := readMemory(file, 20)
	if err != nil || len(m.Bytes) != 4 || len(m.Found) != 3 {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestCacheKnowsAHit fails when a hit has a field that is not kept.
func TestCacheKnowsAHit(t *testing.T) {
	var names []string
	for i := range reflect.TypeFor[hit]().NumField() {
		names = append(names, reflect.TypeFor[hit]().Field(i).Name)
	}
	if diff := cmp.Diff([]string{"rule", "key", "line", "col", "endLine", "endCol", "allowed", "start", "hiddenBy", "reason", "doubt"}, names); diff != "" {
		t.Errorf("keep it in sight, and raise cacheVersion (-known +is):\n%s", diff)
	}
	want := hit{"r", "k", 1, 2, 3, 4, true, 5, "h", "w", "d"}
	if got := (sight{0, 0, 0, want.rule, want.key, want.line, want.col, want.endLine, want.endCol, want.allowed, want.start, want.hiddenBy, want.reason, want.doubt}).hit(); got != want {
		t.Errorf("%+v", got)
	}
}

// tally counts the fragments that reach the engine.
type tally struct {
	engine
	n atomic.Int64
}

func (c *tally) detect(ctx context.Context, f fragment) ([]hit, error) {
	c.n.Add(1)
	return c.engine.detect(ctx, f)
}

// TestCacheSavesWork asserts that only what is new reaches the engine.
func TestCacheSavesWork(t *testing.T) {
	w, cacheDir, _ := cached(t)
	s := newScanner(t, Options{CacheDir: cacheDir})
	count := &tally{engine: s.engine}
	s.engine = count
	for _, tt := range []struct {
		name string
		make func()
		want int64
	}{
		{"nothing new", func() {}, 0},
		{"a new file", func() { w.write("new.txt", "key = "+awsKey+"\n") }, 1},
		{"it is committed", func() { w.commit() }, 1},
		{"other content of the same size", func() { w.write("new.txt", "key = "+awsKey2+"\n") }, 1},
		{"what it was", func() { w.git("checkout", "-q", "new.txt") }, 1},
		{"touched", func() { w.write("new.txt", "key = "+awsKey+"\n") }, 0},
		{"a branch to a known commit", func() { w.git("branch", "other", "HEAD~2") }, 0},
		{"a commit is taken back", func() { w.git("reset", "-q", "--hard", "HEAD^") }, 0},
	} {
		tt.make()
		count.n.Store(0)
		got, err := scan(t.Context(), t, s, w.dir, 1)
		if err != nil {
			t.Fatal(err)
		}
		if n := count.n.Load(); n != tt.want {
			t.Errorf("%s: %d fragments, want %d", tt.name, n, tt.want)
		}
		if diff := cmp.Diff(mustScan(t, w.dir), got); diff != "" {
			t.Errorf("%s (-without +with):\n%s", tt.name, diff)
		}
	}
}

// TestCacheIsNotForParts asserts that what scans less than a full history
// neither uses the cache nor writes one.
func TestCacheIsNotForParts(t *testing.T) {
	w := newWorld(t)
	w.put("README", "x\n")
	w.git("branch", "old")
	w.put("s.txt", "key = "+awsKey+"\n")
	shallow := t.TempDir()
	w.git("clone", "-q", "--depth=1", "file://"+w.dir, shallow)
	no := false
	for _, tt := range []struct {
		dir string
		o   Options
	}{
		{w.dir, Options{Since: "old"}},
		{w.dir, Options{History: "none"}},
		{w.dir, Options{Cache: &no}},
		{shallow, Options{}},
	} {
		tt.o.CacheDir = filepath.Join(t.TempDir(), "cache")
		s, err := New(tt.o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := scan(t.Context(), t, s, tt.dir, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(tt.o.CacheDir); !os.IsNotExist(err) {
			t.Errorf("%+v writes a cache: %v", tt.o, err)
		}
	}
}

// TestCacheLeavesOutGaps asserts that a commit of which something was not
// scanned is looked at, and noted, every time.
func TestCacheLeavesOutGaps(t *testing.T) {
	one, two := strings.Repeat("1", 40), strings.Repeat("2", 40)
	h := &historySource{all: []listed{{two, 0, 1}, {one, 1, 0}}, shown: []shown{{0, 7, 1, true}, {1, 5, 1, false}}}
	c := &cache{name: filepath.Join(t.TempDir(), "a", "b.json.gz")}
	found := newCollector()
	found.keep = true
	if err := found.add(fragment{path: "f", commit: &commit{hash: two, index: 0}}, []hit{{rule: "r", key: strings.Repeat("0a", 8)}}); err != nil {
		t.Fatal(err)
	}
	c.keep(h, &treeSource{}, found)
	m, err := readMemory(c.name, 20)
	if err != nil || m == nil {
		t.Fatal(err)
	}
	if len(m.Bytes) != 1 || m.Bytes[0] != 5 || m.IDs[0] != 0x11 || len(m.Found) != 0 {
		t.Errorf("%+v", m)
	}
}

func TestTooMuchForTheCache(t *testing.T) {
	c := newCollector()
	c.keep = true
	c.kept = map[keptHit]struct{}{}
	for i := range maxKept {
		c.kept[keptHit{commit: -2 - i}] = struct{}{}
	}
	for i := range 3 {
		if err := c.add(fragment{path: "f", commit: &commit{hash: "x", index: i / 2}}, []hit{{rule: "r", key: "k"}}); err != nil {
			t.Fatal(err)
		}
	}
	if c.complete() {
		t.Error("it is taken for complete")
	}
	if e := c.found[identity{"r", "k", "f"}]; len(e.commits) != 2 {
		t.Errorf("%d commits", len(e.commits))
	}
}
