package external

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLockLines(t *testing.T) {
	tr := tree(t, map[string]string{
		"package-lock.json": "{\n \"packages\": {\n  \"\": {\n   \"dependencies\": {\n    \"leaf\": \"1.2.0\"\n   }\n  },\n  \"node_modules/@a/leaf\": {\n   \"version\": \"1.2.0\"\n  },\n  \"node_modules/b/node_modules/leaf\": {\n   \"version\": \"1.2.0\"\n  }\n }\n}\n",
		"yarn.lock":         "# x\n\nleaf@^0.9.0:\n  version \"0.9.1\"\n\n\"@a/leaf@^1.0.0\":\n  version \"1.2.0\"\n",
		"pnpm-lock.yaml":    "packages:\n\n  /leaf@0.9.1:\n    resolution: {}\n\n  '@a/leaf@1.2.0(peer@1.0.0)':\n    resolution: {}\n",
		"requirements.txt":  "other==1.2.0\nleaf==0.9.1\n",
		"poetry.lock":       "[[package]]\nname = \"other\"\nversion = \"0.9.1\"\n\n[[package]]\nname = \"leaf\"\nversion = \"0.9.1\"\n",
		"go.mod":            "module m\n\nrequire (\n\texample.invalid/leaf v0.9.1\n)\n",
		"gradle.lockfile":   "# x\norg.example:leaf:0.9.1=compileClasspath\n",
		"pom.xml":           "<dependency>\n <groupId>org.example</groupId>\n <artifactId>leaf</artifactId>\n <version>0.9.1</version>\n</dependency>\n",
		"Gemfile.lock":      "GEM\n  specs:\n    other (1.0)\n      leaf (~> 0.9)\n    leaf (0.9.1)\n",
		"bad":               "\xff\xfe leaf 0.9.1",
	})
	l := newLockLines(tr)
	for _, c := range []struct {
		file, name, version string
		want                int
	}{
		{"package-lock.json", "leaf", "1.2.0", 11}, {"package-lock.json", "@a/leaf", "1.2.0", 8},
		{"yarn.lock", "leaf", "0.9.1", 3}, {"yarn.lock", "@a/leaf", "1.2.0", 6},
		{"pnpm-lock.yaml", "leaf", "0.9.1", 3}, {"pnpm-lock.yaml", "@a/leaf", "1.2.0", 6},
		{"requirements.txt", "leaf", "0.9.1", 2}, {"poetry.lock", "leaf", "0.9.1", 6}, {"go.mod", "example.invalid/leaf", "0.9.1", 4},
		{"gradle.lockfile", "org.example:leaf", "0.9.1", 2}, {"pom.xml", "org.example:leaf", "0.9.1", 3},
		{"Gemfile.lock", "leaf", "0.9.1", 5},
		{"requirements.txt", "missing", "1", 1}, {"requirements.txt", "leaf", "7", 2}, {"bad", "leaf", "0.9.1", 1}, {"nothing", "leaf", "1", 1}, {"", "leaf", "1", 0},
	} {
		if got := l.line(c.file, c.name, c.version); got != c.want {
			t.Errorf("%s in %s: line %d, want %d", c.name, c.file, got, c.want)
		}
	}
}

// A lockfile made to be looked up slowly is not.
func TestLockLinesAreFast(t *testing.T) {
	tr := tree(t, map[string]string{"poetry.lock": strings.Repeat("leaf\n", 200_000)})
	l := newLockLines(tr)
	began := time.Now()
	for i := range 50_000 {
		l.line("poetry.lock", "leaf", fmt.Sprint(i))
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %s", took)
	}
}
