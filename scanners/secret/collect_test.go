package secret

import (
	"strings"
	"testing"
)

// TestOneSecretIsOneFinding asserts that copies, moves and a rewritten history
// leave the identity of a secret alone, and that its places are counted.
func TestOneSecretIsOneFinding(t *testing.T) {
	w := newWorld(t)
	w.put("a.txt", "key = "+awsKey+"\n")
	w.git("mv", "a.txt", "b.txt")
	w.commit()
	before := mustScan(t, w.dir).Findings
	w.git("checkout", "-q", "--orphan", "squashed")
	w.write("c/d.txt", "x\nkey = "+awsKey+"\n")
	w.commit()
	w.git("branch", "-q", "-D", "main")
	after := mustScan(t, w.dir).Findings
	if len(before) != 1 || len(after) != 1 || before[0].Fingerprint != after[0].Fingerprint || !after[0].KeyOnly {
		t.Errorf("%v, then %v", brief(before), brief(after))
	}
	if m := after[0].Message; !strings.Contains(m, "(4 places in 2 files)") || len(after[0].Related) != 3 {
		t.Errorf("%q, %d related", m, len(after[0].Related))
	}
	// The place to stand at is still there when the secret is taken out.
	w.remove("b.txt")
	w.remove("c/d.txt")
	gone := mustScan(t, w.dir).Findings
	if len(gone) != 1 || gone[0].Location.Path != after[0].Location.Path || gone[0].Fingerprint != after[0].Fingerprint {
		t.Errorf("%v, then %v", brief(after), brief(gone))
	}
}

func TestManyPlacesAreCounted(t *testing.T) {
	dir := t.TempDir()
	w := &world{t: t, dir: dir}
	w.write("a.txt", strings.Repeat("key = "+awsKey+"\n", 50))
	f := mustScan(t, dir).Findings[0]
	if len(f.Related) != maxRelated || !strings.Contains(f.Message, "(50 places, of which 21 are listed)") {
		t.Errorf("%q, %d related", f.Message, len(f.Related))
	}
}
