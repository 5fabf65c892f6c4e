package dependency

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// project is a pom.xml with a name, a parent and one dependency.
func project(parent, rest string) string {
	return "<project><groupId>g</groupId><artifactId>a</artifactId><version>1.0</version>" + parent + rest + "</project>"
}

func onText(version string) string {
	return "<dependencies><dependency><groupId>org.apache.commons</groupId><artifactId>commons-text</artifactId>" + version + "</dependency></dependencies>"
}

func TestPOM(t *testing.T) {
	o := Options{DB: sampleDB(t, time.Now())}
	const found = "critical\tCVE-2022-42889\tpom.xml:1\torg.apache.commons:commons-text@1.9"
	const alone = "info pom.xml: it names direct dependencies only: what those require in turn is not looked at"
	const unknown = "info pom.xml: 1 dependency without a version known from the tree cannot be looked at"
	const outside = "info pom.xml: 1 dependency without a version known from the tree, which a parent or an imported project outside the tree sets, cannot be looked at"
	managed := strings.Replace(strings.Replace(onText("<version>1.9</version>"), "<dependencies>", "<dependencyManagement><dependencies>", 1), "</dependencies>", "</dependencies></dependencyManagement>", 1)
	parent := func(path string) string {
		return "<parent><groupId>g</groupId><artifactId>p</artifactId><version>1.0</version>" + path + "</parent>"
	}
	inTree := strings.Replace(project("", managed+"<properties><v>1.9</v></properties>"), "<artifactId>a<", "<artifactId>p<", 1)
	for _, tt := range []struct {
		name  string
		pom   string
		other map[string]string
		found bool
		note  string // beside the one on what is required in turn
	}{
		{"a version", project("", onText("<version>1.9</version>")), nil, true, ""},
		{"an exact range", project("", onText("<version>[1.9]</version>")), nil, true, ""},
		{"a range", project("", onText("<version>[1.8,1.10)</version>")), nil, false, unknown},
		{"a property", project("", "<properties><x>1.9</x></properties>"+onText("<version>${x}</version>")), nil, true, ""},
		{"properties of properties", project("", "<properties><x>${y}.${z}</x><y>1</y><z>9</z></properties>"+onText("<version>${x}</version>")), nil, true, ""},
		{"a property of the project", strings.Replace(project("", onText("<version>${project.version}</version>")), "1.0", "1.9", 1), nil, true, ""},
		{"a property in circles", project("", "<properties><x>${y}</x><y>${x}</y></properties>"+onText("<version>${x}</version>")), nil, false, unknown},
		{"a property that grows", project("", "<properties><x>1${x}${x}</x></properties>"+onText("<version>${x}</version>")), nil, false, unknown},
		{"an unknown property", project("", onText("<version>${env.X}</version>")), nil, false, unknown},
		{"managed by itself", project("", managed+onText("")), nil, true, ""},
		{"of a profile", project("", "<profiles><profile>"+onText("<version>1.9</version>")+"</profile></profiles>"), nil, true, ""},
		{"managed by a parent", project(parent("<relativePath>up/pom.xml</relativePath>"), onText("")), map[string]string{"up/pom.xml": inTree}, true, ""},
		{"a parent's directory", project(parent("<relativePath>up</relativePath>"), onText("")), map[string]string{"up/pom.xml": inTree}, true, ""},
		{"a parent's property", project(parent("<relativePath>up</relativePath>"), onText("<version>${v}</version>")), map[string]string{"up/pom.xml": inTree}, true, ""},
		{"a parent elsewhere", project(parent("<relativePath/>"), onText("")), map[string]string{"up/pom.xml": inTree}, false, outside},
		{"a parent outside the tree", project(parent(""), onText("")), nil, false, outside},
		{"a parent by an absolute path", project(parent("<relativePath>/etc/pom.xml</relativePath>"), onText("")), nil, false, outside},
		{"another project in the parent's place", project(parent("<relativePath>up</relativePath>"), onText("")), map[string]string{"up/pom.xml": project("", managed)}, false, outside},
		{"a parent that is broken", project(parent("<relativePath>up</relativePath>"), onText("")), map[string]string{"up/pom.xml": "<project><artifactId>p</artifactId>"}, false, outside},
		{"an imported project", project("", strings.Replace(managed, "</dependency>", "<type>pom</type><scope>import</scope></dependency>", 1)+strings.Replace(onText(""), "commons-text", "x", 1)), nil, false, outside},
		{"in Latin-1", `<?xml version="1.0" encoding="ISO-8859-1"?>` + project("", "<name>\xe9</name>"+onText("<version>1.9</version>")), nil, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{"pom.xml": tt.pom}
			for name, content := range tt.other {
				files[name] = content
			}
			// What is found in the other projects has its own tests.
			r := scan(t, o, tree(t, files), 1)
			var got, want, gotNotes []string
			if tt.found {
				want = []string{found}
			}
			for _, f := range r.Findings {
				got = append(got, summary(f))
			}
			for _, n := range notes(r) {
				if strings.HasPrefix(n, "info pom.xml") && n != alone {
					gotNotes = append(gotNotes, n)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.note, strings.Join(gotNotes, "; ")); diff != "" {
				t.Error(diff)
			}
			if !strings.Contains(strings.Join(notes(r), "\n"), alone) {
				t.Errorf("notes %v", notes(r))
			}
		})
	}
}

