package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSchemaAndSpelling has the differences that are about how a value is
// written: a schema sees values, and the parser sees text.
func TestSchemaAndSpelling(t *testing.T) {
	j := newJudge(t)
	for _, row := range []struct{ in, why string }{
		{"version: 1.0\n", "1.0 is a whole number to JSON"},
		{"scanners: {secret: {archives: 2.0}}\n", "the same"},
		{"policy: {thresholds: {secret: {max: {high: 0x10}}}}\n", "a number in another base"},
		{"policy: {rules: [{match: {fixable: True}, action: fail}]}\n", "true is written in lower case"},
		{"policy: {rules: [{match: {cvss: 7e0}, action: fail}]}\n", "scores have no exponents"},
		{"policy: {rules: [{match: {age: \">=99999d\"}, action: fail}]}\n", "a century is the most, and a pattern cannot count"},
		{"version: 1\nversion: 1\n", "JSON has no key twice"},
		{"scanners: {image: &a {}, secret: *a}\n", "anchors are gone when the values are there"},
	} {
		if err := j.parser([]byte(row.in)); err == nil {
			t.Errorf("the parser takes %q: it is none of the differences (%s)", row.in, row.why)
		}
		if strings.Count(row.in, "version") > 1 {
			continue // nor does a YAML library hand it over
		}
		if err := j.validator([]byte(row.in)); err != nil {
			t.Errorf("the schema refuses %q: it is none of the differences (%s)", row.in, row.why)
		}
	}
	for _, empty := range []string{"", "# nothing\n", "~\n"} {
		if err := j.parser([]byte(empty)); err != nil {
			t.Errorf("%q: %v", empty, err)
		}
	}
	if err := j.schema.Validate(nil); err != nil {
		t.Errorf("an empty file: %v", err)
	}
}

// TestBothRefuse has mistakes that no change of a good file makes.
func TestBothRefuse(t *testing.T) {
	j := newJudge(t)
	const plugins = "plugins: {own: {command: [tools/x], contract: \"1.0\", sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}}\n"
	if err := j.parser([]byte(plugins)); err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{
		plugins + "scanners: {own: {}}\n",
		"scanners: {own: }\n",
		"scanners: {gitleaks: {config: x}}\n",
		"policy: {thresholds: {iac: {npm: {fail-on: any}}}}\n",
		"policy: {thresholds: {secret: {terraform: {fail-on: any}}}}\n",
		"policy: {thresholds: {iac: {terraform: {terraform: {fail-on: any}}}}}\n",
		"policy: {rules: [{match: {}, action: ignore, after: 1d}]}\n",
		"policy: {rules: [{match: {severity: \"<unknown\"}, action: warn}]}\n",
		"policy: {rules: [{match: {severity: [high, \"> CRITICAL\"]}, action: warn}]}\n",
		"policy: {severity: [secret, secret]}\n",
		"ignore: [{rule: \"**\", reason: x, permanent: true}]\n",
		"ignore: [{id: X, reason: x, permanent: true, expires: 2099-01-01}]\n",
		"ignore: [{id: X, reason: x, permanent: false}]\n",
		"ignore: [{package: X, reason: x, permanent: true}]\n",
		"scanners: {image: {images: [a, a]}}\n",
		"scanners: {image: {require-signature: {key: cosign.pub, identity: a, issuer: b}}}\n",
		"scanners: {image: {require-signature: {key: cosign.pub, trusted-root: root.json}}}\n",
		"scanners: {image: {require-signature: {identity: a}}}\n",
		"scanners: {image: {require-signature: {}}}\n",
		"scanners: {image: {require-signature: {identity: a, identity-regexp: a, issuer: b}}}\n",
		"scanners: {image: {require-signature: {key: cosign.pub, attestations-only: true}}}\n",
		"scanners: {codeql: {sarif: a, languages: [python]}}\n",
		"scanners: {codeql: {suite: security-extended}}\n",
		"scanners: {nuclei: {targets: [\"http://localhost\"]}}\n",
		"scanners: {trivy: {command: image}}\n",
		"scanners: {dast: {within: 5s}}\n",
		"scanners: {dast: {headers: [{name: X}]}}\n",
		strings.Replace(plugins, "own:", "Own:", 1),
		strings.Replace(plugins, "own:", "secret:", 1),
		strings.Replace(plugins, "own:", "all:", 1),
		strings.Replace(plugins, "sha256: 0", "allow-unsigned: true, sha256: 0", 1),
		strings.Replace(plugins, "sha256: 0", "signature: {bundle: a, key: b}, sha256: 0", 1),
		strings.Replace(plugins, "sha256: 0", "x: 0", 1),
		"scanners: {secret: {archives: 11}}\n",
		"scanners: {zap: {minutes: 1441}}\n",
		"scanners: {dast: {rate: 0}}\n",
		"policy: {rules: [{match: {cvss: 10.1}, action: warn}]}\n",
		"policy: {rules: [{match: {epss: \"<1.01\"}, action: warn}]}\n",
		"[]\n", "nonsense\n", "5\n",
	} {
		if err := j.parser([]byte(in)); err == nil {
			t.Errorf("the parser takes %s", in)
		}
		if err := j.validator([]byte(in)); err == nil {
			t.Errorf("the schema takes %s", in)
		}
	}
}

