package ignore

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
)

// TestTheIndexLosesNothing: what is looked up is what comparing every entry
// with every finding gives.
func TestTheIndexLosesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	var yaml strings.Builder
	yaml.WriteString("ignore:\n")
	for range 600 {
		what := pick(
			fmt.Sprintf("id: cve-%d", rng.IntN(9)), fmt.Sprintf("fingerprint: AB%d", rng.IntN(9)), fmt.Sprintf(`rule: "C*-%d"`, rng.IntN(9)),
			fmt.Sprintf(`rule: "cve-%d*"`, rng.IntN(9)), `rule: "*"`, "rule: CVE-1")
		path, pkg := "", ""
		if rng.IntN(2) == 0 || what == `rule: "*"` {
			path = fmt.Sprintf(", path: %q", pick("src/", "/src", "src/a", "**/a.lock", "src/*/a.lock", "**/b/**", "*.lock", "src/[ab]/a.*", "a.lock", "**/src/a", "src/**/b/a.lock", "**", "a?lock", "opt/app/"))
		}
		if rng.IntN(3) == 0 {
			pkg = fmt.Sprintf(", package: %q", pick("leaf", "le*", "*f", "leaf@1.*", "@s/leaf", "pkg:npm/leaf", "pkg:npm/leaf@", "pkg:npm/leaf@1.0", "pkg:npm/%40s/leaf", "pkg:npm/@s/*", "pkg:npm/leaf?a=b", "pkg:*/leaf@2*"))
		}
		fmt.Fprintf(&yaml, "  - {%s%s%s, reason: x, permanent: true}\n", what, path, pkg)
	}
	file, err := config.Parse([]byte(yaml.String()), "f.yaml")
	if err != nil {
		t.Fatal(err)
	}
	list, err := Parse(file.Ignore, nil)
	if err != nil {
		t.Fatal(err)
	}
	set := New(list, time.Now())
	if set.entries.leaf != nil {
		t.Fatal("there is no index")
	}
	hits := make([]int, len(list.Entries))
	for range 3000 {
		f := finding.Finding{RuleID: fmt.Sprintf("CVE-%d", rng.IntN(12)), Fingerprint: fmt.Sprintf("ab%d", rng.IntN(12))}
		if rng.IntN(2) == 0 {
			f.Aliases = []string{pick("GHSA-1", "cve-3", "C-4")}
		}
		if rng.IntN(4) > 0 {
			f.Location.Path = pick("src/a.lock", "src/a/a.lock", "a.lock", "x/b/a.lock", "src/x/b/a.lock", "src/a", "x/src/a", "other")
		}
		if rng.IntN(3) == 0 {
			f.Layer = &finding.Layer{File: pick("/opt/app/a.lock", "src/b/a.lock", "")}
		}
		if rng.IntN(3) > 0 {
			name := pick("leaf", "Leaf", "@s/leaf", "leafy")
			f.Package = &finding.Package{Name: name, Version: pick("1.0", "2.0", "")}
			if rng.IntN(3) > 0 {
				f.Package.PURL = "pkg:npm/" + strings.ReplaceAll(name, "@", pick("@", "%40")) + pick("", "@1.0", "@2.0?a=b", "@1.0?a=b#c")
			}
		}
		found := map[int]bool{}
		set.each("dependency", &f, func(i int) { found[i] = true })
		want := map[int]bool{}
		for i := range list.Entries {
			if list.Entries[i].applies("dependency", &f) {
				want[i] = true
				hits[i]++
			}
		}
		if d := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(found))); d != "" {
			t.Fatalf("%+v %+v\n%s", f, f.Package, d)
		}
	}
	never := 0
	for _, n := range hits {
		if n == 0 {
			never++
		}
	}
	if never > len(hits)/4 {
		t.Errorf("%d of %d entries never fit", never, len(hits))
	}
}
