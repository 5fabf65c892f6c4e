package check_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/scangate/scangate/scanners/iac/check"
)

// custom reads modules, each the text of a file, and makes a set of them.
func custom(files map[string]string, options ...check.Option) (*check.Set, error) {
	fsys := fstest.MapFS{"checks/.keep": {}}
	for name, content := range files {
		fsys["checks/"+name] = &fstest.MapFile{Data: []byte(content)}
	}
	c, err := check.ReadCustom(fsys, []string{"checks"})
	if err != nil {
		return nil, err
	}
	return check.NewSet(time.Unix(1700000000, 0), append(options, check.WithCustom(c))...)
}

// document is an input as a file of YAML would make it.
func document(v any) check.Input {
	return check.Input{Source: check.YAML, Path: "a.yaml", Value: v}
}

// TestNotAvailable sees that what would lead out of a check is an error that
// names the place.
func TestNotAvailable(t *testing.T) {
	for call, why := range map[string]string{
		`http.send({"method": "get", "url": "https://example.com"})`: "http.send is not available: checks run without network",
		`net.lookup_ip_addr("example.com")`:                          "net.lookup_ip_addr is not available: checks run without network",
		`opa.runtime()`:                                              "opa.runtime is not available: checks do not see the environment",
		`rego.parse_module("a.rego", "package a")`:                   "rego.parse_module is not available: checks do not see Rego itself",
		`rand.intn("a", 5)`:                                          "rand.intn is not available: a check gives the same answer every time",
		`uuid.rfc4122("a")`:                                          "uuid.rfc4122 is not available: a check gives the same answer every time",
		`json.match_schema({}, {"$ref": "file:///etc/passwd"})`:      "json.match_schema is not available: schemas can name files and hosts",
		`json.verify_schema({})`:                                     "json.verify_schema is not available: schemas can name files and hosts",
		`crypto.x509.parse_and_verify_certificates("")`:              "crypto.x509.parse_and_verify_certificates is not available: checks do not see the certificates of the machine",
		`trace("a")`:                            "trace is not available: checks print nothing",
		`parse_config_file("a.yaml")`:           "parse_config_file is not available: checks read no files",
		`graphql.is_valid("", "")`:              "graphql.is_valid is not available: nothing bounds the time or memory that it takes",
		`io.jwt.encode_sign({}, {}, {})`:        "io.jwt.encode_sign is not available: nothing bounds the time or memory that it takes",
		`strings.render_template("", {})`:       "strings.render_template is not available: nothing bounds the time or memory that it takes",
		`regex.globs_match("a.a.[0-9]+z", "a")`: "regex.globs_match is not available: nothing bounds the time or memory that it takes",
		`sprint("a")`:                           "unknown function sprint; did you mean \"sprintf\"?",
	} {
		_, err := custom(map[string]string{"a.rego": "package main\n\ndeny contains msg if {\n\tx := " + call + "\n\tmsg := \"found\"\n}\n"})
		if err == nil || !strings.HasPrefix(err.Error(), "checks/a.rego:4:") || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %q", call, err, why)
		}
	}
	_, err := custom(map[string]string{"a.rego": "package main\n\nf(x) := x\n\ndeny contains \"a\" if {\n\tf(1) == 2 with f as count\n}\n"})
	if err == nil || !strings.HasPrefix(err.Error(), "checks/a.rego:6:") {
		t.Errorf("with: %v", err)
	}
}

// TestPrint sees that print is neither an error nor heard.
func TestPrint(t *testing.T) {
	set, err := custom(map[string]string{"a.rego": "package main\n\ndeny contains \"a\" if {\n\tprint(\"x\", input)\n}\n"})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := set.Judge(t.Context(), document(1)); err != nil || len(v) != 1 {
		t.Errorf("%v, %v", v, err)
	}
}

