package policy

import (
	"fmt"
	"slices"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
)

// Choice says whose severity counts when several scanners found the same. The
// zero value is that each finding is judged by its own scanner's.
type Choice struct {
	highest  bool
	scanners []string // the first one of these that found it
	origin   string   // where it is written
}

// Highest takes the highest severity that any of the scanners gives.
func Highest(origin string) Choice { return Choice{highest: true, origin: origin} }

// Prefer takes the severity of the first of the scanners that found it.
func Prefer(scanners []string, origin string) Choice {
	return Choice{scanners: slices.Clone(scanners), origin: origin}
}

// of is the severity by which a finding of a scanner is judged, and words for
// where it comes from when it is another one's.
func (c Choice) of(scanner string, f *finding.Finding) (finding.Severity, string) {
	best, from := f.Severity, ""
	switch {
	case c.highest:
		for _, w := range f.Witnesses {
			if w.Severity > best {
				best, from = w.Severity, w.Scanner
			}
		}
	case len(c.scanners) > 0:
		at := slices.Index(c.scanners, scanner)
		for _, w := range f.Witnesses {
			// Of several findings of that scanner the gravest one counts.
			i := slices.Index(c.scanners, w.Scanner)
			if i >= 0 && (at < 0 || i < at || i == at && w.Scanner == from && w.Severity > best) {
				at, best, from = i, w.Severity, w.Scanner
			}
		}
	}
	if from == "" || best == f.Severity {
		return f.Severity, ""
	}
	return best, fmt.Sprintf(", %s as %s has it (%s)", best, from, c.origin)
}

// parseChoice reads policy.severity: own, highest, or a list of scanners.
func parseChoice(s config.Section, known Known) (Choice, error) {
	if word, err := s.Text(); err == nil {
		switch word {
		case "own":
			return Choice{}, nil
		case "highest":
			return Highest(s.Position()), nil
		}
		return Choice{}, s.Errorf("policy.severity: want own, highest or a list of scanners, not %q", word)
	}
	var list []config.Section
	if err := s.Decode(&list); err != nil {
		return Choice{}, err
	}
	var names []string
	for _, item := range list {
		name, err := item.Text()
		if err != nil {
			return Choice{}, err
		}
		if msg := known.check(name); msg != "" {
			return Choice{}, item.Errorf("policy.severity: %s", msg)
		}
		if slices.Contains(names, name) {
			return Choice{}, item.Errorf("policy.severity: %s is named twice", name)
		}
		names = append(names, name)
	}
	return Prefer(names, s.Position()), nil
}
