package main

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/report"
)

// writeSBOM lists the modules that the Go linker noted in a binary. These are
// the ones that are in it, which are fewer than go.mod has.
func writeSBOM(binary, version, out string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("%s: %w", binary, err)
	}
	var b bytes.Buffer
	if err := report.SPDX(&b, report.Report{Results: inventoryOf(filepath.Base(binary), version, info)}); err != nil {
		return err
	}
	return os.WriteFile(out, b.Bytes(), 0o644)
}

func inventoryOf(name, version string, info *debug.BuildInfo) finding.Results {
	source := finding.Source{Path: name, Type: "gobinary", Ecosystem: "go"}
	add := func(path, version, relationship string) {
		c := finding.Component{ID: path, Name: path, Version: version, Relationship: relationship}
		if version != "" {
			c.PURL = "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
		}
		source.Packages = append(source.Packages, c)
	}
	add("stdlib", "v"+strings.TrimPrefix(info.GoVersion, "go"), "")
	own := ""
	if version != "" {
		own = "v" + version
	}
	add(info.Main.Path, own, "root")
	for _, m := range info.Deps {
		if r := m.Replace; r != nil && r.Version == "" {
			// A directory of the source, in place of the module: it is part of us.
			add(m.Path, "", "")
		} else {
			m = cmp.Or(r, m)
			add(m.Path, m.Version, "")
		}
	}
	root := &source.Packages[1]
	for _, p := range source.Packages[2:] {
		root.DependsOn = append(root.DependsOn, p.ID)
	}
	root.DependsOn = append(root.DependsOn, "stdlib")
	return finding.Results{
		Tool: finding.Engine{Name: "scangate-release", Version: version}, Root: name,
		Runs: []finding.Run{{Scanner: "release", Status: finding.Completed, Looked: finding.Looked{Packages: len(source.Packages)}, Inventory: []finding.Source{source}}},
	}
}

// writeRoots writes the certificate authorities of Mozilla's list, of the
// version that go.sum pins. Those that it trusts for some certificates only are
// left out: a file cannot say that.
func writeRoots(out string) error {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			if err := pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(out, b.Bytes(), 0o644)
}
