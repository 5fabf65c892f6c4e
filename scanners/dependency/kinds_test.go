package dependency

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/finding"
)

// TestKinds scans a small lockfile of every kind and format.
func TestKinds(t *testing.T) {
	o := Options{DB: sampleDB(t, time.Now())}
	tested := map[string]bool{"Cargo.lock": true, "Gemfile.lock": true} // by TestSample
	for _, tt := range []struct {
		dir      string
		packages int
		want     []string // findings, with how the package is required
		notes    []string
	}{
		{"npm1", 2, []string{
			"package-lock.json:13 CVE-2020-28500 lodash@4.17.20 ",
			"package-lock.json:13 CVE-2021-23337 lodash@4.17.20 ",
			"package-lock.json:18 CVE-2022-24999 qs@6.7.0 ",
		}, []string{leftOut}},
		{"shrinkwrap", 2, []string{
			"npm-shrinkwrap.json:13 CVE-2020-28500 lodash@4.17.20 ",
			"npm-shrinkwrap.json:13 CVE-2021-23337 lodash@4.17.20 ",
			"npm-shrinkwrap.json:18 CVE-2022-24999 qs@6.7.0 ",
		}, []string{leftOut}},
		{"yarn", 3, []string{
			"yarn.lock:5 CVE-2022-46175 json5@2.2.1 ",
			"yarn.lock:10 CVE-2020-28500 lodash@4.17.20 ",
			"yarn.lock:10 CVE-2021-23337 lodash@4.17.20 ",
			"yarn.lock:15 CVE-2022-24999 qs@6.7.0 ",
		}, nil},
		{"yarn-berry", 2, []string{
			"yarn.lock:8 CVE-2020-28500 lodash@4.17.20 ",
			"yarn.lock:8 CVE-2021-23337 lodash@4.17.20 ",
			"yarn.lock:14 CVE-2022-24999 qs@6.7.0 ",
		}, nil},
		{"pnpm5", 2, []string{
			"pnpm-lock.yaml:13 CVE-2020-28500 lodash@4.17.20 direct",
			"pnpm-lock.yaml:13 CVE-2021-23337 lodash@4.17.20 direct",
			"pnpm-lock.yaml:17 CVE-2022-24999 qs@6.7.0 direct",
		}, nil},
		{"pnpm6", 2, []string{
			"pnpm-lock.yaml:28 CVE-2020-28500 lodash@4.17.20 direct",
			"pnpm-lock.yaml:28 CVE-2021-23337 lodash@4.17.20 direct",
			"pnpm-lock.yaml:32 CVE-2022-24999 qs@6.7.0 direct",
		}, nil},
		{"pnpm9", 2, []string{
			"pnpm-lock.yaml:29 CVE-2020-28500 lodash@4.17.20 direct",
			"pnpm-lock.yaml:29 CVE-2021-23337 lodash@4.17.20 direct",
			"pnpm-lock.yaml:32 CVE-2022-24999 qs@6.7.0 direct",
		}, []string{leftOut}},
		{"gomod", 3, []string{
			"go.mod:6 CVE-2020-26160 github.com/dgrijalva/jwt-go@v3.2.0+incompatible direct",
			"go.mod:11 CVE-2022-32149 golang.org/x/text@v0.3.7 indirect",
		}, nil},
		{"gomod116", 1, nil, []string{
			"info go.mod: its Go version is below 1.17, so it does not list indirect modules and only direct ones are looked at: run go mod tidy -go=1.17 or later",
		}},
		{"requirements", 2, []string{"requirements.txt:2 CVE-2023-32681 requests@2.25.1 "}, []string{
			"info requirements.txt: 1 requirement without an exact version (==) cannot be looked at: pin them, for instance with pip-compile",
			"info requirements.txt: 1 include of other files: those are read only when they are named requirements.txt",
		}},
		{"poetry", 2, []string{"poetry.lock:4 CVE-2020-28493 jinja2@2.11.2 "}, []string{leftOut}},
		{"pipenv", 2, []string{"Pipfile.lock:17 CVE-2020-28493 jinja2@2.11.2 "}, nil},
		{"uv", 2, []string{"uv.lock:6 CVE-2020-28493 jinja2@2.11.2 direct"}, []string{leftOut}},
	} {
		t.Run(tt.dir, func(t *testing.T) {
			entries, err := os.ReadDir(filepath.Join("testdata", tt.dir))
			if err != nil || len(entries) != 1 {
				t.Fatal(entries, err)
			}
			tested[entries[0].Name()] = true
			r := scan(t, o, walk(t, filepath.Join("testdata", tt.dir)), 1)
			var got []string
			for _, f := range r.Findings {
				got = append(got, fmt.Sprintf("%s:%d %s %s %s", f.Location.Path, f.Location.StartLine, f.RuleID, f.Key, f.Package.Relationship))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.notes, notes(r)); diff != "" {
				t.Error(diff)
			}
			if r.Looked.Packages != tt.packages || r.Looked.Files != 1 {
				t.Errorf("looked at %+v", r.Looked)
			}
		})
	}
	for _, k := range kinds {
		if !tested[k.file] {
			t.Errorf("%s has no example", k.file)
		}
	}
}

