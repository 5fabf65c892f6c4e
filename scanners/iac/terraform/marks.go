package terraform

import (
	"strings"

	"github.com/aquasecurity/trivy/pkg/iac/ignore"
	tfengine "github.com/aquasecurity/trivy/pkg/iac/terraform"
	"github.com/aquasecurity/trivy/pkg/iac/types"

	"github.com/scangate/scangate/scanners/iac/check"
)

type marks ignore.Rules

func ignoreMarks(modules tfengine.Modules) marks {
	var out marks
	for _, m := range modules {
		out = append(out, marks(m.Ignores())...)
	}
	return out
}

func (m marks) cover(v check.Verdict) bool {
	var ids []string
	for _, n := range v.Check.Names() {
		ids = append(ids, n, strings.ToLower(n))
	}
	return ignore.Rules(m).Ignore(metadata(&v.Cause), ids, nil)
}

func metadata(c *check.Cause) types.Metadata {
	m := types.NewMetadata(types.NewRange(c.Path, c.Start, c.End, "", nil), c.Resource)
	if c.Parent != nil {
		m = m.WithParent(metadata(c.Parent))
	}
	return m
}
