package replay

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func run(t *testing.T, in string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := Replay(strings.NewReader(in), &out)
	return out.String(), err
}

const good = `"requests":[{"method":"GET","url":"https://a.example/x","headers":[["Accept","*/*"]],"body":null,` +
	`"response":{"status":204,"headers":[["Strict-Transport-Security","max-age=31536000; includeSubDomains"],["Cross-Origin-Resource-Policy","same-origin"]]}}]}`

func TestIDsComeBackAsTheyCame(t *testing.T) {
	for _, id := range []string{`"a \u00e9<>\"b"`, `""`, `1`, `-1.50e3`, `12345678901234567890123`} {
		got, err := run(t, "\ufeff\n  \n{\"id\":"+id+","+good+"\r\n")
		if want := `{"id":` + id + `,"alerts":[]}` + "\n"; err != nil || got != want {
			t.Errorf("%s: %q, %v", id, got, err)
		}
	}
}

func TestAlertsOfARecording(t *testing.T) {
	request := `{"method":"GET","url":"http://a.example/","response":{"status":204,"headers":[["X-Powered-By","x"],["X-Powered-By","x"],["Cross-Origin-Resource-Policy","same-origin"]]}}`
	got, err := run(t, `{"id":"i","requests":[`+request+`,`+request+`]}`)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		ID     string
		Alerts []map[string]string
	}
	if err := json.Unmarshal([]byte(got), &answer); err != nil {
		t.Fatal(err)
	}
	alert := map[string]string{"rule": "10037", "ref": "10037", "name": `Server Leaks Information via "X-Powered-By" HTTP Response Header Field(s)`,
		"risk": "Low", "confidence": "Medium", "param": "", "evidence": "X-Powered-By: x"}
	if d := cmp.Diff([]map[string]string{alert, alert}, answer.Alerts); d != "" { // once for each request
		t.Error(d)
	}
}

func TestBodiesInBase64(t *testing.T) {
	page := `{"id":1,"requests":[{"method":"GET","url":"http://a.example/","response":{"status":404,"headers":[["Content-Type",""]],%s}}]}`
	text, err := run(t, strings.Replace(page, "%s", `"body":"abc"`, 1))
	if err != nil || !strings.Contains(text, "10019-2") {
		t.Fatal(text, err)
	}
	if bytes, err := run(t, strings.Replace(page, "%s", `"bodyBase64":"YWJj"`, 1)); err != nil || bytes != text {
		t.Error(bytes, err)
	}
}

func TestMistakes(t *testing.T) {
	for line, want := range map[string]string{
		`{`:                                      "not JSON: it ends too early",
		`{"id":1,}`:                              "not JSON, from byte 9 on",
		`[]`:                                     "want a JSON object",
		`{"requests":[]}`:                        "no id",
		`{"id":null}`:                            "no id",
		`{"id":[1]}`:                             "id: want a string or a number",
		`{"id":1}`:                               "no requests",
		`{"id":1,"requests":1}`:                  "requests: a JSON number is not what belongs there",
		`{"id":1,"requests":[]} {}`:              "something follows the JSON object",
		`{"id":1,"requests":[],"more":1}`:        `unknown key "more"`,
		`{"id":1,"requests":[{}]}`:               "requests[0]: no method",
		`{"id":1,"requests":[{"method":"GET"}]}`: "requests[0]: no response",
		`{"id":1,"requests":[{"method":"GET","response":{}}]}`:                                                              "requests[0]: response: want a status of three digits",
		`{"id":1,"requests":[{"method":"GET","url":"/secret","response":{"status":200}}]}`:                                  "requests[0]: url: want an address that begins with http:// or https://",
		`{"id":1,"requests":[{"method":"GET","url":"http://a/","headers":[["a"]],"response":{"status":200}}]}`:              "requests[0]: headers[0]: want [name, value]",
		`{"id":1,"requests":[{"method":"GET","url":"http://a/","response":{"status":200,"headers":[["a","b"],["","c"]]}}]}`: "requests[0]: response: headers[1]: want [name, value]",
		`{"id":1,"requests":[{"method":"GET","url":"http://a/","response":{"status":200,"body":"a","bodyBase64":"YQ=="}}]}`: "requests[0]: response: both body and bodyBase64 are given",
		`{"id":1,"requests":[{"method":"GET","url":"http://a/","response":{"status":200,"bodyBase64":"!"}}]}`:               "bodyBase64: not base64",
	} {
		out, err := run(t, "{\"id\":1,"+good+"\n\n"+line)
		var at *LineError
		if !errors.As(err, &at) || at.Line != 3 || at.Err.Error() != want {
			t.Errorf("%s:\n%v, want %s", line, err, want)
		}
		if out != `{"id":1,"alerts":[]}`+"\n" {
			t.Errorf("%s: the line before it: %q", line, out)
		}
	}
}

func TestLinesAreBounded(t *testing.T) {
	err := replay(strings.NewReader("\n"+strings.Repeat(" ", 200)), io.Discard, 100)
	if err == nil || err.Error() != "line 2: longer than 100 bytes" {
		t.Error(err)
	}
}

func TestWhatCannotBeReadOrWritten(t *testing.T) {
	broken := errors.New("broken")
	if err := Replay(iotest.ErrReader(broken), io.Discard); !errors.Is(err, broken) {
		t.Error(err)
	}
	if err := Replay(strings.NewReader(`{"id":1,`+good), failing{broken}); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"id":1,` + good))
	f.Add([]byte(`{"id":"x","requests":[]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		id, exchanges, err := parse(line)
		if err != nil {
			return
		}
		if !json.Valid(id) {
			t.Fatalf("%q", id)
		}
		for _, x := range exchanges {
			x.Elements()
			x.Cookies()
		}
	})
}
