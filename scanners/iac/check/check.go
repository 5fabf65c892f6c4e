// Package check judges infrastructure code by checks in Rego: those of
// trivy-checks, which are compiled into the binary, and a team's own.
//
// A Set compiles a check when the first input comes that it applies to, and
// keeps it for all others. Inputs may be judged by several goroutines at once.
package check

import (
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
)

// Source is the form that an input has. The names are those that checks use in
// their metadata, under input.selector.type.
type Source string

// The sources of trivy-checks.
const (
	Cloud        Source = "cloud"      // the state of a cloud account, as Trivy's adapters describe it
	Kubernetes   Source = "kubernetes" // one object of Kubernetes
	Dockerfile   Source = "dockerfile"
	TerraformRaw Source = "terraform-raw" // the blocks of Terraform modules, as Trivy exports them
	YAML         Source = "yaml"          // one document as it is written
	JSON         Source = "json"
	TOML         Source = "toml"
)

// Input is what checks look at.
type Input struct {
	Source Source
	Path   string // of the file, for verdicts that do not say
	Value  any    // nil, bool, numbers, strings, []any and map[string]any

	// Again tells that the document is judged a second time, as it is written,
	// for the checks that ask for that. Checks that take whatever comes have
	// seen it.
	Again bool
}

// Check describes a check by its metadata.
type Check struct {
	ID          string // as people write it now: AWS-0028
	LongID      string // aws-ec2-enforce-http-token-imds; may be empty
	ShortCode   string // enforce-http-token-imds; may be empty
	Aliases     []string
	Title       string // empty for a team's check without metadata: its messages are titles
	Description string
	Resolution  string
	Severity    finding.Severity
	References  []string
	Provider    string // aws, azure, …, or the source
	Service     string // may be empty
	Examples    string // the file of examples, for built-in checks
	File        string // the file of the check
	Custom      bool   // a team's own

	selectors []selector
}

// Names are all names of a check that people use in comments and lists, the
// first of each: ID, AVD-ID, LongID, ShortCode, Aliases.
func (c *Check) Names() []string {
	names := []string{c.ID}
	if !c.Custom {
		names = append(names, "AVD-"+c.ID)
	}
	names = append(append(names, c.LongID, c.ShortCode), c.Aliases...)
	var out []string
	for _, n := range names {
		if n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// Verdict is something that a check does not like.
type Verdict struct {
	Check   *Check
	Message string
	Cause   Cause
}

// Cause is the place that a verdict is about: an attribute within a block
// within a resource within module calls, each the parent of the one before.
type Cause struct {
	Path       string
	Start, End int // lines, from 1; 0 when it is the file as a whole
	Resource   string
	Managed    bool // false for what is not in the code, but only referred to
	Parent     *Cause
}

// selector says which inputs a check is for.
type selector struct {
	source   Source
	subtypes []subtype
}

type subtype struct{ provider, service, group, version, kind string }

// applies reports whether c is for an input. A check without a selector is for
// everything but the sources that came later.
func (c *Check) applies(in Input) bool {
	if len(c.selectors) == 0 && c.Custom {
		return slices.Contains(unselected, in.Source) && !in.Again
	}
	if len(c.selectors) == 0 {
		return in.Source != TerraformRaw
	}
	for _, s := range c.selectors {
		if s.source != in.Source {
			return false
		}
	}
	if in.Source != Cloud && in.Source != Kubernetes {
		return true
	}
	object, _ := in.Value.(map[string]any)
	return slices.ContainsFunc(c.selectors, func(s selector) bool {
		return len(s.subtypes) == 0 || slices.ContainsFunc(s.subtypes, func(t subtype) bool { return t.in(object) })
	})
}

// in reports whether an input holds what a subtype stands for: a service of a
// provider, or an object of a kind.
func (t subtype) in(object map[string]any) bool {
	if services, ok := object[t.provider].(map[string]any); ok && t.provider != "" {
		if _, ok := services[t.service]; ok {
			return true
		}
	}
	kind, ok := object["kind"].(string)
	return ok && (strings.EqualFold(kind, t.kind) || strings.EqualFold(kind, t.group) || strings.EqualFold(kind, t.version))
}