// TestBothTake has what is just right, and all configurations of the
// documentation.
func TestBothTake(t *testing.T) {
	var in []string
	docs, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(docs, "../../README.md") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(data), "```yaml\n")[1:] {
			block, _, _ = strings.Cut(block, "```")
			in = append(in, block)
		}
	}
	j := newJudge(t)
	taken := 0
	for _, block := range in {
		if j.parser([]byte(block)) == nil { // else another format, or about files that are not here
			taken++
			if err := j.validator([]byte(block)); err != nil {
				t.Errorf("the schema: %v\n%s", err, block)
			}
		}
	}
	if taken < 12 {
		t.Errorf("only %d configurations in the documentation", taken)
	}
	for _, in := range []string{
		"scanners: {secret: {archives: 10}}\n",
		"scanners: {zap: {minutes: 1440}}\n",
		"scanners: {dast: {rate: 0.01}}\n",
		"policy: {rules: [{match: {cvss: \">= 4.5  <=10.0\"}, action: warn}]}\n",
		"policy: {rules: [{match: {epss: [1, \"0\", .5]}, action: warn}]}\n",
		"policy: {rules: [{match: {severity: [\">unknown\", \"<Critical\", \"= info \"]}, action: warn}]}\n",
		"policy: {rules: [{match: {cwe: [cwe-079, 0079]}, action: warn}]}\n",
		"db: {max-age: 1h30m}\n", "db: {max-age: 0}\n", "db: {max-age: \"0\"}\n",
	} {
		if err := j.parser([]byte(in)); err != nil {
			t.Errorf("the parser: %v\n%s", err, in)
		}
		if err := j.validator([]byte(in)); err != nil {
			t.Errorf("the schema: %v\n%s", err, in)
		}
	}
}

// TestSchemaHasEachWord: where the schema has a list of words, the parser takes
// each of them.
func TestSchemaHasEachWord(t *testing.T) {
	j := newJudge(t)
	n := 0
	for name, section := range scannerWords() {
		for key, word := range section.keys {
			for _, w := range word.Words {
				n++
				for _, in := range []string{w, "[" + w + "]"} {
					data := []byte("scanners: {" + name + ": {" + key + ": " + in + "}}\n")
					parser, schema := j.parser(data), j.validator(data)
					known := parser != nil && (strings.Contains(parser.Error(), "needs a revision to start from") || strings.Contains(parser.Error(), "suite is for a run"))
					if (parser == nil) != (schema == nil) && !known {
						t.Errorf("%s: parser: %v; schema: %v", data, parser, schema)
					}
				}
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d words", n)
	}
}