// TestPOMStaysInTheTree: a parent's path may not leave the tree, nor may the
// user's own Maven settings and repository be read.
func TestPOMStaysInTheTree(t *testing.T) {
	home := tree(t, map[string]string{".m2/repository/g/p/1.0/p-1.0.pom": "<project><artifactId>p</artifactId><properties><v>1.9</v></properties></project>"})
	t.Setenv("HOME", home.Dir())
	t.Setenv("MAVEN_HOME", home.Dir())
	pom := project("<parent><groupId>g</groupId><artifactId>p</artifactId><version>1.0</version></parent>", onText("<version>${v}</version>"))
	r := scan(t, Options{DB: sampleDB(t, time.Now())}, tree(t, map[string]string{"pom.xml": pom}), 1)
	if len(r.Findings) != 0 || r.Looked.Packages != 0 {
		t.Errorf("found %v", summaries(r.Findings))
	}
}

func TestKindOf(t *testing.T) {
	for file, want := range map[string]string{
		"a/package-lock.json": "package-lock.json", "vendor/composer/installed.json": "composer/installed.json", "installed.json": "", "x/installed.json": "",
		"bin/App.deps.json": "*.deps.json", "deps.json": "", "Packages.props": "*Packages.props", "Directory.Packages.props": "*Packages.props",
		"buildscript-gradle.lockfile": "*gradle.lockfile", "gradle.lockfile": "*gradle.lockfile", "pylock.toml": "pylock.toml", "pylock.dev.toml": "pylock.*.toml", "pom.xml": "pom.xml", "x-pom.xml": "",
	} {
		if k, _ := kindOf(file); k.file != want {
			t.Errorf("%s is of kind %q, want %q", file, k.file, want)
		}
	}
}

func TestBunKeys(t *testing.T) {
	for key, want := range map[string]string{"a": "", "@s/a": "", "a/b": "a", "a/@s/b": "a", "@s/a/b": "@s/a", "@s/a/@t/b/c": "@s/a/@t/b", "": "", "/": ""} {
		if got := bunParent(key); got != want {
			t.Errorf("around %q lies %q, want %q", key, got, want)
		}
	}
	for id, want := range map[string]string{"a@1": "a 1", "@s/a@1": "@s/a 1", "a": "", "@s/a": "", "": "", "a@npm:b@1": "a npm:b@1"} {
		name, version, _ := cutVersion(id)
		if got := strings.TrimSpace(name + " " + version); got != want {
			t.Errorf("%q is %q, want %q", id, got, want)
		}
	}
}

// TestManyEntries: reading takes time in proportion to the size.
func TestManyEntries(t *testing.T) {
	const n = 5_000
	repeat := func(head, entry, tail string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			fmt.Fprintf(&b, entry, i)
			if i < n-1 && strings.HasSuffix(tail, "}") {
				b.WriteString(",\n")
			}
		}
		return b.String() + tail
	}
	for _, tt := range []struct{ file, content string }{
		{"package-lock.json", repeat("{\"dependencies\": {\n", "\"p%[1]d\": {\"version\": \"1.0.0\", \"requires\": {\"p1\": \"1\"}}", "\n}}")},
		{"yarn.lock", repeat("", "p%[1]d@1:\n  version \"1.0.0\"\n  dependencies:\n    p1 \"1\"\n\n", "")},
		{"pnpm-lock.yaml", repeat("lockfileVersion: '6.0'\npackages:\n", "  /p%[1]d@1.0.0:\n    resolution: {integrity: x}\n    dependencies: {p1: 1.0.0}\n", "")},
		{"uv.lock", repeat("", "[[package]]\nname = \"p%d\"\nversion = \"1.0.0\"\n", "")},
		{"requirements.txt", repeat("", "p%d==1.0.0\n    # via p1\n", "")},
		{"Pipfile.lock", repeat("{\"default\": {\n", "\"p%d\": {\"version\": \"==1.0.0\"}", "\n}}")},
		{"bun.lock", repeat("{\"packages\": {\n", "\"p%[1]d\": [\"p%[1]d@1.0.0\", \"\", {\"dependencies\": {\"p1\": \"1\"}}, \"\"]", "\n}}")},
		{"composer.lock", repeat("{\"packages\": [\n", "{\"name\": \"v/p%d\",\n\"version\": \"1.0.0\"}", "\n]}")},
		{"packages.lock.json", repeat("{\"dependencies\": {\"net6.0\": {\n", "\"p%d\": {\n\"type\": \"Direct\",\n\"resolved\": \"1.0.0\"}", "\n}}}")},
		{"pom.xml", repeat("<project><dependencies>\n", "<dependency><groupId>g</groupId><artifactId>p%d</artifactId><version>1.0</version></dependency>\n", "</dependencies></project>")},
		{"packages.config", repeat("<packages>\n", "<package id=\"p%d\" version=\"1.0.0\"/>\n", "</packages>")},
		{"gradle.lockfile", repeat("", "g:p%d:1.0=compileClasspath\n", "")},
		{"pubspec.lock", repeat("packages:\n", "  p%d:\n    version: \"1.0.0\"\n", "")},
		{"mix.lock", repeat("%{\n", "\"p%[1]d\": {:hex, :p%[1]d, \"1.0.0\", \"x\", [:mix], [], \"hexpm\", \"x\"},\n", "")},
		{"Package.resolved", repeat("{\"version\": 2, \"pins\": [\n", "{\"location\": \"https://x/p%d\",\n\"state\": {\"version\": \"1.0.0\"}}", "\n]}")},
		{"Podfile.lock", repeat("PODS:\n", "  - P%d (1.0.0)\n", "")},
		{"pdm.lock", repeat("", "[[package]]\nname = \"p%d\"\nversion = \"1.0.0\"\n", "")},
	} {
		t.Run(tt.file, func(t *testing.T) {
			k, ok := kindOf(tt.file)
			if !ok {
				t.Fatal("no such kind")
			}
			start := time.Now()
			inv, err := k.parse(source{path: tt.file, data: []byte(tt.content)})
			if err != nil || len(inv.packages) != n {
				t.Errorf("%d packages, %v", len(inv.packages), err)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}
