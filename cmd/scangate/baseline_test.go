package main

import (
	"os"
	"strings"
	"testing"

	"github.com/scangate/scangate/policy/baseline"
)

// file reads a file that has to be there.
func file(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestBaseline goes the whole way of a team with old findings: write, pass, find
// something new, fix something old, shrink.
func TestBaseline(t *testing.T) {
	y := newRepo(t)
	write(t, "a.txt", leak)
	write(t, "b.txt", leak)
	scan := []string{"scan", "--scanners", "secret"}
	with := append(scan, "--baseline", baseline.DefaultName)
	y.run(with...).want(exitUsage, ".scangate-baseline.json: no such file or directory: `scangate baseline write` makes a baseline")
	y.run("baseline", "check").want(exitUsage, ".scangate/results.json: no such file: run `scangate scan` first")
	y.run(scan...).want(1, "VERDICT: FAILED")
	y.run("baseline", "check").want(exitUsage, "`scangate baseline write` makes a baseline")
	y.run("baseline", "write").want(0, ".scangate-baseline.json: ")
	written := file(t, baseline.DefaultName)
	if strings.Contains(written, strings.TrimSpace(leak[6:])) || !strings.Contains(written, `"rule": "aws-access-token"`) {
		t.Errorf("the baseline is\n%s", written)
	}

	// With it everything is known, and it is itself no leak.
	y.run(with...).want(0, "baseline .scangate-baseline.json: 1 finding known, 0 new")
	y.want(0, "VERDICT: PASSED")
	y.want(0, "pass  ") // and still listed
	if !strings.Contains(file(t, defaultResults), `"by": "known: in the baseline (.scangate-baseline.json:4)"`) {
		t.Error("the results do not say which line of the baseline decided")
	}
	y.run("gate", defaultResults).want(1, "VERDICT: FAILED")
	y.run("gate", defaultResults, "--baseline", baseline.DefaultName).want(0, "1 finding known, 0 new")
	y.run("baseline", "check").want(0, "nothing in it is known to be fixed")

	// A further copy of a known secret is new, and not the check's business.
	write(t, "c.txt", leak)
	y.run(with...).want(1, "0 findings known, 1 new (1 of them in the baseline, which has fewer occurrences)")
	y.run("baseline", "check").want(0, "nothing in it is known to be fixed")
	os.Remove("c.txt")

	// What is fixed is stale until it is taken out.
	os.Remove("a.txt")
	y.run(with...).want(0, "1 finding known, 0 new, 1 stale entry; `scangate baseline check` lists what is stale")
	y.run("baseline", "check").want(1, ".scangate-baseline.json:4: secret aws-access-token a.txt: 1 of 2 fixed")
	y.want(1, "could shrink by 1 finding: run `scangate baseline check --update` and commit it")
	if file(t, baseline.DefaultName) != written {
		t.Error("a check without --update has changed the file")
	}
	y.run("baseline", "check", "--update").want(0, "1 finding taken out")
	y.run("baseline", "check").want(0, "nothing in it is known to be fixed")
	write(t, "a.txt", leak)
	y.run(with...).want(1, "0 findings known, 1 new")
	y.run("baseline", "check", "--update").want(0, "nothing in it")

	// Of a secret that came in with what is looked at, nothing is known, and
	// nothing is gone.
	gitDo(t, "add", "a.txt")
	y.run("scan", "--staged", "--baseline", baseline.DefaultName).want(1, "0 findings known, 1 new")
	y.run("baseline", "write").want(3, "secret: looked only at staged changes (--partial secret writes")
	y.run("baseline", "check").want(0, "not checked: 1 entry of secret: it looked only at staged changes")
	os.Remove("a.txt")
	gitDo(t, "reset", "-q")
	os.Remove("b.txt")
	gitDo(t, "add", baseline.DefaultName)
	gitDo(t, "commit", "-q", "-m", "baseline")
	y.run(append(with, "--since", "HEAD")...).want(0, "0 findings known, 0 new\n")
	before := file(t, baseline.DefaultName)
	y.run("baseline", "check", "--update").want(0, "not checked: 1 entry of secret: it looked only at what is new since HEAD")
	y.run("baseline", "write", "--partial", "secret").want(0, "kept 1 entry of secret")
	if file(t, baseline.DefaultName) != before {
		t.Error("a part of a scan changes the baseline")
	}
	y.run(with...).want(0, "1 stale entry")
	y.run("baseline", "check", "--update").want(0, "1 finding taken out; 0 entries left")
}

func TestBaselineOfIncompleteResults(t *testing.T) {
	y := newTry(t, "one=high,two=high,idle=skip")
	y.run("scan").want(1, "VERDICT: FAILED")
	y.run("baseline", "write", "z.json").want(0, "z.json: 2 entries; 2 new, 0 fixed")
	y.run("scan", "--baseline", "z.json").want(0, "z.json: 2 findings known, 0 new")

	// A scanner that died has fixed nothing.
	y.scanners = faults("one=fail,two=clean,idle=skip")
	y.run("scan", "--baseline", "z.json").want(3, "z.json: 0 findings known, 0 new, 1 stale entry; `scangate baseline check z.json`")
	y.run("baseline", "check", "z.json").want(1, "z.json:5: two R-1 main.go: fixed")
	y.want(1, "not checked: 1 entry of one: failed")
	y.run("baseline", "check", "z.json", "--update").want(3, "1 finding taken out; 1 entry left")
	y.run("baseline", "check", "z.json").want(3, "not checked: 1 entry of one: failed")
	before := file(t, "z.json")
	y.run("baseline", "write", "z.json").want(3, "scangate: one: failed: the tool died")
	y.want(3, "--partial one writes the baseline all the same")
	if file(t, "z.json") != before {
		t.Error("a refused write has changed the file")
	}
	y.run("baseline", "write", "z.json", "--partial", "nobody").want(exitUsage, `--partial: scanner "nobody" is not among the results`)
	y.run("baseline", "write", "z.json", "--partial", "one").want(0, "kept 1 entry of one: failed")
	if file(t, "z.json") != before {
		t.Error("the entries of a scanner that died are gone")
	}

	// What did not run keeps its entries, and is no reason to fail.
	y.scanners = faults("two=high,idle=skip")
	y.run("scan")
	y.run("baseline", "check", "z.json").want(0, "not checked: 1 entry of one: not among the results")
	y.run("baseline", "write", "z.json").want(0, "z.json: 2 entries; 1 new, 0 fixed")
	y.scanners = faults("idle=skip")
	y.run("scan")
	y.run("baseline", "write", "c.json").want(3, "no scanner looked at anything")
}

func TestBaselineMistakes(t *testing.T) {
	y := newTry(t, "one=high")
	y.run("scan").want(1, "")
	y.run("baseline").want(exitUsage, "write, check")
	y.run("baseline", "--help").want(0, "--update takes it out")
	y.run("baseline", "write", "--help").want(0, "--partial LIST")
	y.run("baseline", "wriet").want(exitUsage, `did you mean "write"?`)
	y.run("baseline", "write", "a", "b").want(exitUsage, "want one FILE, not 2")
	y.run("baseline", "write", "no/such/b.json").want(3, "cannot write no/such/b.json")
	y.run("baseline", "write", ".").want(exitUsage, ".: not a regular file")
	y.run("baseline", "check", "main.go").want(exitUsage, "main.go:1: not JSON")
	y.run("baseline", "write", "main.go").want(exitUsage, "repair it, or delete it to begin anew")
	y.run("scan", "--baseline", "main.go").want(exitUsage, "main.go:1: not JSON")
	y.run("gate", "--baseline", "main.go", defaultResults).want(exitUsage, "main.go:1: not JSON")
	y.run("baseline", "write", "--results", "nowhere.json").want(exitUsage, "nowhere.json: no such file")
	write(t, "z.json", "{\n\"version\": 1,\n\"findings\": [\n<<<<<<< HEAD\n")
	y.run("scan", "--baseline", "z.json").want(exitUsage, "z.json:4: an unresolved merge conflict: keep the lines of both sides")
}

func TestBaselineOfTheConfiguration(t *testing.T) {
	y := newTry(t, "one=high")
	write(t, ".scangate.yaml", "version: 1\npolicy:\n  baseline: sub/z.json\n")
	y.run("scan").want(exitUsage, "sub/z.json: no such file or directory: `scangate baseline write` makes a baseline")
	if err := os.Mkdir("sub", 0o755); err != nil {
		t.Fatal(err)
	}
	os.Remove(".scangate.yaml")
	y.run("scan").want(1, "")
	write(t, ".scangate.yaml", "version: 1\npolicy:\n  baseline: sub/z.json\n")
	y.run("baseline", "write").want(0, "sub/z.json: 1 entry")
	y.run("gate", defaultResults).want(0, "baseline sub/z.json: 1 finding known, 0 new")
	y.run("baseline", "check").want(0, "sub/z.json: nothing in it is known to be fixed")
	// The command line wins.
	write(t, "none.json", "{\"version\": 1, \"findings\": []}")
	y.run("gate", defaultResults, "--baseline", "none.json").want(1, "baseline none.json: 0 findings known, 1 new")
	// It belongs to the configuration, wherever that is.
	t.Chdir("sub")
	y.run("gate", "--config", "../.scangate.yaml", "../"+defaultResults).want(0, "baseline ../sub/z.json: 1 finding known")
	for _, bad := range []string{"/etc/passwd", "../z.json", "[a]"} {
		write(t, "bad.yaml", "version: 1\npolicy:\n  baseline: "+bad+"\n")
		y.run("gate", "--config", "bad.yaml", "../"+defaultResults).want(exitUsage, "bad.yaml:3:")
	}
}
