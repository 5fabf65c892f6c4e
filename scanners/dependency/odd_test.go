package dependency

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/scanners/match"
	"github.com/scangate/scangate/vulndb"
)

// TestOddLockfiles reads what is allowed and rarely seen. The lines of want are
// those of describe.
func TestOddLockfiles(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		files      map[string]string
		want       []string
	}{
		{"npm: one version in two workspaces, another in a third", "package-lock.json", map[string]string{"package-lock.json": `{"lockfileVersion": 3, "packages": {
  "": {"name": "r", "workspaces": ["p/*"]},
  "node_modules/ab": {"resolved": "p/ab", "link": true},
  "node_modules/x": {"version": "1.0.0"},
  "p/a": {"name": "a", "dependencies": {"x": "1"}},
  "p/ab": {"name": "ab", "dependencies": {"x": "2"}, "devDependencies": {"y": "1"}},
  "p/ab/node_modules/x": {"version": "2.0.0", "license": {"type": "MIT"}, "peerDependencies": {"y": "1", "missing": "1"}},
  "p/ab/node_modules/y": {"version": "1.0.0", "license": 7, "dev": true}}}`},
			[]string{"a  0 own > x@1.0.0", "ab  0 own > x@2.0.0 y@1.0.0", "r  0 own", "x 1.0.0 0 direct", "x 2.0.0 0 direct [MIT] > y@1.0.0", "y 1.0.0 0 direct dev"}},
		{"npm: links to nowhere and in circles", "package-lock.json", map[string]string{"package-lock.json": `{"lockfileVersion": 2, "packages": {
  "": {"dependencies": {"a": "1", "b": "1", "c": "1"}},
  "node_modules/a": {"link": true}, "node_modules/b": {"link": true, "resolved": "../outside"}, "node_modules/c": {"version": "1.0.0", "dependencies": {"c": "1"}}}}`},
			[]string{"  0 own > c@1.0.0", "c 1.0.0 0 direct > c@1.0.0"}},
		{"npm 5 without a package.json", "package-lock.json", map[string]string{"package-lock.json": `{"dependencies": {
  "a": {"version": "1.0.0", "requires": true, "dependencies": {"b": {"version": "2.0.0", "requires": {"c": "1"}}}},
  "b": {"version": "1.0.0"},
  "c": {"version": "npm:@s/d@1.0.0", "requires": {"b": "1"}}}}`},
			[]string{"@s/d 1.0.0 0 unknown > b@1.0.0", "a 1.0.0 0 unknown", "b 1.0.0 0 unknown", "b 2.0.0 0 unknown > @s/d@1.0.0"}},
		{"Yarn 1: git, files, resolutions", "yarn.lock", map[string]string{"package.json": `{"dependencies": {"a": "^1.0.0", "e": "file:../e"}, "devDependencies": {"b": "git+ssh://git@host/b.git", "f": "1"}}`, "yarn.lock": `a@^1.0.0, a@^1.2.0:
  version "1.2.3"
  optionalDependencies:
    c "^1.0.0"
  dependencies:
    "@s/d" "^2.0.0"

"@s/d@3.0.0":
  version "3.0.0"

c@^1.0.0:
  version "1.0.0"

"b@git+ssh://git@host/b.git":
  version "1.0.0"
  dependencies:
    c "^1.0.0"

e@file:../e:
  version "1.0.0"
  dependencies:
    g "1"

f@1:
  version "1.0.0"
  dependencies:
    g "1"
    h "1"

g@1:
  version "1.0.0"

h@1:
  version "1.0.0"
`}, []string{"@s/d 3.0.0 8 indirect", "a 1.2.3 1 direct > @s/d@3.0.0 c@1.0.0", "c 1.0.0 11 indirect", "f 1.0.0 24 direct dev > g@1.0.0 h@1.0.0", "g 1.0.0 30 indirect", "h 1.0.0 33 indirect dev",
			"! 2 packages without a version to compare (local, git or download), so no advisory can match"}},
		{"Yarn 1 without a package.json", "yarn.lock", map[string]string{"yarn.lock": "a@1:\r\n  version \"1.0.0\"\r\n  dependencies:\r\n    b \"1\"\r\n\r\nb@1:\r\n  version \"1.1.0\"\r\n"},
			[]string{"a 1.0.0 1 unknown > b@1.1.0", "b 1.1.0 6 unknown"}},
		{"Yarn 3: patches, long keys, names without protocol", "yarn.lock", map[string]string{"yarn.lock": `__metadata:
  version: 6

? "a@npm:^1.0.0, a@npm:^1.1.0"
:
  version: 1.2.0
  resolution: "a@npm:1.2.0"
  dependencies:
    t: ^4.0.0
  peerDependencies:
    t: ^3.0.0

"r@workspace:.":
  version: 0.0.0-use.local
  resolution: "r@workspace:."
  dependencies:
    a: ^1.0.0
    t: "patch:t@npm%3A4.0.0#./t.patch"

"t@npm:4.0.0, t@npm:^4.0.0":
  version: 4.0.0
  resolution: "t@npm:4.0.0"

"t@patch:t@npm%3A4.0.0#./t.patch":
  version: 4.0.0
  resolution: "t@patch:t@npm%3A4.0.0#./t.patch::version=4.0.0&hash=1"

"u@https://host/u.git#commit=1":
  version: 1.0.0
  resolution: "u@https://host/u.git#commit=1"
`}, []string{"a 1.2.0 4 direct > t@4.0.0", "r 0.0.0-use.local 13 own > a@1.2.0 t@4.0.0", "t 4.0.0 20 direct", "t 4.0.0 20 indirect",
			"! 1 package without a version to compare (local, git or download), so no advisory can match"}},
		{"Yarn: a workspace that cannot be read could use anything", "yarn.lock", map[string]string{
			"package.json": `{"workspaces": {"packages": ["p/**", "!p/no"]}, "devDependencies": {"a": "1"}}`, "p/x/package.json": `{`, "p/no/package.json": `{"dependencies": {"b": "1"}}`,
			"yarn.lock": "a@1:\n  version \"1.0.0\"\n\nb@1:\n  version \"1.0.0\"\n"},
			[]string{"a 1.0.0 1 direct", "b 1.0.0 4 indirect"}},
		{"Yarn: a package.json that is none", "yarn.lock", map[string]string{"package.json": strings.Repeat("[", 100_000), "yarn.lock": "a@1:\n  version \"1.0.0\"\n"}, []string{"a 1.0.0 1 unknown"}},
		{"Yarn: workspaces outside", "yarn.lock", map[string]string{"package.json": `{"workspaces": ["../../*", "/etc", "["], "devDependencies": {"a": "1"}}`, "yarn.lock": "a@1:\n  version \"1.0.0\"\n"},
			[]string{"a 1.0.0 1 direct dev"}},
		{"pnpm: registries, addresses, directories", "pnpm-lock.yaml", map[string]string{"pnpm-lock.yaml": `lockfileVersion: 5.4-inlineSpecifiers
dependencies:
  a: {specifier: 1, version: registry.example.com/a/1.0.0}
  b: {specifier: x, version: '@codeload.example.com/o/b/abc'}
packages:
  registry.example.com/a/1.0.0:
    resolution: {integrity: x}
  '@codeload.example.com/o/b/abc':
    name: b
    version: 2.0.0
  file:../c:
    resolution: {directory: ../c}
  /@s/d/1.0.0_a@1.0.0:
    resolution: {integrity: x}
`}, []string{"@s/d 1.0.0 13 indirect", "a 1.0.0 6 direct", "b 2.0.0 0 direct", "c  0 indirect"}},
		{"bun: a workspace with its own version", "bun.lock", map[string]string{"bun.lock": `{"workspaces": {"": {"name": "w", "dependencies": {"x": "1"}}, "p/w": {"name": "w2", "devDependencies": {"x": "2"}}},
  "packages": {
    "x": ["x@1.0.0", "", {}, ""],
    "w2": ["w2@workspace:p/w"],
    "w2/x": ["x@2.0.0", "", {}, ""]}}`},
			[]string{"w2 workspace:p/w 4 own", "x 1.0.0 3 direct", "x 2.0.0 5 direct dev"}},
		{"uv: two versions, groups of a workspace, a script", "uv.lock", map[string]string{"uv.lock": `[manifest]
requirements = [{ name = "a" }]
[manifest.dependency-groups]
dev = [{ name = "b", version = "2" }]
[[package]]
name = "a"
version = "1"
dependencies = [{ name = "b", version = "1" }]
[[package]]
name = "b"
version = "1"
[[package]]
name = "b"
version = "2"
[[package]]
name = "own"
source = { directory = "../own" }
optional-dependencies = { x = [{ name = "b", version = "1" }] }
`}, []string{"a 1 6 direct > b@1", "b 1 10 direct", "b 2 13 direct dev", "own  0 own > b@1"}},
		{"Poetry 1 without a pyproject.toml", "poetry.lock", map[string]string{"poetry.lock": "[[package]]\nname = \"a\"\nversion = \"1.0\"\n"}, []string{"a 1.0 2 unknown"}},
		{"Poetry: groups of all sorts", "poetry.lock", map[string]string{"poetry.lock": "[[package]]\nname = \"a-a\"\nversion = \"1.0\"\n[[package]]\nname = \"b\"\nversion = \"1.0\"\n[[package]]\nname = \"c\"\nversion = \"1.0\"\n",
			"pyproject.toml": "[project.optional-dependencies]\nx = [\"A_a[z]>=1 ; python_version > '3'\"]\n[tool.poetry.dev-dependencies]\nb = \"1\"\n[dependency-groups]\nall = [{include-group = \"x\"}]\n"},
			[]string{"a-a 1.0 2 direct", "b 1.0 5 direct dev", "c 1.0 8 indirect"}},
		{"PDM: an extra is not for development", "pdm.lock", map[string]string{"pdm.lock": "[[package]]\nname = \"a\"\nversion = \"1.0\"\ngroups = [\"x\"]\n[[package]]\nname = \"b\"\nversion = \"1.0\"\ngroups = [\"t\"]\n",
			"pyproject.toml": "[project.optional-dependencies]\nx = [\"a\"]\n[tool.pdm.dev-dependencies]\nt = [\"b\"]\n"},
			[]string{"a 1.0 2 direct", "b 1.0 6 direct dev"}},
		{"pylock.toml with dependencies", "pylock.toml", map[string]string{"pylock.toml": "[[packages]]\nname = \"a\"\nversion = \"1.0\"\n[[packages]]\nname = \"b\"\nversion = \"1.0\"\ndependencies = [{name = \"c\"}]\n[[packages]]\nname = \"c\"\nversion = \"1.0\"\n",
			"pyproject.toml": "[tool.poetry.group.main.dependencies]\na = \"1\"\n[tool.uv]\ndev-dependencies = [\"b\"]\n"},
			[]string{"a 1.0 2 direct", "b 1.0 5 direct dev > c@1.0", "c 1.0 9 indirect dev"}},
		{"a pyproject.toml that nests too deep", "poetry.lock", map[string]string{"poetry.lock": "[[package]]\nname = \"a\"\nversion = \"1.0\"\n", "pyproject.toml": "x = " + strings.Repeat("[", 10_000)}, []string{"a 1.0 2 unknown"}},
		{"Cargo: a crate under another name, defined elsewhere", "Cargo.lock", map[string]string{"Cargo.lock": "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"x\"\n\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\ndependencies = [\n \"a\",\n]\n",
			"Cargo.toml": "[package]\nname = \"own\"\n[dependencies]\nb = { workspace = true }\n"},
			[]string{"a 1.0.0 1 direct", "own 0.1.0 6 own > a@1.0.0"}},
		{"Cargo: for the build, for one platform, for tests", "Cargo.lock", map[string]string{"Cargo.lock": "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"x\"\n\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"x\"\n\n[[package]]\nname = \"c\"\nversion = \"1.0.0\"\nsource = \"x\"\n\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\ndependencies = [\n \"a\",\n \"b\",\n \"c\",\n]\n",
			"Cargo.toml": "[package]\nname = \"own\"\n[build-dependencies]\na = \"1\"\n[target.'cfg(windows)'.dependencies]\nx = { package = \"b\", version = \"1\" }\n[dev-dependencies]\nc = \"1\"\n"},
			[]string{"a 1.0.0 1 direct", "b 1.0.0 6 direct", "c 1.0.0 11 direct dev", "own 0.1.0 16 own > a@1.0.0 b@1.0.0 c@1.0.0"}},
		{"a project of .NET with another", "Shop.deps.json", map[string]string{"Shop.deps.json": `{"runtimeTarget": {"name": ".NETCoreApp,Version=v8.0/linux-x64", "signature": ""},
  "targets": {".NETCoreApp,Version=v8.0": {}, ".NETCoreApp,Version=v8.0/linux-x64": {
    "Shop/1.0.0": {"dependencies": {"Shop.Core": "1.0.0", "Serilog.Sinks.File": "5.0.0", "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64": "8.0.10"}, "runtime": {"Shop.dll": {}}},
    "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.10": {"runtime": {"System.dll": {"assemblyVersion": "8.0.0.0"}}},
    "Serilog/2.10.0": {"runtime": {"lib/net6.0/Serilog.dll": {}}},
    "Serilog.Sinks.File/5.0.0": {"dependencies": {"Serilog": "2.10.0"}, "runtime": {"lib/net5.0/Serilog.Sinks.File.dll": {}}},
    "Shop.Core/1.0.0": {"dependencies": {"Newtonsoft.Json": "12.0.3", "Analyzers": "1.0.0"}, "runtime": {"Shop.Core.dll": {}}},
    "Analyzers/1.0.0": {},
    "Newtonsoft.Json/12.0.3": {"runtime": {"lib/netstandard2.0/Newtonsoft.Json.dll": {}}}}},
  "libraries": {
    "Shop/1.0.0": {"type": "project", "serviceable": false, "sha512": ""},
    "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.10": {"type": "runtimepack", "serviceable": false, "sha512": ""},
    "Serilog/2.10.0": {"type": "package", "serviceable": true, "sha512": "sha512-0", "path": "serilog/2.10.0", "hashPath": "serilog.2.10.0.nupkg.sha512"},
    "Serilog.Sinks.File/5.0.0": {"type": "package", "serviceable": true, "sha512": "sha512-0"},
    "Shop.Core/1.0.0": {"type": "project", "serviceable": false, "sha512": ""},
    "Analyzers/1.0.0": {"type": "package", "serviceable": true, "sha512": "sha512-0"},
    "Newtonsoft.Json/12.0.3": {"type": "package", "serviceable": true, "sha512": "sha512-0"}}}`},
			[]string{"Newtonsoft.Json 12.0.3 17 direct", "Serilog 2.10.0 13 indirect", "Serilog.Sinks.File 5.0.0 14 direct > Serilog@2.10.0"}},
		{"requirements: constraints, addresses, options", "deploy/requirements-dev.txt", map[string]string{
			"limits.txt": "A_a==1.0\nb==1.0\n", "deploy/other.txt": "x==1\n", "deploy/requirements/base.txt": "x==1\n",
			"deploy/requirements-dev.txt": "-c ../limits.txt\n-r other.txt\n--requirement=requirements/base.txt\n-r ../../outside.txt\na.a[x]>=0.9 # why\nc\n-e git+https://host/d#egg=d\ne @ https://host/e.whl\n--index-url https://host/\nf==1.0 ; python_version>'3' \\\n  --hash=sha256:0\n"},
			[]string{"a.a 1.0 5 unknown dev", "f 1.0 10 unknown dev",
				"! 3 requirements without an exact version (==) cannot be looked at: pin them, for instance with pip-compile",
				"! 2 includes of other files that are not looked at: those in the tree are that are named requirements.txt or requirements-….txt"}},
		{"requirements in UTF-16", "requirements.txt", map[string]string{"requirements.txt": "\xff\xfea\x00=\x00=\x001\x00.\x000\x00\r\x00\n\x00b\x00"},
			[]string{"a 1.0 1 unknown", "! 1 requirement without an exact version (==) cannot be looked at: pin them, for instance with pip-compile"}},
		{"requirements with reasons", "requirements.txt", map[string]string{"requirements.txt": "a==1.0\n    # via\n    #   -r requirements.in\n    #   b\nb==2.0  # via shop (pyproject.toml)\nc==3.0\n    # via b\n"},
			[]string{"a 1.0 1 direct", "b 2.0 5 direct > a@1.0 c@3.0", "c 3.0 6 indirect"}},
		{"a text that is none", "requirements_notes.txt", map[string]string{"requirements_notes.txt": "Requirements\n\nYou need a==1.0 and patience.\n"},
			[]string{"! not looked at: it does not look like pip's requirements"}},
		{"go.mod: a toolchain that is the default", "go.mod", map[string]string{"go.mod": "module x\ngo 1.22\ntoolchain default\n"}, []string{"x  0 own"}},
		{"go.mod: a prerelease", "go.mod", map[string]string{"go.mod": "module x\ngo 1.22\ntoolchain go1.22rc1-custom\n"}, []string{"stdlib v1.22.0-rc.1 3 direct", "x  0 own"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k, ok := kindOf(tt.file)
			if !ok {
				t.Fatal("no such kind")
			}
			data := []byte(tt.files[tt.file])
			inv, err := k.parse(source{path: tt.file, data: data, tree: tree(t, tt.files)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, describe(k, data, inv)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMatchDir(t *testing.T) {
	for _, tt := range []struct {
		pattern, dir string
		want         bool
	}{
		{"packages/*", "packages/a", true},
		{"./packages/*/", "packages/a", true},
		{"packages/*", "packages/a/b", false},
		{"packages/*", "packages", false},
		{"packages/**", "packages/a/b", true},
		{"**/a", "x/y/a", true},
		{"**/a", "a", true},
		{"a/**/b/**", "a/b", false},
		{"**", "a/b", true},
		{"a", "a", true},
		{"[", "a", false},
		{"../*", "a", false},
	} {
		if got := matchDir(tt.pattern, tt.dir); got != tt.want {
			t.Errorf("%q matches %q: %v", tt.pattern, tt.dir, got)
		}
	}
}

// TestRequirementsFiles: the names of includes that are looked at are those of
// the kinds.
func TestRequirementsFiles(t *testing.T) {
	var want []string
	for _, k := range kinds {
		if strings.Contains(k.file, "requirements") {
			want = append(want, k.file)
		}
	}
	if diff := cmp.Diff(want, requirementsFiles); diff != "" {
		t.Error(diff)
	}
}

// TestStandardLibrary: advisories on Go itself apply to the toolchain.
func TestStandardLibrary(t *testing.T) {
	facts := tree(t, map[string]string{"go.yaml": `ecosystem: go
advisories:
  - id: CVE-2024-34156
    package: stdlib
    vulnerable: ["<1.22.7", ">=1.23.0-0, <1.23.1"]
    patched: ["1.22.7", "1.23.1"]
    severity: high
    title: stack exhaustion in Decoder.Decode of encoding/gob
    published: 2024-09-06
    references: ["https://pkg.go.dev/vuln/GO-2024-3106"]
`})
	o := Options{DB: match.Database{Dir: t.TempDir()}}
	if err := vulndb.Build(facts.Dir(), o.DB.Dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{
		"toolchain go1.22.5": "go.mod:3 upgrade stdlib to 1.22.7: `go get toolchain@go1.22.7`", "toolchain go1.23rc1": "go.mod:3 upgrade stdlib to 1.23.1: `go get toolchain@go1.23.1`",
		"toolchain go1.22.7": "", "toolchain go1.23.1-custom": "", "// toolchain go1.22.5": "", "": "",
	} {
		r := scan(t, o, tree(t, map[string]string{"go.mod": "module x\ngo 1.22\n" + version + "\nrequire golang.org/x/text v0.3.7\n"}), 1)
		got := ""
		for _, f := range r.Findings {
			got += f.Location.Path + ":3 " + f.Fix
			if f.Location.StartLine != 3 || f.Package.PURL == "" || f.Package.Relationship != "direct" {
				t.Errorf("%q: %+v", version, f)
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", version, got, want)
		}
	}
}
