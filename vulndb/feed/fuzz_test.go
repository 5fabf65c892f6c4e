package feed

import (
	"strings"
	"testing"
)

func FuzzKEV(f *testing.F) {
	f.Add(kevOf(2, day(1)))
	f.Add([]byte(`{"catalogVersion":"1","dateReleased":"2026-01-01T00:00:00Z","count":0,"vulnerabilities":[]}`))
	f.Add([]byte(strings.Repeat("[", 100_000)))
	f.Fuzz(func(t *testing.T, data []byte) { fuzz(t, KEV(), data) })
}

func FuzzEPSS(f *testing.F) {
	f.Add(epssOf(2, day(1)))
	f.Add(zip(epssOf(2, day(1))))
	f.Add([]byte("#score_date:2026-01-01\ncve,epss,percentile\nCVE-2026-0001,1e-400,0x1p-2\n"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzz(t, EPSS(), data) })
}

// fuzz reads anything. What is accepted has as many entries as it says, all of
// them whole.
func fuzz(t *testing.T, k *Kind, data []byte) {
	k.maxSize = 1 << 20
	data, err := k.unzip(data)
	if err != nil {
		return
	}
	entries := 0
	c, err := k.read(data, func(id []byte, e Entry) {
		entries++
		if !isCVE(id) || !(e.Score >= 0 && e.Score <= 1) || (k.key == "kev") != (e.Added != "") {
			t.Errorf("%q: %+v", id, e)
		}
	})
	switch {
	case err != nil && strings.ContainsAny(err.Error(), "\n\r"):
		t.Errorf("more than a line: %q", err)
	case err == nil && entries != c.entries:
		t.Errorf("%d entries, and says %+v", entries, c)
	}
	if h, err := k.parseHeader(data); err == nil && h.Kind != k.key {
		t.Errorf("%+v", h)
	}
}

func BenchmarkEPSS(b *testing.B) {
	dir := b.TempDir()
	k := EPSS()
	data := epssOf(300_000, day(1))
	c, err := k.check(data, day(1))
	if err != nil {
		b.Fatal(err)
	}
	h := k.describe(data, c)
	unlock, err := k.lock(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer unlock()
	if err := k.write(dir, h, data); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		found, _, err := k.Load(dir, day(1), []string{"CVE-2020-10001", "CVE-2020-300000", "CVE-1999-0001"})
		if err != nil || len(found) != 2 {
			b.Fatalf("%v, %v", found, err)
		}
	}
}
