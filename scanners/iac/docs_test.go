package iac

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestGuide sees that docs/iac.md speaks of every framework and option.
func TestGuide(t *testing.T) {
	data, err := os.ReadFile("../../docs/iac.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Frameworks() {
		if strings.Count(string(data), "| `"+f+"` |") != 1 {
			t.Errorf("there is no row for %s", f)
		}
	}
	for f := range reflect.TypeFor[Options]().Fields() {
		if key := f.Tag.Get("yaml"); !strings.Contains(string(data), "\n    "+key+": [") && !strings.Contains(string(data), "\n    "+key+": prod") {
			t.Errorf("the option %s is not shown", key)
		}
	}
}
