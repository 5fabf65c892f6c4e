package dependency

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/vulndb"
)

// TestPathsAndFixes: how a package comes in, and what clears all findings on it.
func TestPathsAndFixes(t *testing.T) {
	o := Options{DB: sampleDB(t, time.Now())}
	for _, tt := range []struct{ dir, key, path, fix, purl string }{
		{"bun", "qs@6.5.1", "body-parser@1.18.2 > qs@6.5.1", "upgrade qs to 6.5.3, which body-parser@1.18.2 brings in: an entry in overrides of package.json", "pkg:npm/qs@6.5.1"},
		{"pnpm9", "lodash@4.17.20", "", "upgrade lodash to 4.17.21: `pnpm add lodash@4.17.21`", "pkg:npm/lodash@4.17.20"},
		{"yarn", "lodash@4.17.20", "", "upgrade lodash to 4.17.21: `yarn upgrade lodash@4.17.21` (`yarn up` in Yarn 2 and later)", "pkg:npm/lodash@4.17.20"},
		{"gomod", "golang.org/x/text@v0.3.7", "", "upgrade golang.org/x/text to 0.3.8: `go get golang.org/x/text@v0.3.8`", "pkg:golang/golang.org/x/text@v0.3.7"},
		{"requirements", "requests@2.25.1", "", "upgrade requests to 2.31.0: set `requests==2.31.0` in requirements.txt", "pkg:pypi/requests@2.25.1"},
		{"poetry", "jinja2@2.11.2", "", "upgrade jinja2 to 2.11.3: `poetry add jinja2@^2.11.3`", "pkg:pypi/jinja2@2.11.2"},
		{"uv", "jinja2@2.11.2", "", "upgrade jinja2 to 2.11.3: `uv lock --upgrade-package jinja2==2.11.3`", "pkg:pypi/jinja2@2.11.2"},
		{"pdm", "jinja2@2.11.2", "flask@1.1.4 > jinja2@2.11.2", "upgrade jinja2 to 2.11.3, which flask@1.1.4 brings in: `pdm update jinja2` if flask@1.1.4 allows it", "pkg:pypi/jinja2@2.11.2"},
		{"pylock", "jinja2@2.11.2", "flask@1.1.4 > jinja2@2.11.2", "upgrade jinja2 to 2.11.3, which flask@1.1.4 brings in", "pkg:pypi/jinja2@2.11.2"},
		{"composer", "guzzlehttp/guzzle@7.4.0", "", "upgrade guzzlehttp/guzzle to 7.4.5: `composer require guzzlehttp/guzzle:^7.4.5`", "pkg:composer/guzzlehttp/guzzle@7.4.0"},
		{"composer", "guzzlehttp/psr7@2.1.0", "guzzlehttp/guzzle@7.4.0 > guzzlehttp/psr7@2.1.0",
			"upgrade guzzlehttp/psr7 to 2.1.1, which guzzlehttp/guzzle@7.4.0 brings in: `composer update --with-dependencies guzzlehttp/psr7` if guzzlehttp/guzzle@7.4.0 allows it", "pkg:composer/guzzlehttp/psr7@2.1.0"},
		{"nuget", "Newtonsoft.Json@12.0.3", "Json.Helpers@2.0.0 > Newtonsoft.Json@12.0.3",
			"upgrade Newtonsoft.Json to 13.0.1, which Json.Helpers@2.0.0 brings in: `dotnet add package Newtonsoft.Json --version 13.0.1`, which makes it a direct dependency", "pkg:nuget/Newtonsoft.Json@12.0.3"},
		{"pom", "org.apache.logging.log4j:log4j-core@2.14.1", "", "upgrade org.apache.logging.log4j:log4j-core to 2.16.0: set its version to 2.16.0 in this file, or where it is managed", "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"},
		{"gradle", "org.apache.logging.log4j:log4j-core@2.14.1", "", "upgrade org.apache.logging.log4j:log4j-core to 2.16.0: `gradle dependencies --update-locks org.apache.logging.log4j:log4j-core`", "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"},
		{"sbt", "org.apache.logging.log4j:log4j-core@2.14.1", "", "upgrade org.apache.logging.log4j:log4j-core to 2.16.0", "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"},
		{"pub", "http@0.13.2", "", "upgrade http to 0.13.3: `dart pub upgrade http` if what requires it allows it", "pkg:pub/http@0.13.2"},
		{"mix", "plug@1.3.0", "phoenix@1.6.14 > plug@1.3.0", "upgrade plug to 1.3.2, which phoenix@1.6.14 brings in: `mix deps.update plug` if phoenix@1.6.14 allows it", "pkg:hex/plug@1.3.0"},
		{"swift", "github.com/vapor/vapor@4.40.0", "", "upgrade github.com/vapor/vapor to 4.40.1: `swift package update`", "pkg:swift/github.com/vapor/vapor@4.40.0"},
		{"cocoapods", "SwiftNIO@2.29.0", "Server@1.0.0 > SwiftNIOHTTP1@2.41.0 > SwiftNIO@2.29.0",
			"upgrade SwiftNIO to 2.29.1, which Server@1.0.0 brings in: `pod update SwiftNIO` if SwiftNIOHTTP1@2.41.0 allows it", "pkg:cocoapods/SwiftNIO@2.29.0"},
		{"conan1", "libcurl@7.85.0", "cpr@1.9.0 > libcurl@7.85.0", "upgrade libcurl to 8.4.0, which cpr@1.9.0 brings in", "pkg:conan/libcurl@7.85.0"},
	} {
		t.Run(tt.dir+" "+tt.key, func(t *testing.T) {
			r := scan(t, o, walk(t, filepath.Join("testdata", tt.dir)), 1)
			checkPath(t, r.Findings, tt.key, tt.path, tt.fix, tt.purl)
		})
	}
	for _, tt := range []struct{ dir, key, path, fix, purl string }{
		{"admin", "rack@2.2.3", "sinatra@2.1.0 > rack@2.2.3", "upgrade rack to 2.2.3.1, which sinatra@2.1.0 brings in: `bundle update --conservative rack` if sinatra@2.1.0 allows it", "pkg:gem/rack@2.2.3"},
		{"web", "qs@6.7.0", "express@4.17.1 > qs@6.7.0", "upgrade qs to 6.7.3, which express@4.17.1 brings in: `npm update qs` if express@4.17.1 allows it, else an entry in overrides of package.json", "pkg:npm/qs@6.7.0"},
		{"worker", "time@0.1.45", "chrono@0.4.19 > time@0.1.45", "upgrade time to 0.2.23, which chrono@0.4.19 brings in: `cargo update -p time --precise 0.2.23` if chrono@0.4.19 allows it", "pkg:cargo/time@0.1.45"},
		{"worker", "smallvec@1.6.0", "", "upgrade smallvec to 1.6.1: `cargo update -p smallvec --precise 1.6.1`", "pkg:cargo/smallvec@1.6.0"},
	} {
		t.Run(tt.dir+" "+tt.key, func(t *testing.T) {
			r := scan(t, o, walk(t, filepath.Join(sample, "shop", tt.dir)), 1)
			checkPath(t, r.Findings, tt.key, tt.path, tt.fix, tt.purl)
		})
	}
}

