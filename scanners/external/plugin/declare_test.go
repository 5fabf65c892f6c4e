package plugin

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scangate/scangate/config"
)

const someDigest = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// section puts plug-ins into a configuration.
func section(t *testing.T, plugins string) config.Section {
	t.Helper()
	f, err := config.Parse([]byte("scanners:\n  plugins:\n    "+strings.ReplaceAll(plugins, "\n", "\n    ")+"\n"), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return f.Scanners["plugins"]
}

func TestDecode(t *testing.T) {
	list, err := Decode(section(t, `zeta: {command: [./tools/x, --flag], sha256: `+strings.ToUpper(someDigest)+`, contract: 1.0}
alpha-2: {command: [/opt/x], allow-unsigned: true, contract: "1.0", output: sarif, network: true, timeout: 90s, files: ["**/*.go", Makefile]}
signed: {command: [x], contract: "1.0", signature: {bundle: x.sigstore.json, identity: a@example.com, issuer: https://example.com}}
keyed: {command: [tools/x], contract: "1.0", signature: {file: x.sig, key: cosign.pub}}`), Options{Reserved: []string{"secret"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list {
		got = append(got, fmt.Sprintf("%s %s %q %v %v %s %d", p.Name(), p.program, p.args, p.beside, p.network, p.timeout, len(p.files)))
	}
	want := `zeta tools/x ["--flag"] true false 5m0s 0
alpha-2 /opt/x [] false true 1m30s 2
signed x [] false false 5m0s 0
keyed tools/x [] true false 5m0s 0`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got:\n%s\nwant:\n%s", s, want)
	}
	if list[0].sha256 != someDigest {
		t.Errorf("digest %s", list[0].sha256)
	}
	if none, err := Decode(config.Section{}, Options{}); err != nil || len(none) != 0 {
		t.Errorf("no section: %v, %v", none, err)
	}
}

func TestDecodeErrors(t *testing.T) {
	with := func(s string) string { return `x: {command: [./x], contract: "1.0", ` + s + `}` }
	good := with("sha256: " + someDigest)
	tests := []struct{ name, text, want string }{
		{"name", strings.Replace(good, "x:", "X_1:", 1), `x.yaml:3:5: plugins: "X_1" is not a name`},
		{"built-in", strings.Replace(good, "x:", "secret:", 1), "secret is the name of a scanner that scangate has"},
		{"unknown key", with("sha265: a"), `x.yaml:3:42: unknown key "sha265" in scanners.plugins.x; did you mean "sha256"?`},
		{"key twice", good + "\n" + good, "x"},
		{"no command", `x: {contract: "1.0", sha256: ` + someDigest + `}`, "x.yaml:3:5: plugins.x: command is missing"},
		{"shell string", `x: {command: ./x --flag, contract: "1.0"}`, "command: want a list"},
		{"too many words", `x: {command: [` + strings.Repeat("a, ", 101) + `a], contract: "1.0"}`, "more than 100 words"},
		{"NUL", `x: {command: [./x, "a\0b"], contract: "1.0"}`, "a NUL"},
		{"out of the directory", `x: {command: [../x], contract: "1.0", sha256: ` + someDigest + `}`, "leads out of the directory of the configuration"},
		{"out of it in the end", `x: {command: [a/../../x], contract: "1.0", sha256: ` + someDigest + `}`, "leads out of the directory of the configuration"},
		{"interpreter", `x: {command: [python3.12, ./x.py], contract: "1.0", sha256: ` + someDigest + `}`, "python3.12 would run what nobody has verified"},
		{"shell", `x: {command: [/bin/sh, -c, "curl | sh"], contract: "1.0", allow-unsigned: true}`, "/bin/sh would run what nobody has verified"},
		{"unsigned", with("network: false"), "set sha256 or signature"},
		{"unsigned in the repository", with("allow-unsigned: true"), "beside the configuration needs sha256 or signature"},
		{"both", with("sha256: " + someDigest + ", signature: {file: a, key: b}"), "exclude each other"},
		{"allowed without need", with("sha256: " + someDigest + ", allow-unsigned: true"), "allow-unsigned has no use"},
		{"short digest", with("sha256: abc"), "want the 64 hexadecimal digits"},
		{"empty signature", with("signature: {}"), "signature: set bundle, or file and key"},
		{"two signatures", with("signature: {file: a, bundle: b, key: c}"), "signature: set bundle, or file and key"},
		{"file without a key", with("signature: {file: a}"), "file goes with key alone"},
		{"file with an identity", with("signature: {file: a, identity: b, issuer: c}"), "file goes with key alone"},
		{"bundle of nobody", with("signature: {bundle: a}"), "nobody is named: set key, or identity and issuer"},
		{"no issuer", with("signature: {bundle: a, identity: b}"), "signature: issuer is missing"},
		{"key and identity", with("signature: {bundle: a, key: k, identity: b, issuer: c}"), "exclude each other"},
		{"bad expression", with("signature: {bundle: a, identity-regexp: '(', issuer: c}"), "not a regular expression"},
		{"key elsewhere", with("signature: {file: a, key: ../k}"), "../k is not a file below"},
		{"bundle elsewhere", with("signature: {bundle: /a, key: k}"), "/a is not a file below"},
		{"output", with("output: json, sha256: " + someDigest), `output: "json" is not known, only sarif`},
		{"no contract", `x: {command: [./x], sha256: ` + someDigest + `}`, `contract is missing: write the version that the plug-in is written for, such as "1.0"`},
		{"contract", strings.Replace(good, "1.0", "one", 1), `"one" is not of the form major.minor`},
		{"later major", strings.Replace(good, "1.0", "2.0", 1), "written for contract 2.0, and this scangate speaks 1.0"},
		{"later minor", strings.Replace(good, "1.0", "1.1", 1), "needs contract 1.1, and this scangate speaks 1.0: update scangate"},
		{"timeout", with("timeout: soon, sha256: " + someDigest), "is not a duration"},
		{"pattern", with("files: [/etc/*], sha256: " + someDigest), `files: "/etc/*" is not a pattern`},
		{"pattern with dots", with("files: [a/../b], sha256: " + someDigest), "has an element that no path has"},
		{"braces", with("files: ['*.{js,ts}'], sha256: " + someDigest), "is not a pattern"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "key twice" {
				if s, err := Decode(section(t, tt.text), Options{}); err == nil {
					t.Errorf("accepted: %v", s)
				}
				return
			}
			_, err := Decode(section(t, tt.text), Options{Reserved: []string{"secret"}})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "x.yaml:3:") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCompatible(t *testing.T) {
	tests := []struct {
		declared, spoken string
		ok               bool
	}{
		{"1.0", "1.0", true}, {"1.0", "1.3", true}, {"1.3", "1.3", true}, {"1.9", "1.10", true},
		{"1.4", "1.3", false}, {"1.10", "1.9", false}, {"0.9", "1.0", false}, {"2.0", "1.9", false},
		{"1", "1.0", false}, {"1.0.0", "1.0", false}, {"v1.0", "1.0", false}, {"-1.0", "1.0", false}, {"", "1.0", false},
	}
	for _, tt := range tests {
		if err := compatible(tt.declared, tt.spoken); (err == nil) != tt.ok {
			t.Errorf("%s under %s: %v", tt.declared, tt.spoken, err)
		}
	}
}

func TestPatterns(t *testing.T) {
	tests := []struct {
		pattern, path string
		want          bool
	}{
		{"**/*.go", "a.go", true}, {"**/*.go", "a/b/c.go", true}, {"**/*.go", "a.gox", false}, {"*.go", "a/b.go", false},
		{"a/**", "a/b/c", true}, {"a/**", "a", false}, {"a/**/z", "a/z", true}, {"a/**/z", "a/b/c/z", true}, {"**", "x/y", true},
		{"a?c", "abc", true}, {"a?c", "a/c", false}, {"a.c", "abc", false}, {"**/a", "ba", false}, {"*", "a\nb", true},
	}
	for _, tt := range tests {
		re, err := compile(tt.pattern)
		if err != nil || re.MatchString(tt.path) != tt.want {
			t.Errorf("%s on %q: %v, %v", tt.pattern, tt.path, !tt.want, err)
		}
	}
}
