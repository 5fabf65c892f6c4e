package policy

import (
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
)

// TestAbsentShards: no policy passes what is not there.
func TestAbsentShards(t *testing.T) {
	done := []finding.Run{{Scanner: "secret", Status: finding.Completed}}
	lenient := DefaultPolicy()
	lenient.Require = []string{}
	for want, res := range map[string]finding.Results{
		"shard 2/7 is missing":                               {Runs: done, Missing: []string{"2/7"}},
		"shards 2/7, 3/7 are missing":                        {Runs: done, Missing: []string{"2/7", "3/7"}},
		"shards 1/9, 2/9, 3/9, 4/9, 5/9 and 1 more are miss": {Runs: done, Missing: []string{"1/9", "2/9", "3/9", "4/9", "5/9", "6/9"}},
		"shard 1/2 is a part of the scan":                    {Runs: done, Shard: "1/2"},
	} {
		v := lenient.Judge(res)
		if v.Outcome != Incomplete || !strings.HasPrefix(strings.Join(v.Reasons, "\n"), want) {
			t.Errorf("%s: %q, want %s", v.Outcome, v.Reasons, want)
		}
	}
	if v := lenient.Judge(finding.Results{Runs: done}); v.Outcome != Passed {
		t.Error(v)
	}
}
