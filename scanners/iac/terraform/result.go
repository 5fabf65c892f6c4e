package terraform

import (
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/text"
)

// result finds out what a verdict is about. The engine names an attribute
// within a block within a resource within module calls, each the parent of the
// one before.
//
// The calls are named from the inside to the outside, each after the arguments
// that the value came in by.
func (tf *Code) result(v check.Verdict) work.Result {
	passed := tf.passed(v)
	out := work.Result{Verdict: v, Framework: work.Terraform, Location: location(&v.Cause)}
	var module []string
	for at := &v.Cause; at != nil; at = at.Parent {
		switch {
		case strings.HasPrefix(at.Resource, "module."):
			module = append(module, at.Resource)
			call := location(at)
			call.Message = "the module is called here"
			out.Related = append(out.Related, passed[at]...)
			out.Related = append(out.Related, call)
		case at.Resource != "" && len(module) == 0:
			out.Resource = at.Resource
		}
	}
	out.Part = strings.TrimPrefix(strings.TrimPrefix(v.Cause.Resource, out.Resource), ".")
	slices.Reverse(module)
	out.Resource = text.OneLine(strings.Join(append(module, out.Resource), "."), 300)
	return out
}

func location(c *check.Cause) finding.Location {
	return finding.Location{Path: c.Path, StartLine: c.Start, EndLine: c.End}
}
