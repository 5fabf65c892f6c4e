package sarif

import (
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/finding"
)

func TestDecodePlaces(t *testing.T) {
	log := minimal()
	result0(log)["locations"] = []any{object{}, minimalLocation("a.go", 1), object{}, minimalLocation("b.go", 2)}
	result0(log)["relatedLocations"] = []any{object{}, minimalLocation("c.go", 3), nil}
	f := only(t, log)
	want := []finding.Location{at("a.go", 1), at("b.go", 2), at("c.go", 3)}
	if d := cmp.Diff(want, f.Related); d != "" || f.Location != (finding.Location{}) {
		t.Errorf("%+v: %s", f.Location, d)
	}
	result0(log)["relatedLocations"] = repeat(maxPlaces+5, func(i int) any { return minimalLocation("c.go", i+1) })
	if f := only(t, log); len(f.Related) != 2+maxPlaces {
		t.Errorf("%d related locations", len(f.Related))
	}
	for _, wrong := range []string{`"x"`, `{}`, `7`, `["x"]`, `[{"physicalLocation":[]}]`, `true`} {
		for _, key := range []string{"locations", "relatedLocations"} {
			in := `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[{"` + key + `":` + wrong + `}]}]}`
			if _, err := Decode(strings.NewReader(in), "x"); err == nil || !strings.Contains(err.Error(), "results: [0]: ") {
				t.Errorf("%s: %s: %v", key, wrong, err)
			}
		}
	}
}

// A million locations that say nothing are 3 MB of a file, and would be 300 MB
// in memory.
func TestDecodePlacesAreBounded(t *testing.T) {
	in := `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"t"}},"results":[{"message":{"text":"m"},"relatedLocations":[` + strings.Repeat("{},", 1_000_000) + `{}]}]}]}`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Decode(strings.NewReader(in), "x"); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 100 {
		t.Errorf("it took %d MiB", took)
	}
}
