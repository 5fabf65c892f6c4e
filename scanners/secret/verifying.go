package secret

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/zricethezav/gitleaks/v8/report"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/secret/verify"
	"github.com/scangate/scangate/text"
)

const (
	maxHeld    = 10_000 // secrets that are held until they are asked about
	maxAround  = 4      // surroundings of one of them
	aroundSize = 600    // bytes on either side: the other half of a pair stands near
)

// verifier is who asks, and the place for what is asked about; nil if nobody is
// to be asked.
func (s *Scanner) verifier() (*verify.Verifier, *vault, error) {
	if !s.Verify || s.Offline {
		return nil, nil, nil
	}
	v := s.Verifier
	if v == nil {
		var err error
		if v, err = verify.New(verify.Options{}); err != nil {
			return nil, nil, fmt.Errorf("secret: %w", err)
		}
	}
	return v, &vault{supports: v.Supports, held: map[string]*held{}}, nil
}

// vault holds the secrets of a scan that is to ask providers about them, and is
// given up with it. Nothing of it reaches a finding. A nil vault holds nothing.
type vault struct {
	supports func(rule string) bool

	mu   sync.Mutex
	held map[string]*held // by the key of the finding
	more int              // that were too many
}

type held struct {
	rule, secret string
	around       map[string]struct{}
}

// put keeps a secret that its provider can be asked about.
func (v *vault) put(f fragment, r report.Finding, h hit) {
	if v == nil || r.Secret == "" || !v.supports(r.RuleID) {
		return
	}
	around := ""
	if at := strings.Index(f.text, r.Secret); at >= 0 {
		around = f.text[max(0, at-aroundSize):min(len(f.text), at+len(r.Secret)+aroundSize)]
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	in := v.held[h.key]
	if in == nil {
		if len(v.held) == maxHeld {
			v.more++
			return
		}
		in = &held{r.RuleID, r.Secret, map[string]struct{}{}}
		v.held[h.key] = in
	}
	in.around[around] = struct{}{}
	if len(in.around) > maxAround {
		// Whatever the order in which they come, the same ones stay.
		delete(in.around, slices.Max(slices.Collect(maps.Keys(in.around))))
	}
}

// ask asks about the secrets of the findings, in their order: there is a limit
// to how many questions are asked. What works is critical, whatever its rule.
// Nothing is ever taken back: what one provider rejects may work elsewhere.
func (v *vault) ask(ctx context.Context, verifier *verify.Verifier, found []finding.Finding) ([]finding.Note, error) {
	open := map[string]int{} // reasons why it is not known
	for i := range found {
		f := &found[i]
		in := v.held[f.Key]
		if in == nil || f.Suppressed() {
			continue
		}
		around := strings.Join(slices.Sorted(maps.Keys(in.around)), "\n")
		out := verifier.Check(ctx, in.rule, in.secret, around)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		switch out.Result {
		case verify.Active:
			f.Severity = finding.Critical
			f.Message += " It works: " + text.OneLine(out.Endpoint, 100) + " accepts it."
		case verify.Inactive:
			f.Message += " It does not work any more, or not there: " + text.OneLine(out.Endpoint, 100) + " rejects it."
		default:
			open[text.OneLine(out.Reason, 200)]++
		}
	}
	var notes []finding.Note
	for _, reason := range slices.Sorted(maps.Keys(open)) {
		notes = append(notes, finding.Note{Level: finding.Information, Message: fmt.Sprintf("%s: whether they still work is not known: %s", text.Count(open[reason], "secret"), reason)})
	}
	if v.more > 0 {
		notes = append(notes, finding.Note{Level: finding.Information, Message: text.Count(v.more, "secret") + " too many to ask about"})
	}
	return notes, nil
}
