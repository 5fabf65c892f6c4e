package check_test

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	checks "github.com/aquasecurity/trivy-checks"

	"github.com/scangate/scangate/scanners/iac/check"
)

// TestBroken sees that whatever is wrong with a team's checks is an error of
// one line that names the place.
func TestBroken(t *testing.T) {
	meta := func(custom string) string {
		return "# METADATA\n# title: T\n# custom:\n#   id: A-1\n" + custom + "package user.a\n\ndeny[\"a\"] { true }\n"
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no checks", map[string]string{"a.txt": "", "a_test.rego": "package a"}, `^no checks in checks: `},
		{"empty", map[string]string{"a.rego": ""}, `^checks/a\.rego: empty module$`},
		{"syntax", map[string]string{"a.rego": "package main\n\ndeny[msg] {\n\tmsg := \n}\n"}, `^checks/a\.rego:[45]:\d+: unexpected`},
		{"syntax of v1", map[string]string{"a.rego": "package main\n\nimport rego.v1\n\ndeny contains msg if {\n\tmsg := \"a\"\n\tsome x in\n}\n"}, `^checks/a\.rego:[78]:\d+: `},
		{"no package", map[string]string{"a.rego": "deny[\"a\"] { true }\n"}, `^checks/a\.rego:1:1: package expected`},
		{"unsafe", map[string]string{"a.rego": "package main\ndeny[msg] { x == 1 }\n"}, `^checks/a\.rego:2:\d+: var (msg|x) is unsafe`},
		{"type", map[string]string{"a.rego": "package main\ndeny[\"a\"] { count(1) }\n"}, `^checks/a\.rego:2:\d+: count: invalid argument`},
		{"recursion", map[string]string{"a.rego": "package main\ndeny[\"a\"] { a }\na { b }\nb { a }\n"}, `^checks/a\.rego:3:1: rule data\.main\.a is recursive`},
		{"cycle of imports", map[string]string{"a.rego": "package a\nimport data.b\nx { b.x }\n", "b.rego": "package b\nimport data.a\nx { a.x }\n"}, `^checks/a\.rego:3:1: rule data\.a\.x is recursive`},
		{"schema", map[string]string{"a.rego": "# METADATA\n# schemas:\n#   - input: schema[\"dockerfile\"]\npackage user.a\n\ndeny[\"a\"] {\n\tinput.Stage[_]\n}\n"}, `^checks/a\.rego:7:\d+: undefined ref: input\.Stage`},
		{"unknown schema", map[string]string{"a.rego": "# METADATA\n# schemas:\n#   - input: schema[\"docker\"]\npackage user.a\n"}, `^checks/a\.rego:1:1: unknown schema schema\.docker: want one of schema\["cloud"\]`},
		{"schema of a file", map[string]string{"a.rego": "# METADATA\n# schemas:\n#   - input: {$ref: \"file:///etc/passwd\"}\npackage user.a\n"}, `^checks/a\.rego:1:1: a schema cannot be written`},
		{"metadata", map[string]string{"a.rego": "# METADATA\n# title: [\npackage main\n"}, `^checks/a\.rego:\d:\d+: `},
		{"custom metadata", map[string]string{"a.rego": meta("#   aliases: {a: 1}\n")}, `^checks/a\.rego:1:1: the metadata is not what is expected: `},
		{"severity", map[string]string{"a.rego": meta("#   severity: SEVERE\n")}, `^checks/a\.rego:1:1: unknown severity "SEVERE": want one of`},
		{"selector", map[string]string{"a.rego": meta("#   input:\n#     selector:\n#       - type: docker\n")}, `^checks/a\.rego:1:1: unknown type "docker" of a selector: want one of cloud,`},
		{"version", map[string]string{"a.rego": meta("#   minimum_trivy_version: 0.70.0\n")}, `^checks/a\.rego:1:1: the check asks for version 0\.70\.0 of Trivy`},
		{"legacy metadata", map[string]string{"a.rego": "package a\n__rego_metadata__ := {\"id\": input.id}\ndeny[\"a\"] { true }\n"}, `^checks/a\.rego:2:1: __rego_metadata__ is not an object of plain values`},
		{"id", map[string]string{"a.rego": "# METADATA\n# custom:\n#   id: \"a b\"\npackage main\ndeny[\"a\"] { true }\n"}, `^checks/a\.rego:1:1: the id is not fit for one`},
		{"id of a built-in check", map[string]string{"a.rego": "# METADATA\n# custom:\n#   id: avd-ds-0001\npackage main\ndeny[\"a\"] { true }\n"}, `^checks/a\.rego:1:1: the id avd-ds-0001 is a built-in check's`},
		{"id twice", map[string]string{"a.rego": meta(""), "b.rego": strings.Replace(meta(""), "user.a", "user.b", 1)}, `^checks/b\.rego:1:1: the id A-1 is that of the check at checks/a\.rego:1 too$`},
		{"metadata twice", map[string]string{"a.rego": meta(""), "b.rego": meta("")}, `^checks/b\.rego:1:1: the package user\.a has its metadata in checks/a\.rego already$`},
		{"a built-in package", map[string]string{"a.rego": "package builtin.kubernetes.KSV001\ndeny[\"a\"] { true }\n"}, `^checks/a\.rego:1:1: the package builtin\.kubernetes\.KSV001 belongs to the built-in checks`},
		{"a library", map[string]string{"a.rego": "package lib.kubernetes\nx = 1\n"}, `^checks/a\.rego:1:1: the package lib\.kubernetes belongs to the built-in checks`},
		{"a library by its parent", map[string]string{"a.rego": "package lib\nimport data.lib.kubernetes\nkubernetes = 1\ndeny[\"a\"] { kubernetes }\n"}, `^checks/a\.rego:`},
		{"data of conftest", map[string]string{"a.rego": "package main\ndeny[\"a\"] { data.conftest.file.name }\n"}, `^checks/a\.rego:2:\d+: data\.conftest is not available`},
		{"data", map[string]string{"a.rego": "package a\n", "d.yaml": "a: [\n"}, `^checks/d\.yaml: cannot be read as data: `},
		{"a list as data", map[string]string{"a.rego": "package a\n", "d.json": "[1]"}, `^checks/d\.json: is not data: want an object`},
		{"data twice", map[string]string{"a.rego": "package a\n", "d.json": `{"x": {"z": 1}}`, "e.yml": "x: {z: 2}"}, `^checks/e\.yml: data\.x\.z is in checks/d\.json already$`},
		{"data in the place of a package", map[string]string{"a.rego": "package a.b\nx = 1\n", "d.json": `{"a": {"b": {"x": 1}}}`}, `^checks/a\.rego:2:1: conflicting rule for data path a/b/x found`},
		{"data that is deep", map[string]string{"a.rego": "package a\n", "d.json": `{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}"}, `^checks/d\.json: is nested too deep`},
		{"data with a huge number", map[string]string{"a.rego": "package a\n", "d.json": `{"a": 1e999999999}`}, `^checks/d\.json: holds a number that is too long`},
		{"several", map[string]string{"a.rego": "package", "b.rego": "package", "c.rego": "package", "d.rego": "package", "e.rego": "package", "f.rego": "package", "g.rego": "package"}, `^(checks/[a-e]\.rego:1:\d+: [^;]*; ){5}and 2 more$`},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			_, err := custom(c.files)
			if err == nil {
				t.Fatalf("no error: %v", c.files)
			}
			if !regexp.MustCompile(c.want).MatchString(err.Error()) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %s\nwant %s", err, c.want)
			}
		})
	}
}

// TestDirectories sees what is read of a tree.
func TestDirectories(t *testing.T) {
	module := &fstest.MapFile{Data: []byte("package main\n")}
	fsys := fstest.MapFS{
		"checks/a.rego":         module,
		"checks/.git/b.rego":    {Data: []byte("broken")},
		"checks/.hidden.rego":   {Data: []byte("broken")},
		"checks/link.rego":      {Data: []byte("a.rego"), Mode: fs.ModeSymlink | 0o777},
		"checks/c/d_test.rego":  {Data: []byte("broken")},
		"checks/c/d.txt":        {Data: []byte("broken")},
		"other/checks.rego":     {Data: []byte("broken")},
		".github/checks/a.rego": module,
	}
	for _, dirs := range [][]string{{"checks"}, {"checks/"}, {"./checks"}, {"checks", "checks/c"}, {".github/checks"}} {
		if _, err := check.ReadCustom(fsys, dirs); err != nil {
			t.Errorf("%s: %v", dirs, err)
		}
	}
	for _, dirs := range [][]string{{"checks/a.rego"}, {"none"}, {"../checks"}, {"/checks"}, {""}, {"checks/c"}} {
		if _, err := check.ReadCustom(fsys, dirs); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", dirs, err)
		}
	}
}

// TestHostile sees that no checks take long to read and compile, or bring the
// process down.
func TestHostile(t *testing.T) {
	many := map[string]string{}
	for i := range 10_000 {
		many[fmt.Sprintf("%d.rego", i)] = fmt.Sprintf("package p%d\n", i)
	}
	chain := map[string]string{}
	for i := range 100 {
		text := "package a\n"
		for j := range 150 {
			text += fmt.Sprintf("a%d { a%d }\n", 150*i+j, 150*i+j+1)
		}
		chain[fmt.Sprintf("%d.rego", i)] = text
	}
	doubling := func(line string, n int) string {
		var b strings.Builder
		for i := 1; i <= n; i++ {
			fmt.Fprintln(&b, strings.NewReplacer("N", fmt.Sprint(i), "P", fmt.Sprint(i-1)).Replace(line))
		}
		return b.String()
	}
	for name, files := range map[string]map[string]string{
		"many files":       many,
		"a chain of rules": chain,
		"a large file":     {"a.rego": "package a\n# " + strings.Repeat("x", 10<<20)},
		"large data":       {"a.rego": "package a\n", "d.json": strings.Repeat(" ", 10<<20)},
		"deep directories": {"a.rego": "package a\n", strings.Repeat("d/", 40) + "a.rego": "package a\n"},
		"parentheses":      {"a.rego": "package a\np { x := " + strings.Repeat("(", 100_000) + "1 }\n"},
		"lists":            {"a.rego": "package a\np { x := " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + " }\n"},
		"sums":             {"a.rego": "package a\np { x := " + strings.Repeat("1+", 120_000) + "1 }\n"},
		"yaml aliases":     {"a.rego": "package a\n", "d.yaml": "a0: &a0 [x,x]\n" + doubling("aN: &aN [*aP,*aP,*aP,*aP,*aP,*aP,*aP,*aP,*aP]", 12)},
		"metadata":         {"a.rego": "# METADATA\n# custom:\n#   a0: &a0 [x,x]\n" + doubling("#   aN: &aN [*aP,*aP,*aP,*aP,*aP,*aP,*aP,*aP,*aP]", 12) + "package a\n"},
		"a long body":      {"a.rego": "package a\np = x { " + strings.Repeat("x[_]=1;", 990) + " x=[1] }\n"},
		"long bodies":      {"a.rego": "package a\n" + strings.Repeat("p = x { "+strings.Repeat("x[_]=1;", 300)+" x=[1] }\n", 100)},
		"else":             {"a.rego": "package a\np { false } " + strings.Repeat("else = 1 { false } ", 12_000) + "\n"},
		"doubled values":   {"a.rego": "package a\np = 1 { x0 := [input]\n" + doubling("xN := [xP, xP]", 60) + "x60 == 1 }\n"},
		"unified values":   {"a.rego": "package a\np = 1 { x0 = [input]\n" + doubling("[xN, 1] = [[xP, xP], 1]", 60) + "x60 == 1 }\n"},
		"doubled rules":    {"a.rego": "package a\nx0 = [input]\n" + doubling("xN = [xP, xP]", 60)},
		"doubled objects":  {"a.rego": "package a\nx0 = {\"a\": 1}\n" + doubling("xN = {\"a\": data.a.xP, \"b\": data.a.xP}", 60)},
		"a number":         {"a.rego": "package a\np { input > 1e999999999 }\n"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			start := time.Now()
			_, err := custom(files)
			if err == nil || strings.Contains(err.Error(), "\n") || len(err.Error()) > 2500 {
				t.Errorf("got %v", err)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestLibraries sees that whatever the built-in libraries need is there.
func TestLibraries(t *testing.T) {
	var b strings.Builder
	b.WriteString("package main\n")
	n := 0
	err := fs.WalkDir(checks.EmbeddedLibraryFileSystem, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.rego") || !strings.HasSuffix(name, ".rego") ||
			strings.HasPrefix(name, "lib/test/") { // which traces
			return err
		}
		text, err := checks.EmbeddedLibraryFileSystem.ReadFile(name)
		m := regexp.MustCompile(`(?m)^package (\S+)`).FindSubmatch(text)
		if m == nil {
			return errors.Join(err, errors.New("no package"))
		}
		fmt.Fprintf(&b, "import data.%s as lib%d\nuse%d { lib%d }\n", m[1], n, n, n)
		n++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := custom(map[string]string{"a.rego": b.String()}); err != nil || n < 10 {
		t.Errorf("%d libraries: %v", n, err)
	}
}
