package image

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// secretName is what variables with a secret in them are called.
var secretName = regexp.MustCompile(`(?i)(?:^|[_.-])(?:passw(?:or)?d|passphrase|secret|token|credentials?|(?:api|access|secret|private|encryption|signing|auth)[_-]?key)$`)

// harmless is what is no secret whatever its variable is called: nothing, a
// switch, a path, an address without a password, a reference, a placeholder.
var harmless = regexp.MustCompile(`(?i)^(?:|true|false|yes|no|on|off|none|null|\d{1,4}|/.*|\.{1,2}/.*|file:.*|[a-z][a-z0-9+.-]*://[^@\s]*|\$.*|<.*>|\*+|x+|changeme|change[-_]me|example|dummy|placeholder|todo)$`)

// setting is a named text of the configuration.
type setting struct {
	where, name, value string
	step               int // of the history that sets it, or -1
}

func settings(config *v1.ConfigFile) []setting {
	var all []setting
	for _, e := range config.Config.Env {
		name, value, _ := strings.Cut(e, "=")
		all = append(all, setting{"environment variable", name, value, stepSetting(config, "ENV", name)})
	}
	labels := make([]string, 0, len(config.Config.Labels))
	for name := range config.Config.Labels {
		labels = append(labels, name)
	}
	slices.Sort(labels)
	for _, name := range labels {
		all = append(all, setting{"label", name, config.Config.Labels[name], stepSetting(config, "LABEL", name)})
	}
	for i, h := range config.History {
		if s := stepOf(h.CreatedBy); s.word != "ENV" && s.word != "LABEL" { // those were looked at above
			all = append(all, setting{"history", "", h.CreatedBy, i})
		}
	}
	return all
}

// stepSetting is the last step of the history that sets a name, or -1.
func stepSetting(config *v1.ConfigFile, word, name string) int {
	for i, h := range slices.Backward(config.History) {
		if s := stepOf(h.CreatedBy); s.word == word && strings.Contains(s.text, name) {
			return i
		}
	}
	return -1
}

const (
	maxSettings = 5_000     // that are looked at
	maxSetting  = 256 << 10 // bytes of one
)

// configSecrets looks for secrets in what everyone who has the image can read.
func (r *reporter) configSecrets(ctx context.Context, config *v1.ConfigFile) error {
	if r.secrets == nil {
		return nil
	}
	all := settings(config)
	if len(all) > maxSettings {
		r.note(finding.Gap, "only the first %d of %d settings of the image were searched for secrets", maxSettings, len(all))
		all = all[:maxSettings]
	}
	finder, err := r.secrets.finder()
	if err != nil {
		return err
	}
	for _, s := range all {
		if len(s.value) > maxSetting {
			r.note(finding.Gap, "%s %s: only the first %d KiB were searched for secrets", s.where, text.OneLine(s.name, 100), maxSetting>>10)
			s.value = s.value[:maxSetting]
		}
		line := s.value
		if s.name != "" {
			line = s.name + "=" + s.value
		}
		matches, err := finder.Text(ctx, line)
		if err != nil {
			return err
		}
		for _, m := range matches {
			rule := finder.Rule(m.Rule)
			f := finding.Finding{RuleID: m.Rule, Severity: rule.Severity, SeveritySource: "scangate",
				Message: fmt.Sprintf("%s: in the image's %s. Whoever can pull the image can read it: rotate it.", rule.Title, s.title()),
				Fix:     "Revoke or rotate it at its provider, and give it to the container at run time."}
			if l := r.build.line(s.step); l > 0 {
				f.Location = finding.Location{Path: r.build.path, StartLine: l}
			}
			r.rules[m.Rule] = rule
			r.add(f, -1, "", s.title()+" "+m.Key)
		}
		if len(matches) == 0 && s.name != "" && secretName.MatchString(s.name) && !harmless.MatchString(strings.TrimSpace(s.value)) {
			r.own(ruleSecret, s.title(), fmt.Sprintf("The %s has a value in the image's configuration. Whoever can pull the image can read it.", s.title()),
				"Give it to the container at run time, and rotate what was in there.", r.build.line(s.step))
		}
	}
	return nil
}

func (s setting) title() string {
	return strings.TrimSpace(s.where + " " + text.OneLine(s.name, 100))
}

// filesSecrets reports the secrets in the files of all layers, those that are
// deleted further up included: they are still in the image.
func (r *reporter) filesSecrets(s state) error {
	type id struct{ path, key string }
	seen, last := map[id]bool{}, map[id]int{}
	for i, l := range s.layers {
		if l != nil {
			for _, m := range l.Secrets {
				last[id{m.Path, m.Key}] = i
			}
		}
	}
	for i, l := range s.layers {
		if l == nil || len(l.Secrets) == 0 {
			continue
		}
		finder, err := r.secrets.finder()
		if err != nil {
			return err
		}
		for _, m := range l.Secrets {
			if seen[id{m.Path, m.Key}] {
				continue
			}
			seen[id{m.Path, m.Key}] = true
			rule := finder.Rule(m.Rule)
			where := r.place(i, text.OneLine(m.Path, 200))
			if m.Line > 0 && len(r.img.Layers) == 0 {
				where += fmt.Sprintf(", line %d", m.Line)
			}
			above := s.layers[last[id{m.Path, m.Key}]+1:]
			gone := slices.ContainsFunc(above, func(up *content) bool { return up != nil && up.hides(m.Path) })
			f := finding.Finding{RuleID: m.Rule, Severity: rule.Severity, SeveritySource: "scangate",
				Message: rule.Title + ": in " + where + ".",
				Fix:     "Revoke or rotate it at its provider, and keep it out of the image: a .dockerignore, or RUN --mount=type=secret."}
			if gone {
				f.Message += " A later layer deletes or replaces the file, but whoever can pull the image can still read it: rotate it."
			}
			if m.Allowed {
				f.Suppressions = []finding.Suppression{{Source: "gitleaks:allow", Inline: true}}
			}
			r.rules[m.Rule] = rule
			r.add(f, i, m.Path, m.Key)
		}
	}
	return nil
}
