package secret

import (
	"slices"

	"github.com/zricethezav/gitleaks/v8/config"
)

// extend puts rules behind others as gitleaks does: a rule of the same id
// takes from the base what it does not say itself, and adds to its lists.
func extend(raw *config.ViperConfig, base config.ViperConfig) {
	own, last := map[string]int{}, map[string]int{}
	for i := range raw.Rules {
		own[raw.Rules[i].ID] = i
	}
	for i := range base.Rules {
		last[base.Rules[i].ID] = i
	}
	for i, b := range base.Rules {
		if last[b.ID] != i || slices.Contains(raw.Extend.DisabledRules, b.ID) {
			continue
		}
		at, ok := own[b.ID]
		if !ok {
			raw.Rules = append(raw.Rules, b)
			continue
		}
		r := &raw.Rules[at]
		if r.Description != "" {
			b.Description = r.Description
		}
		if r.Entropy != 0 {
			b.Entropy = r.Entropy
		}
		if r.SecretGroup != 0 {
			b.SecretGroup = r.SecretGroup
		}
		if r.Regex != "" {
			b.Regex = r.Regex
		}
		if r.Path != "" {
			b.Path = r.Path
		}
		b.Tags = slices.Concat(b.Tags, r.Tags)
		b.Keywords = slices.Concat(b.Keywords, r.Keywords)
		b.Allowlists = slices.Concat(normal(b.Allowlists, b.AllowList), r.Allowlists)
		b.AllowList = nil
		*r = b
	}
	//lint:ignore SA1019 files of the old form are still read
	for _, a := range normal(base.Allowlists, base.AllowList) {
		if len(a.TargetRules) == 0 { // those of an extended file apply nowhere
			raw.Allowlists = append(raw.Allowlists, a)
		}
	}
}

// normal is a list with what the older format has in its place.
func normal[T any](list []*T, older *T) []*T {
	if older != nil {
		return append(slices.Clip(list), older)
	}
	return list
}
