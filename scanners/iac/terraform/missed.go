package terraform

import (
	"fmt"

	tfengine "github.com/aquasecurity/trivy/pkg/iac/terraform"
	"github.com/zclconf/go-cty/cty"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/work"
)

// missedNotes tell of module calls that the engine did not get to: it looks at
// the modules that one module calls one by one, in at most 32 rounds, and
// needs more than one round for those whose inputs change.
func (tf *Code) missedNotes(modules tfengine.Modules) []finding.Note {
	seen := map[*tfengine.Module]int{}
	for _, m := range modules {
		if parent := m.Parent(); parent != nil {
			seen[parent]++
		}
	}
	var notes []finding.Note
	for _, m := range modules {
		calls, path, line := 0, "", 0
		for _, b := range m.GetBlocks().OfType("module") {
			source := b.GetAttribute("source").Value()
			if source == cty.NilVal || source.IsNull() || !source.IsKnown() || source.Type() != cty.String {
				continue
			}
			target, local := tfCall{source: source.AsString()}.target(m.ModulePath())
			if !local || tf.modules[target] == nil {
				continue
			}
			if calls++; path == "" {
				r := b.GetMetadata().Range()
				path, line = r.GetLocalFilename(), r.GetStartLine()
			}
		}
		if seen[m] < calls {
			notes = append(notes, work.Gap(path, line, fmt.Sprintf(
				"this module calls %d modules, counting copies, of which the engine looked at %d: call fewer from one module to have all scanned", calls, seen[m])))
		}
	}
	return notes
}
