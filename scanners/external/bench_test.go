package external

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scangate/scangate/scanners"
)

// manyResults is how many results are to be read in two seconds and 500 MB.
const manyResults = 50_000

// manyReports are reports of n results, by tool.
func manyReports(t testing.TB, n int) map[string]struct {
	tool Tool
	data []byte
} {
	t.Helper()
	type report = struct {
		tool Tool
		data []byte
	}
	list := func(before, after string, one func(i int) string) []byte {
		var b strings.Builder
		b.WriteString(before)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(one(i))
		}
		return []byte(b.String() + after)
	}
	words := strings.Repeat("words of a description ", 20)
	links := `["https://a.example/1","https://a.example/2","https://a.example/3","https://a.example/4","https://a.example/5","https://a.example/6","https://a.example/7","https://a.example/8"]`
	vulnerability := func(i int) string {
		return fmt.Sprintf(`{"VulnerabilityID":"CVE-2024-%d","VendorIDs":["GHSA-2222-3333-%04d"],"PkgID":"p%d@1.%d.0","PkgName":"p%d","PkgIdentifier":{"PURL":"pkg:npm/p%d@1.%d.0","UID":"abc"},"InstalledVersion":"1.%d.0","FixedVersion":"2.0.%d, 1.%d.1","Status":"fixed","Layer":{},"SeveritySource":"ghsa","PrimaryURL":"https://avd.example/nvd/cve-2024-%d","DataSource":{"ID":"ghsa","Name":"GitHub Security Advisory npm","URL":"https://github.example/advisories"},"Title":"a title of some length","Description":"%s","Severity":"HIGH","CweIDs":["CWE-94","CWE-79"],"VendorSeverity":{"ghsa":3,"nvd":3,"redhat":2},"CVSS":{"ghsa":{"V3Vector":"CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H","V3Score":7.2},"nvd":{"V2Vector":"AV:N/AC:L/Au:S/C:P/I:P/A:P","V3Vector":"CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H","V2Score":6.5,"V3Score":7.2}},"References":%s,"PublishedDate":"2024-02-15T13:15:12.56Z","LastModifiedDate":"2024-03-15T13:15:12.56Z"}`,
			i, i%10000, i, i%7, i, i, i%7, i%7, i%5, i%7, i, words, links)
	}
	check := func(i int) string {
		return fmt.Sprintf(`{"Type":"Terraform Security Check","ID":"AWS-%04d","AVDID":"AVD-AWS-%04d","Title":"A title","Description":"%s","Message":"It is wrong %d","Namespace":"builtin.aws","Query":"data.builtin.aws.deny","Resolution":"Do it","Severity":"HIGH","PrimaryURL":"https://avd.example/aws","References":%s,"Status":"FAIL","Layer":{},"CauseMetadata":{"Resource":"aws_x.y%d","Provider":"AWS","Service":"x","StartLine":%d,"EndLine":%d,"Code":{"Lines":[{"Number":1,"Content":"x = 1","IsCause":true,"Highlighted":"x = 1"},{"Number":2,"Content":"y = 1","IsCause":true,"Highlighted":"y = 1"}]},"Occurrences":[{"Resource":"module.a","Filename":"deploy/bucket.tf","Location":{"StartLine":1,"EndLine":3}}]}}`,
			i%500, i%500, words, i, links, i, i+1, i+2)
	}
	trivy := `{"SchemaVersion":2,"ArtifactType":"filesystem","Results":[`
	return map[string]report{
		"checkov":               {checkovTool(t, CheckovOptions{}), manyChecks(n)},
		"trivy misconfig":       {trivyTool(t, TrivyOptions{}), list(trivy+`{"Target":"deploy/bucket.tf","Class":"config","Type":"terraform","Misconfigurations":[`, "]}]}", check)},
		"trivy vulnerabilities": {trivyTool(t, TrivyOptions{}), list(trivy+`{"Target":"package-lock.json","Class":"lang-pkgs","Type":"npm","Vulnerabilities":[`, "]}]}", vulnerability)},
		"trivy one by one": {trivyTool(t, TrivyOptions{}), list(trivy, "]}", func(i int) string {
			return fmt.Sprintf(`{"Target":"m%d/main.tf","Class":"config","Type":"terraform","Misconfigurations":[%s]}`, i, check(i))
		})},
		"semgrep": {must(Semgrep(SemgrepOptions{Config: []string{"p/default"}}))(t), list(`{"version":"1.182.0","results":[`, `],"errors":[],"paths":{"scanned":["deploy/bucket.tf"],"skipped":[]}}`, func(i int) string {
			return fmt.Sprintf(`{"check_id":"rules.r%d","path":"deploy/bucket.tf","start":{"line":%d,"col":5,"offset":16},"end":{"line":%d,"col":13,"offset":24},"extra":{"message":"A call of f%d with \"some text\".","metadata":{"cwe":["CWE-95: Improper Neutralization"],"owasp":["A03:2021 - Injection"],"confidence":"HIGH","references":%s},"severity":"ERROR","fingerprint":"requires login","lines":"requires login"}}`,
				i%500, i%1000+1, i%1000+2, i, links)
		})},
	}
}

func manyFiles(t testing.TB) *scanners.Tree {
	return tree(t, map[string]string{"deploy/bucket.tf": strings.Repeat("password = \"some text and 12345678\"  # a comment\n", 1100), "package-lock.json": "{}"})
}

// peak calls f and returns by how much the heap grew meanwhile at most, in
// bytes, garbage included.
func peak(f func()) uint64 {
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var most atomic.Uint64
	look := func() {
		runtime.ReadMemStats(&now)
		most.Store(max(most.Load(), now.HeapAlloc))
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			look()
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	f()
	close(stop)
	<-stopped
	look()
	return most.Load() - min(before.HeapAlloc, most.Load())
}

// What reading takes grows with the report and stays near what decoding its JSON
// takes, on a busy machine, too. BenchmarkReading shows the seconds.
func TestManyResultsAreReadFast(t *testing.T) {
	const n, most = manyResults / 10, 80 << 20
	tr := manyFiles(t)
	for name, c := range manyReports(t, n) {
		began := time.Now()
		var plain any
		if err := json.Unmarshal(c.data, &plain); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		decoding := time.Since(began)
		plain = nil
		var r *Reading
		began = time.Now()
		grew := peak(func() {
			r = newReading(tr, Unit{Dir: "."})
			if err := c.tool.Read(Output{Data: c.data, Unit: r.unit}, r); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		})
		took := time.Since(began)
		t.Logf("%s: %d KB read in %s, decoded in %s, %d MB of heap at most", name, len(c.data)>>10, took.Round(time.Millisecond), decoding.Round(time.Millisecond), grew>>20)
		if len(r.findings) != n || took > 8*decoding+2*time.Second || grew > most {
			t.Errorf("%s: %d findings in %s and %d MB", name, len(r.findings), took, grew>>20)
		}
	}
}

func BenchmarkReading(b *testing.B) {
	tr := manyFiles(b)
	for name, c := range manyReports(b, manyResults) {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			b.SetBytes(int64(len(c.data)))
			b.ReportAllocs()
			var most uint64
			for b.Loop() {
				most = max(most, peak(func() {
					r := newReading(tr, Unit{Dir: "."})
					if err := c.tool.Read(Output{Data: c.data, Unit: r.unit}, r); err != nil {
						b.Fatal(err)
					}
				}))
			}
			b.ReportMetric(float64(most)/1e6, "peak-MB")
		})
	}
}