// TestBounds sees that what would take long, or large amounts of memory, is a
// failure soon.
func TestBounds(t *testing.T) {
	doubling := "x0 := numbers.range(1, 1000)\n"
	for i := 1; i <= 10; i++ {
		doubling += fmt.Sprintf("x%d := [x%d, x%d]\n", i, i-1, i-1)
	}
	shared := ""
	for _, c := range "abcd" { // each line has 300 times the parts of the one before
		shared += fmt.Sprintf("%c := [v | some _ in numbers.range(1, 300); v := %c]\n", c, c-1)
	}
	shared = strings.Replace(shared, "v := `", "v := input", 1)
	grown := "x0 := concat(\"\", [input, \"0123456789\"])\n"
	for i := 1; i <= 40; i++ {
		grown += fmt.Sprintf("x%d := concat(\"\", [x%d, x%d])\n", i, i-1, i-1)
	}
	deep := "f0(x) = x\n"
	for i := 1; i <= 17; i++ { // the last calls the first 131,072 times, each from within the one before
		deep += fmt.Sprintf("f%d(x) := y if {\na := f%d(x*2)\nb := f%d(x*2+1)\ny := a+b\n}\n", i, i-1, i-1)
	}
	dense := ""
	for i := range 60 {
		dense += fmt.Sprintf("%q: [%q, %q], %q: [%q, %q],\n", fmt.Sprint("a", i), fmt.Sprint("a", i+1), fmt.Sprint("b", i+1), fmt.Sprint("b", i), fmt.Sprint("a", i+1), fmt.Sprint("b", i+1))
	}
	for name, c := range map[string]struct{ body, want string }{
		"endless":      {"x := [1 | some a in numbers.range(1, 90000); some b in numbers.range(1, 90000); a + b == 0]", "took"},
		"walk":         {"x := numbers.range(1, 90000)\nwalk(x, [_, a])\nwalk(x, [_, b])\na == b + 0.5", "took"},
		"range":        {"x := numbers.range(1, 100000000)", "the range is over"},
		"down":         {"x := numbers.range_step(1, -100000000, 2)", "the range is over"},
		"cidr":         {`x := net.cidr_expand("10.0.0.0/8")`, "over 65536 addresses"},
		"cidr6":        {`x := net.cidr_expand("fe80::/10")`, "over 65536 addresses"},
		"width":        {`x := sprintf("%0100000000d", [1])`, "width"},
		"star":         {`x := sprintf("%*d", [100000000, 1])`, "width"},
		"index":        {`x := sprintf("` + strings.Repeat("%[1]s", 30) + `", [concat("", [y | some _ in numbers.range(1, 90000); y := "0123456789"])])`, "too large"},
		"number":       {`x := to_number("1e999999999")`, "digits"},
		"unmarshal":    {"x := json.unmarshal(\"1e999999999\")\nx > 1", "sprintf: |digits|too large"},
		"shift":        {"x := bits.lsh(1, 10000000000)", "digits"},
		"regex":        {`x := regex.match("(x+x+){200}y{300}", concat("", [y | some _ in numbers.range(1, 90000); y := "xxxxxxxxxx"]))`, "too large"},
		"glob":         {`x := glob.match("*a*a*a*a*a*a*a*a*a*a*b", [], concat("", [y | some _ in numbers.range(1, 100); y := "a"]))`, "too large"},
		"replace":      {"y := concat(\"\", [z | some _ in numbers.range(1, 10000); z := \"a\"])\nx := replace(y, \"a\", y)", "too large"},
		"indexof":      {"y := concat(\"\", [z | some _ in numbers.range(1, 50000); z := \"é\"])\nx := indexof(y, y)", "too large"},
		"doubling":     {doubling + "count(x10) > 0", "made a value"},
		"shared":       {shared + "count(d) > 0", "made a value"},
		"growing":      {grown + "count(x40) > 0", "too large|made values"},
		"reachable":    {"g := {" + dense + "}\ncount(graph.reachable(g, [\"a0\"])) > 1000", ""},
		"patch":        {"p := [o | some i in numbers.range(1, 40); o := {\"op\": \"copy\", \"from\": \"/a\", \"path\": sprintf(\"/a/%d\", [i])}]\nx := json.patch({\"a\": {}}, p)", "too large"},
		"stack":        {"", "too deep|took"},
		"results":      {"some msg in numbers.range(1, 5000)", "results"},
		"regex insert": {"y := concat(\"\", [z | some _ in numbers.range(1, 10000); z := \"a\"])\nx := regex.replace(y, \"\", y)", "too large"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			module := "package main\n\ndeny contains msg if {\n" + c.body + "\nmsg := \"found\"\n}\n"
			if name == "stack" {
				module = "package main\n\n" + deep + "deny contains \"a\" if f17(1) > 0\n"
			}
			if name == "results" {
				module = "package main\n\ndeny contains sprintf(\"%d\", [n]) if {\nsome n in numbers.range(1, 5000)\n}\n"
			}
			limits := map[string]time.Duration{"endless": 200 * time.Millisecond, "walk": 200 * time.Millisecond}
			if limits[name] == 0 {
				limits[name] = 5 * time.Second
			}
			set, err := custom(map[string]string{"a.rego": module}, check.WithTimeLimit(limits[name]))
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			found, err := set.Judge(t.Context(), document("x"))
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			if took > 30*time.Second || after.TotalAlloc-before.TotalAlloc > 1<<30 {
				t.Errorf("took %v and %d MB", took, (after.TotalAlloc-before.TotalAlloc)>>20)
			}
			failures := set.Failures()
			if c.want == "" {
				if len(failures) != 0 || len(found) != 0 {
					t.Errorf("got %v, %v", found, failures)
				}
				return
			}
			if len(failures) != 1 || len(found) != 0 {
				t.Fatalf("got %v, %v", found, failures)
			}
			for w := range strings.SplitSeq(c.want, "|") {
				if strings.Contains(failures[0].Err.Error(), w) {
					return
				}
			}
			t.Errorf("got %v, want %s", failures[0].Err, c.want)
		})
	}
}
