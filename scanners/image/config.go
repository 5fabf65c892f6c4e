package image

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
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
	r.looked.Files++
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

// endOfLife reports an operating system without support.
func (r *reporter) endOfLife(os ftypes.OS) {
	name := systemName(os)
	r.own(ruleEndOfLife, name, name+" has reached its end of life: vulnerabilities found since then are neither fixed nor listed.", "build on a supported release of it", r.build.from)
	r.note(finding.Warning, "%s has reached its end of life as of %s: newer vulnerabilities are not known to anyone's database", name, r.now.UTC().Format(time.DateOnly))
}
