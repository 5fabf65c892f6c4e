package dependabot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

func TestLines(t *testing.T) {
	for _, c := range []struct {
		file, ecosystem, name string
		content               string
		want                  int
	}{
		{"package-lock.json", "npm", "left-padder", npmLock, 4},
		{"package-lock.json", "npm", "@octo/pad", "{\n\"x\": {},\n\"node_modules/a/node_modules/@octo/pad\": {\n", 3},
		{"package-lock.json", "npm", "pad", "{\n\"padder\": {\n\"pad\": \"1.0\"\n", 3},
		{"package.json", "npm", "pad", "{\n\"description\": \"how to pad\",\n\"pad\": \"^1.0\"\n", 3},
		{"yarn.lock", "npm", "@octo/pad", "# pad\n\n\"pad@^1\":\n  x \"1\"\n\"@octo/pad@^1.0.0\", \"@octo/pad@^1.1.0\":\n", 5},
		{"yarn.lock", "npm", "pad", "left@^1:\n  dependencies:\n    pad \"^1.0\"\n\npad@^1.0:\n", 5},
		{"pnpm-lock.yaml", "npm", "pad", "packages:\n\n  /padder@1.0.0:\n  /pad@1.0.0:\n", 4},
		{"pnpm-lock.yaml", "npm", "@octo/pad", "packages:\n  '@octo/pad@1.0.0':\n", 2},
		{"pnpm-lock.yaml", "npm", "@octo/pad", "packages:\n  /@octo/pad/1.0.0:\n", 2},
		{"Cargo.lock", "cargo", "time", "dependencies = [\n \"time\",\n]\n\n[[package]]\nname = \"time\"\n", 6},
		{"Cargo.toml", "cargo", "time", "[dependencies]\ntimes = \"1\"\ntime = \"0.1\"\n", 3},
		{"go.mod", "go", "golang.org/x/net", "module m\n\nrequire (\n\tgolang.org/x/network v1\n\tgolang.org/x/net v0.1.0\n)\n", 5},
		{"requirements.txt", "pip", "Zope.Interface", "zope==1\r\nzope_interface[x]>=5.0  # y\r\n", 2},
		{"Pipfile.lock", "pip", "django", "{\n\"default\": {\n\"django\": {\n", 3},
		{"poetry.lock", "pip", "pyyaml", "[[package]]\nname = \"PyYAML\"\n", 2},
		{"Gemfile.lock", "rubygems", "rack", "GEM\n  specs:\n    rails (7.0)\n      rack (>= 2)\n    rack (2.0.0)\n", 5},
		{"composer.lock", "composer", "Monolog/Monolog", "{\n\"require\": {\"monolog/monolog\": \"1\"},\n\"name\": \"monolog/monolog\",\n", 3},
		{"pom.xml", "maven", "org.x:pad-core", "<dependency>\n<groupId>org.x</groupId>\n<artifactId>pad-core</artifactId>\n", 3},
		{"gradle.lockfile", "maven", "org.x:pad-core", "org.x:pad:1=c\norg.x:pad-core:1=c\n", 2},
		{"shop.csproj", "nuget", "Newtonsoft.Json", "<a/>\n<PackageReference Include=\"newtonsoft.json\" Version=\"12\" />\n", 2},
		{"pubspec.lock", "pub", "http", "packages:\n  http_parser:\n  http:\n", 3},
		{"mix.lock", "hex", "plug", "%{\n  \"plug_x\": {:hex, 1},\n  \"plug\": {:hex, :plug},\n", 3},
		{"Package.resolved", "swift", "github.com/apple/swift-nio", "{\n\"location\" : \"https://github.com/Apple/swift-nio.git\",\n", 2},
		{"ci.yml", "actions", "octo/act", "steps:\n- uses: octo/actor@v1\n- uses: octo/act@v1 # x\n", 3},
		{"package-lock.json", "npm", "absent", npmLock, 0},
		{"yarn.lock", "npm", "absent", "", 0},
		{"go.mod", "go", "x", strings.Repeat("a", 1<<20) + "\n", 0},
	} {
		all := []finding.Finding{{Location: finding.Location{Path: c.file}, Package: &finding.Package{Ecosystem: c.ecosystem, Name: c.name}}}
		if err := locate(t.Context(), tree(t, map[string]string{c.file: c.content}), all); err != nil {
			t.Fatal(err)
		}
		if got := all[0].Location.StartLine; got != c.want {
			t.Errorf("%s of %s: line %d, want %d", c.name, c.file, got, c.want)
		}
	}
}

// A manifest that a link has taken the place of is not read, and one that is
// too large is not searched.
func TestManifestsThatAreNotRead(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside.json")
	if err := os.WriteFile(outside, []byte(npmLock), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"package-lock.json", "yarn.lock"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("left-padder@1:\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tr, err := scanners.Walk(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if err := os.Remove(filepath.Join(dir, "package-lock.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "package-lock.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "yarn.lock"), maxManifest+1); err != nil {
		t.Fatal(err)
	}
	s, _ := newHub(t, sample(1, "dependency.manifest_path", "package-lock.json"), sample(2, "dependency.manifest_path", "yarn.lock")).scanner(t)
	got, err := scan(t, s, tr)
	if err != nil || len(got.Findings) != 2 {
		t.Fatal(got, err)
	}
	for _, f := range got.Findings {
		if f.Location.Path == "" || f.Location.StartLine != 0 {
			t.Errorf("at %+v", f.Location)
		}
	}
}
