package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDifferences(t *testing.T) {
	theirs := set{"a": "", "b": "1.2, 2.0", "c": "1.2, 2.0", "d": "1"}
	ours := set{"a": "", "b": "2.0", "c": "2", "e": ""}
	want := []string{`c: fixed in "1.2, 2.0" for Trivy, in "2" for scangate`, "only Trivy: d", "only scangate: e"}
	if diff := cmp.Diff(want, differences(theirs, ours)); diff != "" {
		t.Error(diff)
	}
}

func TestCompareFailsOnWhatNobodyArguesFor(t *testing.T) {
	known := argued()
	theirs := result{packages: {"go.mod stdlib@v1.22.5": "", "x": ""}}
	for _, tt := range []struct {
		input string
		ours  result
		equal bool
	}{
		{"a", theirs, true},
		{"a", result{packages: {"x": ""}}, false},
		{"testdata/real/go/toolchain", result{packages: {"go.mod stdlib@v1.22.5": "", "x": "", "y": ""}}, false},
		{"a", result{}, false},
		{"a", nil, false},
	} {
		if err := known.compare(tt.input, []string{packages}, theirs, tt.ours, false); (err == nil) != tt.equal {
			t.Errorf("%v: %v", tt.ours, err)
		}
	}
	delete(theirs[packages], "go.mod stdlib@v1.22.5")
	ours := result{packages: {"go.mod stdlib@v1.22.5": "", "x": ""}}
	if err := known.compare("testdata/real/go/toolchain", []string{packages}, theirs, ours, true); err != nil {
		t.Error(err)
	}
	if err := known.compare("elsewhere", []string{packages}, theirs, ours, false); err == nil {
		t.Error("an argument counts for another input")
	}
}

func TestSpelled(t *testing.T) {
	for in, want := range map[string]string{
		"": "",
		"pkg:deb/debian/zlib1g@1.2.13-1%2Bb1?arch=amd64&distro=debian-12.1&epoch=1": "pkg:deb/debian/zlib1g@1%3A1.2.13-1%2Bb1?arch=amd64&distro=debian-12.1",
		"pkg:deb/debian/bash@5.2-1?arch=amd64&distro=debian-12.1":                   "pkg:deb/debian/bash@5.2-1?arch=amd64&distro=debian-12.1",
		"pkg:apk/alpine/zlib@1.3.1-r1?arch=x86_64&distro=3.20.0":                    "pkg:apk/alpine/zlib@1.3.1-r1?arch=x86_64&distro=alpine-3.20.0",
		"pkg:rpm/redhat/openssl@3.0.1-41.el9_0?arch=x86_64&distro=redhat-9&epoch=1": "pkg:rpm/redhat/openssl@3.0.1-41.el9_0?arch=x86_64&distro=redhat-9&epoch=1",
		"pkg:npm/%40tootallnate/once@2.0.0":                                         "pkg:npm/%40tootallnate/once@2.0.0",
	} {
		if got := spelled(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestVersionHasEpochAndRelease(t *testing.T) {
	var p trivyPackage
	if err := json.Unmarshal([]byte(`{"Version": "1.2.13.dfsg", "Release": "1", "Epoch": 1}`), &p); err != nil {
		t.Fatal(err)
	}
	if got := p.version(); got != "1:1.2.13.dfsg-1" {
		t.Error(got)
	}
}
