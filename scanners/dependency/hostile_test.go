package dependency

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// good is a lockfile with one vulnerable package, which must be found whatever
// lies beside it.
const good = "lodash@4.17.20:\n  version \"4.17.20\"\n"

func TestHostileLockfiles(t *testing.T) {
	o := Options{DB: sampleDB(t, time.Now())}
	secret := "hunter2" + strings.Repeat("x", 20)
	v1 := func(depth int) string {
		return `{"lockfileVersion": 1, "dependencies": ` + strings.Repeat(`{"a": {"version": "1.0.0", "dependencies": `, depth) + "{}" + strings.Repeat("}}", depth) + "}"
	}
	for _, tt := range []struct {
		name, file, content string
		want                string // the note; empty: none
	}{
		{"empty", "package-lock.json", "", "gap package-lock.json: cannot be parsed: it is empty: its packages were not looked at"},
		{"empty object", "package-lock.json", "{}", "info package-lock.json: no packages in it"},
		{"empty v3", "package-lock.json", `{"lockfileVersion": 3, "packages": {}}`, "info package-lock.json: no packages in it"},
		{"an array", "package-lock.json", "[]", "gap package-lock.json: cannot be parsed as package-lock.json: its packages were not looked at"},
		{"cut short", "package-lock.json", "{\n\"packages\": {\n", "gap package-lock.json:3: cannot be parsed: it is not valid JSON: its packages were not looked at"},
		{"not UTF-8", "package-lock.json", "{\"packages\": {\"node_modules/a\xff\": {}}}", "gap package-lock.json: cannot be parsed as package-lock.json: its packages were not looked at"},
		{"NUL bytes", "package-lock.json", strings.Repeat("\x00", 1000), "gap package-lock.json:1: cannot be parsed: it is not valid JSON: its packages were not looked at"},
		{"wrong types", "package-lock.json", `{"lockfileVersion": "` + secret + `", "packages": 7}`, "gap package-lock.json: cannot be parsed as package-lock.json: its packages were not looked at"},
		{"npm v1 nested", "package-lock.json", v1(5000), "gap package-lock.json:1: not looked at: its values are nested more than 200 deep"},
		{"npm v1 nested a little", "package-lock.json", v1(60), ""},
		{"JSON arrays", "package-lock.json", "{\"x\":\n" + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + "}", "gap package-lock.json:2: not looked at: its values are nested more than 200 deep"},
		{"JSON never closed", "Pipfile.lock", strings.Repeat("{\"a\":", 1_000_000), "gap Pipfile.lock:1: not looked at: its values are nested more than 200 deep"},
		{"TOML arrays", "Cargo.lock", "a = '''\n''' # [\nx = " + strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000), "gap Cargo.lock:3: not looked at: its values are nested more than 200 deep"},
		{"TOML tables", "poetry.lock", "x = " + strings.Repeat("{a=", 10000) + "1" + strings.Repeat("}", 10000), "gap poetry.lock:1: not looked at: its values are nested more than 200 deep"},
		{"TOML dotted keys", "uv.lock", "a" + strings.Repeat(".a", 10000) + " = 1", "gap uv.lock:1: not looked at: its values are nested more than 200 deep"},
		{"TOML key twice", "Cargo.lock", "a = 1\n\"" + secret + "\" = 1\n\"" + secret + "\" = 2\n", "gap Cargo.lock:3: cannot be parsed as Cargo.lock: its packages were not looked at"},
		{"YAML flow", "pnpm-lock.yaml", "packages: " + strings.Repeat("[", 10000), "gap pnpm-lock.yaml:1: cannot be parsed as pnpm-lock.yaml: its packages were not looked at"},
		{"YAML blocks", "pnpm-lock.yaml", strings.Repeat("- ", 20000), "gap pnpm-lock.yaml: cannot be parsed as pnpm-lock.yaml: its packages were not looked at"},
		{"YAML aliases", "pnpm-lock.yaml", aliasBomb(), "info pnpm-lock.yaml: no packages in it"},
		{"YAML wrong type", "pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n  a@1.0.0: " + secret + "\n", "gap pnpm-lock.yaml:3: cannot be parsed as pnpm-lock.yaml: its packages were not looked at"},
		{"pnpm without version", "pnpm-lock.yaml", "packages: {}\n", "gap pnpm-lock.yaml: cannot be parsed as pnpm-lock.yaml: its packages were not looked at"},
		{"go.mod broken", "go.mod", "module x\ngo 1.21\nrequire " + secret + "\n", "gap go.mod:3: cannot be parsed as go.mod: its packages were not looked at"},
		{"go.mod without modules", "go.mod", "module x\ngo 1.21\n", "info go.mod: no packages in it"},
		{"long line", "requirements.txt", strings.Repeat("a", 70000), "gap requirements.txt: cannot be parsed: a line is over 64 KiB: its packages were not looked at"},
		{"long block", "sub/yarn.lock", "a@1:\n  version \"1\"\n" + strings.Repeat("  x\n", 20000), ""},
		{"gem lines", "Gemfile.lock", "GEM\n" + strings.Repeat(" ", 6) + "\n    a (1", "gap Gemfile.lock: cannot be parsed as Gemfile.lock: its packages were not looked at"},
		{"poetry version no string", "poetry.lock", "[[package]]\nname = \"a\"\nversion = \"1\"\n[package.dependencies]\na = {version = 1}\n", "gap poetry.lock: cannot be parsed as poetry.lock: its packages were not looked at"},
		{"too many packages", "Cargo.lock", strings.Repeat("[[package]]\n", maxPackages+1), "gap Cargo.lock: not looked at: it has about 200001 packages, and 200000 is the limit"},
		{"bun broken", "bun.lock", "{\n\"packages\": {\"a\": [\"" + secret + "\", }", "gap bun.lock: cannot be parsed as bun.lock: its packages were not looked at"},
		{"bun nested", "bun.lock", "{\"packages\": " + strings.Repeat("[", 10000), "gap bun.lock:1: not looked at: its values are nested more than 200 deep"},
		{"bun circle", "bun.lock", `{"workspaces": {"": {"dependencies": {"a": "1"}}}, "packages": {"a": ["a@1.0.0", "", {"dependencies": {"a": "1", "b": "1"}}], "b": ["b@1.0.0", "", {"dependencies": {"a": "1"}}], "": [], "/": [7], "c/": ["@"]}}`, ""},
		{"composer wrong types", "composer.lock", `{"packages": [{"name": 7, "version": "` + secret + `"}]}`, "gap composer.lock: cannot be parsed as composer.lock: its packages were not looked at"},
		{"composer cut short", "composer.lock", "{\n\"packages\": [{\n", "gap composer.lock:3: cannot be parsed: it is not valid JSON: its packages were not looked at"},
		{"composer nested", "composer.lock", `{"packages":` + strings.Repeat("[", 300), "gap composer.lock:1: not looked at: its values are nested more than 200 deep"},
		{"installed nothing", "vendor/composer/installed.json", "[]", "info vendor/composer/installed.json: no packages in it"},
		{"nuget nested", "packages.lock.json", strings.Repeat(`{"a":`, 1000), "gap packages.lock.json:1: not looked at: its values are nested more than 200 deep"},
		{"nuget wrong types", "packages.lock.json", `{"dependencies": "` + secret + `"}`, "gap packages.lock.json: cannot be parsed as packages.lock.json: its packages were not looked at"},
		{"deps wrong types", "x.deps.json", `{"libraries": 7}`, "gap x.deps.json: cannot be parsed as .deps.json: its packages were not looked at"},
		{"XML cut short", "packages.config", "<packages>\n<package id=\"" + secret + "\"\n", "gap packages.config:3: cannot be parsed as packages.config: its packages were not looked at"},
		{"XML entities", "packages.config", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><packages><package id="&b;" version="1.0"/></packages>`, "gap packages.config:1: cannot be parsed as packages.config: its packages were not looked at"},
		{"XML outside entity", "pom.xml", `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><project><dependencies><dependency><artifactId>&a;</artifactId></dependency></dependencies></project>`, "gap pom.xml:1: cannot be parsed as pom.xml: its packages were not looked at"},
		{"XML nested", "pom.xml", "<project>" + strings.Repeat("<dependencies>", 200_000), "gap pom.xml:1: cannot be parsed as pom.xml: its packages were not looked at"},
		{"XML of another kind", "Directory.Packages.props", "<html/>", "gap Directory.Packages.props: cannot be parsed as Packages.props: its packages were not looked at"},
		{"XML character set", "pom.xml", `<?xml version="1.0" encoding="` + secret + `"?><project/>`, "gap pom.xml: cannot be parsed as pom.xml: its packages were not looked at"},
		{"pom without dependencies", "pom.xml", "<project/>", "info pom.xml: no packages in it"},
		{"pom that is its own parent", "pom.xml", "<project><artifactId>a</artifactId><parent><artifactId>a</artifactId><relativePath>pom.xml</relativePath></parent></project>", "info pom.xml: no packages in it"},
		{"pom with a parent outside", "pom.xml", "<project><artifactId>a</artifactId><parent><artifactId>a</artifactId><relativePath>../../../../etc/pom.xml</relativePath></parent></project>", "info pom.xml: no packages in it"},
		{"gradle long line", "gradle.lockfile", "a:b:1=" + strings.Repeat("x", 70_000) + "\norg:c:1=y\n", "gap gradle.lockfile: cannot be parsed: a line is over 64 KiB: its packages were not looked at"},
		{"sbt wrong types", "build.sbt.lock", `{"dependencies": {}}`, "gap build.sbt.lock: cannot be parsed as build.sbt.lock: its packages were not looked at"},
		{"pub aliases", "pubspec.lock", strings.Replace(aliasBomb(), "dependencies: *x9", "packages: {a: {version: 1.0.0, description: *x9}}", 1), "gap pubspec.lock: cannot be parsed as pubspec.lock: its packages were not looked at"},
		{"pods aliases", "Podfile.lock", strings.Replace(aliasBomb(), "dependencies: *x9", "PODS: [*x9]", 1), "gap Podfile.lock: cannot be parsed as Podfile.lock: its packages were not looked at"},
		{"pub wrong types", "pubspec.lock", "packages:\n  a: [" + secret + "]\n", "gap pubspec.lock:2: cannot be parsed as pubspec.lock: its packages were not looked at"},
		{"mix long line", "mix.lock", "%{\n" + strings.Repeat("x", 70_000) + "\n\"a\": {:hex, :a, \"1.0.0\", \"x\"},\n}", ""},
		{"mix without end", "mix.lock", "%{\n\"a\": \n", "info mix.lock: no packages in it"},
		{"swift wrong types", "Package.resolved", `{"version": 2, "pins": {}}`, "gap Package.resolved: cannot be parsed as Package.resolved: its packages were not looked at"},
		{"pods wrong types", "Podfile.lock", "PODS:\n  - A (1.0.0):\n    - {" + secret + ": 1}\n", "gap Podfile.lock: cannot be parsed as Podfile.lock: its packages were not looked at"},
		{"pods empty name", "Podfile.lock", "PODS:\n  - A (1.0.0):\n    - \"\"\n", "gap Podfile.lock: cannot be parsed as Podfile.lock: its packages were not looked at"},
		{"conan wrong types", "conan.lock", `{"requires": [[]]}`, "gap conan.lock: cannot be parsed as conan.lock: its packages were not looked at"},
		{"julia dangling", "Manifest.toml", "manifest_format = \"2.0\"\n[[deps.A]]\ndeps = [\"" + secret + "\"]\n", "gap Manifest.toml: cannot be parsed as Manifest.toml: its packages were not looked at"},
		{"julia nested", "Manifest.toml", "x = " + strings.Repeat("[", 10000), "gap Manifest.toml:1: not looked at: its values are nested more than 200 deep"},
		{"conda wrong types", "environment.yml", "dependencies:\n  - 7\n", "gap environment.yml:2: cannot be parsed as environment.yml: its packages were not looked at"},
		{"conda empty name", "environment.yml", "dependencies:\n  - \"\"\n", "gap environment.yml: cannot be parsed as environment.yml: its packages were not looked at"},
		{"pdm wrong types", "pdm.lock", "[[package]]\nname = 7\n", "gap pdm.lock:2: cannot be parsed as pdm.lock: its packages were not looked at"},
		{"pylock nested", "pylock.toml", "x = " + strings.Repeat("{a=", 10000), "gap pylock.toml:1: not looked at: its values are nested more than 200 deep"},
		{"too many pom dependencies", "pom.xml", strings.Repeat("<dependency>", maxPackages+1), "gap pom.xml: not looked at: it has about 200001 packages, and 200000 is the limit"},
		{"local versions", "package-lock.json", `{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "file:../a"}, "node_modules/b": {}}}`,
			"info package-lock.json: 2 packages without a version to compare (local, git or download), so no advisory can match"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := scan(t, o, tree(t, map[string]string{tt.file: tt.content, "good/yarn.lock": good}), 2)
			got := notes(r)
			var want []string
			if tt.want != "" {
				want = []string{tt.want}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if len(r.Findings) != 2 {
				t.Errorf("findings %v", summaries(r.Findings))
			}
			if strings.Contains(fmt.Sprint(r), secret) {
				t.Error("a secret is in the report")
			}
		})
	}
}

// aliasBomb is YAML that grows to 10^9 elements when its aliases are followed.
func aliasBomb() string {
	var b strings.Builder
	b.WriteString("x0: &x0 {k: v}\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "x%d: &x%d {", i, i)
		for j := range 10 {
			fmt.Fprintf(&b, "k%d: *x%d, ", j, i-1)
		}
		b.WriteString("}\n")
	}
	return b.String() + "dependencies: *x9\nlockfileVersion: '6.0'\n"
}

// TestForms reads lockfiles in the forms that editors and platforms make.
func TestForms(t *testing.T) {
	o := Options{DB: sampleDB(t, time.Now())}
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, name := range []string{"npm1/package-lock.json", "yarn/yarn.lock", "pnpm9/pnpm-lock.yaml", "gomod/go.mod", "poetry/poetry.lock", "uv/uv.lock", "pipenv/Pipfile.lock",
		"bun/bun.lock", "pdm/pdm.lock", "pylock/pylock.toml", "composer/composer.lock", "nuget/packages.lock.json", "nuget-config/packages.config", "nuget-deps/Shop.deps.json",
		"nuget-props/Directory.Packages.props", "gradle/gradle.lockfile", "sbt/build.sbt.lock", "pub/pubspec.lock", "mix/mix.lock", "swift/Package.resolved", "cocoapods/Podfile.lock", "conan1/conan.lock"} {
		want := summaries(scan(t, o, tree(t, map[string]string{filepath.Base(name): read(name)}), 1).Findings)
		if len(want) == 0 {
			t.Fatalf("%s: nothing found", name)
		}
		for form, content := range map[string]string{
			"byte order mark": "\ufeff" + read(name),
			"CRLF":            strings.ReplaceAll(read(name), "\n", "\r\n"),
			"no last newline": strings.TrimRight(read(name), "\n"),
		} {
			got := scan(t, o, tree(t, map[string]string{filepath.Base(name): content}), 1)
			if diff := cmp.Diff(want, summaries(got.Findings)); diff != "" {
				t.Errorf("%s with %s: %s", name, form, diff)
			}
		}
	}
	minified := scan(t, o, tree(t, map[string]string{"package-lock.json": strings.NewReplacer("\n", "", "  ", "").Replace(read("npm1/package-lock.json"))}), 1)
	if len(minified.Findings) != 3 || minified.Findings[2].Location.StartLine != 1 {
		t.Errorf("minified: %v", summaries(minified.Findings))
	}
}

func TestTooLarge(t *testing.T) {
	tr := tree(t, map[string]string{"package-lock.json": "{}"})
	if err := os.Truncate(filepath.Join(tr.Dir(), "package-lock.json"), maxSize+1); err != nil {
		t.Fatal(err)
	}
	r := scan(t, Options{DB: sampleDB(t, time.Now())}, walk(t, tr.Dir()), 1)
	if diff := cmp.Diff([]string{"gap package-lock.json: not looked at: it is over 128 MiB"}, notes(r)); diff != "" {
		t.Error(diff)
	}
}

func TestTreeProblems(t *testing.T) {
	tr := tree(t, map[string]string{"yarn.lock": good, "gone/Cargo.lock": ""})
	if err := os.RemoveAll(filepath.Join(tr.Dir(), "gone")); err != nil {
		t.Fatal(err)
	}
	r := scan(t, Options{DB: sampleDB(t, time.Now())}, tr, 1)
	if len(r.Notes) != 1 || r.Notes[0].Level != finding.Gap || r.Notes[0].Path != "gone/Cargo.lock" {
		t.Errorf("notes %v", r.Notes)
	}
}

// TestParserMisbehaves stands in for what the engine's parsers may yet do.
func TestParserMisbehaves(t *testing.T) {
	panics := kind{file: "x", parse: func(source) (inventory, error) { panic("hunter2") }}
	if _, err := parse(t.Context(), panics, source{}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("panic: %v", err)
	}
	release := make(chan struct{})
	defer close(release)
	hangs := kind{file: "x", parse: func(source) (inventory, error) { <-release; return inventory{}, nil }}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := parse(ctx, hangs, source{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hang: %v", err)
	}
}

func TestScanStops(t *testing.T) {
	s, err := New(Options{DB: sampleDB(t, time.Now())})
	if err != nil {
		t.Fatal(err)
	}
	target := scanners.Target{Tree: tree(t, map[string]string{"yarn.lock": good}), Jobs: 2}
	w, err := s.Plan(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Scan(ctx, target, w); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := s.Scan(t.Context(), target, scanners.Work{Items: 7}); err == nil {
		t.Error("a foreign plan gave no error")
	}
}