func checkPath(t *testing.T, findings []finding.Finding, key, path, fix, purl string) {
	t.Helper()
	seen := 0
	for _, f := range findings {
		if f.Key != key {
			continue
		}
		seen++
		want := []string{path, fix, purl}
		if diff := cmp.Diff(want, []string{strings.Join(f.Package.Path, " > "), f.Fix, f.Package.PURL}); diff != "" {
			t.Errorf("%s: %s", f.RuleID, diff)
		}
	}
	if seen == 0 {
		t.Errorf("%s not among %v", key, summaries(findings))
	}
}

// graphOf makes an inventory from lines such as "a > b c", and a star before
// what is direct.
func graphOf(lines ...string) (inv inventory) {
	for _, line := range lines {
		from, to, _ := strings.Cut(line, " > ")
		p := ftypes.Package{Version: "1"}
		p.Name, _ = strings.CutPrefix(from, "*")
		if p.Name != from {
			p.Relationship = ftypes.RelationshipDirect
		}
		p.ID = p.Name
		inv.packages = append(inv.packages, p)
		inv.requires = append(inv.requires, ftypes.Dependency{ID: p.ID, DependsOn: strings.Fields(to)})
	}
	return inv
}

func TestPaths(t *testing.T) {
	long := make([]string, 0, 2*maxPath)
	for i := range 2 * maxPath {
		long = append(long, fmt.Sprintf("p%d > p%d", i, i+1))
	}
	for _, tt := range []struct {
		name  string
		lines []string
		of    string
		want  string
	}{
		{"direct", []string{"*a > b", "b"}, "a@1", ""},
		{"the shortest", []string{"*a > b", "b > c", "c > d", "*e > c", "d"}, "d@1", "e@1 c@1 d@1"},
		{"the first of equals", []string{"*b > c", "*a > c", "c"}, "c@1", "a@1 c@1"},
		{"no direct ones", []string{"a > b", "b > c", "c"}, "c@1", "a@1 b@1 c@1"},
		{"a circle", []string{"*a > b", "b > c", "c > b a"}, "c@1", "a@1 b@1 c@1"},
		{"only a circle", []string{"a > b", "b > a"}, "a@1", ""},
		{"itself", []string{"a > a b", "b"}, "b@1", "a@1 b@1"},
		{"not listed", []string{"*a > x", "b"}, "x@1", ""},
		{"nothing requires it", []string{"*a > c", "b", "c"}, "b@1", ""},
		{"a long way", long, fmt.Sprintf("p%d@1", maxPath), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(paths(graphOf(tt.lines...), everything)[tt.of], " "); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
	if got := len(paths(graphOf(long...), everything)[fmt.Sprintf("p%d@1", maxPath-1)]); got != maxPath {
		t.Errorf("the longest way has %d packages", got)
	}
}

// TestPathsTakeLinearTime walks a graph where the number of ways doubles with
// each step.
func TestPathsTakeLinearTime(t *testing.T) {
	var lines []string
	for i := range 10_000 {
		lines = append(lines, fmt.Sprintf("a%d > a%d b%d", i, i+1, i+1), fmt.Sprintf("b%d > a%d b%d", i, i+1, i+1))
	}
	start := time.Now()
	if got := paths(graphOf(lines...), everything); len(got["a50@1"]) != 51 {
		t.Errorf("a50: %v", got["a50@1"])
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestUnsafeNamesAreNoCommands(t *testing.T) {
	for _, tt := range []struct {
		name, to string
		chain    []string
		want     string
	}{
		{"a;b", "1.0", nil, "upgrade a;b to 1.0"},
		{"-rf", "1.0", nil, "upgrade -rf to 1.0"},
		{"a", "$(b)", nil, "upgrade a to $(b)"},
		{"a", "1.0", []string{"x;y@1", "a@0"}, "upgrade a to 1.0: `cargo update -p a --precise 1.0` if what requires it allows it"},
	} {
		if got := cargoCommands.fix(ftypes.Package{Name: tt.name}, tt.to, tt.chain); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// TestPathsOfFormats: each of these formats says in its own way that wrapper
// requires the vulnerable package.
func TestPathsOfFormats(t *testing.T) {
	o := Options{DB: sampleDB(t, time.Now())}
	for _, tt := range []struct{ file, content, want string }{
		{"yarn.lock", "lodash@^4.17.0:\n  version \"4.17.20\"\n\nwrapper@^1.0.0:\n  version \"1.0.0\"\n  dependencies:\n    lodash \"^4.17.0\"\n", "wrapper@1.0.0 > lodash@4.17.20"},
		{"package-lock.json", `{"lockfileVersion": 1, "dependencies": {"lodash": {"version": "4.17.20"}, "wrapper": {"version": "1.0.0", "requires": {"lodash": "^4.17.0"}}}}`, "wrapper@1.0.0 > lodash@4.17.20"},
		{"pnpm-lock.yaml", "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      wrapper:\n        specifier: ^1.0.0\n        version: 1.0.0\npackages:\n  lodash@4.17.20:\n    resolution: {integrity: sha512-a}\n  wrapper@1.0.0:\n    resolution: {integrity: sha512-b}\n" +
			"snapshots:\n  lodash@4.17.20: {}\n  wrapper@1.0.0:\n    dependencies:\n      lodash: 4.17.20\n", "wrapper@1.0.0 > lodash@4.17.20"},
		{"poetry.lock", "[[package]]\nname = \"jinja2\"\nversion = \"2.11.2\"\noptional = false\n\n[[package]]\nname = \"wrapper\"\nversion = \"1.0.0\"\noptional = false\n[package.dependencies]\njinja2 = \">=2\"\n\n[metadata]\nlock-version = \"2.0\"\n", "wrapper@1.0.0 > jinja2@2.11.2"},
		{"uv.lock", "version = 1\n\n[[package]]\nname = \"jinja2\"\nversion = \"2.11.2\"\nsource = { registry = \"https://pypi.org/simple\" }\n\n[[package]]\nname = \"own\"\nversion = \"1.0.0\"\nsource = { virtual = \".\" }\ndependencies = [\n    { name = \"wrapper\" },\n]\n\n" +
			"[[package]]\nname = \"wrapper\"\nversion = \"1.0.0\"\nsource = { registry = \"https://pypi.org/simple\" }\ndependencies = [\n    { name = \"jinja2\" },\n]\n", "wrapper@1.0.0 > jinja2@2.11.2"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			r := scan(t, o, tree(t, map[string]string{tt.file: tt.content}), 1)
			if len(r.Findings) == 0 {
				t.Fatalf("nothing found: %v", notes(r))
			}
			for _, f := range r.Findings {
				if got := strings.Join(f.Package.Path, " > "); got != tt.want {
					t.Errorf("%s: %q, want %q", f.RuleID, got, tt.want)
				}
			}
		})
	}
}

// TestUpgradeClearsEverything: a version that fixes one finding may leave
// another, or come with one of its own.
func TestUpgradeClearsEverything(t *testing.T) {
	facts, dir := t.TempDir(), t.TempDir()
	fact := func(id, vulnerable, patched string) string {
		return fmt.Sprintf("  - {id: %s, aliases: [X-%[1]s], package: p, vulnerable: [%q], patched: [%s], severity: high, title: x, published: 2020-01-01}\n", id, vulnerable, patched)
	}
	content := "ecosystem: npm\nadvisories:\n" +
		fact("CVE-1-1", "<1.2.0", `"1.2.0"`) +
		fact("CVE-1-2", "<1.1.5 || >=1.2.0 <1.3.1", `"1.1.5", "1.3.1"`) +
		fact("CVE-1-3", ">=1.3.0 <1.4.0", `">= 1.4.0"`) +
		fact("CVE-1-4", "<=9.0.0", "")
	if err := os.WriteFile(filepath.Join(facts, "npm.yaml"), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := vulndb.Build(facts, dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{
		"1.0.0": "CVE-1-1 1.3.1, CVE-1-2 1.3.1, CVE-1-4 none", // 1.1.5 has CVE-1-1, 1.2.0 has CVE-1-2
		"1.2.0": "CVE-1-2 1.3.1, CVE-1-4 none",
		"1.3.0": "CVE-1-2 1.4.0, CVE-1-3 1.4.0, CVE-1-4 none",
		"1.3.5": "CVE-1-3 1.4.0, CVE-1-4 none",
	} {
		r := scan(t, Options{DB: match.Database{Dir: dir}}, tree(t, map[string]string{"yarn.lock": "p@1:\n  version \"" + version + "\"\n"}), 1)
		var got []string
		for _, f := range r.Findings {
			to := "none"
			if m := regexp.MustCompile(`^upgrade p to ([0-9.]+):`).FindStringSubmatch(f.Fix); m != nil {
				to = m[1]
			}
			got = append(got, f.RuleID+" "+to)
		}
		if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s: %s", version, diff)
		}
	}
}

// everything wants the path of every package.
func everything(match.Key) bool { return true }
