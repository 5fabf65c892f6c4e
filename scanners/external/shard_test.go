package external

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/shardtest"
	"github.com/scangate/scangate/scanners"
)

// TestShards: a tool that is started for several directories can be started in
// several jobs; one whose findings are merged cannot.
func TestShards(t *testing.T) {
	tr := tree(t, map[string]string{"a/x": "", "b/x": "", "c/x": "", "bad/x": ""})
	tool := Tool{
		Name: "tool", Programs: []string{"tool"},
		Units: func(*scanners.Tree) (Units, error) {
			u := Units{}
			for _, dir := range []string{"a", "b", "bad", "c"} {
				u.List = append(u.List, Unit{Dir: dir, Name: dir})
			}
			return u, nil
		},
		Call: func(Unit, Place) Call { return Call{} },
		Read: func(o Output, r *Reading) error {
			if o.Unit.Dir == "bad" {
				return errors.New("it is bad")
			}
			for i := range 2 {
				r.Add(finding.Finding{RuleID: fmt.Sprint("R", i), Message: strings.TrimSpace(string(o.Data)), Location: finding.Location{Path: r.Path("x"), StartLine: 1}}, finding.Rule{Title: "a rule"})
			}
			r.looked.Files++
			return nil
		},
	}
	o := Options{Asked: true, Path: []string{script(t, "tool", "echo found\n")}}
	run, most := shardtest.Equal(t, New(tool, o), tr.Dir(), nil, 2, 3)
	if most != 3 || len(run.Findings) != 6 || run.Status != finding.Partial {
		t.Errorf("in %d shards: %s, %d findings", most, run.Status, len(run.Findings))
	}
	tool.Join = func(all []finding.Finding) []finding.Finding { return all }
	if _, most := shardtest.Equal(t, New(tool, o), tr.Dir(), nil, 2); most != 1 {
		t.Errorf("what is merged is split in %d", most)
	}
}
