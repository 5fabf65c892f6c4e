package terraform

import (
	tfengine "github.com/aquasecurity/trivy/pkg/iac/terraform"
	"github.com/zclconf/go-cty/cty"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
)

// Suppress returns how comments in the code suppress a verdict. attribute
// tells what an attribute of the block at a cause comes to, for comments that
// ask; the name may go into blocks, as in versioning.enabled. The workspace is
// that of Options.
type Suppress func(v check.Verdict, attribute Attribute) []finding.Suppression

// Attribute returns the value of an attribute: text, a number in digits, true
// or false. It is not ok where there is no such block or attribute, or its
// value is none of these or not known.
type Attribute func(block *check.Cause, name string) (value string, ok bool)

// suppressor is what decides for the modules of one evaluation.
func (tf *Code) suppressor(modules tfengine.Modules) func(v check.Verdict) []finding.Suppression {
	if tf.options.Suppress == nil {
		marks := ignoreMarks(modules)
		return func(v check.Verdict) []finding.Suppression {
			if marks.cover(v) {
				return []finding.Suppression{{Source: "trivy:ignore"}}
			}
			return nil
		}
	}
	return func(v check.Verdict) []finding.Suppression {
		return tf.options.Suppress(v, func(block *check.Cause, name string) (string, bool) { return attribute(modules, block, name) })
	}
}

func attribute(modules tfengine.Modules, c *check.Cause, name string) (string, bool) {
	if c == nil {
		return "", false
	}
	for _, m := range modules {
		for _, b := range m.GetBlocks() {
			meta := b.GetMetadata()
			if r := meta.Range(); r.GetStartLine() != c.Start || r.GetLocalFilename() != c.Path || meta.Reference() != c.Resource {
				continue
			}
			return plainValue(b.GetValueByPath(name))
		}
	}
	return "", false
}

func plainValue(v cty.Value) (string, bool) {
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() || v.IsMarked() {
		return "", false
	}
	switch v.Type() {
	case cty.String:
		return v.AsString(), true
	case cty.Number:
		return v.AsBigFloat().Text('f', -1), true
	case cty.Bool:
		if v.True() {
			return "true", true
		}
		return "false", true
	}
	return "", false
}
