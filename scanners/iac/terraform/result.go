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
func result(v check.Verdict) work.Result {
	out := work.Result{Verdict: v, Framework: work.Terraform, Location: place(&v.Cause)}
	var module []string
	for at := &v.Cause; at != nil; at = at.Parent {
		switch {
		case strings.HasPrefix(at.Resource, "module."):
			module = append(module, at.Resource)
			call := place(at)
			call.Message = "the module is called here"
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

func place(c *check.Cause) finding.Location {
	return finding.Location{Path: c.Path, StartLine: c.Start, EndLine: c.End}
}
