package dependency

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// npmLock makes a lockfile of n packages, one of them vulnerable.
func npmLock(n int) string {
	var b strings.Builder
	b.WriteString("{\n  \"name\": \"big\",\n  \"lockfileVersion\": 3,\n  \"packages\": {\n")
	for i := range n - 1 {
		fmt.Fprintf(&b, "    \"node_modules/package-%d\": {\n      \"version\": \"1.%d.0\",\n      \"resolved\": \"https://registry.npmjs.org/package-%d/-/package-%d-1.0.0.tgz\",\n"+
			"      \"dependencies\": {\n        \"package-%d\": \"^1.0.0\"\n      }\n    },\n", i, i%50, i, i, (i*7)%n)
	}
	b.WriteString("    \"node_modules/lodash\": {\n      \"version\": \"4.17.20\"\n    }\n  }\n}\n")
	return b.String()
}

// TestManyPackages reads a lockfile of very many packages in full, and refuses
// one of a million at no cost. What is looked at at most (maxPackages) takes 4
// seconds and 700 MiB, which is more than a test should.
func TestManyPackages(t *testing.T) {
	o := Options{DB: sampleDB(t, time.Now())}
	r := scan(t, o, tree(t, map[string]string{"package-lock.json": npmLock(20_000)}), 1)
	if len(r.Findings) != 2 || r.Looked.Packages != 20_000 || len(r.Notes) != 0 {
		t.Errorf("%v, looked at %+v, %v", summaries(r.Findings), r.Looked, notes(r))
	}
	million := strings.Repeat("\"a\": {\"version\": \"1.0.0\"},\n", 1_000_000)
	start := time.Now()
	r = scan(t, o, tree(t, map[string]string{"package-lock.json": million}), 1)
	want := []string{"gap package-lock.json: not looked at: it has about 1000000 packages, and 200000 is the limit"}
	if diff := cmp.Diff(want, notes(r)); diff != "" {
		t.Error(diff)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("refused only after %v", took)
	}
}

func BenchmarkScan(b *testing.B) {
	o := Options{DB: sampleDB(b, time.Now())}
	for _, n := range []int{2_000, 20_000, 200_000} {
		b.Run(fmt.Sprintf("npm-%d", n), func(b *testing.B) {
			tr := tree(b, map[string]string{"package-lock.json": npmLock(n)})
			b.ReportAllocs()
			for b.Loop() {
				if r := scan(b, o, tr, 1); len(r.Findings) != 2 {
					b.Fatal(notes(r), summaries(r.Findings))
				}
			}
		})
	}
}
