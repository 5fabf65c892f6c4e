package terraform

import (
	tfengine "github.com/aquasecurity/trivy/pkg/iac/terraform"
	"github.com/zclconf/go-cty/cty"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/suppress"
	"github.com/scangate/scangate/scanners/iac/work"
)

// readMarks finds the marks in a file that could be parsed.
func (tf *Code) readMarks(f tfFile) {
	if f.isJSON {
		return
	}
	marks, problems := suppress.Parse(f.Data, suppress.Terraform, tf.options.Now)
	tf.marks[f.Path] = marks
	tf.Notes = append(tf.Notes, work.MarkNotes(f.Path, problems)...)
}

// suppressions are the marks that cover a verdict on modules.
func (tf *Code) suppressions(modules tfengine.Modules, v check.Verdict) []finding.Suppression {
	var causes []*check.Cause
	for c := &v.Cause; c != nil; c = c.Parent {
		causes = append(causes, c)
	}
	return work.Suppressions(tf.marks, suppress.Subject{
		IDs:       v.Check.Names(),
		Chain:     work.Chain(&v.Cause),
		Workspace: tf.options.workspace(),
		Attribute: func(i int, name string) any {
			for ; i < len(causes); i++ { // an attribute is in the block around it
				if b := blockAt(modules, causes[i]); b != nil {
					return plainValue(b.GetValueByPath(name))
				}
			}
			return nil
		},
	})
}

// blockAt returns the block that a cause stands for.
func blockAt(modules tfengine.Modules, c *check.Cause) *tfengine.Block {
	for _, m := range modules {
		for _, b := range m.GetBlocks() {
			meta := b.GetMetadata()
			if r := meta.Range(); r.GetStartLine() == c.Start && r.GetLocalFilename() == c.Path && meta.Reference() == c.Resource {
				return b
			}
		}
	}
	return nil
}

// plainValue is a value as marks ask for it: a string, a float64 or a bool; nil
// when it is none of these, or not known.
func plainValue(v cty.Value) any {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() || v.IsMarked() {
		return nil
	}
	switch v.Type() {
	case cty.String:
		return v.AsString()
	case cty.Number:
		n, _ := v.AsBigFloat().Float64()
		return n
	case cty.Bool:
		return v.True()
	}
	return nil
}
