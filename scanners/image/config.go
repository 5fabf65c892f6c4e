package image

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// The rules on an image as such. docs/images.md lists them.
const (
	ruleRoot        = "image-root-user"
	ruleHealth      = "image-no-healthcheck"
	ruleUnpinned    = "image-not-pinned"
	ruleSecret      = "image-secret-in-config"
	ruleEndOfLife   = "image-end-of-life"
	ruleUnsigned    = "image-not-signed"
	ruleSecretTitle = "A secret stands in the image's configuration"
)

// ownRules describe them.
var ownRules = []finding.Rule{
	{ID: ruleRoot, Title: "The image runs as root", Severity: finding.Medium, Precision: "very-high",
		Description: "No USER is set, or it is root. Whoever breaks out of the process is root in the container, and with a flaw in the runtime outside of it.",
		Help:        "Create a user in the Dockerfile and end with `USER 10001`."},
	{ID: ruleHealth, Title: "The image has no health check", Severity: finding.Low, Precision: "very-high",
		Description: "Without HEALTHCHECK a container that hangs counts as running. Kubernetes ignores it and has probes of its own.",
		Help:        "Add `HEALTHCHECK CMD …` to the Dockerfile, or ignore this rule where an orchestrator has probes."},
	{ID: ruleUnpinned, Title: "The image is named without its digest", Severity: finding.Low, Precision: "very-high",
		Description: "A tag can be moved to another image at any time. What was scanned is then not what runs.",
		Help:        "Name the image as `repository@sha256:…`."},
	{ID: ruleSecret, Title: ruleSecretTitle, Severity: finding.High, Precision: "medium",
		Description: "Environment variables, labels and the history are readable by whoever can pull the image.",
		Help:        "Take the value from the environment or a mounted secret at run time; for builds use `RUN --mount=type=secret`. Rotate what was in there."},
	{ID: ruleEndOfLife, Title: "The operating system has reached its end of life", Severity: finding.High, Precision: "very-high",
		Description: "Its vendor publishes no more fixes, and no more advisories: vulnerabilities found since then are not listed.",
		Help:        "Build on a supported release."},
	{ID: ruleUnsigned, Title: "The image is not signed as required", Severity: finding.High, Precision: "very-high",
		Description: "The configuration requires a signature of this image, and there is none that fits. It may have been replaced.",
		Help:        "Sign it with `cosign sign` by the required key or identity, or find out where it comes from."},
}

// own reports one of the rules on the image as such.
func (r *reporter) own(id, key, message, fix string, line int) {
	i := slices.IndexFunc(ownRules, func(rule finding.Rule) bool { return rule.ID == id })
	rule := ownRules[i]
	f := finding.Finding{RuleID: id, Severity: rule.Severity, SeveritySource: "scangate", Message: message, Fix: fix}
	if line > 0 {
		f.Location = finding.Location{Path: r.build.path, StartLine: line}
	}
	r.rules[id] = rule
	r.add(f, -1, "", key)
}

// configuration judges how the image is meant to run.
func (r *reporter) configuration(ctx context.Context) error {
	if r.img.Source == "registry" && !r.img.Pinned {
		r.own(ruleUnpinned, "", fmt.Sprintf("%s is named by its tag, which may be another image tomorrow; today it is %s.", r.img.Ref, r.img.Digest),
			"name it "+r.img.Repository.Name()+"@"+r.img.Digest, 0)
	}
	config := r.img.Config
	if config == nil || r.img.Root != "" {
		return nil // a directory has none
	}
	if user := config.Config.User; isRoot(user) {
		message := "The image runs as root: no USER is set."
		if user != "" {
			message = "The image runs as root: USER is " + text.OneLine(user, 60) + "."
		}
		r.own(ruleRoot, "", message, "end the Dockerfile with a USER of its own", r.lastLine("USER"))
	}
	if h := config.Config.Healthcheck; h == nil || len(h.Test) == 0 || h.Test[0] == "NONE" {
		r.own(ruleHealth, "", "The image has no HEALTHCHECK: a container that hangs counts as running.", "add a HEALTHCHECK, or rely on the probes of an orchestrator", r.lastLine("HEALTHCHECK"))
	}
	return r.configSecrets(ctx, config)
}

// isRoot reports whether a USER is the superuser, by name or number.
func isRoot(user string) bool {
	name, _, _ := strings.Cut(strings.TrimSpace(user), ":")
	return name == "" || name == "root" || strings.Trim(name, "0") == ""
}

// lastLine is the line of the last instruction of its kind, or else of the
// last one, where something new would go; 0 without a Dockerfile.
func (r *reporter) lastLine(word string) int {
	if r.build.path == "" || r.img.Config == nil {
		return 0
	}
	last := r.build.from
	for i, h := range r.img.Config.History {
		line := r.build.lines[i]
		last = max(last, line)
		if line > 0 && stepOf(h.CreatedBy).word == word {
			return line
		}
	}
	return last
}

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
				f.Suppressions = []finding.Suppression{{Source: "gitleaks:allow"}}
			}
			r.rules[m.Rule] = rule
			r.add(f, i, m.Path, m.Key)
		}
	}
	return nil
}

// endOfLife reports an operating system without support.
func (r *reporter) endOfLife(os ftypes.OS) {
	name := systemName(os)
	r.own(ruleEndOfLife, name, name+" has reached its end of life: vulnerabilities found since then are neither fixed nor listed.", "build on a supported release of it", r.build.from)
	r.note(finding.Warning, "%s has reached its end of life as of %s: newer vulnerabilities are not known to anyone's database", name, r.now.UTC().Format(time.DateOnly))
}
