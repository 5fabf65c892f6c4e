package scanners

import (
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/sarif"
)

// maxHashedFile bounds the files whose lines are hashed, in bytes; findings in
// larger ones are identified by their fingerprint alone.
const maxHashedFile = 64 << 20

// HashLines fills in Location.LineHash, GitHub's identity of a line, for every
// finding whose file is in the tree. Each file is read once. A finding whose
// content is only in history has no line there, and keeps none.
func HashLines(runs []finding.Run, t *Tree) {
	wanted := map[string]map[int]bool{}
	each := func(do func(*finding.Location)) {
		for i := range runs {
			for j := range runs[i].Findings {
				// What is in an image stands on the line that brought it there,
				// beside any number of others of the same rule: only its own
				// identity tells it from those.
				if runs[i].Findings[j].Layer != nil {
					continue
				}
				if l := &runs[i].Findings[j].Location; l.Path != "" && l.Commit == "" && l.StartLine > 0 {
					do(l)
				}
			}
		}
	}
	each(func(l *finding.Location) {
		if wanted[l.Path] == nil {
			wanted[l.Path] = map[int]bool{}
		}
		wanted[l.Path][l.StartLine] = true
	})
	hashes := map[string]map[int]string{}
	for name, lines := range wanted {
		f, err := t.Open(name)
		if err != nil {
			continue
		}
		if info, err := f.Stat(); err == nil && info.Size() <= maxHashedFile {
			// A file that cannot be read to its end leaves the lines behind
			// that point without a hash, which is what is known of them.
			hashes[name], _ = sarif.LineHashes(f, lines)
		}
		f.Close()
	}
	each(func(l *finding.Location) { l.LineHash = hashes[l.Path][l.StartLine] })
}
