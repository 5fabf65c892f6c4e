package secret

import (
	"encoding/binary"
	"sync"

	"github.com/zricethezav/gitleaks/v8/config"
	gitleaks "github.com/zricethezav/gitleaks/v8/detect"
)

// maxDetectors bounds the detectors that are kept.
const maxDetectors = 256

// newDetector makes a detector as gitleaks' command line does.
func newDetector(cfg config.Config) *gitleaks.Detector {
	d := gitleaks.NewDetector(cfg)
	d.MaxDecodeDepth = maxDecodeDepth
	d.IgnoreGitleaksAllow = true // marked findings are reported as suppressed
	return d
}

// detectors keeps detectors that have some of the rules. What they find is
// what one with all rules finds with those: gitleaks looks for each rule on
// its own, and of two findings drops one only because of the other.
type detectors struct {
	mu   sync.Mutex
	kept map[string]*gitleaks.Detector
}

// with returns a detector that has the rules of these numbers. In parts of a
// text it tries them without the keywords that are elsewhere in the text.
func (d *detectors) with(cfg config.Config, p *prefilter, rules []int, parts bool) *gitleaks.Detector {
	key := make([]byte, 0, 2*len(rules)+1)
	if parts {
		key = append(key, 'p')
	}
	for _, r := range rules {
		key = binary.LittleEndian.AppendUint16(key, uint16(r))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if found := d.kept[string(key)]; found != nil {
		return found
	}
	cfg.Rules = make(map[string]config.Rule, len(rules))
	cfg.Keywords = map[string]struct{}{}
	for _, r := range rules {
		rule := p.rules[r].Rule
		if parts && p.rules[r].remote() {
			rule.Keywords = nil
		}
		cfg.Rules[rule.RuleID] = rule
		for _, k := range rule.Keywords {
			cfg.Keywords[k] = struct{}{}
		}
	}
	if len(d.kept) >= maxDetectors || d.kept == nil {
		d.kept = map[string]*gitleaks.Detector{}
	}
	made := newDetector(cfg)
	d.kept[string(key)] = made
	return made
}
