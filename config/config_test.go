package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// options stands for a scanner's own options.
type options struct {
	Dev   bool     `yaml:"dev"`
	Name  string   `yaml:"name"`
	Max   int      `yaml:"max"`
	Paths []string `yaml:"paths"`
	Inner struct {
		Deep string `yaml:"deep"`
	} `yaml:"inner"`
}

func TestEveryMistakeNamesItsPlaceAndTheRemedy(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"unknown top key":     {"version: 1\npolcy: {}\n", `f.yaml:2:1: unknown key "polcy"; did you mean "policy"?`},
		"nothing near":        {"zzzzzzzz: 1\n", `f.yaml:1:1: unknown key "zzzzzzzz"; want one of db, ignore, plugins, policy, scanners, version, vex`},
		"unknown option":      {"scanners:\n  x: {dve: true}\n", `f.yaml:2:7: unknown key "dve" in scanners.x; did you mean "dev"?`},
		"twice":               {"version: 1\nversion: 1\n", `f.yaml:2:1: key "version" is given twice`},
		"list for mapping":    {"scanners: [a]\n", `f.yaml:1:11: scanners: want keys and values, not a list`},
		"word for bool":       {"scanners: {x: {dev: maybe}}\n", `f.yaml:1:21: scanners.x.dev: want true or false, not "maybe"`},
		"word for number":     {"scanners: {x: {max: many}}\n", `f.yaml:1:21: scanners.x.max: want a whole number, not "many"`},
		"word for list":       {"scanners: {x: {paths: api}}\n", `f.yaml:1:23: scanners.x.paths: want a list, not a single value`},
		"mapping in list":     {"scanners: {x: {paths: [{a: b}]}}\n", `f.yaml:1:24: scanners.x.paths[0]: want text, not a mapping`},
		"null in list":        {"scanners: {x: {paths: [a, ~]}}\n", `f.yaml:1:27: scanners.x.paths: an empty entry in a list`},
		"bad duration":        {"db: {max-age: soon}\n", `f.yaml:1:15: db.max-age: "soon" is not a duration such as 48h or 15m`},
		"negative duration":   {"db: {max-age: -1h}\n", `f.yaml:1:15: db.max-age: "-1h" is not a duration such as 48h or 15m`},
		"nested unknown":      {"scanners: {x: {inner: {deap: a}}}\n", `f.yaml:1:24: unknown key "deap" in scanners.x.inner; did you mean "deep"?`},
		"word for vex":        {"vex: a.json\n", `f.yaml:1:6: vex: want a list, not a single value`},
		"alias":               {"scanners:\n  y: &a {dev: true}\n  x: *a\n", `f.yaml:2:6: scanners.y: anchors and aliases are not supported: write the value out`},
		"merge key":           {"scanners:\n  x:\n    <<: {dev: true}\n", `f.yaml:3:5: scanners.x: a key must be a plain word`},
		"not yaml":            {"a: [\n", `f.yaml:1:1: not valid YAML: did not find expected node content`},
		"tabs":                {"scanners:\n\tx: 1\n", `f.yaml:2:1: not valid YAML: found character that cannot start any token`},
		"two documents":       {"version: 1\n---\nversion: 1\n", `f.yaml:2:1: more than one YAML document: keep the first`},
		"future version":      {"version: 2\n", `f.yaml:1:10: version 2 is not known: this scangate reads version 1`},
		"a word at the top":   {"hello\n", `f.yaml:1:1: the file: want keys and values, not a single value`},
		"invalid UTF-8":       {"version: \xff\n", `f.yaml:1:1: not valid YAML: `},
		"absurdly deep value": {"scanners: {x: {name: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}}\n", `f.yaml:1:22: scanners.x.name: want text, not a list`},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := Parse([]byte(tt.in), "f.yaml")
			if err == nil {
				err = file.Scanners["x"].Decode(&options{})
			}
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); got != tt.want && !(strings.HasSuffix(tt.want, ": ") && strings.HasPrefix(got, tt.want)) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Error("more than one line")
			}
		})
	}
}

func TestGoodConfiguration(t *testing.T) {
	file, err := Parse([]byte(`
version: 1
scanners:
  x: {dev: true, name: "on", max: 3, paths: [a, b], inner: {deep: yes}}
  y:
policy: {}
vex: [security/*.json]
db: {max-age: 48h}
`), "f.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := options{Dev: true, Name: "on", Max: 3, Paths: []string{"a", "b"}}
	want.Inner.Deep = "yes"
	var got options
	if err := file.Scanners["x"].Decode(&got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if file.DB.MaxAge != 48*time.Hour {
		t.Errorf("max-age %s", file.DB.MaxAge)
	}
	if len(file.VEX) != 1 || file.VEX[0].Position() != "f.yaml:7" {
		t.Errorf("vex: %v", file.VEX)
	}
	if !file.Scanners["y"].Absent() || !file.Scanners["z"].Absent() {
		t.Error("an empty and a missing section must both be absent")
	}
	if pos := file.Scanners["x"].Position(); pos != "f.yaml:4" {
		t.Errorf("position %s", pos)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load("", dir); err != nil {
		t.Errorf("an absent default: %v", err)
	}
	if _, err := Load(filepath.Join(dir, "no.yaml"), dir); err == nil {
		t.Error("a missing named file is no error")
	}
	if _, err := Load(dir, dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
	name := filepath.Join(dir, DefaultName)
	outside := filepath.Join(t.TempDir(), "secrets")
	if err := os.WriteFile(outside, []byte("token: x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, name); err != nil {
		t.Fatal(err)
	}
	if _, err := Load("", dir); err == nil || strings.Contains(err.Error(), "token") {
		t.Errorf("a link out of the repository: %v", err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{
		"": "", "# only a comment\n": "", "x: 1\n": `.scangate.yaml:1:1: unknown key "x"`,
		strings.Repeat("# long\n", 200_000): "over the limit of 1024 KiB",
	} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Load("", dir)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", content, err, want)
		}
	}
}
