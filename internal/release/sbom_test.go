package main

import (
	"bytes"
	"crypto/x509"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSBOM lists the program of this test, and compares with what Go says.
func TestSBOM(t *testing.T) {
	binary, err := os.Executable()
	must(t, err)
	out := filepath.Join(t.TempDir(), "sbom.json")
	must(t, run([]string{"sbom", "-version", "v1.2.3", binary, out}))
	first, err := os.ReadFile(out)
	must(t, err)
	must(t, run([]string{"sbom", "-version", "v1.2.3", binary, out}))
	data, err := os.ReadFile(out)
	must(t, err)
	if !bytes.Equal(first, data) {
		t.Error("the list of the same binary differs")
	}
	var doc struct {
		SPDXVersion string
		Comment     string
		Packages    []struct {
			Name, VersionInfo string
			ExternalRefs      []struct{ ReferenceLocator string }
		}
	}
	must(t, json.Unmarshal(data, &doc))
	got := map[string]string{}
	for _, p := range doc.Packages {
		got[p.Name] = p.VersionInfo
		for _, r := range p.ExternalRefs {
			if want := "pkg:golang/" + p.Name + "@" + strings.ReplaceAll(p.VersionInfo, "+", "%2B"); r.ReferenceLocator != want {
				t.Errorf("%s, want %s", r.ReferenceLocator, want)
			}
		}
	}
	info, err := buildinfo.ReadFile(binary)
	must(t, err)
	if len(info.Deps) == 0 || doc.SPDXVersion != "SPDX-2.3" || doc.Comment != "" {
		t.Fatalf("%d dependencies, %s, %q", len(info.Deps), doc.SPDXVersion, doc.Comment)
	}
	for _, m := range info.Deps {
		if got[m.Path] != m.Version {
			t.Errorf("%s is %q, want %q", m.Path, got[m.Path], m.Version)
		}
	}
	if got["github.com/scangate/scangate"] != "v1.2.3" || got["stdlib"] != "v"+strings.TrimPrefix(info.GoVersion, "go") {
		t.Errorf("the program or its standard library is missing: %q %q", got["github.com/scangate/scangate"], got["stdlib"])
	}
}

func TestRoots(t *testing.T) {
	out := filepath.Join(t.TempDir(), "roots")
	must(t, run([]string{"roots", out}))
	data, err := os.ReadFile(out)
	must(t, err)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) || bytes.Count(data, []byte("BEGIN CERTIFICATE")) < 50 {
		t.Errorf("these are no certificates: %.100s", data)
	}
}
