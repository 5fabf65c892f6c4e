package dependency

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/internal/shardtest"
)

func TestShards(t *testing.T) {
	files := map[string]string{"broken/package-lock.json": "{"}
	for i, name := range []string{"a", "b", "b/c", "b-c", "d"} {
		files[name+"/package-lock.json"] = `{"lockfileVersion":3,"packages":{"node_modules/lodash":{"version":"4.17.20"},"node_modules/minimist":{"version":"1.2.5","dev":true}}}`
		files[name+"/requirements.txt"] = fmt.Sprintf("PyYAML==5.%d\n", i%2+3)
	}
	s, err := New(Options{DB: sampleDB(t, time.Now())})
	if err != nil {
		t.Fatal(err)
	}
	run, most := shardtest.Equal(t, s, tree(t, files).Dir(), nil, 2, 3, 20)
	if most < 11 || len(run.Inventory) != 10 {
		t.Errorf("in %d shards, %d sources", most, len(run.Inventory))
	}
	var left bool
	for _, n := range run.Notes {
		left = left || strings.HasPrefix(n.Message, "5 development packages in 5 lockfiles left out")
	}
	if !left || len(run.Findings) == 0 || !strings.HasPrefix(run.Reason, "broken/package-lock.json") {
		t.Errorf("%s, %d findings, %v", run.Reason, len(run.Findings), run.Notes)
	}
}
