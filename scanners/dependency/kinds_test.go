package dependency

import (
	"fmt"
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
			"yarn.lock:8 CVE-2020-28500 lodash@4.17.20 direct",
			"yarn.lock:8 CVE-2021-23337 lodash@4.17.20 direct",
			"yarn.lock:14 CVE-2022-24999 qs@6.7.0 direct",
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
		}, []string{leftOut}},
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
			"info requirements.txt: 1 include of other files that are not looked at: those in the tree are that are named requirements.txt or requirements-….txt",
		}},
		{"requirements-names", 5, []string{
			"api-requirements.txt:1 CVE-2020-28493 jinja2@2.11.2 ",
			"py_requirements.txt:2 CVE-2023-32681 requests@2.25.1 ",
			"requirements/base.txt:1 CVE-2020-28493 jinja2@2.11.2 ",
			"requirements-api.txt:3 CVE-2023-32681 requests@2.25.1 ",
			"requirements.api.txt:1 CVE-2020-28493 jinja2@2.11.2 ",
		}, []string{
			"info requirements/notes.txt: not looked at: it does not look like pip's requirements",
			leftOut,
		}},
		{"poetry", 2, []string{"poetry.lock:4 CVE-2020-28493 jinja2@2.11.2 "}, []string{leftOut}},
		{"pipenv", 2, []string{"Pipfile.lock:17 CVE-2020-28493 jinja2@2.11.2 "}, []string{leftOut}},
		{"uv", 2, []string{"uv.lock:6 CVE-2020-28493 jinja2@2.11.2 direct"}, []string{leftOut}},
		// Made by bun 1.2.2. All that follow were made by hand, as the formats
		// are documented.
		{"bun", 46, []string{
			"bun.lock:67 CVE-2020-28500 lodash@4.17.20 direct",
			"bun.lock:67 CVE-2021-23337 lodash@4.17.20 direct",
			"bun.lock:103 CVE-2022-24999 qs@6.5.1 indirect",
		}, []string{leftOut}},
		{"pdm", 2, []string{"pdm.lock:24 CVE-2020-28493 jinja2@2.11.2 "}, []string{leftOut}},
		{"pylock", 2, []string{"pylock.toml:13 CVE-2020-28493 jinja2@2.11.2 "}, nil},
		{"pylock-named", 1, []string{"pylock.dev.toml:5 CVE-2020-14343 pyyaml@5.3.1 "}, nil},
		{"composer", 2, []string{
			"composer.lock:5 CVE-2022-29248 guzzlehttp/guzzle@7.4.0 direct",
			"composer.lock:5 CVE-2022-31090 guzzlehttp/guzzle@7.4.0 direct",
			"composer.lock:21 CVE-2022-24775 guzzlehttp/psr7@2.1.0 indirect",
		}, []string{leftOut}},
		{"composer-installed", 1, []string{"vendor/composer/installed.json:3 CVE-2022-24775 guzzlehttp/psr7@v1.8.3 "}, []string{leftOut}},
		{"nuget", 2, []string{"packages.lock.json:14 CVE-2024-21907 Newtonsoft.Json@12.0.3 indirect"}, nil},
		{"nuget-config", 2, []string{
			"packages.config:3 CVE-2024-21907 Newtonsoft.Json@12.0.3 ",
			"packages.config:5 CVE-2019-0820 System.Text.RegularExpressions@4.3.0 ",
		}, []string{leftOut}},
		{"nuget-deps", 1, []string{"Shop.deps.json:30 CVE-2024-21907 Newtonsoft.Json@12.0.3 direct"}, nil},
		{"nuget-props", 2, []string{
			"Directory.Packages.props:7 CVE-2024-21907 Newtonsoft.Json@12.0.3 direct",
			"Directory.Packages.props:8 CVE-2018-8292 System.Net.Http@4.3.0 direct",
		}, []string{"info Directory.Packages.props: 2 packages without a version that the file itself fixes cannot be looked at: a packages.lock.json would name it"}},
		{"pom", 2, []string{
			"api/pom.xml:11 CVE-2021-44228 org.apache.logging.log4j:log4j-core@2.14.1 direct",
			"api/pom.xml:11 CVE-2021-45046 org.apache.logging.log4j:log4j-core@2.14.1 direct",
		}, []string{
			"info api/pom.xml: 1 dependency without a version known from the tree cannot be looked at",
			"info api/pom.xml: it names direct dependencies only: what those require in turn is not looked at",
			"info pom.xml: no packages in it",
			leftOut,
		}},
		{"gradle", 1, []string{
			"gradle.lockfile:5 CVE-2021-44228 org.apache.logging.log4j:log4j-core@2.14.1 ",
			"gradle.lockfile:5 CVE-2021-45046 org.apache.logging.log4j:log4j-core@2.14.1 ",
		}, []string{leftOut}},
		{"sbt", 1, []string{
			"build.sbt.lock:13 CVE-2021-44228 org.apache.logging.log4j:log4j-core@2.14.1 ",
			"build.sbt.lock:13 CVE-2021-45046 org.apache.logging.log4j:log4j-core@2.14.1 ",
		}, []string{leftOut}},
		{"pub", 3, []string{
			"pubspec.lock:4 CVE-2021-31402 dio@4.0.6 direct",
			"pubspec.lock:16 CVE-2020-35669 http@0.13.2 indirect",
		}, nil},
		{"mix", 3, []string{
			"mix.lock:5 CVE-2017-1000052 plug@1.3.0 ",
			"mix.lock:5 CVE-2017-1000053 plug@1.3.0 ",
		}, []string{"info mix.lock: 1 package from a git repository, without a version, cannot be looked at"}},
		{"swift", 2, []string{
			"Package.resolved:3 CVE-2022-3215 github.com/apple/swift-nio@2.41.0 ",
			"Package.resolved:12 CVE-2021-21328 github.com/vapor/vapor@4.40.0 ",
		}, []string{"info Package.resolved: 1 package pinned to a revision without a version cannot be looked at"}},
		{"cocoapods", 3, []string{
			"Podfile.lock:4 CVE-2022-3215 SwiftNIO@2.29.0 indirect",
			"Podfile.lock:5 CVE-2022-3215 SwiftNIOHTTP1@2.41.0 indirect",
		}, nil},
		{"conan1", 2, []string{
			"conan.lock:15 CVE-2022-32221 libcurl@7.85.0 indirect",
			"conan.lock:15 CVE-2023-38545 libcurl@7.85.0 indirect",
			"conan.lock:15 CVE-2023-38546 libcurl@7.85.0 indirect",
		}, nil},
		{"conan2", 2, []string{
			"conan.lock:4 CVE-2023-38545 libcurl@8.3.0 ",
			"conan.lock:4 CVE-2023-38546 libcurl@8.3.0 ",
		}, nil},
		{"julia", 3, []string{"Manifest.toml:16 CVE-2025-52479 HTTP@1.9.5 "}, nil},
		{"conda", 0, nil, []string{"info environment.yml: 3 packages listed and not matched: there is no source of advisories for conda"}},
		{"conda-yaml", 0, nil, []string{"info environment.yaml: 1 package listed and not matched: there is no source of advisories for conda"}},
	} {
		t.Run(tt.dir, func(t *testing.T) {
			tr, lockfiles := walk(t, filepath.Join("testdata", tt.dir)), 0
			for _, f := range tr.Files() {
				if k, ok := kindOf(f.Path); ok {
					tested[k.file] = true
					lockfiles++
				}
			}
			r := scan(t, o, tr, 1)
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
			if r.Looked.Packages != tt.packages || r.Looked.Files != lockfiles {
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
		{"bun", "CVE-2022-46175", nil},
		{"pdm", "CVE-2020-14343", nil},
		{"composer", "CVE-2017-9841", nil},
		{"composer-installed", "CVE-2017-9841", nil},
		{"nuget-config", "CVE-2018-8292", nil},
		{"gradle", "CVE-2022-42889", nil},
		{"sbt", "CVE-2022-42889", nil},
		{"pnpm6", "CVE-2022-46175", nil},
		{"pipenv", "CVE-2020-14343", nil},
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
