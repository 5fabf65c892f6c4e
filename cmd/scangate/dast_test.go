package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

const recorded = `{"id":"one","requests":[{"method":"GET","url":"http://a.example/","headers":[],"body":null,` +
	`"response":{"status":200,"headers":[["Server","web/1.2"]],"body":""}}]}` + "\n"

func TestDASTReplay(t *testing.T) {
	y := newTry(t, "")
	if err := os.WriteFile("x.jsonl", []byte(recorded+"\n"+strings.Replace(recorded, `"one"`, `2`, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	y.run("dast", "replay", "x.jsonl").want(exitPassed, `{"id":"one","alerts":[`)
	if !strings.Contains(y.stdout, `{"id":2,"alerts":[`) || !strings.Contains(y.stdout, `"ref":"10036-2"`) {
		t.Error(y.stdout)
	}

	var out, errs bytes.Buffer
	a := &app{stdin: strings.NewReader(recorded), stdout: &out, stderr: &errs}
	if code := a.run([]string{"dast", "replay", "-"}); code != exitPassed || !strings.Contains(out.String(), `"evidence":"web/1.2"`) {
		t.Errorf("exit code %d\n%s%s", code, out.String(), errs.String())
	}
}

func TestDASTReplayErrors(t *testing.T) {
	y := newTry(t, "")
	if err := os.WriteFile("x.jsonl", []byte(recorded+"\n{\"id\":1,\"requests\":[],\"extra\":1}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	y.run("dast", "replay", "x.jsonl").want(exitUsage, `x.jsonl:3: unknown key "extra"`)
	if !strings.HasPrefix(y.stdout, `{"id":"one"`) {
		t.Errorf("what came before the mistake is missing:\n%s", y.stdout)
	}
	y.run("dast", "replay", "absent.jsonl").want(exitUsage, "absent.jsonl: ")
	y.run("dast", "replay", ".").want(exitUsage, ".: a directory")
	y.run("dast", "replay").want(exitUsage, "want one argument")
	y.run("dast").want(exitUsage, "COMMAND one of replay")
	y.run("dast", "reply", "x").want(exitUsage, `did you mean "replay"?`)
	y.run("dast", "--help").want(exitPassed, "replay FILE")
	y.run("dast", "replay", "--help").want(exitPassed, "usage: scangate dast replay FILE")
}
