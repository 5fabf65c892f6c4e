package terraform

import (
	"fmt"
	"slices"
	"testing"

	adapter "github.com/aquasecurity/trivy/pkg/iac/adapters/terraform"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/terraform/parser"
	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/scanners/iac/check"
)

// TestCompact sees that verdicts are the same, with all parents, as when the
// checks are shown everything.
func TestCompact(t *testing.T) {
	prepare()
	files := map[string][]byte{}
	for name, text := range nested(1) {
		files[name] = []byte(text)
	}
	fsys := &moduleFS{ctx: t.Context(), sources: newSources(files)}
	p := parser.New(fsys, "", parser.OptionWithDownloads(false), parser.OptionWithSkipCachedModules(true))
	if err := p.ParseFS(t.Context(), "examples/e00"); err != nil {
		t.Fatal(err)
	}
	modules, err := p.EvaluateAll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	state := adapter.Adapt(modules)
	lines := func(small bool) []string {
		value := state.ToRego()
		parents := &ancestry{}
		if small {
			parents = compact(value)
		}
		verdicts, err := checkSet(t).Judge(t.Context(), check.Input{Source: check.Cloud, Path: ".", Value: value})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, v := range verdicts {
			parents.restore(&v)
			line := v.Check.ID + " " + v.Message
			for c := &v.Cause; c != nil; c = c.Parent {
				line += fmt.Sprintf(" < %s:%d-%d %q %v", c.Path, c.Start, c.End, c.Resource, c.Managed)
			}
			out = append(out, line)
		}
		slices.Sort(out)
		return out
	}
	whole, small := lines(false), lines(true)
	if d := cmp.Diff(whole, small); d != "" {
		t.Errorf("verdicts (-whole +compact):\n%s", d)
	}
	if len(whole) < 50 {
		t.Errorf("%d verdicts: too few to tell", len(whole))
	}
}
