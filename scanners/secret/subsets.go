package secret

import (
	"strings"
	"sync"

	"github.com/zricethezav/gitleaks/v8/config"
	gitleaks "github.com/zricethezav/gitleaks/v8/detect"
)

// subsets keeps detectors that have some of a configuration's rules.
type subsets struct {
	mu   sync.Mutex
	kept map[string]*gitleaks.Detector
}

// with returns a detector that has these rules, which are named in the same
// order each time.
func (s *subsets) with(cfg config.Config, ids []string) *gitleaks.Detector {
	key := strings.Join(ids, "\x00")
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.kept[key]; d != nil {
		return d
	}
	all := cfg.Rules
	cfg.Rules, cfg.Keywords = map[string]config.Rule{}, map[string]struct{}{}
	for _, id := range ids {
		cfg.Rules[id] = all[id]
		for _, k := range all[id].Keywords {
			cfg.Keywords[k] = struct{}{}
		}
	}
	if len(s.kept) >= maxDetectors || s.kept == nil {
		s.kept = map[string]*gitleaks.Detector{}
	}
	d := newDetector(cfg)
	s.kept[key] = d
	return d
}
