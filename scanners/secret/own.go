package secret

import (
	"fmt"
	"path/filepath"

	"github.com/scangate/scangate/finding"
)

// ownFiles are the files of the repository that have a say in what is found.
type ownFiles struct{ config, baseline string }

func (o ownFiles) check() error {
	for option, name := range map[string]string{"config": o.config, "baseline": o.baseline} {
		if name != "" && !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("secret: %s: %q is not a path below the scanned directory", option, name)
		}
	}
	return nil
}

// rules makes the engine, with the repository's own rules if it has any, and
// reads what the repository declares as known.
func (s *Scanner) rules(read readFile, v *vault) (engine, *known, []finding.Note, error) {
	plain := s.Prefilter != nil && !*s.Prefilter
	base := s.engine
	if base == nil || v != nil { // one that holds secrets is nobody else's
		var err error
		if base, err = newGitleaks(!plain); err != nil {
			return nil, nil, nil, fmt.Errorf("secret: %w", err)
		}
	}
	known, notes, err := loadKnown(read, s.Baseline)
	if err != nil {
		return nil, nil, nil, err
	}
	defaults, ok := base.(*gitleaksEngine)
	if !ok {
		return base, known, notes, nil
	}
	if v != nil {
		defaults.vault = v
	}
	own, err := loadRules(read, s.Config)
	if err != nil || own == nil {
		return base, known, notes, err
	}
	both, err := newUnion(defaults, own, !plain)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("secret: %s: %w", own.name, err)
	}
	both.vault = v
	return both, known, append(notes, own.notes...), nil
}