const leftOut = "info 1 development package in 1 lockfile left out: set dev: true under scanners: dependency: to look at them"

// TestDevelopmentPackages looks at what is left out otherwise, or says that it
// cannot.
func TestDevelopmentPackages(t *testing.T) {
	o := Options{DB: sampleDB(t, time.Now()), Dev: true}
	for _, tt := range []struct {
		dir, id string
		notes   []string
	}{
		{"npm1", "CVE-2022-46175", nil},
		{"pnpm9", "CVE-2022-46175", nil},
		{"poetry", "CVE-2020-14343", nil},
		{"uv", "CVE-2020-14343", nil},
		{"pnpm6", "", []string{"info pnpm-lock.yaml: 1 development package cannot be looked at in this version of the format: pnpm 9 or later writes one that can"}},
		{"pipenv", "", []string{"info Pipfile.lock: 1 package in its develop section cannot be looked at"}},
	} {
		t.Run(tt.dir, func(t *testing.T) {
			r := scan(t, o, walk(t, filepath.Join("testdata", tt.dir)), 1)
			if diff := cmp.Diff(tt.notes, notes(r)); diff != "" {
				t.Error(diff)
			}
			if tt.id != "" && !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.RuleID == tt.id && f.Package.Dev }) {
				t.Errorf("%s not among %v", tt.id, summaries(r.Findings))
			}
		})
	}
}

func TestNearestFix(t *testing.T) {
	for _, tt := range []struct {
		in                     ecosystem
		installed, fixed, want string
	}{
		{npmPackages, "6.7.0", "6.2.4, 6.3.3, 6.7.3, 6.10.3", "6.7.3"},
		{npmPackages, "6.9.9", "6.2.4, 6.10.3, 7.0.0", "6.10.3"},
		{npmPackages, "1.0.0", "", ""},
		{npmPackages, "1.0.0", "2.0.0-beta.1, 2.0.0", "2.0.0-beta.1"},
		{pythonModules, "1.26.4", "2.0.6, 1.26.17", "1.26.17"},
		{rubyGems, "2.2.3", "2.0.9.1, 2.1.4.1, 2.2.3.1", "2.2.3.1"},
		{rubyGems, "2.2.3", ">= 4.2.2, ~> 4.1.11", ">= 4.2.2, ~> 4.1.11"},
		{goModules, "v1.7.0", "1.7.7", "1.7.7"},
		{rustCrates, "1.6.0", "0.6.14, 1.6.1", "1.6.1"},
		{npmPackages, "nonsense", "1.0.0, 2.0.0", "1.0.0, 2.0.0"},
	} {
		if got := nearestFix(tt.in.versions, tt.installed, tt.fixed); got != tt.want {
			t.Errorf("%s %s, fixed in %q: %q, want %q", tt.in.name, tt.installed, tt.fixed, got, tt.want)
		}
	}
}
