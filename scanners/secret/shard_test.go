package secret

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/shardtest"
)

// TestShardsOfAnyHistory: secrets that come, go, move and are marked in one way
// or another, in the history and in the tree: wherever they are split, the
// findings are the same.
func TestShardsOfAnyHistory(t *testing.T) {
	suppressed, related, hashed := 0, 0, 0
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 7))
		w := newWorld(t)
		secrets := []string{awsKey, awsKey2, githubPAT}
		marks := []string{"", "", "", " # gitleaks:allow", " # scangate:ignore * a test", " # scangate:ignore * late until=2020-01-01"}
		line := func() string { return "key = " + secrets[rng.IntN(3)] + marks[rng.IntN(len(marks))] + "\n" }
		names := []string{"a.txt", "b/c.conf", "b/d.txt", "e_test.go", "package-lock.json"}
		last := w.put("first.txt", "nothing\n")
		for i := range 10 {
			name := names[rng.IntN(len(names))]
			switch rng.IntN(5) {
			case 0:
				if out, _ := w.try("ls-files", "--", name); strings.TrimSpace(out) != "" {
					w.remove(name)
				}
			case 1:
				side := fmt.Sprintf("side%d", i)
				w.git("checkout", "-q", "-b", side)
				w.put(fmt.Sprintf("%s.txt", side), line())
				w.git("checkout", "-q", "main")
				if rng.IntN(2) == 0 {
					w.git("merge", "-q", "--no-ff", "--no-edit", side)
				}
			default:
				last = w.put(name, strings.Repeat("x\n", rng.IntN(3))+line()+line())
			}
		}
		w.write("new.txt", line()) // of no commit
		w.write(".gitleaksignore", last+":a.txt:aws-access-token:1\nb/c.conf:github-pat:1\n")
		w.write(".gitleaks.toml", "[extend]\nuseDefault = true\ndisabledRules = [\"github-pat\"]\n")
		run, most := shardtest.Equal(t, newScanner(t, Options{}), w.dir, Join, 2, 3, 7)
		if most < 7 {
			t.Errorf("seed %d: the work was done in %d shards", seed, most)
		}
		for _, f := range run.Findings {
			related += len(f.Related)
			if f.Suppressed() {
				suppressed++
			}
			if f.Location.LineHash != "" {
				hashed++
			}
		}
		noSecrets(t, run)
	}
	if suppressed == 0 || related == 0 || hashed == 0 {
		t.Errorf("%d suppressed, %d related, %d with the hash of a line: the test shows nothing", suppressed, related, hashed)
	}
}

// TestShardsOfWhatIsNoRepository: files alone can be shared out, too.
func TestShardsOfWhatIsNoRepository(t *testing.T) {
	w := &world{t: t, dir: t.TempDir()}
	for i := range 9 {
		w.write(fmt.Sprintf("f%d\xff.txt", i), "key = "+[]string{awsKey, awsKey2}[i%2]+"\n")
	}
	if run, most := shardtest.Equal(t, newScanner(t, Options{}), w.dir, Join, 2, 5); most < 5 || len(run.Findings) != 2 {
		t.Errorf("%d shards, %d findings", most, len(run.Findings))
	}
}

// TestWholeWhereItMustBe: what only a whole scan can tell is not split.
func TestWholeWhereItMustBe(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.put(fmt.Sprintf("f%d.txt", i), "key = "+awsKey+"\n")
	}
	for name, o := range map[string]Options{"since": {Since: "HEAD~2"}, "staged": {Staged: true}, "verify": {Verify: true, Offline: true}} {
		s := newScanner(t, o)
		work, err := s.Plan(t.Context(), target(t, w.dir, 1))
		if err != nil || work.Skip != "" {
			t.Fatalf("%s: %v %s", name, err, work.Skip)
		}
		if units := s.Units(work); len(units) > 1 {
			t.Errorf("%s: %v", name, units)
		}
	}
	shallow := t.TempDir()
	w.git("clone", "-q", "--depth", "3", "file://"+w.dir, shallow)
	if _, most := shardtest.Equal(t, newScanner(t, Options{}), shallow, Join, 2); most != 1 {
		t.Errorf("a shallow clone is split in %d", most)
	}
}

// TestDamagedSights: results come from other jobs, and may be anything.
func TestDamagedSights(t *testing.T) {
	for name, s := range map[string]finding.Sight{
		"unknown rule": {Rule: "x", Key: "k", Path: "a", Line: 1},
		"no key":       {Rule: "r", Path: "a", Line: 1},
		"no commit":    {Rule: "r", Key: "k", Path: "a", Line: 1, Commit: "HEAD"},
	} {
		run := finding.Run{Rules: []finding.Rule{{ID: "r"}}}
		if err := Join(&run, []finding.Run{{Split: &finding.Split{Sights: []finding.Sight{s}}}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
