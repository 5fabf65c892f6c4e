//go:build unix

package github

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
)

// BenchmarkUpload25000 uploads 25,000 results of five scanners, all of which
// GitHub keeps, and holds them to 3 s of processor time.
func BenchmarkUpload25000(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusAccepted)
			io.WriteString(w, `{"id": "x"}`)
			return
		}
		io.WriteString(w, `{"processing_status": "complete"}`)
	}))
	defer s.Close()
	c := newClient(b, s.URL)
	c.sleep = func(context.Context, time.Duration) error { return nil }
	rep := judged(large()...)
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		out, err := c.Upload(context.Background(), rep, UploadOptions{Event: push, Wait: true})
		if err != nil || len(out.Runs) != 5 || out.Runs[0].Results != 5000 {
			b.Fatalf("%+v, %v", out, err)
		}
	}
	each := (processorTime(b) - before).Seconds() / float64(b.N)
	b.ReportMetric(each, "cpu-s/op")
	if each > 3 {
		b.Errorf("%.1f s of processor time, and 3 are allowed", each)
	}
}

// large is what a large repository gives: 25,000 findings of realistic size.
func large() []finding.Run {
	var runs []finding.Run
	for _, scanner := range []string{"dependency", "grype", "osv-scanner", "trivy", "iac"} {
		var all []finding.Finding
		for i := range 5000 {
			f := found(scanner, fmt.Sprintf("CVE-2026-%05d", i%800), fmt.Sprintf("services/team-%d/package-lock.json", i%50), i+1)
			f.Severity = finding.Severity(i % 6)
			f.Message = fmt.Sprintf("library-%d 1.%d.0 is vulnerable to something that takes a sentence or two to explain, as advisories do; version 1.%d.1 is not.", i%900, i, i)
			f.Fix = fmt.Sprintf("update library-%d to 1.%d.1", i%900, i)
			f.Package = &finding.Package{Ecosystem: "npm", Name: fmt.Sprint("library-", i%900), Version: fmt.Sprintf("1.%d.0", i), FixedVersion: fmt.Sprintf("1.%d.1", i), PURL: fmt.Sprintf("pkg:npm/library-%d@1.%d.0", i%900, i)}
			f.Score, f.Vector = 7.5, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
			f.Aliases = []string{fmt.Sprintf("GHSA-%04d-aaaa-bbbb", i)}
			all = append(all, f)
		}
		r := run(scanner, all...)
		for i := range r.Rules {
			r.Rules[i].Description = "A description of some length, that says what is wrong, since when, in which circumstances and what comes of it. " + r.Rules[i].ID
			r.Rules[i].References = []string{"https://nvd.example.com/vuln/detail/" + r.Rules[i].ID}
		}
		runs = append(runs, r)
	}
	return runs
}

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
