package language

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWants(t *testing.T) {
	const file, program = fs.FileMode(0o644), fs.FileMode(0o755)
	for _, c := range []struct {
		path string
		mode fs.FileMode
		want string
	}{
		{"package.json", file, "node"},
		{"app/node_modules/x/package.json", file, "node"},
		{"app/my-package.json", file, ""},
		{"lib/x-1.0.dist-info/METADATA", file, "python"},
		{"lib/x-1.0.dist-info/RECORD", file, ""},
		{"lib/METADATA", file, ""},
		{"lib/x.egg-info", file, "python"},
		{"lib/x.egg-info/PKG-INFO", file, "python"},
		{"lib/x.egg-info/METADATA", file, "python"},
		{"lib/x.egg/EGG-INFO/PKG-INFO", file, "python"},
		{"lib/x.egg", file, "egg"},
		{"gems/specifications/rake-13.0.6.gemspec", file, "gemspec"},
		{"gems/specifications/default/json-2.6.1.gemspec", file, "gemspec"},
		{"specifications/rake.gemspec", file, ""},
		{"gems/specifications/.gemspec", file, ""},
		{"gems/rake/rake.gemspec", file, ""},
		{"a.jar", file, "jar"}, {"A.JAR", file, "jar"}, {"a.war", file, "jar"}, {"a.ear", file, "jar"}, {"a.Par", file, "jar"},
		{"a.tar", file, ""}, {"ajar", file, ""}, {"jar", file, ""},
		{"usr/bin/shop", program, "executable"}, {"usr/bin/shop", 0o641, "executable"}, {"usr/bin/shop", file, ""},
		{"shop.exe", file, "executable"}, {"usr/bin/link", program | fs.ModeSymlink, ""},
		{"vendor/composer/installed.json", file, "composer"}, {"not-installed.json", file, ""},
		{"Shop.deps.json", file, "dotnet"}, {"packages.lock.json", file, "dotnet"}, {"packages.config", file, "dotnet"},
		{"Directory.Packages.props", file, "dotnet"}, {"other.props", file, ""},
		{"opt/envs/a/conda-meta/x-1.0-h1_0.json", file, "conda"},
		{"opt/envs/a/conda-meta/two-words-1.0-h1_0.json", file, "conda"},
		{"opt/envs/a/conda-meta/x-1.json", file, ""},
		{"opt/envs/a/conda-meta/--.json", file, ""},
		{"opt/envs/conda-meta/x-1.0-h1_0.json", file, ""},
		{"opt/conda-meta/x-1.0-h1_0.json", file, ""},
		{"", file, ""}, {"x", file, ""},
	} {
		var got []string
		for _, r := range Readers(Options{}) {
			if r.Wants(c.path, c.mode, 1) {
				got = append(got, r.Name)
			}
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.path, diff)
		}
	}
}

// TestWantsIsCheap: an image has 100,000s of files, and each is asked about.
func TestWantsIsCheap(t *testing.T) {
	readers := Readers(Options{})
	paths := []string{"usr/share/doc/shop/copyright", "opt/envs/shop/conda-meta/shop-tools-1.2.0-py311h0_0.json", "app/Directory.Packages.props", "a.WAR"}
	head := []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	allocations := testing.AllocsPerRun(100, func() {
		for _, r := range readers {
			for _, p := range paths {
				r.Wants(p, 0o755, 1)
			}
			if r.Head != nil {
				r.Head(head)
			}
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

func TestHead(t *testing.T) {
	rest := strings.Repeat("\x00", 16)
	for head, want := range map[string]bool{
		"\x7fELF" + rest: true, "MZ" + rest: true, "\xfe\xed\xfa\xce" + rest: true, "\xcf\xfa\xed\xfe" + rest: true,
		"\x00asm\x01\x00\x00\x00" + rest:          true,
		"\xca\xfe\xba\xbe\x00\x00\x00\x02" + rest: true,
		"\xca\xfe\xba\xbe\x00\x00\x00\x3d" + rest: false, // a class of Java 17
		"#!/bin/sh" + rest:                        false, "": false, "\x7fELF": false,
	} {
		if got := isExecutable([]byte(head)); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
}
