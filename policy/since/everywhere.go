package since

import "github.com/scangate/scangate/finding"

// spot is a place in a file.
type spot struct {
	path         string
	line, column int
}

// spots are the places of a finding that is the same wherever it is found, as a
// secret is, leaving out those that are only in the history.
func spots(f *finding.Finding) map[spot]bool {
	out := map[spot]bool{}
	add := func(l finding.Location) {
		if l.Commit == "" {
			out[spot{l.Path, l.StartLine, l.StartColumn}] = true
		}
	}
	add(f.Location)
	for _, l := range f.Related {
		add(l)
	}
	return out
}

// everywhere matches findings that are the same wherever they are found. They
// stand for all of their places: those are counted, and one more than the base
// has makes the finding a new one.
func (m *match) everywhere() {
	head := map[string]*finding.Finding{}
	for i := range m.run.Findings {
		if f := &m.run.Findings[i]; f.KeyOnly {
			if word := identity(f); word != "" {
				head[word] = f
			}
		}
	}
	for _, b := range m.was {
		word := identity(b)
		if !b.KeyOnly || word == "" {
			continue
		}
		there := spots(b)
		now := 0
		f := head[word]
		if f != nil {
			now = len(spots(f))
		}
		if m.run.Part != "" {
			// It looked at what has changed. The rest is as it was.
			for s := range there {
				if m.base.Unchanged(s.path) {
					now++
				}
			}
		}
		switch {
		case f != nil && f.Base == "" && now <= len(there):
			m.pair(b, f)
		case f == nil && now == 0:
			m.gone++
		}
	}
}
